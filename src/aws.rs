//! What is called: AWS Service Catalog, Amazon S3 and Amazon `EventBridge`. Nothing else of this
//! crate uses an AWS SDK.

pub mod dynamodb;
pub mod eventbridge;
pub mod s3;
pub mod sdk;
pub mod service_catalog;
