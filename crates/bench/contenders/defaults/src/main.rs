//! `CopyProduct` as a tutorial would write it.

use aws_config::BehaviorVersion;
use aws_sdk_servicecatalog::Client;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    source_product_arn: String,
    idempotency_token: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    lambda_runtime::run(service_fn(|event| copy(&client, event))).await
}

async fn copy(client: &Client, event: LambdaEvent<Request>) -> Result<Value, Error> {
    let request = event.payload;
    let answer = client
        .copy_product()
        .source_product_arn(request.source_product_arn)
        .idempotency_token(request.idempotency_token)
        .send()
        .await?;
    Ok(json!({ "CopyProductToken": answer.copy_product_token }))
}
