//! Versions of a product: provisioning artifacts.

use aws_sdk_servicecatalog::types::{ProvisioningArtifactGuidance, Status};

use super::{RegionalCatalog, check_items, failure::explain};
use crate::{
    error::Error,
    version::{Guidance, Readiness, UpdatedVersion, Version},
};

/// The most versions of a product that are read: it has 100, unless AWS has raised that. Planning
/// compares each with each.
const MAX_VERSIONS: usize = 1000;

impl RegionalCatalog {
    /// All versions of a product, taken for available.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn list_provisioning_artifacts(
        &self,
        product_id: &str,
    ) -> Result<Vec<Version>, Error> {
        let answer = self
            .0
            .list_provisioning_artifacts()
            .product_id(product_id)
            .send()
            .await
            .map_err(|error| {
                explain(
                    &error,
                    "is there such a product in this Region and account?",
                )
            })?;
        let details = answer.provisioning_artifact_details.unwrap_or_default();
        check_items(details.len(), MAX_VERSIONS)?;
        let versions = details.into_iter().map(|it| Version {
            id: it.id.unwrap_or_default(),
            name: it.name.unwrap_or_default(),
            description: it.description,
            active: it.active.unwrap_or(true),
            guidance: match it.guidance {
                Some(ProvisioningArtifactGuidance::Deprecated) => Guidance::Deprecated,
                _ => Guidance::Default,
            },
            created: it.created_time.map_or(0, |it| it.to_millis().unwrap_or(0)),
            readiness: Readiness::Available,
            template_url: None,
        });
        Ok(versions.collect())
    }

    /// The same, where there is such a product.
    ///
    /// # Errors
    /// Errors of Service Catalog and `TargetNotAccessible`.
    pub async fn find_versions(&self, product_id: &str) -> Result<Option<Vec<Version>>, Error> {
        match self.list_provisioning_artifacts(product_id).await {
            Err(error) if error.is_not_found() => Ok(None),
            versions => versions.map(Some),
        }
    }

    /// Whether a version is ready, and where its template was read from: a list does not tell.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn describe_provisioning_artifact(
        &self,
        product_id: &str,
        id: &str,
    ) -> Result<(Readiness, Option<String>), Error> {
        let answer = self
            .0
            .describe_provisioning_artifact()
            .product_id(product_id)
            .provisioning_artifact_id(id)
            .send()
            .await
            .map_err(|error| explain(&error, "was the version deleted in the meantime?"))?;
        let readiness = match answer.status {
            Some(Status::Creating) => Readiness::Creating,
            Some(Status::Failed) => Readiness::Failed,
            _ => Readiness::Available,
        };
        let template_url = answer.info.and_then(|mut info| info.remove("TemplateUrl"));
        Ok((readiness, template_url))
    }

    /// Changes a version.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn update_provisioning_artifact(
        &self,
        product_id: &str,
        update: &UpdatedVersion,
    ) -> Result<(), Error> {
        let guidance = update.guidance.map(|guidance| match guidance {
            Guidance::Default => ProvisioningArtifactGuidance::Default,
            Guidance::Deprecated => ProvisioningArtifactGuidance::Deprecated,
        });
        self.0
            .update_provisioning_artifact()
            .product_id(product_id)
            .provisioning_artifact_id(&update.target_id)
            .set_active(update.active)
            .set_guidance(guidance)
            .set_name(update.new_name.clone())
            .set_description(update.description.clone())
            .send()
            .await
            .map_err(|error| explain(&error, "was the version deleted in the meantime?"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_servicecatalog::{
        Client,
        operation::{
            describe_provisioning_artifact::DescribeProvisioningArtifactOutput,
            list_provisioning_artifacts::ListProvisioningArtifactsOutput,
            update_provisioning_artifact::UpdateProvisioningArtifactOutput,
        },
        primitives::DateTime,
        types::ProvisioningArtifactDetail,
    };
    use aws_smithy_mocks::{Rule, mock, mock_client};

    fn catalog(rule: &Rule) -> RegionalCatalog {
        RegionalCatalog(mock_client!(aws_sdk_servicecatalog, [rule]))
    }

    #[tokio::test]
    async fn a_version_is_listed_with_all_that_a_plan_needs() {
        let rule = mock!(Client::list_provisioning_artifacts)
            .match_requests(|it| it.product_id() == Some("prod-1"))
            .then_output(|| {
                let full = ProvisioningArtifactDetail::builder()
                    .id("pa-1")
                    .name("v1")
                    .description("first")
                    .active(false)
                    .guidance(ProvisioningArtifactGuidance::Deprecated)
                    .created_time(DateTime::from_millis(1_500));
                let bare = ProvisioningArtifactDetail::builder().id("pa-2").name("v2");
                ListProvisioningArtifactsOutput::builder()
                    .provisioning_artifact_details(full.build())
                    .provisioning_artifact_details(bare.build())
                    .build()
            });
        let listed = catalog(&rule).list_provisioning_artifacts("prod-1").await;
        let full = Version {
            id: "pa-1".to_owned(),
            name: "v1".to_owned(),
            description: Some("first".to_owned()),
            active: false,
            guidance: Guidance::Deprecated,
            created: 1_500,
            readiness: Readiness::Available,
            template_url: None,
        };
        let bare = Version {
            id: "pa-2".to_owned(),
            name: "v2".to_owned(),
            active: true,
            ..Version::default()
        };
        assert_eq!(listed, Ok(vec![full, bare]));
    }

    #[tokio::test]
    async fn more_versions_than_a_product_can_have_are_an_error() {
        let rule = mock!(Client::list_provisioning_artifacts).then_output(|| {
            let versions = vec![ProvisioningArtifactDetail::builder().build(); 1001];
            ListProvisioningArtifactsOutput::builder()
                .set_provisioning_artifact_details(Some(versions))
                .build()
        });
        let error = catalog(&rule).list_provisioning_artifacts("prod-1").await;
        assert_eq!(error.expect_err("are too many").name(), "TooManyPages");
    }

    #[tokio::test]
    async fn a_product_that_is_not_there_is_asked_about() {
        let rule = mock!(Client::list_provisioning_artifacts).then_http_response(|| {
            let body = r#"{"__type":"ResourceNotFoundException","Message":"gone"}"#;
            let status = 400.try_into().expect("is a status");
            aws_sdk_servicecatalog::config::http::HttpResponse::new(status, body.into())
        });
        let error = catalog(&rule).list_provisioning_artifacts("prod-1").await;
        let error = error.expect_err("is an error");
        assert_eq!(error.name(), "ServiceCatalog.ResourceNotFoundException");
        assert!(error.to_string().contains("in this Region and account?"));
    }

    #[tokio::test]
    async fn each_state_of_a_version_has_its_readiness() {
        for (status, expected) in [
            (Some(Status::Available), Readiness::Available),
            (Some(Status::Creating), Readiness::Creating),
            (Some(Status::Failed), Readiness::Failed),
            (None, Readiness::Available),
        ] {
            let rule = mock!(Client::describe_provisioning_artifact)
                .match_requests(|it| {
                    it.product_id() == Some("prod-1")
                        && it.provisioning_artifact_id() == Some("pa-1")
                })
                .then_output(move || {
                    DescribeProvisioningArtifactOutput::builder()
                        .set_status(status.clone())
                        .info("TemplateUrl", "https://example.com/v1.json")
                        .build()
                });
            let catalog = catalog(&rule);
            let described = catalog.describe_provisioning_artifact("prod-1", "pa-1");
            let template_url = Some("https://example.com/v1.json".to_owned());
            assert_eq!(described.await, Ok((expected, template_url)));
        }
    }

    #[tokio::test]
    async fn only_what_changes_is_sent() {
        let rule = mock!(Client::update_provisioning_artifact)
            .match_requests(|it| {
                it.product_id() == Some("prod-1")
                    && it.provisioning_artifact_id() == Some("pa-1")
                    && it.active() == Some(false)
                    && it.guidance().is_none()
                    && it.description() == Some("first")
                    && it.name() == Some("v1.0")
            })
            .then_output(|| UpdateProvisioningArtifactOutput::builder().build());
        let update = UpdatedVersion {
            target_id: "pa-1".to_owned(),
            name: "v1".to_owned(),
            active: Some(false),
            guidance: None,
            new_name: Some("v1.0".to_owned()),
            description: Some("first".to_owned()),
        };
        let catalog = catalog(&rule);
        let done = catalog.update_provisioning_artifact("prod-1", &update);
        assert_eq!(done.await, Ok(()));
    }
}
