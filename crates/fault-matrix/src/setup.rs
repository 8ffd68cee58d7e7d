use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::fault_case::{CopyTakes, FaultCase};
use fake_service_catalog::{
    CopyEnds, FakeState, HUB_ACCOUNT, Place, Product, SPOKE_ACCOUNT, TARGET_ROLE, Version,
};
use testbed::sdk::REGION;

/// The Region that everything is copied to.
pub(super) const TARGET_REGION: &str = "eu-west-1";

/// What the case leaves open and the seed decides, whatever tokens do.
#[derive(Debug)]
pub(super) struct Setup {
    /// How many versions the target lacks, and how many it has.
    missing: usize,
    pub(super) present: usize,
    copies_tags: bool,
    pub(super) copy_ends: CopyEnds,
}

impl Setup {
    pub(super) fn new(case: &FaultCase, seed: &mut Rng) -> Self {
        let millis = Duration::from_millis;
        Self {
            missing: seed.usize(1..=3),
            present: if case.is_new { 0 } else { seed.usize(0..=2) },
            copies_tags: seed.bool(),
            copy_ends: CopyEnds::After(match case.copy {
                CopyTakes::NoTime => Duration::ZERO,
                CopyTakes::Short => millis(seed.u64(20..=250)),
                CopyTakes::Long => millis(seed.u64(3000..=3500)),
                CopyTakes::Longer => millis(seed.u64(8000..=8500)),
                CopyTakes::ForEver => Duration::MAX,
            }),
        }
    }

    /// Publishes a product, some of whose versions the target has.
    ///
    /// Gives its copy request, and its ARN with the ids of all its versions.
    pub(super) fn publish(
        &self,
        state: &mut FakeState,
        name: &str,
        external_id: &str,
    ) -> (Value, (String, Vec<String>)) {
        let hub = Place::new(HUB_ACCOUNT, REGION);
        let product = Product::new(name, "Platform team").shared_with(SPOKE_ACCOUNT);
        let product = (1..=self.present + self.missing).fold(product, |product, n| {
            product.version(Version::new(&format!("v{n}"), "A version"))
        });
        let arn = state.add_product(&hub, product);
        let source = state.product_mut(&arn).cloned().unwrap_or_default();
        if self.present > 0 {
            let copied = |it: &Version| Version {
                copied_from: Some(it.id.clone()),
                ..Version::new(&it.name, &it.description)
            };
            let target = Product {
                copied_from: Some(source.id.clone()),
                versions: source
                    .versions
                    .iter()
                    .take(self.present)
                    .map(copied)
                    .collect(),
                ..Product::new(name, "Platform team")
            };
            state.add_product(&Place::new(SPOKE_ACCOUNT, TARGET_REGION), target);
        }
        let versions = source.versions.iter().map(|it| it.id.clone()).collect();
        let mut request = json!({ "SourceProductArn": arn, "Target": target(external_id) });
        if self.present > 0 {
            // As after an upgrade: those were copied before there was a table.
            request["OnNameTaken"] = json!("ADOPT");
        }
        if self.copies_tags {
            request["CopyOptions"] = json!(["CopyTags"]);
        }
        (request, (arn, versions))
    }
}

/// The target that asks for an `ExternalId`.
pub(super) fn target(external_id: &str) -> Value {
    json!({ "Region": TARGET_REGION, "RoleArn": TARGET_ROLE, "ExternalId": external_id })
}
