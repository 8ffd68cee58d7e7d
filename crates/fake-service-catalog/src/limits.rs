use std::ops::RangeInclusive;

use regex_lite::Regex;

use super::Details;
use super::answer::Refusal;

/// What the service model allows for a string.
pub(super) struct Limits {
    member: &'static str,
    length: RangeInclusive<usize>,
    pattern: &'static str,
}

pub(super) const SOURCE_PRODUCT_ARN: Limits = Limits {
    member: "sourceProductArn",
    length: 1..=1224,
    pattern: r"arn:[a-z0-9-\.]{1,63}:[a-z0-9-\.]{0,63}:[a-z0-9-\.]{0,63}:[a-z0-9-\.]{0,63}:[^/].{0,1023}",
};
pub(super) const TARGET_PRODUCT_ID: Limits = id("targetProductId");
pub(super) const TARGET_PRODUCT_NAME: Limits = text("targetProductName", 8191);
pub(super) const IDEMPOTENCY_TOKEN: Limits = Limits {
    member: "idempotencyToken",
    length: 1..=128,
    pattern: "[a-zA-Z0-9][a-zA-Z0-9_-]*",
};
pub(super) const COPY_PRODUCT_TOKEN: Limits = id("copyProductToken");
pub(super) const ID: Limits = id("id");
pub(super) const PRODUCT_ID: Limits = id("productId");
pub(super) const VERSION_ID: Limits = id("provisioningArtifactId");
pub(super) const PORTFOLIO_ID: Limits = id("portfolioId");
pub(super) const PRODUCT_NAME: Limits = text("name", 8191);
pub(super) const VERSION_NAME: Limits = text("name", 8192);
pub(super) const VERSION_DESCRIPTION: Limits = text("description", 8192);
pub(super) const PRODUCT_OWNER: Limits = text("owner", 8191);
const PRODUCT_DESCRIPTION: Limits = text("description", 8191);
const DISTRIBUTOR: Limits = text("distributor", 8191);
const SUPPORT_DESCRIPTION: Limits = text("supportDescription", 8191);
const SUPPORT_EMAIL: Limits = text("supportEmail", 254);
const SUPPORT_URL: Limits = text("supportUrl", 2083);
pub(super) const PORTFOLIO_NAME: Limits = named("displayName", 100);
pub(super) const PORTFOLIO_PROVIDER: Limits = named("providerName", 50);
pub(super) const PORTFOLIO_DESCRIPTION: Limits = text("description", 2000);
pub(super) const ACCOUNT_ID: Limits = Limits {
    member: "accountId",
    length: 0..=12,
    pattern: "[0-9]{12}",
};
pub(super) const PAGE_TOKEN: Limits = text("pageToken", 2024);
pub(super) const TAG_KEY: Limits = tag("key", 128);
pub(super) const TAG_VALUE: Limits = tag("value", 256);
pub(super) const ACCEPT_LANGUAGE: Limits = text("acceptLanguage", 100);
pub(super) const ROLE_ARN: Limits = Limits {
    member: "roleArn",
    length: 20..=2048,
    pattern: ANYTHING,
};
pub(super) const ROLE_SESSION_NAME: Limits = Limits {
    member: "roleSessionName",
    length: 2..=64,
    pattern: r"[\w+=,.@-]*",
};
pub(super) const EXTERNAL_ID: Limits = Limits {
    member: "externalId",
    length: 2..=1224,
    pattern: r"[\w+=,.@:\/-]*",
};

/// AWS's quota of versions a product.
pub(super) const MOST_VERSIONS: usize = 100;
/// AWS's quota of tags a product.
pub(super) const MOST_TAGS: usize = 20;

const ANYTHING: &str = r"(?s:.*)";

const fn id(member: &'static str) -> Limits {
    Limits {
        member,
        length: 1..=100,
        pattern: r"[a-zA-Z0-9_\-]*",
    }
}

const fn text(member: &'static str, max: usize) -> Limits {
    Limits {
        member,
        length: 0..=max,
        pattern: ANYTHING,
    }
}

const fn named(member: &'static str, max: usize) -> Limits {
    Limits {
        length: 1..=max,
        ..text(member, max)
    }
}

/// As in the model within ASCII; beyond it anything, where the model has letters and digits only.
const fn tag(member: &'static str, max: usize) -> Limits {
    Limits {
        member,
        length: 1..=max,
        pattern: r"[a-zA-Z0-9 _.:/=+\-@\x{80}-\x{10FFFF}]*",
    }
}

impl Limits {
    /// The value, when there is one within the limits.
    pub(super) fn required<'v>(&self, value: Option<&'v String>) -> Result<&'v str, Refusal> {
        let value = self.optional(value)?;
        value.ok_or_else(|| violation(self.member, "Member must not be null"))
    }

    /// The value within the limits, or none.
    pub(super) fn optional<'v>(
        &self,
        value: Option<&'v String>,
    ) -> Result<Option<&'v str>, Refusal> {
        let Some(value) = value else { return Ok(None) };
        if !self.length.contains(&value.chars().count()) {
            let (min, max) = (self.length.start(), self.length.end());
            let rule = format!("Member must have length between {min} and {max}");
            return Err(violation(self.member, &rule));
        }
        let whole = Regex::new(&format!("^(?:{})$", self.pattern));
        if !whole.is_ok_and(|whole| whole.is_match(value)) {
            let rule = format!(
                "Member must satisfy regular expression pattern: {}",
                self.pattern
            );
            return Err(violation(self.member, &rule));
        }
        Ok(Some(value))
    }
}

/// Checks what is said of a product.
pub(super) fn details(details: &Details) -> Result<(), Refusal> {
    for (limits, value) in [
        (PRODUCT_DESCRIPTION, &details.description),
        (DISTRIBUTOR, &details.distributor),
        (SUPPORT_DESCRIPTION, &details.support_description),
        (SUPPORT_EMAIL, &details.support_email),
        (SUPPORT_URL, &details.support_url),
    ] {
        limits.optional(value.as_ref())?;
    }
    Ok(())
}

/// Checks the member that nearly every operation has.
pub(super) fn accept_language(value: Option<&String>) -> Result<(), Refusal> {
    match ACCEPT_LANGUAGE.optional(value)? {
        None | Some("en" | "jp" | "zh") => Ok(()),
        Some(other) => Err(Refusal::invalid(format!(
            "AcceptLanguage {other} is not supported."
        ))),
    }
}

/// Checks a value that must be one of a few.
pub(super) fn one_of(member: &str, value: &str, allowed: &[&str]) -> Result<(), Refusal> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let allowed = allowed.join(", ");
    let rule = format!("Member must satisfy enum value set: [{allowed}]");
    Err(violation(member, &rule))
}

/// The error for a rule of the service model broken, in AWS's words.
pub(super) fn violation(member: &str, rule: &str) -> Refusal {
    let message = format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: {rule}"
    );
    Refusal::new("ValidationException", message)
}
