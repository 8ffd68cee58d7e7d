use serde_json::{Value, json};

use super::PREFIX;

/// What a probe calls in Service Catalog.
pub const ACTIONS: [&str; 17] = [
    "AssociateProductWithPortfolio",
    "CopyProduct",
    "CreatePortfolio",
    "CreateProduct",
    "CreateProvisioningArtifact",
    "DeletePortfolio",
    "DeleteProduct",
    "DescribeCopyProductStatus",
    "DescribeProductAsAdmin",
    "DescribeProvisioningArtifact",
    "DisassociateProductFromPortfolio",
    "ListPortfolios",
    "ListPortfoliosForProduct",
    "ListProvisioningArtifacts",
    "SearchProductsAsAdmin",
    "UpdateProduct",
    "UpdateProvisioningArtifact",
];

/// The IAM policy that a probe needs; in the account of `--role-arn` its first statement.
#[must_use]
pub fn policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AskServiceCatalog",
                "Effect": "Allow",
                "Action": ACTIONS.map(|action| format!("servicecatalog:{action}")),
                "Resource": "*",
            },
            {
                "Sid": "CheckTheTemplate",
                "Effect": "Allow",
                "Action": "cloudformation:ValidateTemplate",
                "Resource": "*",
            },
            {
                "Sid": "AskCloudTrail",
                "Effect": "Allow",
                "Action": "cloudtrail:LookupEvents",
                "Resource": "*",
            },
            {
                "Sid": "KeepTheTemplate",
                "Effect": "Allow",
                "Action": [
                    "s3:CreateBucket",
                    "s3:DeleteBucket",
                    "s3:DeleteObject",
                    "s3:GetBucketTagging",
                    "s3:GetObject",
                    "s3:PutBucketTagging",
                    "s3:PutObject",
                ],
                "Resource": [format!("arn:aws:s3:::{PREFIX}*"), format!("arn:aws:s3:::{PREFIX}*/*")],
            },
            {
                "Sid": "FindBuckets",
                "Effect": "Allow",
                "Action": "s3:ListAllMyBuckets",
                "Resource": "*",
            },
        ],
    })
}
