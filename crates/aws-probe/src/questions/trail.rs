use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use serde_json::Value;

use super::Setup;
use super::first_copy::FirstCopy;
use super::versions::Creation;
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
    let mut wait = paced(setup, patience);
    loop {
        let events = events(setup, first.asked, &names).await?;
        if events.contains_key(OF_A_VERSION) || !wait.goes_on().await {
            return Ok((events, wait.waited));
        }
    }
}

/// Looks for the events of the new versions, for the status that they name.
pub(super) async fn ask_about_creating(setup: &Setup<'_>, available: &Result<Creation>) -> Answer {
    let finding = match (setup.copies.pace.trail, available) {
        (None, _) => Finding::not_asked("they come minutes late: --cloudtrail"),
        (_, Err(error)) => Finding::not_known(format!("{error:#}"), ""),
        (Some(patience), Ok(creation)) => match statuses(setup, patience).await {
            Ok(statuses) => judge_creating(&statuses, &creation.in_words()),
            Err(error) => Finding::not_known(format!("{error:#}"), ""),
        },
    };
    finding.answers("Is a new version CREATING in its CloudTrail event?")
}

/// The statuses that the events of the source's new versions name.
async fn statuses(setup: &Setup<'_>, patience: Duration) -> Result<Vec<String>> {
    let mut wait = paced(setup, patience);
    loop {
        let trail = &setup.catalogs.source_trail;
        let product = [setup.source_product.id.as_str()];
        let records = records(trail, setup.source_product.began, &product).await?;
        let found: Vec<_> = records
            .into_iter()
            .filter(|(name, _)| name == OF_A_VERSION)
            .map(|(_, record)| {
                let record: Value = serde_json::from_str(&record).unwrap_or_default();
                let status = record["responseElements"]["status"].as_str();
                status.unwrap_or("absent").to_owned()
            })
            .collect();
        // All but the product's first have such an event.
        if found.len() + 1 >= setup.source_product.versions.len() || !wait.goes_on().await {
            return Ok(found);
        }
    }
}

fn judge_creating(statuses: &[String], creation: &str) -> Finding {
    let seen = format!("{}; {creation}", statuses.join(", "));
    let is_creating = statuses.iter().map(|it| it == "CREATING");
    let creating = is_creating.filter(|it| *it).count();
    if statuses.is_empty() {
        Finding::not_known("no such event came while the probe waited", seen)
    } else if creating == statuses.len() {
        Finding::new("yes", seen)
    } else if creating == 0 {
        Finding::new("no", seen)
    } else {
        Finding::new("sometimes", seen)
    }
}

fn paced(setup: &Setup<'_>, patience: Duration) -> Wait {
    Wait::new(Pace {
        poll: setup.copies.pace.poll * PAUSES,
        deadline: patience,
        ..setup.copies.pace
    })
}

async fn events(setup: &Setup<'_>, since: SystemTime, names: &[&str]) -> Result<Events> {
    let mut found = Events::new();
    for (name, _) in records(&setup.catalogs.trail, since, names).await? {
        *found.entry(name).or_default() += 1;
    }
    Ok(found)
}

/// The events of Service Catalog that write and name one of these, each with its record.
async fn records(
    trail: &Client,
    since: SystemTime,
    names: &[&str],
) -> Result<Vec<(String, String)>> {
    let of_service_catalog = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventSource)
        .attribute_value(SOURCE)
        .build()?;
    let request = trail.lookup_events();
    let request = request.lookup_attributes(of_service_catalog);
    let request = request.start_time(since.into());
    let mut pages = request.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("LookupEvents"))?;
        for event in page.events() {
            let record = event.cloud_trail_event().unwrap_or_default();
            if writes(event) && names.iter().any(|name| record.contains(name)) {
                let name = event.event_name().unwrap_or_default();
                found.push((name.to_owned(), record.to_owned()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_of_all_events_decide() {
        for (statuses, expected) in [
            (
                &[][..],
                "not known: no such event came while the probe waited",
            ),
            (&["CREATING", "CREATING"], "yes"),
            (&["AVAILABLE"], "no"),
            (&["absent"], "no"),
            (&["CREATING", "AVAILABLE"], "sometimes"),
        ] {
            let statuses: Vec<_> = statuses.iter().map(ToString::to_string).collect();
            let finding = judge_creating(&statuses, "CREATING at 0 looks");
            let answer = finding.answers("a question");
            assert_eq!(answer.answer, expected);
            assert!(answer.seen.contains(&statuses.join(", ")), "{answer:?}");
        }
    }
}
