//! Lambda function report-copies.

use std::env::var;

use catalog_copy::{log, report_copies, request, sdk, store::Store};
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let store = &Store::new(&sdk::from_env().await, var("BUCKET")?);
    let handler =
        service_fn(async |event| report_copies::handle(store, request::event(event)?).await);
    lambda_runtime::run(handler).await
}
