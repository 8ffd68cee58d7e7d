use anyhow::{Context, Result};
use fastrand::Rng;
use serde_json::json;

use super::control::Control;
use super::evidence::Evidence;
use super::fault_case::FaultCase;
use super::injection::Injection;
use super::job::Arm;
use super::runner::Runner;
use super::setup::Setup;
use super::test_env::TestEnv;
use super::violations::Findings;
use fake_service_catalog::{FakeState, Settings, TARGET_ROLE};

/// Runs a case once.
pub(super) async fn run(
    test_env: &TestEnv,
    case: &FaultCase,
    arm: Arm,
    seed: u64,
) -> Result<Findings> {
    let name = case.name.bytes();
    let mut seed =
        Rng::with_seed(name.fold(seed, |seed, byte| seed.wrapping_mul(31) + u64::from(byte)));
    let mut setup = Setup::new(case, &mut seed);
    let injections = case.injections.iter().cloned();
    let injections: Vec<_> = injections
        .map(|injection| injection.decided(&mut seed))
        .collect();

    let (tokens, members) = match arm {
        Arm::Ours(tokens) => (tokens, json!({})),
        Arm::Control(control) => {
            // A bare copy brings again what is there, whether or not anything goes wrong.
            setup.present = 0;
            (control.tokens(), control.members())
        }
    };
    {
        let mut state = test_env.catalog.state();
        *state = FakeState::new(Settings {
            roles: [(TARGET_ROLE.to_owned(), Some(test_env.external_id.clone()))].into(),
            copy_ends: setup.copy_ends,
            ..tokens.settings()
        });
        for injection in &injections {
            injection.arm(&mut state);
        }
    }
    test_env.stack.empty_copies_table().await?;
    let table = test_env.emulator.table_faults();
    table.reset();
    table.forgets(arm == Arm::Control(Control::NoTable));
    for injection in &injections {
        if let Injection::Table { call, fault, times } = injection {
            table.next_calls(*call, fault.clone(), times.unwrap_or(usize::MAX));
        }
    }
    let functions = injections.iter().filter_map(|injection| match injection {
        Injection::Function(fault) => Some(*fault),
        _ => None,
    });
    let runner = Runner {
        test_env,
        setup: &setup,
        functions: functions.collect(),
        has_random_tokens: arm == Arm::Control(Control::RandomToken),
        machine: test_env.machine(case.machine)?,
        members,
    };
    let result = runner
        .run(case.scenario)
        .await
        .context("the run did not come to its end")?;
    let evidence = Evidence::collect(test_env, &result).await?;

    let mut findings = Findings::of(&evidence, test_env.secrets());
    if let Arm::Ours(tokens) = arm {
        // Where a known limitation made a duplicate, the end is open: the target can be ambiguous.
        let is_exempted = case.has_limitation_with(tokens) && findings.duplicates > 0;
        if !is_exempted {
            findings.check_end(&evidence, case, result.started);
        }
        findings.check_given_up(&evidence, case);
    }
    for injection in &injections {
        let (injected, hit) = (injection.injected(), injection.hits(&evidence));
        findings.injected += injected;
        findings.hit += hit;
        if hit < injected && matches!(arm, Arm::Ours(_)) {
            findings
                .violations
                .push(format!("not run: hit {hit} of {injected}: {injection:?}"));
        }
    }
    Ok(findings)
}
