//! The request for the status of a copy.

use serde::Deserialize;
use serde_json::Value;

use super::{Place, Target, limits, read, refuse_null};
use crate::error::Error;

/// The members of `DescribeCopyProductStatus`, and where the copy was started.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct StatusRequest {
    /// What `CopyProduct` answered; 1 to 100 characters.
    pub copy_product_token: String,
    /// `en` (default), `jp` or `zh`; at most 100 characters.
    pub accept_language: Option<String>,
    /// The target of the copy; absent: the function's own account and Region.
    pub target: Option<Target>,
    /// The product that is copied, for whoever reads the answer.
    pub source_product_arn: Option<String>,
    /// Whether it is the copy of another execution, which Service Catalog may have forgotten.
    pub taken_up: Option<bool>,
    /// The execution that waits, for logs and the role session.
    pub execution_id: Option<String>,
}

impl StatusRequest {
    /// Reads what asks for the status of a copy.
    ///
    /// # Errors
    /// `InvalidRequest` names the member that breaks a rule and what is allowed.
    pub fn parse(input: Value) -> Result<Self, Error> {
        refuse_null(&input, "")?;
        let request: Self = read(input)?;
        limits::ID.check("CopyProductToken", &request.copy_product_token)?;
        if let Some(arn) = &request.source_product_arn {
            limits::PRODUCT_ARN.check("SourceProductArn", arn)?;
        }
        if let Some(language) = &request.accept_language {
            limits::LANGUAGE.check("AcceptLanguage", language)?;
        }
        request.target.as_ref().map_or(Ok(()), Target::check)?;
        Ok(request)
    }

    /// Where the copy was started, where `own_region` is the function's.
    #[must_use]
    pub fn target_place(&self, own_region: &str) -> Place {
        self.target.clone().unwrap_or_default().place(own_region)
    }
}
