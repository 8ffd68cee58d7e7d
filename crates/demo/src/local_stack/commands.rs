//! Commands to paste into a shell.

use std::fmt;

use fake_service_catalog::{SPOKE_ACCOUNT, TARGET_ROLE};
use serde_json::{Value, json};
use testbed::stack::REGION;

/// Where copies go.
const TARGET_REGION: &str = "eu-west-1";

pub(super) struct Commands<'c> {
    pub(super) endpoint: &'c str,
    pub(super) service_catalog: &'c str,
    pub(super) machine: &'c str,
    pub(super) event_source: Option<&'c str>,
    pub(super) external_id: Option<&'c str>,
    /// The ARN of a product that is shared with the target account; without, the lines make one.
    pub(super) product: Option<&'c str>,
}

impl Commands<'_> {
    /// The request, for the target account if there is a product that is shared with it.
    fn request(&self) -> Value {
        // In single quotes: the shell puts the variable's value there.
        let product = self.product.unwrap_or("'$ARN'");
        let mut target = json!({ "Region": TARGET_REGION });
        if self.product.is_some() {
            target["RoleArn"] = TARGET_ROLE.into();
            if let Some(external_id) = self.external_id {
                target["ExternalId"] = external_id.into();
            }
        }
        json!({ "SourceProductArn": product, "Target": target })
    }
}

impl fmt::Display for Commands<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let aws = format!("aws --endpoint-url {}", self.endpoint);
        let catalog = format!("aws --endpoint-url {} servicecatalog", self.service_catalog);
        let request = self.request();
        let entries = json!([{
            "Source": self.event_source.unwrap_or("catalog-copy"),
            "DetailType": "Copy Product Requested",
            "Detail": request.to_string(),
        }]);
        writeln!(
            f,
            "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={REGION}"
        )?;
        if self.product.is_none() {
            writeln!(f, "# Make a product:")?;
            writeln!(
                f,
                "ARN=$({catalog} create-product --name Queue --owner Me --product-type CLOUD_FORMATION_TEMPLATE \
                 --provisioning-artifact-parameters Name=v1,Type=CLOUD_FORMATION_TEMPLATE,Info={{LoadTemplateFromURL=https://example.com/v1.json}} \
                 --query ProductViewDetail.ProductARN --output text)"
            )?;
        }
        writeln!(f, "# Copy a product by an execution, and by an event:")?;
        writeln!(
            f,
            "{aws} stepfunctions start-execution --state-machine-arn {} --input '{request}'",
            self.machine
        )?;
        writeln!(f, "{aws} events put-events --entries '{entries}'")?;
        writeln!(
            f,
            "# List the products where they come from, and where they go:"
        )?;
        writeln!(f, "{catalog} search-products-as-admin")?;
        let account = self
            .product
            .map(|_| format!("AWS_ACCESS_KEY_ID={SPOKE_ACCOUNT} "));
        let account = account.unwrap_or_default();
        writeln!(
            f,
            "{account}{catalog} search-products-as-admin --region {TARGET_REGION}"
        )
    }
}
