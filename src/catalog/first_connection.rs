//! The connection that is opened before the first event.

use aws_sdk_servicecatalog::config::Config;
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use tokio::time::timeout;

use super::{ATTEMPT_TIMEOUT, Catalog};
use crate::request::Target;

impl Catalog {
    /// Opens a connection to Service Catalog in the function's own Region, within 5 s, so that the
    /// first invocation finds it open.
    ///
    /// It asks a question without credentials, which Service Catalog refuses and `CloudTrail` does
    /// not record. Where that fails, the first call opens the connection, and tells why it cannot.
    pub async fn open_connection(&self) {
        let catalog = self.at(&Target::default(), "").await;
        let unsigned = Config::builder()
            .allow_no_auth()
            .auth_scheme_preference([AuthSchemeId::from("noAuth")]);
        let question = catalog.0.list_provisioning_artifacts().product_id("none");
        let question = question.customize().config_override(unsigned).send();
        let _ = timeout(ATTEMPT_TIMEOUT, Box::pin(question)).await;
    }
}
