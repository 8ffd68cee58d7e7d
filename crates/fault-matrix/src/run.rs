use anyhow::{Context, Result};
use fastrand::Rng;
use serde_json::json;

use super::control::Control;
use super::evidence::Evidence;
use super::hub::Hub;
use super::injection::Injection;
use super::invariants::Findings;
use super::job::Arm;
use super::row::Row;
use super::runner::Runner;
use super::scenario::Scenario;
use fake_service_catalog::{Settings, TARGET_ROLE, World};

/// Runs a row once.
pub(super) async fn run(hub: &Hub, row: &Row, arm: Arm, seed: u64) -> Result<Findings> {
    let name = row.name.bytes();
    let mut seed =
        Rng::with_seed(name.fold(seed, |seed, it| seed.wrapping_mul(31) + u64::from(it)));
    let mut scenario = Scenario::new(row, &mut seed);
    let injections = row.injections.iter().cloned();
    let injections: Vec<_> = injections.map(|it| it.decided(&mut seed)).collect();

    let (tokens, members) = match arm {
        Arm::Ours(tokens) => (tokens, json!({})),
        Arm::Control(control) => {
            // A bare copy brings again what is there, whether or not anything goes wrong.
            scenario.present = 0;
            (control.world(), json!({ "Plan": "NONE" }))
        }
    };
    {
        let mut world = hub.catalog.world();
        *world = World::new(Settings {
            roles: [(TARGET_ROLE.to_owned(), Some(hub.external_id.clone()))].into(),
            copy_ends: scenario.copy_ends,
            ..tokens.settings()
        });
        for injection in &injections {
            injection.arm(&mut world);
        }
    }
    let functions = injections.iter().filter_map(|it| match it {
        Injection::Function(fault) => Some(*fault),
        _ => None,
    });
    let runner = Runner {
        hub,
        scenario: &scenario,
        functions: functions.collect(),
        has_random_tokens: arm == Arm::Control(Control::RandomToken),
        machine: hub.machine(row.machine)?,
        members,
    };
    let led = runner
        .run(row.course)
        .await
        .context("the run did not come to its end")?;
    let evidence = Evidence::collect(hub, &led).await?;

    let mut findings = Findings::of(&evidence, hub.secrets());
    if let Arm::Ours(world) = arm {
        // What comes of a duplicate that can be is left open: a target can then be ambiguous.
        let has_struck = row.is_limited_in(world) && findings.duplicates > 0;
        if !has_struck {
            findings.check_end(&evidence, row, led.started);
        }
        findings.check_given_up(&evidence, row);
    }
    for injection in &injections {
        let (injected, hit) = (injection.injected(), injection.hits(&evidence));
        findings.injected += injected;
        findings.hit += hit;
        if hit < injected && matches!(arm, Arm::Ours(_)) {
            findings
                .complaints
                .push(format!("not run: hit {hit} of {injected}: {injection:?}"));
        }
    }
    Ok(findings)
}
