use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// How the fake behaves where AWS leaves it open; every field can be changed while it runs.
///
/// In JSON every field has its name in `PascalCase`, and what is left out has its default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// The roles `AssumeRole` knows by ARN, each with the `ExternalId` it asks for, if any.
    pub roles: BTreeMap<String, Option<String>>,
    /// When a copy is over (assumed: AWS publishes no typical durations).
    pub copy_ends: CopyEnds,
    /// How long an idempotency token is remembered (assumed: AWS publishes no retention).
    pub tokens: Tokens,
    /// Whether a token sent again with other parameters is an `InvalidParametersException`
    /// (assumed); if not, the first copy's token is answered and the new parameters are ignored.
    pub reused_token_is_rejected: bool,
    /// How often a new copy's status is `ResourceNotFoundException` before it is visible (assumed).
    pub describes_before_visible: u32,
    /// Whether copying a version again into the same product adds it a second time (assumed).
    pub recopy_duplicates_versions: bool,
    /// Whether a copied version keeps Active and Guidance (assumed); if not, it is active and DEFAULT.
    pub copies_keep_guidance: bool,
    /// Whether a copied version keeps the `CreatedTime` of its source (assumed); if not, it is the time
    /// of the copy.
    pub copies_keep_created_time: bool,
    /// How often a product's versions are listed without one that was copied, after its copy has
    /// `SUCCEEDED` (assumed).
    pub lists_before_copied: u32,
    /// Whether a copy that ends `FAILED` leaves behind the new product, without versions (assumed).
    pub failed_copies_leave_product: bool,
    /// How often a version is described as `CREATING` before it is `AVAILABLE` (assumed); `None` is
    /// however often.
    pub describes_before_available: Option<u32>,
    /// How long after `CreateProduct` or `CreateProvisioningArtifact` a version is `AVAILABLE` however
    /// often it was described (assumed); `None` is never.
    #[serde(rename = "AvailableAfterSeconds", deserialize_with = "some_seconds")]
    pub available_after: Option<Duration>,
    /// How often a product's portfolios are listed without one it was associated with before that
    /// is visible (that it takes time is known, how long is assumed).
    pub lists_before_associated: u32,
    /// Whether a copy makes `CloudTrail` events of the versions that it brings (assumed), one each.
    pub copies_make_version_events: bool,
    /// Whether a copy of a product of another type than `CLOUD_FORMATION_TEMPLATE` ends `FAILED`
    /// (assumed).
    pub copies_of_other_types_fail: bool,
    /// Whether a share of a portfolio counts only once its account has accepted it (assumed).
    pub shares_need_acceptance: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            roles: BTreeMap::new(),
            copy_ends: CopyEnds::AfterDescribes(1),
            tokens: Tokens::Honoured,
            reused_token_is_rejected: true,
            describes_before_visible: 0,
            recopy_duplicates_versions: true,
            copies_keep_guidance: false,
            copies_keep_created_time: false,
            lists_before_copied: 0,
            failed_copies_leave_product: false,
            describes_before_available: None,
            available_after: Some(Duration::ZERO),
            lists_before_associated: 0,
            copies_make_version_events: false,
            copies_of_other_types_fail: false,
            shares_need_acceptance: false,
        }
    }
}

/// When a copy stops being `IN_PROGRESS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum CopyEnds {
    /// This long after it was accepted; `Duration::MAX` is never.
    #[serde(rename = "AfterSeconds", deserialize_with = "seconds")]
    After(Duration),
    /// After its status was `IN_PROGRESS` this many times, however fast or slow the test is.
    AfterDescribes(u32),
}

/// How long a second request with the same token is the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Tokens {
    /// For ever.
    Honoured,
    /// For this long.
    #[serde(rename = "HonouredForSeconds", deserialize_with = "seconds")]
    HonouredFor(Duration),
    /// Not at all: every request makes a copy.
    Ignored,
}

impl Tokens {
    pub(super) fn retention(self) -> Duration {
        match self {
            Self::Honoured => Duration::MAX,
            Self::HonouredFor(time) => time,
            Self::Ignored => Duration::ZERO,
        }
    }
}

/// Seconds, whole or not.
fn seconds<'de, D: Deserializer<'de>>(json: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(json)?;
    Duration::try_from_secs_f64(seconds).map_err(de::Error::custom)
}

fn some_seconds<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Duration>, D::Error> {
    let seconds = Option::<f64>::deserialize(json)?;
    let time = seconds.map(Duration::try_from_secs_f64).transpose();
    time.map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(json: Value) -> Result<Settings, String> {
        serde_json::from_value(json).map_err(|error| error.to_string())
    }

    /// Every name that JSON may have, from the error about one that it may not.
    fn names() -> Vec<String> {
        let error = read(json!({ "Unknown": true })).expect_err("there is no such switch");
        let names = error.split('`').skip(3).step_by(2);
        names.map(str::to_owned).collect()
    }

    #[test]
    fn every_switch_is_read_from_json_by_its_name() {
        let json = json!({
            "Roles": { "arn:aws:iam::444455556666:role/Target": "an-id" },
            "CopyEnds": { "AfterSeconds": 20 },
            "Tokens": { "HonouredForSeconds": 0.5 },
            "ReusedTokenIsRejected": false,
            "DescribesBeforeVisible": 1,
            "RecopyDuplicatesVersions": false,
            "CopiesKeepGuidance": true,
            "CopiesKeepCreatedTime": true,
            "ListsBeforeCopied": 4,
            "FailedCopiesLeaveProduct": true,
            "DescribesBeforeAvailable": 2,
            "AvailableAfterSeconds": 0.25,
            "ListsBeforeAssociated": 3,
            "CopiesMakeVersionEvents": true,
            "CopiesOfOtherTypesFail": true,
            "SharesNeedAcceptance": true,
        });
        let role = "arn:aws:iam::444455556666:role/Target".to_owned();
        let expected = Settings {
            roles: [(role, Some("an-id".to_owned()))].into(),
            copy_ends: CopyEnds::After(Duration::from_secs(20)),
            tokens: Tokens::HonouredFor(Duration::from_millis(500)),
            reused_token_is_rejected: false,
            describes_before_visible: 1,
            recopy_duplicates_versions: false,
            copies_keep_guidance: true,
            copies_keep_created_time: true,
            lists_before_copied: 4,
            failed_copies_leave_product: true,
            describes_before_available: Some(2),
            available_after: Some(Duration::from_millis(250)),
            lists_before_associated: 3,
            copies_make_version_events: true,
            copies_of_other_types_fail: true,
            shares_need_acceptance: true,
        };
        assert_eq!(read(json), Ok(expected));
    }

    #[test]
    fn what_json_leaves_out_has_its_default() {
        assert_eq!(read(json!({})), Ok(Settings::default()));
        let never = read(json!({
            "DescribesBeforeAvailable": null,
            "AvailableAfterSeconds": null,
            "Tokens": "Ignored",
        }));
        let expected = Settings {
            tokens: Tokens::Ignored,
            available_after: None,
            ..Settings::default()
        };
        assert_eq!(never, Ok(expected));
        let polled = read(json!({ "CopyEnds": { "AfterDescribes": 6 } }));
        let polled = polled.map(|settings| settings.copy_ends);
        assert_eq!(polled, Ok(CopyEnds::AfterDescribes(6)));
    }

    #[test]
    fn a_time_before_now_is_an_error() {
        for json in [
            json!({ "CopyEnds": { "AfterSeconds": -1 } }),
            json!({ "AvailableAfterSeconds": -1 }),
        ] {
            let error = read(json);
            assert!(error.is_err(), "{error:?}");
        }
    }

    #[test]
    fn the_readme_names_every_switch() {
        let names = names();
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            let row = format!("| `{name}` |");
            assert!(include_str!("../README.md").contains(&row), "{row}");
        }
    }
}
