use std::time::Duration;

use anyhow::{Context, Result};

use super::Setup;
use super::first_copy::{FirstCopy, versions_of};
use crate::Switch;
use crate::answer::{Finding, same};
use crate::calls::failed;

/// The target product before and after a second copy into it, which gave no name.
pub(super) struct Recopy {
    before: usize,
    after: usize,
    name_before: String,
    name_after: String,
    pub(super) took: Duration,
}

/// Copies again, and lists as often as the first copy's versions were not listed.
pub(super) async fn observe(
    setup: &Setup<'_>,
    first: &Result<FirstCopy>,
    lists: u32,
) -> Result<Recopy> {
    let target = &setup.catalogs.target;
    let first = first.as_ref().map_err(same)?;
    let id = first.end.target()?;
    let before = versions_of(target, id).await?.len();
    let request = setup.source_product.copy_to(target).target_product_id(id);
    let copy = setup.copies.begin(target, request).await;
    let copy = copy.map_err(failed("CopyProduct"))?;
    let end = setup.copies.end(&copy, async || {}).await?;
    end.target()?;
    let product = target.client.describe_product_as_admin().id(id).send();
    let product = product.await.map_err(failed("DescribeProductAsAdmin"))?;
    let view = product.product_view_detail();
    let summary = view.and_then(|it| it.product_view_summary());
    let name = summary.and_then(|it| it.name());
    for _ in 0..lists {
        versions_of(target, id).await?;
    }
    Ok(Recopy {
        before,
        after: versions_of(target, id).await?.len(),
        name_before: first.name.clone(),
        name_after: name.context("the target has no name")?.to_owned(),
        took: end.lasted.most,
    })
}

pub(super) fn duplicates(Recopy { before, after, .. }: &Recopy) -> Finding {
    let seen = format!("{before} versions before, {after} after");
    if after == before {
        Finding::new("no", seen).sets(Switch::RecopyDuplicatesVersions(false))
    } else if *after == 2 * before {
        Finding::new("yes", seen).sets(Switch::RecopyDuplicatesVersions(true))
    } else {
        Finding::new("of some: no switch of the fake's says that", seen)
    }
}

pub(super) fn keeps_name(recopy: &Recopy) -> Finding {
    let (before, after) = (&recopy.name_before, &recopy.name_after);
    let answer = if before == after { "yes" } else { "no" };
    Finding::new(answer, format!("{before}, then {after}"))
}
