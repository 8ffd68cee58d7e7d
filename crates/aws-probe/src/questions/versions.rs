use anyhow::Result;
use aws_sdk_servicecatalog::types::{ProvisioningArtifactGuidance, Status};

use super::Setup;
use crate::Switch;
use crate::answer::Finding;
use crate::calls::{Wait, count, failed, seconds};

/// How often v1 was `CREATING`, and whether all versions were `AVAILABLE` in the end.
pub(super) struct Creation {
    wait: Wait,
    is_over: bool,
}

/// Waits until the versions are `AVAILABLE`.
pub(super) async fn available(setup: &Setup<'_>) -> Result<Creation> {
    let mut wait = Wait::new(setup.copies.pace);
    let mut rest = setup.source_product.versions.to_vec();
    let mut first = None;
    loop {
        let mut creating = Vec::new();
        for id in rest {
            let request = setup
                .catalogs
                .source
                .client
                .describe_provisioning_artifact();
            let request = request.product_id(&setup.source_product.id);
            let answer = request.provisioning_artifact_id(&id).send().await;
            let answer = answer.map_err(failed("DescribeProvisioningArtifact"))?;
            match answer.status() {
                Some(Status::Available) => {}
                Some(Status::Creating) => creating.push(id),
                other => anyhow::bail!("{id} is {other:?}"),
            }
        }
        rest = creating;
        if first.is_none() && !rest.contains(&setup.source_product.versions[0]) {
            first = Some(wait);
        }
        let is_over = rest.is_empty();
        if is_over || !wait.goes_on().await {
            let wait = first.unwrap_or(wait);
            return Ok(Creation { wait, is_over });
        }
    }
}

impl Creation {
    pub(super) fn in_words(&self) -> String {
        let (looks, waited) = (count(self.wait.looks, "look"), seconds(self.wait.waited));
        format!("CREATING at {looks}, for {waited}")
    }
}

pub(super) fn judge(creation: &Creation) -> Finding {
    let seen = creation.in_words();
    let Creation { wait, is_over } = creation;
    let (answer, switch) = match (is_over, wait.looks) {
        (false, _) => ("not while the probe waited", None),
        (true, 0) => ("yes", Some(0)),
        (true, looks) => ("no", Some(looks)),
    };
    Finding::new(answer, seen).sets(Switch::DescribesBeforeAvailable(switch))
}

/// Makes v2 `DEPRECATED` and v3 inactive.
pub(super) async fn mark(setup: &Setup<'_>) -> Result<()> {
    let [_, deprecated, inactive] = &setup.source_product.versions;
    let update = |id: &String| {
        let request = setup.catalogs.source.client.update_provisioning_artifact();
        let request = request.product_id(&setup.source_product.id);
        request.provisioning_artifact_id(id)
    };
    let deprecate = update(deprecated).guidance(ProvisioningArtifactGuidance::Deprecated);
    for request in [deprecate, update(inactive).active(false)] {
        let answer = request.send().await;
        answer.map_err(failed("UpdateProvisioningArtifact"))?;
    }
    Ok(())
}
