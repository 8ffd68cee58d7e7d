//! The copies under way, and how they arrive.

use std::mem;
use std::time::SystemTime;

use serde_json::Value;

use super::answer::Refusal;
use super::copy::{Copy, End};
use super::limits::{MOST_TAGS, MOST_VERSIONS};
use super::state::parse_product_arn;
use super::{AcceptedCopy, FakeState, Place, Product};

impl FakeState {
    /// The copies accepted so far, in order, whether or not their callers learned it.
    pub fn copies(&mut self) -> Vec<AcceptedCopy> {
        self.settle();
        let copies = self.copies.iter().map(|copy| AcceptedCopy {
            token: copy.token.clone(),
            place: copy.place.clone(),
            request: copy.request.clone(),
            has_arrived: copy
                .end
                .as_ref()
                .map(|end| matches!(end, End::Succeeded { .. })),
            ended: copy.ended,
        });
        copies.collect()
    }

    /// Ends every creation of a version and lets every copy arrive that is due by now.
    pub(super) fn settle(&mut self) {
        self.end_creations();
        let mut copies = mem::take(&mut self.copies);
        for copy in &mut copies {
            if copy.end.is_none() && copy.is_due(&self.settings) {
                let arrived = match copy.arriving.take() {
                    None => Err("Internal Failure"),
                    Some(arriving) => self.arrive(copy, arriving),
                };
                if arrived.is_err() && self.settings.failed_copies_leave_product {
                    self.leave_product(copy);
                }
                copy.ended = Some(SystemTime::now());
                copy.end = Some(match arrived {
                    Ok(target) => End::Succeeded { target },
                    Err(detail) => End::Failed { detail },
                });
            }
        }
        self.copies = copies;
    }

    /// Adds the product that a failed copy was to make, which has no versions.
    fn leave_product(&mut self, copy: &Copy) {
        if !copy.request["TargetProductId"].is_null() {
            return;
        }
        let arn = copy.request["SourceProductArn"].as_str();
        let source = arn.and_then(parse_product_arn);
        let source = source.and_then(|(place, id)| self.find(&place, id).ok());
        let name = copy.request["TargetProductName"].as_str();
        if let Some(source) = source {
            let product = Product {
                name: name.unwrap_or(&source.name).to_owned(),
                owner: source.owner.clone(),
                details: source.details.clone(),
                product_type: source.product_type.clone(),
                copied_from: Some(source.id.clone()),
                ..Product::default()
            };
            self.add_product(&copy.place, product);
        }
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
                Err(Refusal::invalid(
                    "The idempotency token was used with other parameters.",
                ))
            }
            earlier => Ok(earlier.map(|copy| copy.token.clone())),
        }
    }

    /// Puts what arrives into the target product, creating it unless the request names one.
    fn arrive(&mut self, copy: &Copy, arriving: Product) -> Result<String, &'static str> {
        if arriving.product_type.is_some() && self.settings.copies_of_other_types_fail {
            return Err("Internal Failure");
        }
        let here = self.products.entry(copy.place.clone()).or_default();
        let named = copy.request["TargetProductId"].as_str();
        let present = here
            .iter()
            .position(|product| Some(product.id.as_str()) == named);
        let mut target = present.map_or_else(Product::default, |index| here[index].clone());
        if present.is_none() {
            target.name = arriving.name;
            target.owner = arriving.owner;
            target.details = arriving.details;
            target.product_type.clone_from(&arriving.product_type);
            target.copied_from = arriving.copied_from;
        }
        if let Some(name) = copy.request["TargetProductName"].as_str() {
            name.clone_into(&mut target.name);
        }
        target.tags.extend(arriving.tags);
        let duplicates = self.settings.recopy_duplicates_versions;
        for version in arriving.versions {
            let mut present = target.versions.iter();
            if duplicates || present.all(|other| other.copied_from != version.copied_from) {
                target.versions.push(version);
            }
        }
        if target.versions.len() > MOST_VERSIONS || target.tags.len() > MOST_TAGS {
            return Err("Limit exceeded");
        }

        self.give_ids(&mut target);
        let id = target.id.clone();
        let here = self.products.entry(copy.place.clone()).or_default();
        match present {
            Some(index) => here[index] = target,
            None => here.push(target),
        }
        Ok(id)
    }
}
