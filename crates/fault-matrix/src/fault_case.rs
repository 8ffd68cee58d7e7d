use super::control::Control;
use super::injection::Injection;
use super::known_limitation::KnownLimitation;
use super::machine::Machine;
use super::scenario::Scenario;
use super::token_behavior::TokenBehavior;
use fake_service_catalog::{Fault, Operation};
use testbed::{lambda_faults::LambdaFault, table_faults::TableCall};

/// One thing that goes wrong, and what must come of it.
#[derive(Clone, Debug)]
pub struct FaultCase {
    /// What goes wrong, as the table says it.
    pub name: String,
    pub(super) injections: Vec<Injection>,
    pub(super) scenario: Scenario,
    pub(super) machine: Machine,
    pub(super) end: End,
    pub(super) copy: CopyTakes,
    /// How many late answers are not waited for, where the case is about that.
    pub(super) given_up: Option<usize>,
    pub(super) limitation: Option<KnownLimitation>,
    pub(super) not_run: Option<&'static str>,
    /// Whether the target has nothing yet, whatever the seed says.
    pub(super) is_new: bool,
    /// The control arms that run it; there it must make duplicates.
    pub(super) controls: &'static [Control],
}

/// How every execution that is not stopped must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Succeeds,
    /// With this error.
    Fails(&'static str),
    /// By the timeout of its machine.
    TimesOut,
    /// The first succeeds, and each after it fails with this error.
    NextFails(&'static str),
    /// The first by the timeout of its machine; each after it succeeds.
    NextSucceeds,
    /// In any way without a violation.
    Either,
}

/// How long a copy takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyTakes {
    NoTime,
    /// Less than the first wait after a lost answer.
    Short,
    /// Seconds, so that something can happen meanwhile.
    Long,
    /// More than all waits after a lost answer.
    Longer,
    /// It never arrives.
    ForEver,
}

impl FaultCase {
    /// A case in which nothing goes wrong yet and one execution is started.
    pub(super) fn new(name: impl Into<String>, end: End) -> Self {
        Self {
            name: name.into(),
            injections: Vec::new(),
            scenario: Scenario::Once,
            machine: Machine::Deployed,
            end,
            copy: CopyTakes::Short,
            given_up: None,
            limitation: None,
            not_run: None,
            is_new: false,
            controls: &[],
        }
    }

    /// A case that nothing here can run.
    pub(super) fn not_run(name: &'static str, reason: &'static str) -> Self {
        Self {
            not_run: Some(reason),
            ..Self::new(name, End::Either)
        }
    }

    /// The first `times` calls of an operation meet a fault.
    pub(super) fn calls(self, operation: Operation, fault: Fault, times: usize) -> Self {
        self.inject(Injection::Calls {
            operation,
            fault,
            skip: 0,
            times: Some(times),
        })
    }

    /// One of the first `of` calls of an operation meets a fault; the seed says which.
    pub(super) fn one_call(self, operation: Operation, fault: Fault, of: usize) -> Self {
        self.inject(Injection::Calls {
            operation,
            fault,
            skip: of - 1,
            times: Some(1),
        })
    }

    /// Every call of an operation meets a fault.
    pub(super) fn every_call(self, operation: Operation, fault: Fault) -> Self {
        self.inject(Injection::Calls {
            operation,
            fault,
            skip: 0,
            times: None,
        })
    }

    /// The first `times` calls of the copies table of a kind meet a fault.
    pub(super) fn table(self, call: TableCall, fault: Fault, times: usize) -> Self {
        self.inject(Injection::Table {
            call,
            fault,
            times: Some(times),
        })
    }

    /// Every call of the copies table of a kind meets a fault.
    pub(super) fn every_table_call(self, call: TableCall, fault: Fault) -> Self {
        self.inject(Injection::Table {
            call,
            fault,
            times: None,
        })
    }

    pub(super) fn function(self, fault: LambdaFault) -> Self {
        self.inject(Injection::Function(fault))
    }

    pub(super) fn inject(mut self, injection: Injection) -> Self {
        self.injections.push(injection);
        self
    }

    pub(super) fn scenario(self, scenario: Scenario) -> Self {
        Self { scenario, ..self }
    }

    pub(super) fn machine(self, machine: Machine) -> Self {
        Self { machine, ..self }
    }

    pub(super) fn copy_takes(self, copy: CopyTakes) -> Self {
        Self { copy, ..self }
    }

    pub(super) fn gives_up(self, times: usize) -> Self {
        Self {
            given_up: Some(times),
            ..self
        }
    }

    pub(super) fn limitation(self, limitation: KnownLimitation) -> Self {
        Self {
            limitation: Some(limitation),
            ..self
        }
    }

    pub(super) fn new_product(self) -> Self {
        Self {
            is_new: true,
            ..self
        }
    }

    pub(super) fn controls(self, controls: &'static [Control]) -> Self {
        Self { controls, ..self }
    }

    /// Whether it takes ten seconds or more.
    pub(super) fn is_long(&self) -> bool {
        let mut injections = self.injections.iter();
        injections.any(Injection::is_long)
            || matches!(self.scenario, Scenario::Batch | Scenario::TwoBatches)
    }

    /// Whether a duplicate is then one of those that docs/aws-assumptions.md names.
    pub(super) fn has_limitation_with(&self, tokens: TokenBehavior) -> bool {
        self.limitation
            .is_some_and(|limitation| limitation.token_behaviors().contains(&tokens))
    }
}
