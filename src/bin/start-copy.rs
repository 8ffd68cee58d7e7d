//! Lambda function start-copy.

use catalog_copy::{catalog::Catalog, log, request, sdk, start_copy};
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let catalog = &Catalog::new(&sdk::from_env().await);
    catalog.open_connection().await;
    let handler =
        service_fn(async |event| start_copy::handle(catalog, request::event(event)?).await);
    lambda_runtime::run(handler).await
}
