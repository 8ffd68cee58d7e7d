//! The values the APIs allow: Service Catalog's (model `servicecatalog/2015-12-10`) and STS's.

use crate::error::Error;

/// What a value must look like, in words and as a check.
pub struct Limit {
    allowed: &'static str,
    is_allowed: fn(&str) -> bool,
}

/// `SourceProductArn`.
pub const PRODUCT_ARN: Limit = Limit {
    allowed: "a product ARN of at most 1224 characters such as \
        arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm",
    is_allowed: |it| length(it, 1, 1224) && is_arn(it),
};

/// `TargetProductId` and `CopyProductToken`.
pub const ID: Limit = Limit {
    allowed: "1 to 100 letters, digits, _ or -",
    is_allowed: |it| length(it, 1, 100) && it.chars().all(is_word),
};

/// `TargetProductName`.
pub const PRODUCT_NAME: Limit = Limit {
    allowed: "at most 8191 characters",
    is_allowed: |it| length(it, 0, 8191),
};

/// The value of `Id` in `SourceProvisioningArtifactIdentifiers`.
pub const PROVISIONING_ARTIFACT_ID: Limit = Limit {
    allowed: "a version id such as pa-abcdefghijklm",
    is_allowed: |it| !it.is_empty(),
};

/// The key of a map in `SourceProvisioningArtifactIdentifiers`.
pub const PROVISIONING_ARTIFACT_KEYS: Limit = Limit {
    allowed: r#"an object with the one member "Id""#,
    is_allowed: |it| it == "Id",
};

/// A member of `CopyOptions`.
pub const COPY_OPTION: Limit = Limit {
    allowed: "CopyTags",
    is_allowed: |it| it == "CopyTags",
};

/// `AcceptLanguage`.
pub const LANGUAGE: Limit = Limit {
    allowed: "at most 100 characters: en, jp or zh",
    is_allowed: |it| length(it, 0, 100),
};

/// `IdempotencyToken`.
pub const IDEMPOTENCY_TOKEN: Limit = Limit {
    allowed: "1 to 128 letters, digits, _ or -, the first a letter or digit",
    is_allowed: |it| {
        length(it, 1, 128)
            && it.starts_with(|c: char| c.is_ascii_alphanumeric())
            && it.chars().all(is_word)
    },
};

/// `Target.Region`.
pub const REGION: Limit = Limit {
    allowed: "a Region such as eu-west-1",
    is_allowed: |it| {
        length(it, 1, 63)
            && it.matches('-').count() >= 2
            && it.starts_with(|c: char| c.is_ascii_lowercase())
            && it.ends_with(|c: char| c.is_ascii_digit())
            && it
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    },
};

/// `Target.RoleArn`, an STS `RoleArn`.
pub const ROLE_ARN: Limit = Limit {
    allowed: "a role ARN of 20 to 2048 characters such as \
        arn:aws:iam::444455556666:role/CatalogCopyTarget",
    is_allowed: |it| length(it, 20, 2048) && is_role_arn(it),
};

/// `Target.ExternalId`, an STS `ExternalId`.
pub const EXTERNAL_ID: Limit = Limit {
    allowed: "2 to 1224 letters, digits or any of _+=,.@:/-",
    is_allowed: |it| length(it, 2, 1224) && it.chars().all(|c| is_word(c) || "+=,.@:/".contains(c)),
};

impl Limit {
    /// Checks the value of a member.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] names the member, what is allowed and how the value starts.
    pub fn check(&self, member: &str, value: &str) -> Result<(), Error> {
        let start: String = value.chars().take(100).collect();
        self.check_secret(member, value)
            .map_err(|error| Error::InvalidRequest(format!("{error}, not {start:?}")))
    }

    /// Checks a value that must not be shown.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] names the member and what is allowed.
    pub fn check_secret(&self, member: &str, value: &str) -> Result<(), Error> {
        if (self.is_allowed)(value) {
            return Ok(());
        }
        let allowed = self.allowed;
        Err(Error::InvalidRequest(format!("{member} must be {allowed}")))
    }
}

fn length(value: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&value.chars().count())
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// `arn:[a-z0-9-\.]{1,63}:[a-z0-9-\.]{0,63}:[a-z0-9-\.]{0,63}:[a-z0-9-\.]{0,63}:[^/].{0,1023}`
fn is_arn(value: &str) -> bool {
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts[..] else {
        return false;
    };
    let is_name = |it: &str| {
        it.len() <= 63
            && it
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.')
    };
    arn == "arn"
        && !partition.is_empty()
        && [partition, service, region, account]
            .into_iter()
            .all(is_name)
        && length(resource, 1, 1024)
        && !resource.starts_with('/')
        && !resource.contains('\n')
}

fn is_role_arn(value: &str) -> bool {
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, role] = parts[..] else {
        return false;
    };
    partition.starts_with("aws")
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && role.strip_prefix("role/").is_some_and(|it| !it.is_empty())
}
