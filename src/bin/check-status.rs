//! Lambda function check-status.

use catalog_copy::{
    aws::service_catalog::Catalog,
    functions::{check_status, run, target_accounts},
};

fn main() -> Result<(), lambda_runtime::Error> {
    run(
        async |config| Ok((Catalog::connect(&config).await, target_accounts()?)),
        async |(catalog, targets), event| check_status::handle(catalog, targets, event).await,
    )
}
