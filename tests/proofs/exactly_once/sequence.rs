//! What happens to a product and its copies.

use std::time::Duration;

use fake_service_catalog::{
    CopyEnds, FakeState, Fault, Moment, Operation, Product, Settings, Tokens, Version,
    VersionStatus,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use testbed::dynamodb;

/// The names that the source takes in turns.
const PRODUCT_NAMES: [&str; 2] = ["Network", "Network 2"];

/// A version need not have a name.
const NAMES: [&str; 4] = ["v1", "v2", "v3", ""];

const PLACEHOLDER: &str = "-";

/// What happens, and the service it happens to.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    pub(crate) steps: Vec<Step>,
    pub(crate) settings: Settings,
    /// Does not wait for a copy whose answer was lost; only honoured tokens allow that.
    pub(crate) retries_at_once: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Change(Change),
    Copy(Copy),
    /// Somebody deletes every item of the copies table.
    EmptyTable,
}

/// What a person does to the source or in a target; versions and products are counted from the
/// oldest and around.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Publish(&'static str, &'static str, Kind),
    BecomeAvailable,
    /// Publishes a version again under its name, and deletes the old one or not.
    Republish(usize, bool),
    Rename(usize, &'static str),
    Activate(usize, bool),
    Deprecate(usize),
    Describe(usize, &'static str),
    Remove(usize),
    RenameProduct(usize),
    Tag(&'static str, Option<&'static str>),
    DeleteCopiedVersion(Target, usize),
    DeleteCopy(Target),
    /// A version of a person's in the product of the copy.
    MakeVersion(Target, &'static str),
    /// A product of a person's of the copy's name, with a version.
    MakeProduct(Target, &'static str),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Ready,
    Inactive,
    Creating,
    Failed,
}

/// A copy, and what goes wrong meanwhile.
#[allow(clippy::struct_excessive_bools)] // Each happens or not, whatever else does.
#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) target: Target,
    pub(crate) versions: Choice,
    pub(crate) tags: bool,
    pub(crate) on_source_removed: Option<&'static str>,
    pub(crate) portfolio: bool,
    pub(crate) on_name_taken: Option<&'static str>,
    /// `OnVersionReplaced` is `KEEP`.
    pub(crate) keeps_replaced: bool,
    pub(crate) faults: Vec<CallFault>,
    pub(crate) elsewhere: Vec<(Operation, CallFault)>,
    pub(crate) table: Vec<TableFault>,
    pub(crate) interruption: Option<Interruption>,
    /// Who goes next where two executions copy the same: whether it is the second.
    pub(crate) turns: Option<Vec<bool>>,
    /// What becomes of a copy that has not succeeded.
    pub(crate) afterwards: Afterwards,
}

/// What somebody does about an execution that has not succeeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Afterwards {
    /// Starts another one with the same request.
    StartAgain,
    Redrive,
    Nothing,
}

/// What goes wrong with a call to the copies table, after so many that nothing happens to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableFault {
    pub(crate) after_calls: usize,
    pub(crate) fault: dynamodb::Fault,
    /// Whether the calls that the SDK makes again fail too.
    pub(crate) persists: bool,
}

/// A function of the first execution that is paused at a call to the copies table, while another
/// execution begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interruption {
    pub(crate) after_calls: usize,
    /// Whether the call is done before the pause.
    pub(crate) is_done: bool,
    /// Whether the execution is stopped meanwhile.
    pub(crate) is_stopped: bool,
    /// Whether the function goes on afterwards; if not, it was killed.
    pub(crate) goes_on: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// Under a name of its own.
    OtherRegion,
    OtherAccount,
    /// Beside the source, which has the same name.
    SamePlace,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Choice {
    Default,
    Active,
    All,
    Latest,
    Names(Vec<&'static str>),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum CallFault {
    LostAfter,
    LostBefore,
    Malformed,
    InternalFailure,
    Throttled,
}

impl CallFault {
    pub(crate) fn fault(self) -> Fault {
        match self {
            Self::LostAfter => Fault::Reset(Moment::AfterAcceptance),
            Self::LostBefore => Fault::Reset(Moment::BeforeAcceptance),
            Self::Malformed => Fault::Malformed,
            Self::InternalFailure => Fault::error(500, "InternalFailure"),
            Self::Throttled => Fault::throttled(),
        }
    }
}

impl Choice {
    pub(crate) fn member(&self) -> Value {
        match self {
            Self::Default => Value::Null,
            Self::Active => json!("ACTIVE"),
            Self::All => json!("ALL"),
            Self::Latest => json!("LATEST"),
            Self::Names(names) => json!(names),
        }
    }
}

impl Copy {
    pub(crate) fn to(target: Target) -> Self {
        Self {
            target,
            versions: Choice::Default,
            tags: false,
            on_source_removed: None,
            portfolio: false,
            on_name_taken: None,
            keeps_replaced: false,
            faults: Vec::new(),
            elsewhere: Vec::new(),
            table: Vec::new(),
            interruption: None,
            turns: None,
            afterwards: Afterwards::StartAgain,
        }
    }

    /// How much of what goes wrong is for the state machine to try again.
    pub(crate) fn fault_count(&self) -> usize {
        let persisting = self.table.iter().filter(|fault| fault.persists);
        self.faults.len()
            + self.elsewhere.len()
            + persisting.count()
            + usize::from(self.interruption.is_some())
    }

    /// Whether one execution runs from beginning to end.
    pub(crate) fn is_undisturbed(&self) -> bool {
        self.interruption.is_none() && self.turns.is_none()
    }
}

impl Change {
    /// Whether somebody makes something in a target.
    pub(crate) fn makes(&self) -> Option<Target> {
        match self {
            Self::MakeVersion(target, _) | Self::MakeProduct(target, _) => Some(*target),
            _ => None,
        }
    }

    /// Whether somebody deletes something in a target.
    pub(crate) fn deletes(&self) -> bool {
        matches!(self, Self::DeleteCopiedVersion(..) | Self::DeleteCopy(_))
    }

    pub(crate) fn apply(&self, state: &mut FakeState, arn: &str) {
        match self {
            Self::DeleteCopiedVersion(target, n) => {
                if let Some(copy) = copy_in(state, *target) {
                    let product = state.product_mut(&copy).expect("the copy");
                    let mut ids = product
                        .versions
                        .iter()
                        .filter(|it| it.copied_from.is_some());
                    let count = ids.clone().count().max(1);
                    let gone = ids.nth(n % count).map(|it| it.id.clone());
                    product.versions.retain(|it| Some(&it.id) != gone.as_ref());
                }
                return;
            }
            Self::DeleteCopy(target) => {
                if let Some(copy) = copy_in(state, *target) {
                    state.remove_product(&copy);
                }
                return;
            }
            Self::MakeVersion(target, name) => {
                if let Some(copy) = copy_in(state, *target) {
                    state.publish(&copy, Version::new(name, "a person's"));
                }
                return;
            }
            Self::MakeProduct(target, version) => {
                let source = state.product_mut(arn).expect("the source").clone();
                let product = Product::new(target.name(&source), "a person")
                    .version(Version::new(version, "a person's"));
                state.add_product(&target.place(), product);
                return;
            }
            _ => {}
        }
        let source = state.product_mut(arn).expect("the source");
        match self {
            Self::Publish(name, description, kind) => {
                let version = Version::new(name, description);
                let version = match kind {
                    Kind::Ready => version,
                    Kind::Inactive => version.inactive(),
                    Kind::Creating => version.creating(),
                    Kind::Failed => version.failed(),
                };
                state.publish(arn, version);
            }
            Self::Republish(n, keeps_old) if !source.versions.is_empty() => {
                let n = n % source.versions.len();
                let name = source.versions[n].name.clone();
                if !keeps_old {
                    source.versions.remove(n);
                }
                state.publish(arn, Version::new(&name, "again"));
            }
            Self::BecomeAvailable => {
                for version in &mut source.versions {
                    if version.status == VersionStatus::Creating {
                        version.status = VersionStatus::Available;
                    }
                }
            }
            Self::Rename(n, name) => edit(source, *n, |it| (*name).clone_into(&mut it.name)),
            Self::Activate(n, active) => edit(source, *n, |it| it.active = *active),
            Self::Deprecate(n) => edit(source, *n, |it| "DEPRECATED".clone_into(&mut it.guidance)),
            Self::Describe(n, text) => {
                edit(source, *n, |it| (*text).clone_into(&mut it.description));
            }
            Self::Remove(n) if !source.versions.is_empty() => {
                source.versions.remove(n % source.versions.len());
            }
            Self::Remove(_) | Self::Republish(..) => {}
            Self::DeleteCopiedVersion(..)
            | Self::DeleteCopy(_)
            | Self::MakeVersion(..)
            | Self::MakeProduct(..) => unreachable!("done above"),
            Self::RenameProduct(n) => PRODUCT_NAMES[*n].clone_into(&mut source.name),
            Self::Tag(key, Some(value)) => {
                source.tags.insert((*key).to_owned(), (*value).to_owned());
            }
            Self::Tag(key, None) => {
                source.tags.remove(*key);
            }
        }
    }
}

/// The ARN of the copy in a target, if there is one.
fn copy_in(state: &mut FakeState, target: Target) -> Option<String> {
    let place = target.place();
    let products = state.products(&place);
    let copy = products.iter().find(|it| it.copied_from.is_some());
    copy.map(|it| place.product_arn(&it.id))
}

fn edit(source: &mut Product, n: usize, change: impl FnOnce(&mut Version)) {
    let count = source.versions.len();
    if count > 0 {
        change(&mut source.versions[n % count]);
    }
}

/// A sequence in any service that treats tokens like this.
pub(crate) fn sequence(tokens: Tokens) -> impl Strategy<Value = Sequence> {
    let step = prop_oneof![
        1 => change().prop_map(Step::Change),
        1 => copy().prop_map(Step::Copy),
    ];
    let published = prop_oneof![publish(), Just(publish_placeholder())].prop_map(Step::Change);
    let steps = (vec(published, 1..4), copy(), vec(step, 0..6));
    let steps = steps.prop_map(|(published, copy, mut rest)| {
        rest.splice(0..0, published.into_iter().chain([Step::Copy(copy)]));
        rest
    });
    let service = (
        any::<[bool; 4]>(),
        select(vec![Duration::ZERO, Duration::from_millis(2)]),
        0..=1_u32,
        select(vec![None, None, Some(1)]),
    );
    (steps, service).prop_map(
        move |(steps, (switches, copies_take, hidden, become_available))| {
            let [rejects, duplicates, keeps_guidance, at_once] = switches;
            Sequence {
                steps,
                settings: Settings {
                    tokens,
                    reused_token_is_rejected: rejects,
                    recopy_duplicates_versions: duplicates,
                    copies_keep_guidance: keeps_guidance,
                    copy_ends: CopyEnds::After(copies_take),
                    describes_before_visible: hidden,
                    lists_before_associated: 1,
                    describes_before_available: become_available,
                    ..Settings::default()
                },
                retries_at_once: at_once && matches!(tokens, Tokens::Honoured),
            }
        },
    )
}

fn publish() -> impl Strategy<Value = Change> {
    let kind = prop_oneof![
        5 => Just(Kind::Ready),
        1 => Just(Kind::Inactive),
        2 => Just(Kind::Creating),
        1 => Just(Kind::Failed),
    ];
    (name(), text(), kind).prop_map(|(name, text, kind)| Change::Publish(name, text, kind))
}

fn publish_placeholder() -> Change {
    Change::Publish(PLACEHOLDER, "", Kind::Ready)
}

fn change() -> impl Strategy<Value = Change> {
    let n = || 0..6_usize;
    let renamed = prop_oneof![6 => name(), 1 => Just(PLACEHOLDER)];
    let value = select(vec![Some("1"), Some("2"), None, None]);
    prop_oneof![
        4 => publish(),
        3 => (n(), any::<bool>()).prop_map(|(n, keeps_old)| Change::Republish(n, keeps_old)),
        1 => (target(), n()).prop_map(|(target, n)| Change::DeleteCopiedVersion(target, n)),
        1 => target().prop_map(Change::DeleteCopy),
        2 => (target(), name()).prop_map(|(target, name)| Change::MakeVersion(target, name)),
        1 => (target(), name()).prop_map(|(target, name)| Change::MakeProduct(target, name)),
        1 => Just(publish_placeholder()),
        1 => Just(Change::BecomeAvailable),
        2 => (n(), renamed).prop_map(|(n, name)| Change::Rename(n, name)),
        2 => (n(), any::<bool>()).prop_map(|(n, active)| Change::Activate(n, active)),
        1 => n().prop_map(Change::Deprecate),
        1 => (n(), text()).prop_map(|(n, text)| Change::Describe(n, text)),
        4 => n().prop_map(Change::Remove),
        1 => (0..PRODUCT_NAMES.len()).prop_map(Change::RenameProduct),
        3 => (select(vec!["team", "cost"]), value).prop_map(|(key, value)| Change::Tag(key, value)),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        3 => Just(Target::OtherRegion),
        3 => Just(Target::OtherAccount),
        1 => Just(Target::SamePlace),
    ]
}

fn table_fault() -> impl Strategy<Value = TableFault> {
    let fault = select(vec![
        dynamodb::Fault::THROTTLED,
        dynamodb::Fault::FAILED,
        dynamodb::Fault::LostBefore,
        dynamodb::Fault::LostAfter,
        dynamodb::Fault::LostAfter,
    ]);
    (0..4_usize, fault, prop::bool::weighted(0.4)).prop_map(|(after_calls, fault, persists)| {
        TableFault {
            after_calls,
            fault,
            persists,
        }
    })
}

fn interruption() -> impl Strategy<Value = Interruption> {
    (0..5_usize, any::<[bool; 3]>()).prop_map(|(after_calls, [is_done, is_stopped, goes_on])| {
        Interruption {
            after_calls,
            is_done,
            is_stopped,
            goes_on,
        }
    })
}

fn copy() -> impl Strategy<Value = Copy> {
    let target = target();
    let versions = prop_oneof![
        3 => Just(Choice::Default),
        1 => Just(Choice::Active),
        2 => Just(Choice::All),
        2 => Just(Choice::Latest),
        2 => vec(name(), 1..3).prop_map(Choice::Names),
    ];
    let removed = [None, Some("KEEP"), Some("DEPRECATE"), Some("DEACTIVATE")];
    let elsewhere = select(vec![
        Operation::AssumeRole,
        Operation::DescribeCopyProductStatus,
        Operation::DescribeProvisioningArtifact,
        Operation::ListProvisioningArtifacts,
        Operation::SearchProductsAsAdmin,
        Operation::UpdateProduct,
        Operation::UpdateProvisioningArtifact,
    ]);
    (
        target,
        versions,
        prop::bool::weighted(0.4),
        select(removed.to_vec()),
        prop::bool::weighted(0.1),
        prop_oneof![2 => vec(fault(), 0..1), 3 => vec(fault(), 0..4)],
        prop_oneof![3 => vec((elsewhere.clone(), fault()), 0..1), 1 => vec((elsewhere, fault()), 0..3)],
        (
            select(vec![None, None, Some("ADOPT"), Some("NEW")]),
            prop::bool::weighted(0.2),
        ),
        (
            prop_oneof![2 => vec(table_fault(), 0..1), 1 => vec(table_fault(), 0..3)],
            prop::option::weighted(0.3, interruption()),
            prop::option::weighted(0.3, vec(any::<bool>(), 0..12)),
            prop_oneof![
                2 => Just(Afterwards::StartAgain),
                2 => Just(Afterwards::Redrive),
                1 => Just(Afterwards::Nothing),
            ],
        ),
    )
        .prop_map(
            |(target, versions, tags, on_source_removed, portfolio, faults, elsewhere, on, table)| {
                let (on_name_taken, keeps_replaced) = on;
                let (table, interruption, turns, afterwards) = table;
                Copy {
                    target,
                    versions,
                    tags,
                    on_source_removed,
                    portfolio,
                    on_name_taken,
                    keeps_replaced,
                    faults,
                    elsewhere,
                    table,
                    interruption,
                    turns,
                    afterwards,
                }
            },
        )
}

fn fault() -> impl Strategy<Value = CallFault> {
    prop_oneof![
        3 => Just(CallFault::LostAfter),
        1 => Just(CallFault::LostBefore),
        1 => Just(CallFault::Malformed),
        1 => Just(CallFault::InternalFailure),
        1 => Just(CallFault::Throttled),
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    select(NAMES.to_vec())
}

fn text() -> impl Strategy<Value = &'static str> {
    select(vec!["", "one", "two"])
}
