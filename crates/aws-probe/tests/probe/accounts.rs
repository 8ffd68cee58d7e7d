//! Nothing is made in an account that was not confirmed, or at an endpoint that is not AWS's.

use std::fs;
use std::process::{Command, Output};

use anyhow::Result;
use aws_probe::{confirm, plan};
use fake_service_catalog::{HUB_ACCOUNT, Operation, SPOKE_ACCOUNT, ServiceCatalog, TARGET_ROLE};

use super::{PACE, connect, ready};

#[test]
fn only_the_account_s_id_confirms() {
    let typed = |line: &'static str| confirm(&[HUB_ACCOUNT], &[], Some(line.as_bytes()));
    let given = |id: &str| confirm(&[HUB_ACCOUNT], &[id.to_owned()], None::<&[u8]>);
    assert!(typed("111122223333\n").is_ok());
    assert!(given(HUB_ACCOUNT).is_ok());
    for line in ["", "\n", "y\n", "444455556666\n"] {
        assert!(typed(line).is_err(), "{line:?}");
    }
    assert!(given(SPOKE_ACCOUNT).is_err());
    let error = confirm(&[HUB_ACCOUNT], &[], None::<&[u8]>).expect_err("nobody to ask");
    assert!(error.to_string().contains("--yes-in-account"), "{error}");
}

#[test]
fn each_account_is_confirmed_by_itself() {
    let both = [HUB_ACCOUNT, SPOKE_ACCOUNT];
    let typed = |lines: &'static str| confirm(&both, &[], Some(lines.as_bytes()));
    let given = |ids: &[&str]| {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        // What is typed does not complete what was given.
        confirm(&both, &ids, Some("444455556666\n".as_bytes()))
    };
    assert!(typed("111122223333\n444455556666\n").is_ok());
    for lines in [
        "111122223333\n",
        "111122223333\n111122223333\n",
        "444455556666\n111122223333\n",
    ] {
        assert!(typed(lines).is_err(), "{lines:?}");
    }
    assert!(given(&both).is_ok());
    for ids in [[HUB_ACCOUNT], [SPOKE_ACCOUNT]] {
        assert!(given(&ids).is_err(), "{ids:?}");
    }
}

#[tokio::test]
async fn each_account_is_found_with_its_own_credentials() -> Result<()> {
    let mut settings = ready();
    let of_the_hub = "arn:aws:iam::111122223333:role/Own";
    for role in [TARGET_ROLE, of_the_hub] {
        settings.roles.insert(role.to_owned(), None);
    }
    let fake = ServiceCatalog::start(settings).await?;
    let catalogs = connect(&fake, &["--role-arn", TARGET_ROLE]).await?;
    assert_eq!(catalogs.accounts(), [HUB_ACCOUNT, SPOKE_ACCOUNT]);
    let plan = plan(&catalogs, true, PACE);
    assert!(
        plan.contains(HUB_ACCOUNT) && plan.contains("In account 444455556666"),
        "{plan}"
    );
    let calls = fake.state().calls_of(Operation::GetCallerIdentity);
    let askers: Vec<_> = calls.iter().map(|it| it.place.account.as_str()).collect();
    assert_eq!(askers, [HUB_ACCOUNT, SPOKE_ACCOUNT]);

    let error = connect(&fake, &["--role-arn", of_the_hub]).await;
    let error = error.expect_err("its copy would be of a product that is its own");
    assert!(error.to_string().contains("itself"), "{error}");
    Ok(())
}

/// Runs the program in an environment without AWS.
fn probe(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aws-probe"));
    command.env_clear().envs([
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    Ok(command
        .envs(environment.iter().copied())
        .args(arguments)
        .output()?)
}

#[test]
fn an_endpoint_that_is_not_aws_s_is_refused() -> Result<()> {
    let nowhere = "http://127.0.0.1:1";
    for variable in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_SERVICE_CATALOG",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_CLOUDTRAIL",
        "AWS_ENDPOINT_URL_SFN",
    ] {
        for mode in [&[][..], &["--clean"], &["--state-machine"]] {
            let arguments = [mode, &["--target-region", "eu-west-1"]].concat();
            let probe = probe(&arguments, &[(variable, nowhere)])?;
            let stderr = String::from_utf8(probe.stderr)?;
            assert!(!probe.status.success(), "{variable}");
            assert!(stderr.contains("nothing was done"), "{variable}: {stderr}");
            assert!(stderr.contains(nowhere), "{variable}: {stderr}");
        }
    }
    for profile in [
        format!("[default]\nendpoint_url = {nowhere}\n"),
        format!("[default]\nservices = own\n[services own]\ns3 =\n  endpoint_url = {nowhere}\n"),
    ] {
        let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/probe-profile");
        fs::write(file, &profile)?;
        let arguments = ["--target-region", "eu-west-1"];
        let probe = probe(&arguments, &[("AWS_CONFIG_FILE", file)])?;
        let stderr = String::from_utf8(probe.stderr)?;
        assert!(stderr.contains(nowhere), "{profile}: {stderr}");
    }
    let probe = probe(&["--fake", "--clean"], &[("AWS_ENDPOINT_URL", nowhere)])?;
    assert!(probe.status.success(), "{probe:?}");
    Ok(())
}

#[test]
fn a_wrong_account_or_option_is_refused_before_anything_is_made() -> Result<()> {
    for (arguments, message) in [
        (
            vec!["--fake", "--yes-in-account", SPOKE_ACCOUNT],
            "account 111122223333 was not confirmed: nothing was done",
        ),
        (
            vec![
                "--fake",
                "--role-arn",
                TARGET_ROLE,
                "--yes-in-account",
                HUB_ACCOUNT,
            ],
            "account 444455556666 was not confirmed: nothing was done",
        ),
        (
            vec!["--fake", "--target-region", "us-east-1"],
            "the target Region is the source",
        ),
        (vec!["--fake", "--poll", "often"], "often is no number"),
        (vec!["--fake", "--region"], "--region"),
        (vec!["--fake", "eu-west-1"], "eu-west-1"),
        (
            vec!["--fake", "--state-machine"],
            "--state-machine asks AWS",
        ),
    ] {
        let probe = probe(&arguments, &[])?;
        let stderr = String::from_utf8(probe.stderr)?;
        assert!(!probe.status.success(), "{arguments:?}");
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
        assert!(probe.stdout.is_empty(), "{arguments:?}");
    }
    Ok(())
}
