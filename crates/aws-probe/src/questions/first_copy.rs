use std::time::SystemTime;

use anyhow::{Context, Error, Result};
use aws_sdk_servicecatalog::types::ProvisioningArtifactDetail;

use super::Setup;
use crate::Switch;
use crate::answer::{Finding, same};
use crate::calls::{count, failed, seconds};
use crate::copies::End;

/// A copy of the whole product into a new one, watched from its beginning.
pub(super) struct FirstCopy {
    pub(super) asked: SystemTime,
    pub(super) end: End,
    pub(super) name: String,
    region: String,
    /// How often a product of the copy's name was there while the copy was `IN_PROGRESS`.
    early: u32,
    is_there: bool,
}

pub(super) async fn observe(setup: &Setup<'_>) -> Result<FirstCopy> {
    let target = &setup.catalogs.target;
    let name = format!("{}-copy", setup.source_product.name);
    let asked = SystemTime::now();
    let request = setup
        .source_product
        .copy_to(target)
        .target_product_name(&name);
    let copy = setup.copies.begin(target, request).await;
    let copy = copy.map_err(failed("CopyProduct"))?;
    let mut early = 0;
    let look = async || {
        let product = target.client.describe_product_as_admin().name(&name);
        early += u32::from(product.send().await.is_ok());
    };
    let end = setup.copies.end(&copy, look).await?;
    let product = target.client.describe_product_as_admin();
    let product = product.id(end.target.as_deref().unwrap_or("none"));
    Ok(FirstCopy {
        is_there: product.send().await.is_ok(),
        region: target.region.clone(),
        asked,
        end,
        name,
        early,
    })
}

pub(super) fn visible(FirstCopy { end, .. }: &FirstCopy) -> Finding {
    let (looks, waited) = (count(end.hidden, "look"), seconds(end.hidden_for));
    let seen = format!("not found at {looks}, for {waited}");
    let answer = if end.hidden == 0 { "yes" } else { "no" };
    Finding::new(answer, seen).sets(Switch::DescribesBeforeVisible(end.hidden))
}

pub(super) fn arrives(first: &FirstCopy) -> Finding {
    let region = &first.region;
    match first.end.target() {
        Err(error) => Finding::not_known(format!("{error:#}"), ""),
        Ok(id) if first.is_there => Finding::new("yes", format!("{id} is in {region}")),
        Ok(id) => Finding::new("no", format!("{id} is not in {region}")),
    }
}

pub(super) fn appears(first: &FirstCopy) -> Finding {
    let looks = first.end.in_progress;
    let seen = format!("there at {} of {looks} while IN_PROGRESS", first.early);
    match (looks, first.early) {
        (0, _) => Finding::not_known("the copy was over at the first look", ""),
        (_, 0) if first.is_there => Finding::new("yes", seen),
        (_, 0) => Finding::not_known("it was not there afterwards either", seen),
        _ => Finding::new("no: it is there earlier", seen),
    }
}

/// The versions of the copy.
pub(super) async fn versions(
    setup: &Setup<'_>,
    first: &Result<FirstCopy>,
) -> Result<Vec<ProvisioningArtifactDetail>, Error> {
    let target = first.as_ref().map_err(same)?.end.target()?;
    versions_of(setup, target).await
}

/// The versions of a product in the target Region.
pub(super) async fn versions_of(
    setup: &Setup<'_>,
    product: &str,
) -> Result<Vec<ProvisioningArtifactDetail>> {
    let request = setup.catalogs.target.client.list_provisioning_artifacts();
    let answer = request.product_id(product).send().await;
    let answer = answer.map_err(failed("ListProvisioningArtifacts"))?;
    let details = answer.provisioning_artifact_details;
    details.context("the answer lists no versions")
}

pub(super) fn keeps(versions: &[ProvisioningArtifactDetail]) -> Finding {
    let version = |name| versions.iter().find(|it| it.name() == Some(name));
    let guidance = version("v2").and_then(|it| it.guidance());
    let guidance = guidance.map(|it| it.as_str().to_owned());
    let active = version("v3").and_then(ProvisioningArtifactDetail::active);
    let seen = format!(
        "the copy of a deprecated version is {}, of an inactive one {}",
        guidance.as_deref().unwrap_or("absent"),
        match active {
            None => "absent",
            Some(true) => "active",
            Some(false) => "inactive",
        }
    );
    match (guidance.as_deref(), active) {
        (Some("DEPRECATED"), Some(false)) => {
            Finding::new("yes", seen).sets(Switch::CopiesKeepGuidance(true))
        }
        (Some("DEFAULT"), Some(true)) => {
            Finding::new("no", seen).sets(Switch::CopiesKeepGuidance(false))
        }
        _ => Finding::new(
            "neither both nor none: no switch of the fake's says that",
            seen,
        ),
    }
}
