use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Place;

/// A portfolio and what is in it.
#[derive(Debug)]
pub(super) struct Portfolio {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) provider: String,
    pub(super) place: Place,
    /// Its products by id, each with how often its portfolios were listed since.
    pub(super) products: BTreeMap<String, u32>,
    /// The accounts it is shared with, each with whether it has accepted.
    pub(super) shares: BTreeMap<String, bool>,
}

impl Portfolio {
    pub(super) fn detail(&self) -> Value {
        json!({
            "Id": self.id,
            "ARN": self.place.arn("portfolio", &self.id),
            "DisplayName": self.name,
            "ProviderName": self.provider,
        })
    }
}
