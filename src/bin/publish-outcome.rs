//! Lambda function publish-outcome.

use std::env::var;

use catalog_copy::{
    aws::eventbridge::EventBus,
    functions::{publish_outcome, run},
};

fn main() -> Result<(), lambda_runtime::Error> {
    run(
        async |config| Ok(EventBus::new(&config, var("EVENT_SOURCE")?)),
        publish_outcome::handle,
    )
}
