//! Lambda function finish-copy.

use catalog_copy::{catalog::Catalog, finish_copy, log};
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let catalog = Catalog::from_env().await;
    let handler = service_fn(|event| finish_copy::handle(&catalog, event));
    Box::pin(lambda_runtime::run(handler)).await
}
