//! Lambda function list-copies.

use std::env::var;

use catalog_copy::{
    aws::s3::Store,
    functions::{
        list_copies::{self, Stack},
        run, target_accounts,
    },
};

fn main() -> Result<(), lambda_runtime::Error> {
    run(
        async |config| {
            let store = Store::new(&config, var("BUCKET")?);
            let stack = Stack {
                name: var("STACK_NAME")?,
                target_role_name: var("TARGET_ROLE_NAME")?,
                targets: target_accounts()?,
            };
            Ok((store, stack))
        },
        async |(store, stack): &(Store, Stack), event| {
            list_copies::handle(store, stack, event).await
        },
    )
}
