use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use fastrand::Rng;

use super::evidence::Evidence;
use fake_service_catalog::{Call, Fault, Operation, Outcome, TARGET_ROLE, World};
use testbed::lambda_faults::LambdaFault;

/// What goes wrong.
#[derive(Clone, Debug)]
pub(super) enum Injection {
    /// Calls of an operation meet a fault, after at most `skip` that do not; without `times`, all.
    Calls {
        operation: Operation,
        fault: Fault,
        skip: usize,
        times: Option<usize>,
    },
    /// Invocations of a function meet a fault.
    Function(LambdaFault),
    /// A copy is not found this many times.
    StatusHidden(RangeInclusive<u32>),
    /// Every call in a Region meets a fault.
    Region(&'static str, Fault),
    /// Nobody may assume the target role.
    RoleDenied,
    /// What is started, stopped or published goes wrong.
    Course,
    /// A sandbox is used again after an error.
    WarmReuse,
    /// Two sandboxes of a function run at the same time.
    TwoSandboxes,
}

impl Injection {
    /// The same with all that the seed decides.
    pub(super) fn decided(mut self, seed: &mut Rng) -> Self {
        match &mut self {
            Self::Calls { skip, .. } => *skip = seed.usize(0..=*skip),
            Self::StatusHidden(times) => {
                let decided = seed.u32(times.clone());
                *times = decided..=decided;
            }
            _ => {}
        }
        self
    }

    /// Has it happen from now on, where it is Service Catalog's or STS's.
    pub(super) fn arm(&self, world: &mut World) {
        match self {
            Self::Calls {
                operation,
                fault,
                skip,
                times,
            } => {
                for _ in 0..*skip {
                    world.faults.next_call(*operation, None);
                }
                for _ in 0..times.unwrap_or_default() {
                    world.faults.next_call(*operation, fault.clone());
                }
                if times.is_none() {
                    world.faults.every_call(*operation, fault.clone());
                }
            }
            Self::StatusHidden(times) => world.settings.describes_before_visible = *times.start(),
            Self::Region(region, fault) => world.faults.every_call_in(region, fault.clone()),
            Self::RoleDenied => {
                world.settings.roles.remove(TARGET_ROLE);
            }
            Self::Function(_) | Self::Course | Self::WarmReuse | Self::TwoSandboxes => {}
        }
    }

    pub(super) fn is_long(&self) -> bool {
        let long = |it: &Fault| matches!(it, Fault::Hang(_) | Fault::Slow(..));
        matches!(self, Self::Calls { fault, .. } if long(fault))
    }

    /// How many times it should happen at least.
    pub(super) fn injected(&self) -> usize {
        match self {
            Self::Calls { times, .. } => times.unwrap_or(1),
            Self::Function(fault) => fault.times,
            Self::StatusHidden(times) if *times.start() < u32::MAX => *times.start() as usize,
            _ => 1,
        }
    }

    /// How many times it happened.
    pub(super) fn hits(&self, evidence: &Evidence) -> usize {
        let refused = |operation: Operation, code: &str| {
            let calls = evidence.calls.iter().filter(|it| it.fault.is_none());
            let outcome = Outcome::Refused(code.to_owned());
            calls
                .filter(|it| it.operation == operation && it.outcome == outcome)
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
                let hit = calls
                    .filter(|it| it.place.region == *region && it.fault.as_ref() == Some(fault));
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
            Self::RoleDenied => refused(Operation::AssumeRole, "AccessDenied"),
            Self::Course => usize::from(evidence.course_hit),
            Self::TwoSandboxes => {
                let mut running: BTreeMap<&str, usize> = BTreeMap::new();
                let most = invocations.clone().map(|it| {
                    let now = running.entry(&it.function).or_default();
                    *now = if it.what == "Started" {
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
                let last = invocations.filter(|it| it.what == "Ended" && !it.has_failed);
                usize::from(failed.is_some_and(|failed| {
                    let mut same = last.filter(|it| it.sandbox == failed.sandbox);
                    failed.sandbox.is_some() && same.any(|it| it.function == failed.function)
                }))
            }
        }
    }
}

fn is_hit(call: &Call, operation: Operation, fault: &Fault) -> bool {
    call.operation == operation && call.fault.as_ref() == Some(fault)
}
