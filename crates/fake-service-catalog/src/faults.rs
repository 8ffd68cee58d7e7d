use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Operation;

/// What goes wrong with one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Nothing is done and the service answers with this error.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error's name, such as `ThrottlingException`.
        code: String,
        /// What it says.
        message: String,
    },
    /// The connection is dropped without an answer.
    Reset(Moment),
    /// The connection stays open and no answer ever comes.
    Hang(Moment),
    /// The answer comes this late; the call is done before or after that time, whether or not its caller
    /// still waits.
    Slow(Moment, Duration),
    /// The call is done, but the answer, with status 200, breaks off after its first bytes.
    Malformed,
    /// Nothing is done and the service answers with these members and status 200.
    Answer(Value),
}

/// Whether the call has its effect before the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Moment {
    /// Nothing is done.
    BeforeAcceptance,
    /// The call is done, but its caller does not learn it.
    AfterAcceptance,
}

impl Fault {
    /// An error of the service's, by HTTP status and name.
    #[must_use]
    pub fn error(status: u16, code: &str) -> Self {
        Self::Error {
            status,
            code: code.to_owned(),
            message: "Scripted by a test.".to_owned(),
        }
    }

    /// The same error, saying this; any other fault as it is.
    #[must_use]
    pub fn saying(mut self, says: &str) -> Self {
        if let Self::Error { message, .. } = &mut self {
            says.clone_into(message);
        }
        self
    }

    /// A call above the service's rate.
    #[must_use]
    pub fn throttled() -> Self {
        Self::error(400, "ThrottlingException")
    }

    /// An answer of `DescribeCopyProductStatus` with this status, known to the service or not.
    #[must_use]
    pub fn status(status: &str, detail: Option<&str>) -> Self {
        let mut answer = json!({ "CopyProductStatus": status });
        if let Some(detail) = detail {
            answer["StatusDetail"] = detail.into();
        }
        Self::Answer(answer)
    }
}

/// The faults to come.
#[derive(Debug, Default)]
pub struct Faults {
    queued: HashMap<Operation, VecDeque<Option<Fault>>>,
    always: HashMap<Operation, Fault>,
    regular: HashMap<Operation, Vec<Regular>>,
    regions: BTreeMap<String, Fault>,
}

/// A fault of every nth call.
#[derive(Debug)]
struct Regular {
    n: usize,
    calls: usize,
    fault: Fault,
}

impl Faults {
    /// Queues what happens to the operation's next call not yet scripted; `None` is nothing.
    pub fn next_call(&mut self, operation: Operation, fault: impl Into<Option<Fault>>) {
        let queue = self.queued.entry(operation).or_default();
        queue.push_back(fault.into());
    }

    /// Sets what happens to every call of the operation that has nothing queued.
    pub fn every_call(&mut self, operation: Operation, fault: Fault) {
        self.always.insert(operation, fault);
    }

    /// Adds what happens to every nth call of the operation that has nothing queued, from the nth on; of several
    /// that meet in one call, the first added happens.
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn every_nth_call(&mut self, operation: Operation, n: usize, fault: Fault) {
        assert_ne!(n, 0, "every call is every first one");
        let calls = 0;
        let regular = self.regular.entry(operation).or_default();
        regular.push(Regular { n, calls, fault });
    }

    /// Sets what happens to every call in a Region that meets no other fault, whatever the operation.
    pub fn every_call_in(&mut self, region: &str, fault: Fault) {
        self.regions.insert(region.to_owned(), fault);
    }

    /// Forgets all faults of the operation.
    pub fn clear(&mut self, operation: Operation) {
        self.queued.remove(&operation);
        self.always.remove(&operation);
        self.regular.remove(&operation);
    }

    pub(super) fn take(&mut self, operation: Operation, region: &str) -> Option<Fault> {
        let queue = self.queued.get_mut(&operation);
        if let Some(scripted) = queue.and_then(VecDeque::pop_front) {
            return scripted;
        }
        let mut due = None;
        for regular in self.regular.get_mut(&operation).into_iter().flatten() {
            regular.calls += 1;
            if regular.calls % regular.n == 0 {
                due = due.or_else(|| Some(regular.fault.clone()));
            }
        }
        if due.is_some() {
            return due;
        }
        let standing = self.always.get(&operation);
        standing.or_else(|| self.regions.get(region)).cloned()
    }
}
