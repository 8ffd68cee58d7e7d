//! Lambda function publish-outcome.

use catalog_copy::{bus::Bus, log, publish_outcome, request, sdk};
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let bus = &Bus::new(&sdk::from_env().await, std::env::var("EVENT_SOURCE")?);
    let handler =
        service_fn(async |event| publish_outcome::handle(bus, request::event(event)?).await);
    lambda_runtime::run(handler).await
}
