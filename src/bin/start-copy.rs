//! Lambda function start-copy.

use catalog_copy::functions::{Clients, run, start_copy};

fn main() -> Result<(), lambda_runtime::Error> {
    run(Clients::connect, start_copy::handle)
}
