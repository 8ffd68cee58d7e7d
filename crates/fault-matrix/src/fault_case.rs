use super::injection::Injection;
use super::known_limitation::KnownLimitation;
use super::machine::Machine;
use super::scenario::Scenario;
use super::token_behavior::TokenBehavior;
use fake_service_catalog::{Fault, Operation};
use testbed::lambda_faults::LambdaFault;

/// One thing that goes wrong, and what must come of it.
#[derive(Clone, Debug)]
pub struct FaultCase {
    /// What goes wrong, as the table says it.
    pub name: &'static str,
    pub(super) injections: Vec<Injection>,
    pub(super) scenario: Scenario,
    pub(super) machine: Machine,
    pub(super) end: End,
    pub(super) copy: CopyTakes,
    /// How many late answers are not waited for, where the case is about that.
    pub(super) given_up: Option<usize>,
    pub(super) limitation: Option<KnownLimitation>,
    pub(super) not_run: Option<&'static str>,
    /// Whether the control arms run it; there it must make duplicates.
    pub(super) is_in_control: bool,
}

/// How every execution that is not stopped must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Succeeds,
    /// With this error.
    Fails(&'static str),
    /// By the timeout of its machine.
    TimesOut,
    /// In any way without a violation.
    Either,
}

/// How long a copy takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyTakes {
    NoTime,
    /// Less than the first wait after a lost answer.
    Short,
    /// More than all waits after a lost answer.
    Long,
    /// It never arrives.
    ForEver,
}

impl FaultCase {
    /// A case in which nothing goes wrong yet and one execution is started.
    pub(super) fn new(name: &'static str, end: End) -> Self {
        Self {
            name,
            injections: Vec::new(),
            scenario: Scenario::Once,
            machine: Machine::Deployed,
            end,
            copy: CopyTakes::Short,
            given_up: None,
            limitation: None,
            not_run: None,
            is_in_control: false,
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

    pub(super) fn in_control(self) -> Self {
        Self {
            is_in_control: true,
            ..self
        }
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
