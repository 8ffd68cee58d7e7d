//! Which calls of a copy are denied.

use anyhow::{Result, ensure};
use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_servicecatalog::types::{ProvisioningArtifactGuidance, Tag};

use crate::answer::Finding;
use crate::calls::{code, failed};

const KEY: &str = "catalog-copy-probe-permission";

/// A product and one of its versions.
pub(super) struct Target {
    product: String,
    version: String,
}

impl Target {
    pub(super) async fn of(client: &Client, product: &str) -> Result<Self> {
        let versions = client.list_provisioning_artifacts().product_id(product);
        let versions = versions.send().await;
        let versions = versions.map_err(failed("ListProvisioningArtifacts"))?;
        let mut details = versions.provisioning_artifact_details().iter();
        let version = details.find_map(|it| it.id());
        ensure!(version.is_some(), "{product} has no versions");
        Ok(Self {
            product: product.to_owned(),
            version: version.unwrap_or_default().to_owned(),
        })
    }

    /// Those that are denied of what start-copy calls, apart from `CopyProduct`.
    pub(super) async fn denied_to_plan(&self, client: &Client) -> Vec<String> {
        let Self { product, version } = self;
        let search = client.search_products_as_admin();
        let describe = client.describe_product_as_admin().id(product);
        let versions = client.list_provisioning_artifacts().product_id(product);
        let describe_version = client.describe_provisioning_artifact().product_id(product);
        let describe_version = describe_version.provisioning_artifact_id(version);
        let denied = [
            denial("SearchProductsAsAdmin", &search.send().await),
            denial("DescribeProductAsAdmin", &describe.send().await),
            denial("ListProvisioningArtifacts", &versions.send().await),
            denial(
                "DescribeProvisioningArtifact",
                &describe_version.send().await,
            ),
        ];
        denied.into_iter().flatten().collect()
    }

    /// Those that are denied of what finish-copy calls.
    pub(super) async fn denied_to_finish(&self, client: &Client) -> Result<Vec<String>> {
        let Self { product, version } = self;
        let tag = Tag::builder().key(KEY).value("a").build()?;
        let search = client.search_products_as_admin();
        let describe = client.describe_product_as_admin().id(product);
        let versions = client.list_provisioning_artifacts().product_id(product);
        let portfolios = client.list_portfolios_for_product().product_id(product);
        let add = client.update_product().id(product).add_tags(tag);
        let remove = client.update_product().id(product).remove_tags(KEY);
        let deprecate = client.update_provisioning_artifact().product_id(product);
        let deprecate = deprecate.provisioning_artifact_id(version);
        let deprecate = deprecate.guidance(ProvisioningArtifactGuidance::Deprecated);
        // That it is not there is an answer of one who may ask.
        let associate = client
            .associate_product_with_portfolio()
            .product_id(product);
        let associate = associate.portfolio_id("port-aaaaaaaaaaaaa");
        let denied = [
            denial("SearchProductsAsAdmin", &search.send().await),
            denial("DescribeProductAsAdmin", &describe.send().await),
            denial("ListProvisioningArtifacts", &versions.send().await),
            denial("ListPortfoliosForProduct", &portfolios.send().await),
            denial("UpdateProduct", &add.send().await),
            denial("UpdateProduct", &remove.send().await),
            denial("UpdateProvisioningArtifact", &deprecate.send().await),
            denial("AssociateProductWithPortfolio", &associate.send().await),
        ];
        Ok(denied.into_iter().flatten().collect())
    }
}

/// What AWS says, if it denies the call.
pub(super) fn denial<T, E: ProvideErrorMetadata>(
    call: &str,
    answer: &Result<T, SdkError<E>>,
) -> Option<String> {
    let error = answer.as_ref().err()?;
    let code = code(error);
    let message = error.message().unwrap_or_default();
    code.contains("AccessDenied")
        .then(|| format!("{call}: {message}"))
}

pub(super) fn judge(denied: &Vec<String>) -> Finding {
    match denied.as_slice() {
        [] => Finding::new("yes", "every call was allowed"),
        denied => Finding::new("no", format!("denied: {}", denied.join("; "))),
    }
}
