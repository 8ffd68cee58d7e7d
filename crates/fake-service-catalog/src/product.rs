use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A Region of an account: where products live and calls go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The twelve digits of the account.
    pub account: String,
    /// The Region, such as `eu-west-1`.
    pub region: String,
}

impl Place {
    /// The place of this account and Region.
    #[must_use]
    pub fn new(account: &str, region: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }

    /// The ARN of a product with this id here.
    #[must_use]
    pub fn product_arn(&self, id: &str) -> String {
        self.arn("product", id)
    }

    pub(super) fn arn(&self, kind: &str, id: &str) -> String {
        format!(
            "arn:aws:catalog:{}:{}:{kind}/{id}",
            self.region, self.account
        )
    }
}

/// A product with its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// `prod-…`, given by [`FakeState::add_product`](super::FakeState::add_product).
    pub id: String,
    /// The name a person sees.
    pub name: String,
    /// Who is said to own it.
    pub owner: String,
    /// What else is said of it.
    pub details: Details,
    /// What launches it; `None` is `CLOUD_FORMATION_TEMPLATE`.
    pub product_type: Option<String>,
    /// Its versions, oldest first.
    pub versions: Vec<Version>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The other accounts that a portfolio with this product is shared with.
    pub shared_with: BTreeSet<String>,
    /// The id of the product it was copied from.
    pub copied_from: Option<String>,
}

impl Product {
    /// A product without versions, tags or sharing.
    #[must_use]
    pub fn new(name: &str, owner: &str) -> Self {
        Self {
            name: name.to_owned(),
            owner: owner.to_owned(),
            ..Self::default()
        }
    }

    /// The product with this type.
    #[must_use]
    pub fn of_type(mut self, product_type: &str) -> Self {
        self.product_type = Some(product_type.to_owned());
        self
    }

    /// The product with one more version.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.versions.push(version);
        self
    }

    /// The product with one more tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.insert(key.to_owned(), value.to_owned());
        self
    }

    /// The product shared with one more account.
    #[must_use]
    pub fn shared_with(mut self, account: &str) -> Self {
        self.shared_with.insert(account.to_owned());
        self
    }
}

/// What is said of a product besides its name and owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the names are AWS's")]
pub struct Details {
    pub description: Option<String>,
    pub distributor: Option<String>,
    pub support_description: Option<String>,
    pub support_email: Option<String>,
    pub support_url: Option<String>,
}

impl Details {
    /// Takes over what the other says.
    pub(super) fn update(&mut self, other: Self) {
        let set = |member: &mut Option<String>, value: Option<String>| {
            if value.is_some() {
                *member = value;
            }
        };
        set(&mut self.description, other.description);
        set(&mut self.distributor, other.distributor);
        set(&mut self.support_description, other.support_description);
        set(&mut self.support_email, other.support_email);
        set(&mut self.support_url, other.support_url);
    }

    /// The members of a `ProductViewSummary`, without those not set.
    pub(super) fn members(&self) -> Value {
        let members = [
            ("ShortDescription", &self.description),
            ("Distributor", &self.distributor),
            ("SupportDescription", &self.support_description),
            ("SupportEmail", &self.support_email),
            ("SupportUrl", &self.support_url),
        ];
        let set = members
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))));
        Value::Object(set.collect())
    }
}

/// A version of a product: a provisioning artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `pa-…`, given by [`FakeState::add_product`](super::FakeState::add_product).
    pub id: String,
    /// The name a person sees.
    pub name: String,
    /// What is new in it.
    pub description: String,
    /// Whether it can be launched.
    pub active: bool,
    /// `DEFAULT` or `DEPRECATED`.
    pub guidance: String,
    /// How far its creation got.
    pub status: VersionStatus,
    /// When it was created, in seconds since 1970; given with the id, later for every version.
    pub created: u64,
    /// The id of the version it was copied from.
    pub copied_from: Option<String>,
    /// Where its template was read from.
    pub template_url: Option<String>,
}

impl Version {
    /// An active version with guidance `DEFAULT`.
    #[must_use]
    pub fn new(name: &str, description: &str) -> Self {
        Self {
            id: String::new(),
            name: name.to_owned(),
            description: description.to_owned(),
            active: true,
            guidance: "DEFAULT".to_owned(),
            status: VersionStatus::Available,
            created: 0,
            copied_from: None,
            template_url: None,
        }
    }

    /// The version, whose template was read from here.
    #[must_use]
    pub fn template(mut self, url: &str) -> Self {
        self.template_url = Some(url.to_owned());
        self
    }

    /// The version, still being created.
    #[must_use]
    pub fn creating(mut self) -> Self {
        self.status = VersionStatus::Creating;
        self
    }

    /// The version, whose creation failed.
    #[must_use]
    pub fn failed(mut self) -> Self {
        self.status = VersionStatus::Failed;
        self
    }

    /// The version, not to be launched.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.active = false;
        self
    }

    /// The version with guidance `DEPRECATED`.
    #[must_use]
    pub fn deprecated(mut self) -> Self {
        "DEPRECATED".clone_into(&mut self.guidance);
        self
    }
}

/// How far the creation of a version got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum VersionStatus {
    Available,
    Creating,
    Failed,
}
