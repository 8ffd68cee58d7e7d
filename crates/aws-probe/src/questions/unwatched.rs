use std::time::{Duration, Instant};

use anyhow::Result;
use aws_sdk_servicecatalog::error::ProvideErrorMetadata;
use tokio::time::sleep;

use super::Setup;
use super::first_copy::FirstCopy;
use super::recopy::Recopy;
use crate::Switch;
use crate::answer::{Finding, same};
use crate::calls::{count, failed, seconds};
use crate::copies::End;

/// A copy whose status nobody looked at until long after it should have ended.
pub(super) struct Unwatched {
    /// Whether its product was there by then.
    is_there: bool,
    /// How long nobody looked.
    waited: Duration,
    /// The looks afterwards that found it `IN_PROGRESS`.
    in_progress: u32,
}

/// The product is waited for so many times as long as the first copy took.
const PATIENCE: u32 = 10;

/// Nobody looks for so many times as long even if the product is there: it may be there early.
const LEAST: u32 = 2;

pub(super) async fn observe(setup: &Setup<'_>, first: &Result<FirstCopy>) -> Result<Unwatched> {
    let target = &setup.catalogs.target;
    let first = first.as_ref().map_err(same)?;
    first.end.target()?;
    let took = first.end.lasted.most;
    // The other half is for the looks that follow.
    let patience = (took * PATIENCE).min(setup.copies.pace.deadline / 2);

    let name = format!("{}-unwatched", setup.source_product.name);
    let request = setup
        .source_product
        .copy_to(target)
        .target_product_name(&name);
    let copy = setup.copies.begin(target, request).await;
    let copy = copy.map_err(failed("CopyProduct"))?;
    let accepted = Instant::now();
    let (is_there, unwatched) = loop {
        let unwatched = accepted.elapsed();
        let product = target.client.describe_product_as_admin().name(&name);
        let is_there = match product.send().await {
            Ok(_) => true,
            Err(error) if error.code() == Some("ResourceNotFoundException") => false,
            Err(error) => return Err(failed("DescribeProductAsAdmin")(error)),
        };
        if unwatched >= patience || (is_there && unwatched >= took * LEAST) {
            break (is_there, unwatched);
        }
        sleep(setup.copies.pace.poll).await;
    };
    let end = setup.copies.end(&copy, async || {}).await?;
    end.target()?;
    Ok(Unwatched {
        is_there,
        waited: unwatched,
        in_progress: end.in_progress,
    })
}

/// How long a copy takes, and whether time or the number of looks ends it.
pub(super) fn duration(
    first: &FirstCopy,
    unwatched: &Result<Unwatched>,
    recopy: Option<&Recopy>,
) -> Finding {
    let End {
        lasted,
        in_progress: looks,
        ..
    } = first.end;
    if let Err(error) = first.end.target() {
        return Finding::not_known(format!("{error:#}"), "");
    }
    let after = match unwatched {
        Err(error) => format!("unwatched not known: {error:#}"),
        Ok(it) => format!(
            "unwatched for {} IN_PROGRESS at {} more",
            seconds(it.waited),
            count(it.in_progress, "look")
        ),
    };
    let seen = format!(
        "{} to {}, IN_PROGRESS at {}; {after}; again into the same product {}",
        seconds(lasted.least),
        seconds(lasted.most),
        count(looks, "look"),
        recopy.map_or_else(|| "not known".to_owned(), |recopy| seconds(recopy.took)),
    );
    match unwatched {
        Ok(it) if it.in_progress == 0 && (it.is_there || looks > 0) => {
            Finding::new("as long as was seen", seen).sets(Switch::CopyEndsAfter(lasted))
        }
        Ok(it) if !it.is_there && it.in_progress == looks && it.waited >= lasted.most * LEAST => {
            Finding::new("until its status was asked for often enough", seen)
                .sets(Switch::CopyEndsAfterDescribes(looks))
        }
        _ => Finding::new("as long as was seen, if it ends by itself", seen),
    }
}
