use super::course::Course;
use super::injection::Injection;
use super::limit::Limit;
use super::machine::Machine;
use super::token_world::TokenWorld;
use fake_service_catalog::{Fault, Operation};
use testbed::lambda_faults::LambdaFault;

/// One thing that goes wrong, and what must come of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// What goes wrong.
    pub name: &'static str,
    pub(super) injections: Vec<Injection>,
    pub(super) course: Course,
    pub(super) machine: Machine,
    pub(super) end: End,
    pub(super) copy: CopyTakes,
    /// How many answers that come late are not waited for, where the row is about that.
    pub(super) given_up: Option<usize>,
    pub(super) limit: Option<Limit>,
    pub(super) not_run: Option<&'static str>,
    /// Whether the control arms run it, where it must make duplicates.
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
    /// However it is, within the invariants.
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

impl Row {
    /// A row in which nothing goes wrong yet and one execution is started.
    pub(super) fn new(name: &'static str, end: End) -> Self {
        Self {
            name,
            injections: Vec::new(),
            course: Course::Once,
            machine: Machine::Deployed,
            end,
            copy: CopyTakes::Short,
            given_up: None,
            limit: None,
            not_run: None,
            is_in_control: false,
        }
    }

    /// A row that nothing here can run.
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

    pub(super) fn course(self, course: Course) -> Self {
        Self { course, ..self }
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

    pub(super) fn limit(self, limit: Limit) -> Self {
        Self {
            limit: Some(limit),
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
            || matches!(self.course, Course::Batch | Course::TwoBatches)
    }

    /// Whether a duplicate in this world is the one that docs/aws-assumptions.md names.
    pub(super) fn is_limited_in(&self, world: TokenWorld) -> bool {
        self.limit.is_some_and(|it| it.worlds().contains(&world))
    }
}
