use std::ops::RangeInclusive;

use fastrand::Rng;

use fake_service_catalog::{FakeState, Fault, Operation, TARGET_ROLE};
use testbed::{lambda_faults::LambdaFault, table_faults::TableCall};

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
    /// Calls of the copies table meet a fault; without `times`, all.
    Table {
        call: TableCall,
        fault: Fault,
        times: Option<usize>,
    },
    /// Invocations of a function meet a fault.
    Function(LambdaFault),
    /// A copy is not found this many times.
    StatusHidden(RangeInclusive<u32>),
    /// A product's versions are listed this many times without those that were copied.
    ListedLate(u32),
    /// Every call in a Region meets a fault.
    Region(&'static str, Fault),
    /// Nobody may assume the target role.
    RoleDenied,
    /// What is started, stopped or published goes wrong.
    Scenario,
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
    pub(super) fn arm(&self, state: &mut FakeState) {
        match self {
            Self::Calls {
                operation,
                fault,
                skip,
                times,
            } => {
                for _ in 0..*skip {
                    state.faults.next_call(*operation, None);
                }
                for _ in 0..times.unwrap_or_default() {
                    state.faults.next_call(*operation, fault.clone());
                }
                if times.is_none() {
                    state.faults.every_call(*operation, fault.clone());
                }
            }
            Self::StatusHidden(times) => state.settings.describes_before_visible = *times.start(),
            Self::ListedLate(times) => state.settings.lists_before_copied = *times,
            Self::Region(region, fault) => state.faults.every_call_in(region, fault.clone()),
            Self::RoleDenied => {
                state.settings.roles.remove(TARGET_ROLE);
            }
            Self::Table { .. }
            | Self::Function(_)
            | Self::Scenario
            | Self::WarmReuse
            | Self::TwoSandboxes => {}
        }
    }

    pub(super) fn is_long(&self) -> bool {
        let long = |it: &Fault| matches!(it, Fault::Hang(_) | Fault::Slow(..));
        match self {
            Self::Calls { fault, .. } => long(fault),
            Self::Table { times, .. } => times.is_none(),
            _ => false,
        }
    }

    /// How many times it should happen at least.
    pub(super) fn injected(&self) -> usize {
        match self {
            Self::Calls { times, .. } | Self::Table { times, .. } => times.unwrap_or(1),
            Self::Function(fault) => fault.times,
            Self::StatusHidden(times) if *times.start() < u32::MAX => *times.start() as usize,
            _ => 1,
        }
    }
}
