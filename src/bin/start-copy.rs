//! Lambda function start-copy.

use catalog_copy::{catalog::Catalog, log, start_copy};
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let catalog = Catalog::from_env().await;
    let handler = service_fn(|event| start_copy::handle(&catalog, event));
    Box::pin(lambda_runtime::run(handler)).await
}
