//! What the functions log.

use anyhow::Result;
use serde_json::{Value, json};

use crate::test_env::{TARGET_ROLE, with_env};

#[test]
fn a_log_line_names_the_copy_and_no_secret() -> Result<()> {
    with_env(async |env| {
        let secret = "an-external-id-to-look-for";
        let roles = [(TARGET_ROLE.to_owned(), Some(secret.to_owned()))];
        env.catalog.state().settings.roles = roles.into();
        let target = json!({ "Region": "eu-west-1", "RoleArn": TARGET_ROLE, "ExternalId": secret });
        let request = json!({ "SourceProductArn": env.add_product(), "Target": target });
        let end = env.run(&request).await?;
        end.succeeded();
        for function in ["StartCopyFunction", "CheckStatusFunction"] {
            let lines = env.stack.logs(function).await?;
            let text = format!("{lines:?}");
            assert!(!text.contains(secret) && !text.contains("secret_access_key"));
            let arn = end.execution.arn();
            let ours = |it: &&Value| it["span"]["executionId"] == arn;
            let line = lines.iter().find(ours);
            let line = line.unwrap_or_else(|| panic!("{function} logged {lines:#?}"));
            assert_eq!(line["level"], "INFO");
            for member in [
                &line["timestamp"],
                &line["message"],
                &line["span"]["requestId"],
            ] {
                assert!(member.is_string(), "{line}");
            }
            let timestamp = line["timestamp"].as_str().unwrap_or_default();
            assert!(
                timestamp.ends_with('Z') && timestamp.contains('T'),
                "{line}"
            );
            let target = format!("eu-west-1 as {TARGET_ROLE}");
            assert_eq!(line["span"]["target"], target);
        }
        Ok(())
    })
}
