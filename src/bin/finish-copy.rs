//! Lambda function finish-copy.

use catalog_copy::{
    aws::service_catalog::Catalog,
    functions::{finish_copy, run},
};

fn main() -> Result<(), lambda_runtime::Error> {
    run(
        async |config| Ok(Catalog::connect(&config).await),
        finish_copy::handle,
    )
}
