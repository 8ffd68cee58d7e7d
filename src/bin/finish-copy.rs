//! Lambda function finish-copy.

use catalog_copy::functions::{Clients, finish_copy, run};

fn main() -> Result<(), lambda_runtime::Error> {
    run(Clients::connect, finish_copy::handle)
}
