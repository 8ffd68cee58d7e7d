use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::injection::Injection;
use fake_service_catalog::{Call, Fault, Operation, Outcome};

impl Injection {
    /// How many times it happened.
    pub(super) fn hits(&self, evidence: &Evidence) -> usize {
        let refused = |operation: Operation, code: &str| {
            let calls = evidence.calls.iter().filter(|it| it.fault.is_none());
            let outcome = Outcome::Refused(code.to_owned());
            calls
                .filter(|call| call.operation == operation && call.outcome == outcome)
                .count()
        };
        let invocations = evidence.invocations.iter();
        match self {
            Self::Calls {
                operation, fault, ..
            } => {
                let hit = |it: &&_| is_hit(it, *operation, fault);
                evidence.calls.iter().filter(hit).count()
            }
            Self::Region(region, fault) => {
                let calls = evidence.calls.iter();
                let hit = calls.filter(|call| {
                    call.place.region == *region && call.fault.as_ref() == Some(fault)
                });
                hit.count()
            }
            Self::Table { call, fault, .. } => {
                let calls = evidence.table_calls.iter();
                let hit = calls.filter(|(other, met)| other == call && met.as_ref() == Some(fault));
                hit.count()
            }
            Self::Function(fault) => {
                let errors = evidence.executions.iter().flat_map(|it| &it.task_errors);
                errors.filter(|(error, _)| error == fault.error).count()
            }
            Self::StatusHidden(_) => refused(
                Operation::DescribeCopyProductStatus,
                "ResourceNotFoundException",
            ),
            Self::ListedLate(_) => {
                let errors = evidence.executions.iter().flat_map(|it| &it.task_errors);
                errors
                    .filter(|(error, _)| error == "CopyIncomplete")
                    .count()
            }
            Self::RoleDenied => refused(Operation::AssumeRole, "AccessDenied"),
            Self::Scenario => usize::from(evidence.scenario_hit),
            Self::TwoSandboxes => {
                let mut running: BTreeMap<&str, usize> = BTreeMap::new();
                let most = invocations.clone().map(|invocation| {
                    let now = running.entry(&invocation.function).or_default();
                    *now = if invocation.phase == "Started" {
                        *now + 1
                    } else {
                        now.saturating_sub(1)
                    };
                    *now
                });
                let are_two_at_once = most.max() >= Some(2);
                let ran = invocations.filter_map(|it| Some((&it.function, it.sandbox?)));
                let ran: BTreeSet<_> = ran.collect();
                let mut functions = ran.iter().map(|(function, _)| function);
                let are_two_processes = functions
                    .any(|it| ran.iter().filter(|(function, _)| function == it).count() > 1);
                usize::from(are_two_at_once && are_two_processes)
            }
            Self::WarmReuse => {
                let failed = invocations.clone().find(|it| it.has_failed);
                let succeeded = invocations.filter(|it| it.phase == "Ended" && !it.has_failed);
                usize::from(failed.is_some_and(|failed| {
                    let mut same = succeeded.filter(|it| it.sandbox == failed.sandbox);
                    failed.sandbox.is_some() && same.any(|it| it.function == failed.function)
                }))
            }
        }
    }
}

fn is_hit(call: &Call, operation: Operation, fault: &Fault) -> bool {
    call.operation == operation && call.fault.as_ref() == Some(fault)
}
