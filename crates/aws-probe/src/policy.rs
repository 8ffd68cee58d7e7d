use serde_json::{Value, json};
use serde_norway::Value as Yaml;

use super::PREFIX;

const TARGET_ROLE: &str = include_str!("../../../target-role.yaml");
const STACK: &str = include_str!("../../../template.yaml");

/// What a probe calls in Service Catalog.
pub const ACTIONS: [&str; 21] = [
    "AcceptPortfolioShare",
    "AssociateProductWithPortfolio",
    "CopyProduct",
    "CreatePortfolio",
    "CreatePortfolioShare",
    "CreateProduct",
    "CreateProvisioningArtifact",
    "DeletePortfolio",
    "DeletePortfolioShare",
    "DeleteProduct",
    "DescribeCopyProductStatus",
    "DescribeProductAsAdmin",
    "DescribeProvisioningArtifact",
    "DisassociateProductFromPortfolio",
    "ListPortfolioAccess",
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
                "Sid": "AskStepFunctions",
                "Effect": "Allow",
                "Action": "states:TestState",
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

/// What `target-role.yaml` lets its role do in this account, in the partition of a role.
pub(super) fn of_target_role(role: &str, account: &str) -> String {
    let template: Yaml = serde_norway::from_str(TARGET_ROLE).expect("is YAML");
    let policy = &template["Resources"]["TargetRole"]["Properties"]["Policies"][0];
    let policy = plain(&policy["PolicyDocument"]).to_string();
    let policy = in_partition_of(role, &policy);
    policy.replace("${AWS::AccountId}", account)
}

/// What `template.yaml` lets a function do in Service Catalog, in the partition of a role.
pub(super) fn of_function(role: &str, function: &str) -> String {
    let template: Yaml = serde_norway::from_str(STACK).expect("is YAML");
    let mut policy = plain(&template["Resources"][function]["Properties"]["Policies"][0]);
    let statements = policy["Statement"].as_array_mut().expect("is a list");
    statements.retain(|statement| {
        let actions = statement["Action"].to_string();
        actions.contains("servicecatalog:")
    });
    in_partition_of(role, &policy.to_string())
}

fn in_partition_of(role: &str, policy: &str) -> String {
    let partition = role.split(':').nth(1).unwrap_or("aws");
    policy.replace("${AWS::Partition}", partition)
}

/// A value without its tags; in what is used, only `!Sub` is there.
fn plain(value: &Yaml) -> Value {
    match value {
        Yaml::Tagged(tagged) => plain(&tagged.value),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(members) => {
            let name = |name: &Yaml| name.as_str().unwrap_or_default().to_owned();
            let members = members.iter().map(|(key, value)| (name(key), plain(value)));
            Value::Object(members.collect())
        }
        other => other.as_str().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_session_policies_of_functions_are_those_of_their_roles() {
        let role = "arn:aws-cn:iam::111122223333:role/Own";
        for (function, expected) in [
            (
                "StartCopyFunction",
                &[
                    "CopyProduct",
                    "DescribeProductAsAdmin",
                    "DescribeProvisioningArtifact",
                    "ListProvisioningArtifacts",
                    "SearchProductsAsAdmin",
                ][..],
            ),
            ("CheckStatusFunction", &["DescribeCopyProductStatus"]),
            (
                "FinishCopyFunction",
                &[
                    "AssociateProductWithPortfolio",
                    "DescribeProductAsAdmin",
                    "ListPortfoliosForProduct",
                    "ListProvisioningArtifacts",
                    "SearchProductsAsAdmin",
                    "TagResource",
                    "UntagResource",
                    "UpdateProduct",
                    "UpdateProvisioningArtifact",
                ],
            ),
        ] {
            let policy = of_function(role, function);
            // STS takes no longer one.
            assert!(policy.len() <= 2048 && !policy.contains("${"), "{policy}");
            let policy: Value = serde_json::from_str(&policy).expect("is JSON");
            let statements = policy["Statement"].as_array().expect("is a list");
            let actions = statements.iter().flat_map(|it| match &it["Action"] {
                Value::Array(actions) => actions.clone(),
                one => vec![one.clone()],
            });
            let actions: BTreeSet<_> = actions
                .map(|it| it.as_str().expect("is text").to_owned())
                .collect();
            let expected = expected.iter().map(|it| format!("servicecatalog:{it}"));
            assert_eq!(actions, expected.collect(), "{function}");
            for statement in statements {
                let resource = statement["Resource"].as_str().expect("is text");
                let known = ["*", "arn:aws-cn:catalog:*:*:product/*"];
                assert!(known.contains(&resource), "{function}: {resource}");
            }
        }
    }

    #[test]
    fn the_session_policy_is_that_of_the_target_role() {
        let role = "arn:aws-cn:iam::444455556666:role/Target";
        let policy = of_target_role(role, "444455556666");
        // STS takes no longer one.
        assert!(policy.len() <= 2048 && !policy.contains("${"), "{policy}");
        let policy: Value = serde_json::from_str(&policy).expect("is JSON");
        let statements = policy["Statement"].as_array().expect("is a list").iter();
        let resources: BTreeSet<_> = statements
            .clone()
            .map(|it| &it["Resource"])
            .collect::<Vec<_>>()
            .iter()
            .map(|it| it.as_str().expect("is text"))
            .collect();
        let product = "arn:aws-cn:catalog:*:444455556666:product/*";
        assert_eq!(resources, BTreeSet::from(["*", product]));
        let actions = statements.flat_map(|it| it["Action"].as_array().expect("is a list"));
        let actions: BTreeSet<_> = actions.map(|it| it.as_str().expect("is text")).collect();
        assert!(
            actions.contains("servicecatalog:CopyProduct"),
            "{actions:?}"
        );
    }
}
