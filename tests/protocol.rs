//! The protocol of start, lost answer, second delivery and redrive, explored exhaustively.
//!
//! Every interleaving of two executions, a copy that lands late, answers lost, refused calls,
//! tokens forgotten, a version published meanwhile and a redrive, within the bounds below. What the
//! model takes for granted of Service Catalog is a switch of it.

use stateright::{Checker, Model, Path, Property};

/// Calls of one execution, before it gives up.
const ATTEMPTS: u8 = 3;

/// Redrives of all executions together.
const REDRIVES: u8 = 1;

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
}

/// A set of versions, a bit each.
type Versions = u8;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    published: Versions,
    /// How often the target has each of the two versions.
    target: [u8; 2],
    copies: Vec<Copy>,
    executions: Vec<Execution>,
    redrives: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Copy {
    token: usize,
    versions: Versions,
    landed: bool,
    forgotten: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Execution {
    at: At,
    attempts: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum At {
    StartCopy,
    CopyProduct(Versions),
    LostAnswer,
    WaitForCopy { copy: usize, versions: Versions },
    Succeeded(Versions),
    Failed,
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
            (Tokens::Ignored, _) | (_, None) => {}
            (_, known) => return known,
        }
        state.copies.push(Copy {
            token,
            versions,
            landed: false,
            forgotten: false,
        });
        Some(state.copies.len() - 1)
    }
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
            at: At::StartCopy,
            attempts: 0,
        };
        let executions = if self.executions == Executions::One {
            1
        } else {
            2
        };
        vec![State {
            published: 1,
            target: [0, 0],
            copies: Vec::new(),
            executions: vec![start; executions],
            redrives: 0,
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
                At::Failed if state.redrives < REDRIVES && self.may_go_on(state, n) => {
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
                state.executions[n].attempts += 1;
                let accepted = match answer {
                    Answer::Refused => None,
                    _ => Some(self.accept(&mut state, self.token(n), versions)),
                };
                state.executions[n].at = match (accepted, answer) {
                    (Some(None), Answer::Arrives) => At::Failed,
                    (Some(Some(copy)), Answer::Arrives) => At::WaitForCopy { copy, versions },
                    _ => At::LostAnswer,
                };
            }
            Action::TryAgain(n) => {
                let execution = &mut state.executions[n];
                execution.at = match execution.attempts {
                    ATTEMPTS => At::Failed,
                    _ => At::StartCopy,
                };
            }
            Action::Finish(n) => {
                let At::WaitForCopy { versions, .. } = last.executions[n].at else {
                    return None;
                };
                // FinishCopy looks whether each version is there: else CopyIncomplete.
                state.executions[n].at = if has(last, versions) {
                    At::Succeeded(versions)
                } else {
                    At::Failed
                };
            }
            Action::Redrive(n) => {
                state.redrives += 1;
                state.executions[n] = Execution {
                    at: At::StartCopy,
                    attempts: 0,
                };
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
            Property::eventually(EVERY_EXECUTION_ENDS, |_, state: &State| {
                let ended = |it: &Execution| matches!(it.at, At::Succeeded(_) | At::Failed);
                state.executions.iter().all(ended)
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

/// Explores the protocol whole, and tells whether a version can be in the target twice.
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

/// The worlds in which these executions, with a plan, can double a version.
fn doubling(lands_in_time: bool, executions: &[Executions]) -> Vec<(Tokens, Executions)> {
    let worlds = [
        Tokens::Honoured,
        Tokens::Expire,
        Tokens::Ignored,
        Tokens::MismatchRejected,
    ];
    let all = worlds
        .into_iter()
        .flat_map(|tokens| executions.iter().map(move |&it| (tokens, it)));
    all.filter(|&(tokens, executions)| {
        explore(Protocol {
            tokens,
            executions,
            plans: true,
            lands_in_time,
        })
    })
    .collect()
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
    let executions = [
        Executions::One,
        Executions::SameEvent,
        Executions::OnPurpose,
    ];
    assert_eq!(doubling(true, &executions), expected);
}

#[test]
fn a_copy_slower_than_the_waits_can_double_where_tokens_do_not_hold() {
    let expected = [
        (Tokens::Expire, Executions::One),
        (Tokens::Ignored, Executions::One),
    ];
    assert_eq!(doubling(false, &[Executions::One]), expected);
}

/// The bare call, with no look at the target: what a token alone does.
#[test]
fn without_a_plan_a_lost_answer_doubles_where_tokens_are_ignored() {
    let bare = Protocol {
        tokens: Tokens::Ignored,
        executions: Executions::One,
        plans: false,
        lands_in_time: true,
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
