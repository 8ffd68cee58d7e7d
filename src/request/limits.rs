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
    is_allowed: |it| length(it, 1, 1224) && is_product_arn(it) && is_trimmed(it),
};

/// `TargetProductId` and `CopyProductToken`.
pub const ID: Limit = Limit {
    allowed: "1 to 100 letters, digits, _ or -",
    is_allowed: |it| length(it, 1, 100) && it.chars().all(is_word),
};

/// `TargetProductName`.
pub const PRODUCT_NAME: Limit = Limit {
    allowed: "1 to 8191 characters",
    is_allowed: |it| length(it, 1, 8191) && is_trimmed(it),
};

/// An item of `PortfolioIds`.
pub const PORTFOLIO_ID: Limit = Limit {
    allowed: "a portfolio id such as port-abcdefghijklm, of at most 100 letters, digits, _ or -",
    is_allowed: |it| length(it, 6, 100) && it.starts_with("port-") && it.chars().all(is_word),
};

/// The value of `Id` in `SourceProvisioningArtifactIdentifiers`.
pub const PROVISIONING_ARTIFACT_ID: Limit = Limit {
    allowed: "a version id such as pa-abcdefghijklm, of 1 to 100 letters, digits, _ or -",
    is_allowed: |it| length(it, 1, 100) && it.chars().all(is_word),
};

/// A member of `CopyOptions`.
pub const COPY_OPTION: Limit = Limit {
    allowed: "CopyTags",
    is_allowed: |it| it == "CopyTags",
};

/// `AcceptLanguage`.
pub const LANGUAGE: Limit = Limit {
    allowed: "at most 100 characters: en, jp or zh",
    is_allowed: |it| length(it, 0, 100) && is_trimmed(it),
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

/// The key of an object in S3.
pub const OBJECT_KEY: Limit = Limit {
    allowed: "1 to 1024 bytes without control characters",
    is_allowed: |it| (1..=1024).contains(&it.len()) && !it.contains(char::is_control),
};

/// A bucket of S3.
pub const BUCKET: Limit = Limit {
    allowed: "a bucket's name: 3 to 63 lower-case letters, digits, . or -",
    is_allowed: |it| {
        let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        length(it, 3, 63)
            && it.starts_with(is_end)
            && it.ends_with(is_end)
            && !it.contains("..")
            && it.chars().all(|c| is_end(c) || c == '.' || c == '-')
    },
};

/// An item of `Versions`.
pub const VERSION_NAME: Limit = Limit {
    allowed: "at most 8192 characters",
    is_allowed: |it| length(it, 0, 8192),
};

/// The most versions that a request names: a product has 100, unless AWS has raised that.
pub const MAX_VERSIONS: usize = 1000;

/// The most options of a copy.
pub const MAX_COPY_OPTIONS: usize = 10;

/// The most portfolios of a request. Each costs a call.
pub const MAX_PORTFOLIOS: usize = 100;

/// Refuses a list that is too long.
///
/// # Errors
/// `InvalidRequest` names the member, what is allowed and how many there are.
pub fn check_items(member: &str, items: usize, most: usize) -> Result<(), Error> {
    if items <= most {
        return Ok(());
    }
    Err(Error::invalid_request(format!(
        "{member} must have at most {most} items, not {items}"
    )))
}

/// Refuses a list that is empty: a template that rendered nothing would ask for something else.
///
/// # Errors
/// `InvalidRequest` names the member and what is allowed.
pub fn check_not_empty(member: &str, items: usize) -> Result<(), Error> {
    if items > 0 {
        return Ok(());
    }
    Err(Error::invalid_request(format!(
        "{member} must have at least 1 item; leave it out to ask for none by name"
    )))
}

impl Limit {
    /// Checks the value of a member.
    ///
    /// # Errors
    /// `InvalidRequest` names the member and what is allowed, but not the value: that may be an
    /// `ExternalId` in a wrong place.
    pub fn check(&self, member: &str, value: &str) -> Result<(), Error> {
        if (self.is_allowed)(value) {
            return Ok(());
        }
        let allowed = self.allowed;
        let blank = if value.trim() == value {
            ""
        } else {
            ", without a blank at its start or end"
        };
        Err(Error::invalid_request(format!(
            "{member} must be {allowed}{blank}"
        )))
    }
}

fn length(value: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&value.chars().count())
}

/// A blank that nobody sees would make a name of its own.
fn is_trimmed(value: &str) -> bool {
    value.trim() == value
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// `arn:[a-z0-9-\.]{1,63}:catalog:[a-z0-9-\.]{0,63}:[a-z0-9-\.]{0,63}:product/.{0,1016}`: of what
/// the API allows, what is a product's.
fn is_product_arn(value: &str) -> bool {
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
        && service == "catalog"
        && length(resource, 1, 1024)
        && resource.starts_with("product/")
        && !resource.contains('\n')
}

fn is_role_arn(value: &str) -> bool {
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, role] = parts[..] else {
        return false;
    };
    // It may have a path.
    let is_name = |it: &str| {
        let mut parts = it.split('/');
        parts
            .all(|part| !part.is_empty() && part.chars().all(|c| is_word(c) || "+=,.@".contains(c)))
    };
    partition.starts_with("aws")
        && partition
            .chars()
            .all(|c| c.is_ascii_lowercase() || c == '-')
        && account.len() == 12
        && account.chars().all(|c| c.is_ascii_digit())
        && role.strip_prefix("role/").is_some_and(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit: &Limit, values: &[&str], are_allowed: bool) {
        for value in values {
            let is_allowed = limit.check("Member", value).is_ok();
            assert_eq!(is_allowed, are_allowed, "{} {value:?}", value.len());
        }
    }

    /// The start, filled up to the length.
    fn fill(start: &str, length: usize) -> String {
        format!("{start}{}", "x".repeat(length - start.len()))
    }

    #[test]
    fn a_region_is_one_of_any_partition() {
        let longest = |length: usize| format!("{}-1", fill("eu-", length - 2));
        let allowed = [
            "us-east-1",
            "us-gov-west-1",
            "eusc-de-east-1",
            "us-isob-east-1",
            "cn-northwest-1",
            "ap-southeast-7",
            &longest(63),
        ];
        let refused = [
            "",
            "Ireland",
            "eu-west",
            "west-1",
            "eu-west-one",
            "1-eu-west-1",
            "EU-WEST-1",
            "eU-west-1",
            "eu-west-1.evil.example",
            "eu-west-1.evil-1",
            "eu-west-1/a-1",
            "eu-west-1\n",
            &longest(64),
        ];
        check(&REGION, &allowed, true);
        check(&REGION, &refused, false);
    }

    #[test]
    fn a_product_arn_is_one_of_any_partition() {
        let allowed = [
            "arn:aws:catalog:us-east-1:111122223333:product/prod-a",
            "arn:aws-us-gov:catalog:us-gov-west-1:111122223333:product/prod-a",
            "arn:aws-cn:catalog:cn-north-1:111122223333:product/prod-a",
            "arn:a:catalog:::product/p",
        ];
        let refused = [
            "",
            "prod-a",
            "arn:aws:catalog:us-east-1:111122223333:portfolio/port-a",
            "arn:aws:servicecatalog:us-east-1:111122223333:product/prod-a",
            "arn:aws:iam::111122223333:role/Admin",
            "arn:aws:catalog:us-east-1:111122223333",
            "urn:aws:catalog:us-east-1:111122223333:product/prod-a",
            "arn::catalog:us-east-1:111122223333:product/prod-a",
            "arn:AWS:catalog:us-east-1:111122223333:product/prod-a",
            "arn:aws:catalog:us-east-1:1111_2222:product/prod-a",
            "arn:aws:catalog:us-east-1:111122223333:",
            "arn:aws:catalog:us-east-1:111122223333:/prod-a",
            "arn:aws:catalog:us-east-1:111122223333:product/prod-a\n",
        ];
        check(&PRODUCT_ARN, &allowed, true);
        check(&PRODUCT_ARN, &refused, false);
    }

    #[test]
    fn a_role_arn_is_one_of_any_partition() {
        let allowed = [
            "arn:aws:iam::444455556666:role/CatalogCopyTarget",
            "arn:aws-us-gov:iam::444455556666:role/CatalogCopyTarget",
            "arn:aws-cn:iam::444455556666:role/platform/Copy_+=,.@-9",
        ];
        let refused = [
            "",
            "CatalogCopyTarget",
            "urn:aws:iam::444455556666:role/Target",
            "arn:AWS:iam::444455556666:role/Target",
            "arn:other:iam::444455556666:role/Target",
            "arn:aws\n:iam::444455556666:role/Target",
            "arn:aws:sts::444455556666:role/Target",
            "arn:aws:iam:us-east-1:444455556666:role/Target",
            "arn:aws:iam::44445555666:role/Target",
            "arn:aws:iam::4444555566667:role/Target",
            "arn:aws:iam::44445555666a:role/Target",
            "arn:aws:iam::444455556666:user/Target",
            "arn:aws:iam::444455556666:role/",
            "arn:aws:iam::444455556666:role//Target",
            "arn:aws:iam::444455556666:role/platform/",
            "arn:aws:iam::444455556666:role/*",
            "arn:aws:iam::444455556666:role/Target:a",
            "arn:aws:iam::444455556666:role/Target a",
            "arn:aws:iam::444455556666:role/Target\n",
            "arn:aws:iam::444455556666:role/Target\r",
            "arn:aws:iam::444455556666:role/Zielkontö",
        ];
        check(&ROLE_ARN, &allowed, true);
        check(&ROLE_ARN, &refused, false);
    }

    #[test]
    fn a_length_is_allowed_up_to_its_limit() {
        let arn = |name: usize, resource: usize| {
            let name = "x".repeat(name);
            format!(
                "arn:{name}:catalog:{name}:{name}:{}",
                fill("product/", resource)
            )
        };
        let role = "arn:aws:iam::444455556666:role/";
        let table = [
            (PRODUCT_ARN, arn(1, 1024), arn(1, 1025)),
            (PRODUCT_ARN, arn(63, 900), arn(64, 900)),
            (PRODUCT_ARN, arn(61, 1024), arn(62, 1024)),
            (ID, "x".into(), String::new()),
            (ID, fill("", 100), fill("", 101)),
            (PRODUCT_NAME, "ö".repeat(8191), "ö".repeat(8192)),
            (LANGUAGE, fill("", 100), fill("", 101)),
            (IDEMPOTENCY_TOKEN, "x".into(), String::new()),
            (IDEMPOTENCY_TOKEN, fill("", 128), fill("", 129)),
            (ROLE_ARN, fill(role, 2048), fill(role, 2049)),
            (EXTERNAL_ID, "xx".into(), "x".into()),
            (EXTERNAL_ID, fill("", 1224), fill("", 1225)),
        ];
        for (limit, allowed, refused) in table {
            check(&limit, &[&allowed], true);
            check(&limit, &[&refused], false);
        }
    }
}
