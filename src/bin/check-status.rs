//! Lambda function check-status.

use catalog_copy::{catalog::Catalog, check_status, log, request, sdk};
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let catalog = &Catalog::new(&sdk::from_env().await);
    catalog.open_connection().await;
    let handler =
        service_fn(async |event| check_status::handle(catalog, request::event(event)?).await);
    lambda_runtime::run(handler).await
}
