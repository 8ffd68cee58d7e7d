use std::mem;
use std::time::Instant;

use serde_json::Value;

use super::operation::Refusal;
use super::{CopyEnds, Place, Product, Settings, Version, World};

/// A copy that was accepted.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) token: String,
    pub(super) place: Place,
    pub(super) request: Value,
    /// What will arrive; nothing does when the source is not shared with the target.
    pub(super) goods: Option<Product>,
    pub(super) accepted: Instant,
    pub(super) describes: u32,
    pub(super) end: Option<End>,
}

#[derive(Debug)]
pub(super) enum End {
    Succeeded { target: String },
    Failed,
}

impl Copy {
    fn is_due(&self, settings: &Settings) -> bool {
        match settings.copy_ends {
            CopyEnds::After(time) => self.accepted.elapsed() >= time,
            CopyEnds::AfterDescribes(times) => {
                self.describes > times.saturating_add(settings.describes_before_visible)
            }
        }
    }
}

impl World {
    /// Lets every copy arrive that is due by now.
    pub(super) fn settle(&mut self) {
        let mut copies = mem::take(&mut self.copies);
        for copy in &mut copies {
            if copy.end.is_none() && copy.is_due(&self.settings) {
                copy.end = Some(match copy.goods.take() {
                    None => End::Failed,
                    Some(goods) => End::Succeeded {
                        target: self.arrive(copy, goods),
                    },
                });
            }
        }
        self.copies = copies;
    }

    /// The token of the copy that the same request began before.
    pub(super) fn earlier_copy(
        &self,
        place: &Place,
        request: &Value,
    ) -> Result<Option<String>, Refusal> {
        let retention = self.settings.tokens.retention();
        let earlier = self.copies.iter().rfind(|copy| {
            copy.place == *place
                && copy.request["IdempotencyToken"] == request["IdempotencyToken"]
                && copy.accepted.elapsed() < retention
        });
        match earlier {
            Some(copy) if copy.request != *request && self.settings.reused_token_is_rejected => {
                Err(Refusal::new(
                    "InvalidParametersException",
                    "The idempotency token was used with other parameters.",
                ))
            }
            earlier => Ok(earlier.map(|copy| copy.token.clone())),
        }
    }

    /// Puts the goods into the target product, creating it unless the request names one.
    fn arrive(&mut self, copy: &Copy, goods: Product) -> String {
        let versions: Vec<_> = goods
            .versions
            .into_iter()
            .map(|version| Version {
                id: self.new_id("pa-"),
                ..version
            })
            .collect();
        let new_id = self.new_id("prod-");
        let duplicates = self.settings.recopy_duplicates_versions;

        let here = self.products.entry(copy.place.clone()).or_default();
        let named = copy.request["TargetProductId"].as_str();
        let present = here
            .iter()
            .position(|product| Some(product.id.as_str()) == named);
        let index = present.unwrap_or_else(|| {
            here.push(Product {
                id: new_id,
                name: goods.name,
                owner: goods.owner,
                copied_from: goods.copied_from,
                ..Product::default()
            });
            here.len() - 1
        });
        let target = &mut here[index];
        if let Some(name) = copy.request["TargetProductName"].as_str() {
            name.clone_into(&mut target.name);
        }
        target.tags.extend(goods.tags);
        for version in versions {
            let mut present = target.versions.iter();
            if duplicates || present.all(|other| other.copied_from != version.copied_from) {
                target.versions.push(version);
            }
        }
        target.id.clone()
    }
}
