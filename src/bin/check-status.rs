//! Lambda function check-status.

use catalog_copy::{
    aws::service_catalog::Catalog,
    functions::{check_status, run},
};

fn main() -> Result<(), lambda_runtime::Error> {
    run(
        async |config| Ok(Catalog::connect(&config).await),
        check_status::handle,
    )
}
