use std::{cell::Cell, pin::pin, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use fake_service_catalog::{
    CopyEnds, Fault, HUB_ACCOUNT, Moment, Operation, Place, Product as Copied, ServiceCatalog,
    Settings, Version as Published,
};
use lambda_runtime::Context;
use serde_json::json;
use testbed::dynamodb::{DynamoDb, Fault as TableFault, Item};
use tokio::select;

use super::*;
use crate::{
    aws::{dynamodb::CopiesTable, service_catalog::Catalog},
    request::TargetAccounts,
};

const CALL_SECONDS: i64 = 90;

thread_local! {
    static CLOCK: Cell<i64> = const { Cell::new(1_800_000_000) };
}

fn clock() -> i64 {
    CLOCK.get()
}

/// Lets time pass.
pub(crate) fn pass(seconds: i64) {
    CLOCK.set(clock() + seconds);
}

/// A product with a version, and nothing in the target.
pub(crate) struct Fixture {
    pub(crate) fake: ServiceCatalog,
    pub(crate) dynamodb: DynamoDb,
    pub(crate) clients: Clients,
    pub(crate) source: String,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let settings = Settings {
            copy_ends: CopyEnds::After(Duration::ZERO),
            ..Settings::default()
        };
        let fake = ServiceCatalog::start(settings).await.expect("starts");
        let dynamodb = DynamoDb::with_key(["Place", "Item"]);
        let defaults = aws_config::defaults(BehaviorVersion::v2026_01_12());
        let config: SdkConfig = defaults
            .region("us-east-1")
            .endpoint_url(fake.endpoint())
            .credentials_provider(Credentials::for_tests())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .load()
            .await;
        let table = config.to_builder().http_client(dynamodb.http_client());
        let product = Copied::new("Network", "Platform").version(Published::new("v1", "first"));
        let home = Place::new(HUB_ACCOUNT, "us-east-1");
        let source = fake.state().add_product(&home, product);
        Self {
            clients: Clients {
                catalog: Catalog::new(&config),
                table: CopiesTable::new(&table.build(), "Copies".to_owned()),
                targets: TargetAccounts::default(),
                call_seconds: CALL_SECONDS,
                now: clock,
            },
            fake,
            dynamodb,
            source,
        }
    }

    pub(crate) fn request(&self) -> Value {
        json!({ "SourceProductArn": self.source, "Target": { "Region": "eu-west-1" } })
    }

    /// What start-copy answers to an execution.
    pub(crate) async fn start(&self, name: &str, resume: Value) -> Result<CopyStarted, Error> {
        self.start_with(self.request(), name, resume).await
    }

    pub(crate) async fn start_with(
        &self,
        mut request: Value,
        name: &str,
        resume: Value,
    ) -> Result<CopyStarted, Error> {
        request["ExecutionId"] = execution(name).into();
        request["Resume"] = resume;
        let event = LambdaEvent::new(request, Context::default());
        Box::pin(handle(&self.clients, event)).await
    }

    /// The item of the copy.
    pub(crate) fn item(&self) -> Item {
        let key = [&format!("{HUB_ACCOUNT}/eu-west-1"), self.source.as_str()];
        self.dynamodb.item(key).unwrap_or_default()
    }

    /// The products in the target.
    pub(crate) fn copies(&self) -> Vec<Copied> {
        self.fake.state().products(&target())
    }

    fn requests_to_copy(&self) -> Vec<Value> {
        let calls = self.fake.state().calls_of(Operation::CopyProduct);
        calls.into_iter().map(|call| call.request).collect()
    }

    /// Scripts what happens to the next call of `CopyProduct`.
    fn next_copy(&self, fault: Fault) {
        let mut state = self.fake.state();
        state.faults.next_call(Operation::CopyProduct, fault);
    }

    /// A call of `CopyProduct` that nobody knows the answer of.
    async fn lose_an_answer(&self, moment: Moment) {
        self.next_copy(Fault::Reset(moment));
        let lost = self.start("a", json!({})).await;
        let name = lost.expect_err("is lost").name();
        assert_eq!(name, "ServiceCatalog.SdkClientException");
        assert!(self.item().contains_key("Call"));
    }
}

pub(crate) fn execution(name: &str) -> String {
    format!("arn:aws:states:us-east-1:{HUB_ACCOUNT}:execution:CopyProduct:{name}")
}

pub(crate) fn target() -> Place {
    Place::new(HUB_ACCOUNT, "eu-west-1")
}

fn a_has_ended() -> Value {
    json!({ "HolderEnded": execution("a") })
}

/// The last status of the copy of `a`.
fn copy_has(status: &str, token: Option<&String>, product: Option<&str>) -> Value {
    let mut ended = json!({ "CopyProductToken": token, "CopyProductStatus": status });
    if let Some(product) = product {
        ended["TargetProductId"] = product.into();
    }
    json!({ "HolderEnded": execution("a"), "CopyEnded": ended })
}

fn succeeded(started: &CopyStarted) -> bool {
    started.copy_product_status == Some(CopyProductStatus::Succeeded)
}

#[tokio::test]
async fn asked_again_an_execution_gets_the_same_answer_and_nothing_is_called() {
    let fixture = Fixture::new().await;
    let first = fixture.start("a", json!({})).await.expect("is started");
    let again = fixture.start("a", json!({})).await.expect("is started");
    assert!(first.copy_product_token.is_some());
    let numbers = [&first, &again].map(|it| it.lease.as_ref().map(|it| it.number));
    assert_eq!(numbers, [Some(1), Some(2)]);
    let lease = first.lease.clone();
    assert_eq!(CopyStarted { lease, ..again }, first);
    assert_eq!(fixture.requests_to_copy().len(), 1);
}

#[tokio::test]
async fn a_copy_is_another_executions_until_that_has_ended_and_then_taken_up() {
    let fixture = Fixture::new().await;
    let first = fixture.start("a", json!({})).await.expect("is started");
    let other = fixture.start("b", json!({})).await.expect("is an answer");
    assert_eq!(other.held_by, Some(execution("a")));
    assert_eq!(other.copy_product_token, None);
    let over = fixture.start("b", a_has_ended()).await;
    let over = over.expect("is an answer");
    assert_eq!(over.taken_up_from, Some(execution("a")));
    assert_eq!(over.copy_product_token, first.copy_product_token);
    assert_eq!(over.copied_versions, None);
    assert_eq!(fixture.requests_to_copy().len(), 1);
}

#[tokio::test]
async fn a_call_that_may_still_be_made_is_waited_for() {
    let fixture = Fixture::new().await;
    fixture.lose_an_answer(Moment::BeforeAcceptance).await;
    pass(20);
    let own = fixture.start("a", json!({})).await;
    let name = own.expect_err("is one of its tries").name();
    assert_eq!(name, "ServiceCatalog.SdkClientException");
    let other = fixture.start("b", a_has_ended()).await;
    let seconds = other.expect("is an answer").retry_after_seconds;
    assert_eq!(seconds, Some(CALL_SECONDS - 20));
    assert_eq!(fixture.requests_to_copy().len(), 1);
}

#[tokio::test]
async fn a_call_without_an_answer_that_has_arrived_is_known_from_then_on() {
    let fixture = Fixture::new().await;
    fixture.lose_an_answer(Moment::AfterAcceptance).await;
    pass(CALL_SECONDS);
    let over = fixture.start("b", a_has_ended()).await.expect("is planned");
    assert!(succeeded(&over));
    let copy = &fixture.copies()[0];
    assert_eq!(over.target_product_id.as_ref(), Some(&copy.id));
    let known = over.lease.expect("is its own").known;
    let copied_from = copy.versions[0].copied_from.as_ref();
    assert_eq!(known.versions.get(&copy.versions[0].id), copied_from);
    assert_eq!(fixture.requests_to_copy().len(), 1);
}

#[tokio::test]
async fn what_arrived_is_found_by_the_name_it_had_when_it_was_called_for() {
    let fixture = Fixture::new().await;
    fixture.lose_an_answer(Moment::AfterAcceptance).await;
    fixture.copies();
    {
        let mut state = fixture.fake.state();
        let source = state.product_mut(&fixture.source).expect("is there");
        "Network 2".clone_into(&mut source.name);
        "v1.0".clone_into(&mut source.versions[0].name);
    }
    pass(CALL_SECONDS);
    let over = fixture.start("b", a_has_ended()).await.expect("is planned");
    assert!(succeeded(&over));
    assert_eq!(fixture.requests_to_copy().len(), 1);
}

#[tokio::test]
async fn a_call_that_has_not_arrived_is_made_again_as_it_was_and_stays_its_callers() {
    let fixture = Fixture::new().await;
    fixture.lose_an_answer(Moment::BeforeAcceptance).await;
    let published = Published::new("v2", "published since");
    fixture.fake.state().publish(&fixture.source, published);
    pass(CALL_SECONDS);
    let over = fixture.start("b", a_has_ended()).await.expect("is called");
    assert!(over.copy_product_token.is_some());
    assert_eq!(over.taken_up_from, Some(execution("a")));
    let requests = fixture.requests_to_copy();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
    assert_eq!(fixture.item()["CalledBy"], json!({ "S": execution("a") }));
    let renewed = json!({ "N": clock().to_string() });
    assert_eq!(fixture.item()["CallingSince"], renewed);
}

#[tokio::test]
async fn a_refused_call_is_forgotten_but_not_one_that_is_made_again() {
    let fixture = Fixture::new().await;
    fixture.next_copy(Fault::throttled());
    let refused = fixture.start("a", json!({})).await.expect_err("is refused");
    assert_eq!(refused.name(), "ServiceCatalog.ThrottlingException");
    assert!(!fixture.item().contains_key("Call"));

    fixture.lose_an_answer(Moment::BeforeAcceptance).await;
    pass(CALL_SECONDS);
    fixture.next_copy(Fault::throttled());
    let refused = fixture.start("b", a_has_ended()).await;
    refused.expect_err("is refused");
    assert!(fixture.item().contains_key("Call"));
}

#[tokio::test]
async fn a_call_whose_version_is_gone_since_is_planned_anew() {
    let fixture = Fixture::new().await;
    fixture.lose_an_answer(Moment::BeforeAcceptance).await;
    let published = Published::new("v1", "again");
    let again = fixture.fake.state().publish(&fixture.source, published);
    {
        let mut state = fixture.fake.state();
        let source = state.product_mut(&fixture.source).expect("is there");
        source.versions.remove(0);
    }
    pass(CALL_SECONDS);
    let over = fixture.start("b", a_has_ended()).await.expect("is called");
    assert_eq!(over.taken_up_from, None);
    let copied = over.copied_versions.expect("is its own");
    assert_eq!(copied[0].source_id, again);
    assert_eq!(fixture.requests_to_copy().len(), 3);
}

#[tokio::test]
async fn a_token_is_taken_for_gone_only_once_it_cannot_be_new() {
    let fixture = Fixture::new().await;
    let token = fixture.start("a", json!({})).await.expect("is started");
    let token = token.copy_product_token;
    let not_found = json!({ "HolderEnded": execution("a"), "CopyNotFound": token });
    let new = fixture.start("b", not_found.clone()).await;
    let new = new.expect("is an answer");
    assert_eq!(new.retry_after_seconds, Some(CALL_SECONDS));
    pass(NOT_FOUND_CALLS * CALL_SECONDS);
    // What it has brought is known all the same.
    let old = fixture.start("b", not_found).await.expect("is planned");
    assert!(succeeded(&old));
    assert_eq!(fixture.requests_to_copy().len(), 1);
}

#[tokio::test]
async fn a_copy_taken_up_that_has_ended_is_known_or_made_anew() {
    let fixture = Fixture::new().await;
    let token = fixture.start("a", json!({})).await.expect("is started");
    let token = token.copy_product_token;
    let copy = fixture.copies().remove(0);
    let resume = copy_has("SUCCEEDED", token.as_ref(), Some(&copy.id));
    let ended = fixture.start("b", resume).await.expect("is planned");
    assert!(succeeded(&ended));
    let known = ended.lease.expect("is its own").known;
    assert!(known.versions.contains_key(&copy.versions[0].id));

    let copies = target().product_arn(&copy.id);
    fixture.fake.state().remove_product(&copies);
    let resume = copy_has("FAILED", token.as_ref(), None);
    let anew = fixture.start("b", resume).await.expect("is called");
    assert_ne!(anew.copy_product_token, token);
    assert_eq!(fixture.requests_to_copy().len(), 2);
}

#[tokio::test]
async fn a_copy_that_has_succeeded_may_arrive_for_a_while_and_is_then_made_anew() {
    let fixture = Fixture::new().await;
    let token = fixture.start("a", json!({})).await.expect("is started");
    let copy = fixture.copies().remove(0);
    let arn = target().product_arn(&copy.id);
    fixture.fake.state().remove_product(&arn);
    let token = token.copy_product_token;
    let resume = copy_has("SUCCEEDED", token.as_ref(), Some(&copy.id));
    let young = fixture.start("b", resume.clone()).await;
    let kind = young.expect_err("may arrive").kind;
    assert_eq!(kind, ErrorKind::CopyIncomplete);
    pass(NOT_FOUND_CALLS * CALL_SECONDS);
    let old = fixture.start("b", resume).await.expect("is called");
    assert!(old.copied_versions.is_some_and(|copied| copied.len() == 1));
    assert_eq!(fixture.requests_to_copy().len(), 2);
}

/// What `a` and `b` are answered, where `a` is stopped before its third call to the table.
async fn while_a_is_paused(fixture: &Fixture) -> [Result<CopyStarted, Error>; 2] {
    for fault in [None, None, Some(TableFault::PausedBefore)] {
        fixture.dynamodb.next_call(fault);
    }
    let mut first = pin!(fixture.start("a", json!({})));
    select! {
        answer = &mut first => panic!("not paused: {answer:?}"),
        () = fixture.dynamodb.paused() => {}
    }
    let other = fixture.start("b", a_has_ended()).await;
    fixture.dynamodb.resume();
    [first.await, other]
}

#[tokio::test]
async fn a_function_that_outlives_its_execution_notes_the_answer_and_tells_nobody() {
    let fixture = Fixture::new().await;
    let [first, other] = while_a_is_paused(&fixture).await;
    assert_eq!(first.expect_err("is stopped").kind, ErrorKind::LeaseLost);
    let seconds = other.expect("is an answer").retry_after_seconds;
    assert_eq!(seconds, Some(CALL_SECONDS));
    let over = fixture.start("b", a_has_ended()).await;
    assert!(over.expect("is taken up").copy_product_token.is_some());
    assert_eq!(fixture.requests_to_copy().len(), 1);
}

#[tokio::test]
async fn only_who_has_the_lease_says_that_a_name_is_taken() {
    let fixture = Fixture::new().await;
    let product = Copied::new("Network", "a person");
    fixture.fake.state().add_product(&target(), product);
    let answers = while_a_is_paused(&fixture).await;
    let kinds = answers.map(|answer| answer.expect_err("is taken").kind);
    assert_eq!(kinds, [ErrorKind::LeaseLost, ErrorKind::NameTaken]);
}

#[tokio::test]
async fn a_token_given_is_another_one_in_each_call() {
    let fixture = Fixture::new().await;
    let mut request = fixture.request();
    request["IdempotencyToken"] = "mine".into();
    let token = fixture.start_with(request.clone(), "a", json!({})).await;
    let token = token.expect("is started").copy_product_token;
    let copy = target().product_arn(&fixture.copies()[0].id);
    fixture.fake.state().remove_product(&copy);
    let resume = copy_has("FAILED", token.as_ref(), None);
    let again = fixture.start_with(request, "b", resume).await;
    assert_ne!(again.expect("is started").copy_product_token, token);
    let calls = fixture.requests_to_copy();
    let tokens: Vec<_> = calls.iter().map(|it| &it["IdempotencyToken"]).collect();
    assert!(tokens.len() == 2 && tokens[0] != tokens[1], "{tokens:?}");
    assert!(!tokens.contains(&&json!("mine")), "{tokens:?}");
}

/// How often an operation of Service Catalog was called.
fn count(fixture: &Fixture, operation: Operation) -> usize {
    fixture.fake.state().calls_of(operation).len()
}

#[tokio::test]
async fn what_is_known_already_is_not_asked_again() {
    let fixture = Fixture::new().await;
    fixture.start("a", json!({})).await.expect("is started");
    assert_eq!(count(&fixture, Operation::ListProvisioningArtifacts), 1);
    assert_eq!(count(&fixture, Operation::DescribeProductAsAdmin), 1);
    assert_eq!(count(&fixture, Operation::SearchProductsAsAdmin), 1);

    let fixture = Fixture::new().await;
    let product = Copied::new("Network", "a person").version(Published::new("v1", ""));
    fixture.fake.state().add_product(&target(), product);
    let mut request = fixture.request();
    request["OnNameTaken"] = "ADOPT".into();
    let adopted = fixture.start_with(request, "a", json!({})).await;
    assert!(succeeded(&adopted.expect("is planned")));
    // One of each side.
    assert_eq!(count(&fixture, Operation::ListProvisioningArtifacts), 2);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let fixture = Fixture::new().await;
    let mut request = fixture.request();
    request["DryRun"] = true.into();
    let planned = fixture.start_with(request, "a", json!({})).await;
    let copied = planned.expect("is planned").copied_versions;
    assert_eq!(copied.map(|it| it.len()), Some(1));
    let calls = fixture.dynamodb.calls();
    assert!(calls.iter().all(|call| call.operation == "GetItem"));
    assert_eq!(fixture.fake.state().writing_calls(), 0);
}
