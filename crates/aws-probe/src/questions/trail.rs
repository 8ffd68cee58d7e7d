use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};

use super::Setup;
use super::first_copy::FirstCopy;
use crate::answer::{Finding, same};
use crate::calls::{Wait, failed, seconds};
use crate::{Answer, Pace, Switch};

const SOURCE: &str = "servicecatalog.amazonaws.com";
const OF_THE_COPY: &str = "CopyProduct";
const OF_A_VERSION: &str = "CreateProvisioningArtifact";

/// How many pauses there are between two looks: a look is many calls, of which AWS takes two a second.
const PAUSES: u32 = 10;

/// What was written to the target product, and how often.
type Events = BTreeMap<String, u32>;

/// Looks for the events that the first copy made.
pub(super) async fn ask(setup: &Setup<'_>, first: &Result<FirstCopy>) -> Answer {
    let finding = match setup.copies.pace.trail {
        None => Finding::not_asked("they come minutes late: --cloudtrail"),
        Some(patience) => match observe(setup, first, patience).await {
            Ok((events, waited)) => judge(&events, waited),
            Err(error) => Finding::not_known(format!("{error:#}"), ""),
        },
    };
    finding.answers("Does a copy make CloudTrail events of the versions that it brings?")
}

async fn observe(
    setup: &Setup<'_>,
    first: &Result<FirstCopy>,
    patience: Duration,
) -> Result<(Events, Duration)> {
    let first = first.as_ref().map_err(same)?;
    let names = [first.end.target()?, &first.name];
    let mut wait = Wait::new(Pace {
        poll: setup.copies.pace.poll * PAUSES,
        deadline: patience,
        ..setup.copies.pace
    });
    loop {
        let events = events(setup, first.asked, &names).await?;
        if events.contains_key(OF_A_VERSION) || !wait.goes_on().await {
            return Ok((events, wait.waited));
        }
    }
}

async fn events(setup: &Setup<'_>, since: SystemTime, names: &[&str]) -> Result<Events> {
    let of_service_catalog = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventSource)
        .attribute_value(SOURCE)
        .build()?;
    let request = setup.catalogs.trail.lookup_events();
    let request = request.lookup_attributes(of_service_catalog);
    let request = request.start_time(since.into());
    let mut pages = request.into_paginator().send();
    let mut found = Events::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("LookupEvents"))?;
        for event in page.events() {
            let record = event.cloud_trail_event().unwrap_or_default();
            if writes(event) && names.iter().any(|name| record.contains(name)) {
                let name = event.event_name().unwrap_or_default();
                *found.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(found)
}

fn writes(event: &Event) -> bool {
    event.read_only() != Some("true")
}

fn judge(events: &Events, waited: Duration) -> Finding {
    let list = events
        .iter()
        .map(|(name, times)| format!("{times} × {name}"));
    let list: Vec<_> = list.collect();
    let seen = format!("{} in {}", list.join(", "), seconds(waited));
    if events.contains_key(OF_A_VERSION) {
        Finding::new("yes", seen).sets(Switch::CopiesMakeVersionEvents(true))
    } else if events.contains_key(OF_THE_COPY) {
        Finding::new("no, as long as was waited", seen).sets(Switch::CopiesMakeVersionEvents(false))
    } else {
        Finding::not_known("the copy's own event did not come either", seen)
    }
}
