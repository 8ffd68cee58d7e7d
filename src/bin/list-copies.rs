//! Lambda function list-copies.

use std::env::var;

use catalog_copy::{
    list_copies::{self, Stack},
    log, request, sdk,
    store::Store,
};
use lambda_runtime::{Error, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log::init();
    let store = &Store::new(&sdk::from_env().await, var("BUCKET")?);
    let stack = &Stack {
        name: var("STACK_NAME")?,
        target_role_name: var("TARGET_ROLE_NAME")?,
    };
    let handler =
        service_fn(async |event| list_copies::handle(store, stack, request::event(event)?).await);
    lambda_runtime::run(handler).await
}
