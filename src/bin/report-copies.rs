//! Lambda function report-copies.

use std::env::var;

use catalog_copy::{
    aws::s3::Store,
    functions::{report_copies, run},
};

fn main() -> Result<(), lambda_runtime::Error> {
    run(
        async |config| Ok(Store::new(&config, var("BUCKET")?)),
        report_copies::handle,
    )
}
