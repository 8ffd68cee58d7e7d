use std::time::SystemTime;

use anyhow::{Context, Result};
use aws_sdk_servicecatalog::operation::copy_product::builders::CopyProductFluentBuilder;
use aws_sdk_servicecatalog::types::{
    CopyOption, ProductType, ProvisioningArtifactProperties, ProvisioningArtifactType, Tag,
};

use super::calls::failed;
use super::{OWNER, RegionalCatalog, TAG};

/// The product and the portfolio that are made in the source Region to ask with.
#[derive(Debug)]
pub(super) struct SourceProduct {
    pub(super) id: String,
    /// When it was about to be made.
    pub(super) began: SystemTime,
    arn: String,
    pub(super) name: String,
    pub(super) portfolio: String,
    /// The ids of v1, v2 and v3.
    pub(super) versions: [String; 3],
}

impl SourceProduct {
    pub(super) async fn make(source: &RegionalCatalog, name: &str, template: &str) -> Result<Self> {
        let began = SystemTime::now();
        let product = source
            .client
            .create_product()
            .name(name)
            .owner(OWNER)
            .description("Thrown away by the probe that made it")
            .product_type(ProductType::CloudFormationTemplate)
            .tags(tag(name)?)
            .provisioning_artifact_parameters(version("v1", template))
            .send()
            .await
            .map_err(failed("CreateProduct"))?;
        let view = product.product_view_detail();
        let summary = view.and_then(|it| it.product_view_summary());
        let id = summary.and_then(|it| it.product_id());
        let id = id.context("the new product has no id")?.to_owned();
        let arn = view.and_then(|it| it.product_arn());
        let first = product.provisioning_artifact_detail();
        let first = first.and_then(|it| it.id()).context("v1 has no id")?;
        let mut versions = [first.to_owned(), String::new(), String::new()];
        for (new, name) in versions[1..].iter_mut().zip(["v2", "v3"]) {
            let created = source.client.create_provisioning_artifact();
            let created = created.product_id(&id).parameters(version(name, template));
            let created = created.send().await;
            let created = created.map_err(failed("CreateProvisioningArtifact"))?;
            let detail = created.provisioning_artifact_detail();
            let version = detail.and_then(|it| it.id());
            version.context("has no id")?.clone_into(new);
        }
        let portfolio = source.client.create_portfolio().display_name(name);
        let portfolio = portfolio.provider_name(OWNER).tags(tag(name)?).send();
        let portfolio = portfolio.await.map_err(failed("CreatePortfolio"))?;
        let portfolio = portfolio.portfolio_detail().and_then(|it| it.id());
        Ok(Self {
            id,
            began,
            arn: arn.context("the new product has no ARN")?.to_owned(),
            name: name.to_owned(),
            portfolio: portfolio.context("the new portfolio has no id")?.to_owned(),
            versions,
        })
    }

    /// A request for a copy, into a new product of the source's name unless more is said.
    pub(super) fn copy_to(&self, target: &RegionalCatalog) -> CopyProductFluentBuilder {
        let request = target.client.copy_product().source_product_arn(&self.arn);
        request.copy_options(CopyOption::CopyTags)
    }
}

pub(super) fn tag(name: &str) -> Result<Tag> {
    Ok(Tag::builder().key(TAG).value(name).build()?)
}

fn version(name: &str, template: &str) -> ProvisioningArtifactProperties {
    ProvisioningArtifactProperties::builder()
        .name(name)
        .r#type(ProvisioningArtifactType::CloudFormationTemplate)
        .info("LoadTemplateFromURL", template)
        .build()
}
