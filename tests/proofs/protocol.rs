//! The protocol of start, lost answer, second delivery and redrive, explored exhaustively.
//!
//! Every interleaving of two executions, a copy that lands late, answers lost, refused calls,
//! tokens forgotten, a version published meanwhile and a redrive, within the bounds below. What the
//! model takes for granted of Service Catalog is a switch of it.

use serde_json::Value;
use stateright::{Checker, Model, Path, Property};

/// How far the protocol is explored.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound {
    /// Calls of one execution, before it gives up.
    calls: u8,
    /// Redrives of all executions together.
    redrives: u8,
}

/// As many calls as the machine makes.
const FULL: Bound = Bound {
    calls: 4,
    redrives: 1,
};

/// Where a call may always make another copy, and there are two executions, there are too many
/// states for more.
const SMALL: Bound = Bound {
    calls: 2,
    redrives: 0,
};

/// What Service Catalog does with a token it has seen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tokens {
    /// The same token is the same copy, for ever.
    Honoured,
    /// The same, until it forgets, at any time.
    Expire,
    /// Every call is a copy.
    Ignored,
    /// The same token with other versions is an error.
    MismatchRejected,
}

/// The executions there are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Executions {
    One,
    /// One event, delivered twice: one token.
    SameEvent,
    /// Two, started on purpose: two tokens.
    OnPurpose,
}

#[derive(Clone, Copy, Debug)]
struct Protocol {
    tokens: Tokens,
    executions: Executions,
    /// Whether start-copy looks at the target first.
    plans: bool,
    /// Whether a copy whose answer was lost lands before it is asked for again.
    lands_in_time: bool,
    bound: Bound,
}

/// A set of versions, a bit each.
type Versions = u8;

/// Fields and variants stand in such an order that every action leads to a greater state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct State {
    redrives: u8,
    executions: Vec<Execution>,
    published: Versions,
    copies: Vec<Copy>,
    /// How often the target has each of the two versions.
    target: [u8; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Copy {
    token: usize,
    versions: Versions,
    landed: bool,
    forgotten: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Execution {
    calls: u8,
    at: At,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum At {
    LostAnswer,
    StartCopy,
    CopyProduct(Versions),
    WaitForCopy {
        copy: usize,
        versions: Versions,
    },
    Succeeded(Versions),
    /// With the state that failed, which a redrive goes on from.
    Failed(Box<At>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Plan(usize),
    Call(usize, Answer),
    TryAgain(usize),
    Finish(usize),
    Redrive(usize),
    Land(usize),
    Forget(usize),
    Publish,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Arrives,
    IsLost,
    Refused,
}

impl Protocol {
    fn token(self, execution: usize) -> usize {
        match self.executions {
            Executions::OnPurpose => execution,
            Executions::One | Executions::SameEvent => 0,
        }
    }

    /// Whether an execution may call again, as to what it has left under way.
    fn may_go_on(self, state: &State, execution: usize) -> bool {
        let token = self.token(execution);
        let mut own = state.copies.iter().filter(|it| it.token == token);
        !self.lands_in_time || own.all(|it| it.landed)
    }

    /// What Service Catalog does with a call: the copy it answers with, or an error.
    fn accept(self, state: &mut State, token: usize, versions: Versions) -> Option<usize> {
        let is_known = |it: &Copy| it.token == token && !it.forgotten;
        let known = state.copies.iter().position(is_known);
        match (self.tokens, known) {
            (Tokens::MismatchRejected, Some(copy)) if state.copies[copy].versions != versions => {
                return None;
            }
            (_, None) => {}
            (_, known) => return known,
        }
        state.copies.push(Copy {
            token,
            versions,
            landed: false,
            forgotten: self.tokens == Tokens::Ignored,
        });
        Some(state.copies.len() - 1)
    }
}

fn failed(at: At) -> At {
    At::Failed(Box::new(at))
}

fn missing(state: &State) -> Versions {
    let is_missing = |it: &usize| state.published & (1 << it) != 0 && state.target[*it] == 0;
    (0..2).filter(is_missing).map(|it| 1 << it).sum()
}

fn has(state: &State, versions: Versions) -> bool {
    (0..2).all(|it| versions & (1 << it) == 0 || state.target[it] > 0)
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let start = Execution {
            calls: 0,
            at: At::StartCopy,
        };
        let executions = if self.executions == Executions::One {
            1
        } else {
            2
        };
        vec![State {
            redrives: 0,
            executions: vec![start; executions],
            published: 1,
            copies: Vec::new(),
            target: [0, 0],
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (n, execution) in state.executions.iter().enumerate() {
            match execution.at {
                At::StartCopy => actions.push(Action::Plan(n)),
                At::CopyProduct(_) => actions.extend(
                    [Answer::Arrives, Answer::IsLost, Answer::Refused]
                        .map(|answer| Action::Call(n, answer)),
                ),
                At::LostAnswer if self.may_go_on(state, n) => actions.push(Action::TryAgain(n)),
                At::WaitForCopy { copy, .. } if state.copies[copy].landed => {
                    actions.push(Action::Finish(n));
                }
                At::Failed(_)
                    if state.redrives < self.bound.redrives && self.may_go_on(state, n) =>
                {
                    actions.push(Action::Redrive(n));
                }
                _ => {}
            }
        }
        for (n, copy) in state.copies.iter().enumerate() {
            if !copy.landed {
                actions.push(Action::Land(n));
            }
            if self.tokens == Tokens::Expire && !copy.forgotten {
                actions.push(Action::Forget(n));
            }
        }
        if state.published == 1 {
            actions.push(Action::Publish);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Plan(n) => {
                let versions = if self.plans {
                    missing(last)
                } else {
                    last.published
                };
                state.executions[n].at = match versions {
                    0 => At::Succeeded(0),
                    versions => At::CopyProduct(versions),
                };
            }
            Action::Call(n, answer) => {
                let At::CopyProduct(versions) = last.executions[n].at else {
                    return None;
                };
                let accepted = match answer {
                    Answer::Refused => None,
                    _ => Some(self.accept(&mut state, self.token(n), versions)),
                };
                let calls = last.executions[n].calls + 1;
                let at = match (accepted, answer) {
                    (Some(None), Answer::Arrives) => failed(At::StartCopy),
                    (Some(Some(copy)), Answer::Arrives) => At::WaitForCopy { copy, versions },
                    _ if calls == self.bound.calls => failed(At::StartCopy),
                    _ => At::LostAnswer,
                };
                state.executions[n] = Execution { calls, at };
            }
            Action::TryAgain(n) => state.executions[n].at = At::StartCopy,
            Action::Finish(n) => {
                let at = &mut state.executions[n].at;
                let At::WaitForCopy { versions, .. } = *at else {
                    return None;
                };
                // FinishCopy looks whether each version is there: else CopyIncomplete.
                *at = if has(last, versions) {
                    At::Succeeded(versions)
                } else {
                    failed(at.clone())
                };
            }
            Action::Redrive(n) => {
                let At::Failed(at) = last.executions[n].at.clone() else {
                    return None;
                };
                state.redrives += 1;
                state.executions[n] = Execution { calls: 0, at: *at };
            }
            Action::Land(n) => {
                state.copies[n].landed = true;
                for version in 0..2 {
                    if last.copies[n].versions & (1 << version) != 0 {
                        state.target[version] += 1;
                    }
                }
            }
            Action::Forget(n) => state.copies[n].forgotten = true,
            Action::Publish => state.published = 3,
        }
        assert!(state > *last, "there is no way back, so that all ways end");
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_VERSION_TWICE, |_, state: &State| {
                state.target.iter().all(|&count| count <= 1)
            }),
            Property::always(GREEN_IS_THERE, |_, state: &State| {
                let executions = state.executions.iter();
                executions
                    .filter_map(|it| match it.at {
                        At::Succeeded(versions) => Some(versions),
                        _ => None,
                    })
                    .all(|versions| has(state, versions))
            }),
            Property::always(EVERY_EXECUTION_ENDS, |protocol, state: &State| {
                let ended = |it: &Execution| matches!(it.at, At::Succeeded(_) | At::Failed(_));
                let mut actions = Vec::new();
                protocol.actions(state, &mut actions);
                !actions.is_empty() || state.executions.iter().all(ended)
            }),
            Property::sometimes(ALL_SUCCEED, |_, state: &State| {
                let succeeded = |it: &Execution| matches!(it.at, At::Succeeded(_));
                state.executions.iter().all(succeeded) && state.target != [0, 0]
            }),
        ]
    }
}

const NO_VERSION_TWICE: &str = "no version is in the target twice";
const GREEN_IS_THERE: &str = "what succeeded is in the target";
const EVERY_EXECUTION_ENDS: &str = "every execution ends";
const ALL_SUCCEED: &str = "all executions may succeed";

/// Explores the protocol whole, and returns whether a version can be in the target twice.
fn explore(protocol: Protocol) -> bool {
    let checker = protocol.checker().spawn_bfs().join();
    assert!(checker.is_done());
    let states = checker.unique_state_count();
    let doubled = checker.discovery(NO_VERSION_TWICE).is_some();
    println!("{protocol:?}: {states} states, doubles: {doubled}");
    assert!(states > 20, "{protocol:?}");
    assert!(checker.discovery(ALL_SUCCEED).is_some(), "{protocol:?}");
    for property in [GREEN_IS_THERE, EVERY_EXECUTION_ENDS] {
        let discovery = checker.discovery(property);
        assert!(discovery.is_none(), "{protocol:?}: {discovery:?}");
    }
    doubled
}

/// The token behaviors and executions that, with a plan, can double a version.
fn doubling(lands_in_time: bool) -> Vec<(Tokens, Executions)> {
    let behaviors = [
        Tokens::Honoured,
        Tokens::Expire,
        Tokens::Ignored,
        Tokens::MismatchRejected,
    ];
    let executions = [
        Executions::One,
        Executions::SameEvent,
        Executions::OnPurpose,
    ];
    let all = behaviors
        .into_iter()
        .flat_map(|tokens| executions.map(|it| (tokens, it)));
    all.filter(|&(tokens, executions)| {
        let holds = matches!(tokens, Tokens::Honoured | Tokens::MismatchRejected);
        explore(Protocol {
            tokens,
            executions,
            plans: true,
            lands_in_time,
            bound: match executions {
                Executions::SameEvent | Executions::OnPurpose if !lands_in_time && !holds => SMALL,
                _ => FULL,
            },
        })
    })
    .collect()
}

#[test]
fn an_execution_of_the_model_calls_as_often_as_one_of_the_machine() {
    let machine = include_str!("../../statemachine/copy-product.asl.json");
    let machine: Value = serde_json::from_str(machine).expect("is JSON");
    let retriers = machine["States"]["StartCopy"]["Retry"].as_array();
    let mut retriers = retriers.expect("is a list").iter();
    let is_of_lost_answers = |it: &&Value| {
        let errors = it["ErrorEquals"].as_array().expect("is a list");
        errors.contains(&"ServiceCatalog.SdkClientException".into())
    };
    let retrier = retriers.find(is_of_lost_answers).expect("tries again");
    assert_eq!(retrier["MaxAttempts"], FULL.calls - 1);
}

#[test]
fn with_a_plan_only_what_runs_at_once_can_double() {
    let expected = [
        (Tokens::Honoured, Executions::OnPurpose),
        (Tokens::Expire, Executions::SameEvent),
        (Tokens::Expire, Executions::OnPurpose),
        (Tokens::Ignored, Executions::SameEvent),
        (Tokens::Ignored, Executions::OnPurpose),
        (Tokens::MismatchRejected, Executions::OnPurpose),
    ];
    assert_eq!(doubling(true), expected);
}

#[test]
fn a_copy_slower_than_the_waits_can_double_where_tokens_do_not_hold() {
    let expected = [
        (Tokens::Honoured, Executions::OnPurpose),
        (Tokens::Expire, Executions::One),
        (Tokens::Expire, Executions::SameEvent),
        (Tokens::Expire, Executions::OnPurpose),
        (Tokens::Ignored, Executions::One),
        (Tokens::Ignored, Executions::SameEvent),
        (Tokens::Ignored, Executions::OnPurpose),
        (Tokens::MismatchRejected, Executions::OnPurpose),
    ];
    assert_eq!(doubling(false), expected);
}

/// The bare call, with no look at the target: what a token alone does.
#[test]
fn without_a_plan_a_lost_answer_doubles_where_tokens_are_ignored() {
    let bare = Protocol {
        tokens: Tokens::Ignored,
        executions: Executions::One,
        plans: false,
        lands_in_time: true,
        bound: FULL,
    };
    let within = |depth: usize| {
        let checker = bare.checker().target_max_depth(depth).spawn_bfs().join();
        checker.discovery(NO_VERSION_TWICE).map(Path::into_actions)
    };
    let actions = (1..).find_map(within).expect("doubles");
    println!("The shortest way to a version twice: {actions:?}");
    // The first answer is lost, though its copy lands; the second call makes another.
    assert_eq!(
        actions[..5],
        [
            Action::Plan(0),
            Action::Call(0, Answer::IsLost),
            Action::Land(0),
            Action::TryAgain(0),
            Action::Plan(0),
        ]
    );
    assert_eq!(actions[6..], [Action::Land(1)]);
}
