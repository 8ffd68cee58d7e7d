use std::cmp::Ordering;
use std::time::SystemTime;

use anyhow::{Context, Error, Result};
use aws_sdk_servicecatalog::types::ProvisioningArtifactDetail;

use super::Setup;
use crate::answer::{Finding, same};
use crate::calls::{Wait, count, failed, seconds};
use crate::copies::End;
use crate::{RegionalCatalog, Switch};

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

/// The versions of the first copy once all of them were listed, and how often they were not.
pub(super) struct Listed {
    source: Vec<ProvisioningArtifactDetail>,
    target: Vec<ProvisioningArtifactDetail>,
    pub(super) wait: Wait,
}

/// Lists the versions of the copy until all are there.
pub(super) async fn versions(
    setup: &Setup<'_>,
    first: &Result<FirstCopy>,
) -> Result<Listed, Error> {
    let target_id = first.as_ref().map_err(same)?.end.target()?;
    let catalogs = setup.catalogs;
    let source = versions_of(&catalogs.source, &setup.source_product.id).await?;
    let mut wait = Wait::new(setup.copies.pace);
    loop {
        let target = versions_of(&catalogs.target, target_id).await?;
        if target.len() >= source.len() || !wait.goes_on().await {
            return Ok(Listed {
                source,
                target,
                wait,
            });
        }
    }
}

/// The versions of a product.
pub(super) async fn versions_of(
    catalog: &RegionalCatalog,
    product: &str,
) -> Result<Vec<ProvisioningArtifactDetail>> {
    let request = catalog.client.list_provisioning_artifacts();
    let answer = request.product_id(product).send().await;
    let answer = answer.map_err(failed("ListProvisioningArtifacts"))?;
    let details = answer.provisioning_artifact_details;
    details.context("the answer lists no versions")
}

pub(super) fn listed(listed: &Listed) -> Finding {
    let (looks, waited) = (
        count(listed.wait.looks, "list"),
        seconds(listed.wait.waited),
    );
    let seen = format!("{looks} without all of them, for {waited}");
    if listed.target.len() < listed.source.len() {
        return Finding::not_known("they were not listed while the probe waited", seen);
    }
    let answer = if listed.wait.looks == 0 { "yes" } else { "no" };
    Finding::new(answer, seen).sets(Switch::ListsBeforeCopied(listed.wait.looks))
}

pub(super) fn keeps_created_time(listed: &Listed) -> Finding {
    let created = |versions: &[ProvisioningArtifactDetail]| {
        let version = versions.iter().find(|it| it.name() == Some("v1"));
        version.and_then(|it| it.created_time().copied())
    };
    let (Some(source), Some(copy)) = (created(&listed.source), created(&listed.target)) else {
        return Finding::not_known("a version has no CreatedTime", "");
    };
    let seen = format!("the source's {source}, its copy's {copy}");
    match copy.cmp(&source) {
        Ordering::Equal => Finding::new("yes", seen).sets(Switch::CopiesKeepCreatedTime(true)),
        Ordering::Greater => {
            Finding::new("no, it is later", seen).sets(Switch::CopiesKeepCreatedTime(false))
        }
        Ordering::Less => {
            Finding::new("no, it is earlier: no switch of the fake's says that", seen)
        }
    }
}

pub(super) fn keeps(Listed { target, .. }: &Listed) -> Finding {
    let versions = target;
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
