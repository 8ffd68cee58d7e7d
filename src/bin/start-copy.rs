//! Lambda function start-copy.

use catalog_copy::{
    aws::service_catalog::Catalog,
    functions::{run, start_copy},
};

fn main() -> Result<(), lambda_runtime::Error> {
    run(
        async |config| Ok(Catalog::connect(&config).await),
        start_copy::handle,
    )
}
