use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::config::Credentials;
use serde_json::json;
use testbed::dynamodb::{DynamoDb, Fault};

use super::*;
use crate::{record::Call, request::CopyRequest};

const ARN: &str = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";
const PLACE: &str = "111122223333/eu-west-1";

/// The copies table in memory.
pub(crate) async fn in_memory(dynamodb: &DynamoDb) -> CopiesTable {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region("us-east-1")
        .endpoint_url("http://localhost")
        .credentials_provider(Credentials::for_tests())
        .http_client(dynamodb.http_client())
        .load()
        .await;
    CopiesTable::new(&config, "Copies".to_owned())
}

struct Fixture {
    dynamodb: DynamoDb,
    table: CopiesTable,
    key: CopyKey,
}

impl Fixture {
    async fn new() -> Self {
        let dynamodb = DynamoDb::with_key(["Place", "Item"]);
        Self {
            table: in_memory(&dynamodb).await,
            dynamodb,
            key: CopyKey {
                place: PLACE.to_owned(),
                source_product_arn: ARN.to_owned(),
            },
        }
    }

    async fn take(&self, execution: &str, ended: Option<&str>) -> Lease {
        let taker = Taker { execution, ended };
        let lease = self.table.take(&self.key, taker, 5).await;
        lease.expect("is an answer")
    }

    async fn taken(&self, execution: &str, ended: Option<&str>) -> CopyRecord {
        match self.take(execution, ended).await {
            Lease::Taken(record) => *record,
            Lease::HeldBy(holder) => panic!("{holder} has it"),
        }
    }

    async fn note(&self, execution: &str, number: u64, call: &UnderWay) -> Result<(), Error> {
        let (table, known) = (&self.table, known());
        let noted = table.note_call(&self.key, execution, number, call, &known);
        noted.await
    }

    async fn read(&self) -> CopyRecord {
        self.table.read(&self.key).await.expect("is an answer")
    }

    /// What is read where the item is another one.
    async fn read_as(&self, item: testbed::dynamodb::Item) -> Result<CopyRecord, Error> {
        self.dynamodb.put(item.into());
        self.table.read(&self.key).await
    }

    /// Its one item, as it is.
    fn item(&self) -> testbed::dynamodb::Item {
        self.dynamodb.item([PLACE, ARN]).expect("is there")
    }
}

fn call(token: &str) -> UnderWay {
    let request = CopyRequest::parse(json!({ "SourceProductArn": ARN }));
    UnderWay {
        called_by: "a".to_owned(),
        calling_since: 7,
        idempotency_token: token.to_owned(),
        call: Call {
            request: request.expect("is valid"),
            product_name: Some("Network".to_owned()),
            namesakes: vec!["prod-other".to_owned()],
        },
        answer: "{}".to_owned(),
        copy_product_token: None,
        is_first: true,
    }
}

fn known() -> Known {
    let pair = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    Known {
        target_product_ids: pair("SourceProductArn", "prod-target"),
        versions: pair("pa-target", "pa-source"),
    }
}

fn lost<T>(answer: Result<T, Error>) -> bool {
    answer.is_err_and(|error| error.kind == ErrorKind::LeaseLost)
}

#[tokio::test]
async fn a_lease_is_taken_where_nobody_has_it_or_its_holder_has_ended() {
    let fixture = Fixture::new().await;
    let first = fixture.taken("a", None).await;
    assert_eq!(
        (first.holder.as_deref(), first.lease_number),
        (Some("a"), 1)
    );
    assert_eq!(fixture.taken("a", None).await.lease_number, 2);
    let held = Lease::HeldBy("a".to_owned());
    assert_eq!(fixture.take("b", None).await, held);
    assert_eq!(fixture.take("b", Some("c")).await, held);
    let over = fixture.taken("b", Some("a")).await;
    assert_eq!((over.holder.as_deref(), over.lease_number), (Some("b"), 3));
}

#[tokio::test]
async fn a_lease_whose_answer_was_lost_is_taken_again_under_another_number() {
    let fixture = Fixture::new().await;
    fixture.dynamodb.next_call(Fault::LostAfter);
    assert_eq!(fixture.taken("a", None).await.lease_number, 2);
}

#[tokio::test]
async fn a_call_is_noted_with_all_that_repeats_it() {
    let fixture = Fixture::new().await;
    fixture.taken("a", None).await;
    fixture.dynamodb.next_call(Fault::LostAfter);
    assert_eq!(fixture.note("a", 1, &call("t")).await, Ok(()));
    let record = fixture.read().await;
    let noted = UnderWay {
        is_first: false,
        ..call("t")
    };
    assert_eq!(record.under_way, Some(noted));
    assert_eq!(record.known, known());
}

#[tokio::test]
async fn a_call_is_noted_only_under_the_lease_as_it_was_taken() {
    let fixture = Fixture::new().await;
    fixture.taken("a", None).await;
    fixture.taken("a", None).await;
    assert!(lost(fixture.note("a", 1, &call("t")).await));
    assert!(lost(fixture.note("b", 2, &call("t")).await));
    assert_eq!(fixture.read().await.under_way, None);
}

#[tokio::test]
async fn a_call_that_is_made_again_keeps_an_answer_that_came_meanwhile() {
    let fixture = Fixture::new().await;
    fixture.taken("a", None).await;
    fixture.note("a", 1, &call("t")).await.expect("is noted");
    let table = &fixture.table;
    let noted = table.note_token(&fixture.key, "t", "copyproduct-1").await;
    assert_eq!(noted, Ok(("a".to_owned(), 1)));
    let again = UnderWay {
        is_first: false,
        ..call("t")
    };
    assert!(lost(fixture.note("a", 1, &again).await));
    fixture
        .note("a", 1, &call("u"))
        .await
        .expect("is another call");
    let under_way = fixture.read().await.under_way.expect("is under way");
    assert_eq!(under_way.copy_product_token, None);
}

#[tokio::test]
async fn an_answer_is_noted_whoever_has_the_lease_and_only_once() {
    let fixture = Fixture::new().await;
    let (table, key) = (&fixture.table, &fixture.key);
    fixture.taken("a", None).await;
    fixture.note("a", 1, &call("t")).await.expect("is noted");
    fixture.taken("b", Some("a")).await;
    fixture.dynamodb.next_call(Fault::LostAfter);
    let holds = table.note_token(key, "t", "copyproduct-1").await;
    assert_eq!(holds, Ok(("b".to_owned(), 2)));
    assert!(lost(table.note_token(key, "t", "copyproduct-2").await));
    assert!(lost(table.note_token(key, "other", "copyproduct-1").await));
    let under_way = fixture.read().await.under_way.expect("is under way");
    let token = under_way.copy_product_token;
    assert_eq!(token.as_deref(), Some("copyproduct-1"));
}

#[tokio::test]
async fn only_the_holder_forgets_a_call_and_only_one_without_an_answer() {
    let fixture = Fixture::new().await;
    let (table, key) = (&fixture.table, &fixture.key);
    fixture.taken("a", None).await;
    fixture.note("a", 1, &call("t")).await.expect("is noted");
    assert!(lost(table.forget_call(key, "b", 1, "t").await));
    assert!(lost(table.forget_call(key, "a", 2, "t").await));
    assert!(lost(table.forget_call(key, "a", 1, "other").await));
    assert_eq!(table.forget_call(key, "a", 1, "t").await, Ok(()));
    assert_eq!(fixture.read().await.under_way, None);

    fixture.note("a", 1, &call("u")).await.expect("is noted");
    let noted = table.note_token(key, "u", "copyproduct-1").await;
    noted.expect("is noted");
    assert!(lost(table.forget_call(key, "a", 1, "u").await));
}

#[tokio::test]
async fn what_is_finished_is_known_and_the_lease_released() {
    let fixture = Fixture::new().await;
    let (table, key) = (&fixture.table, &fixture.key);
    fixture.taken("a", None).await;
    fixture.note("a", 1, &call("t")).await.expect("is noted");
    let known = known();
    let finished = |execution, lease_number| Finished {
        execution,
        lease_number,
        known: &known,
        at: 9,
    };
    assert_eq!(table.finish(key, finished("a", 2)).await, Ok(false));
    assert_eq!(table.finish(key, finished("b", 1)).await, Ok(false));
    assert!(fixture.read().await.under_way.is_some());
    assert_eq!(table.finish(key, finished("a", 1)).await, Ok(true));
    let mut names: Vec<_> = fixture.item().keys().cloned().collect();
    names.sort();
    let left = [
        "Item",
        "LastCopied",
        "LastCopiedBy",
        "LeaseNumber",
        "Place",
        "TargetProductIds",
        "Versions",
    ];
    assert_eq!(names, left);
    assert_eq!(fixture.read().await.known, known);
    assert_eq!(fixture.taken("b", None).await.lease_number, 2);
}

#[tokio::test]
async fn a_product_is_claimed_by_one_source_only() {
    let fixture = Fixture::new().await;
    let table = &fixture.table;
    fixture.dynamodb.next_call(Fault::LostAfter);
    assert_eq!(table.claim(PLACE, "prod-1", "one").await, Ok(None));
    assert_eq!(table.claim(PLACE, "prod-1", "one").await, Ok(None));
    let other = Ok(Some("one".to_owned()));
    assert_eq!(table.claim(PLACE, "prod-1", "two").await, other);
    assert_eq!(table.claimed_by(PLACE, "prod-1").await, other);
    assert_eq!(table.claimed_by("elsewhere", "prod-1").await, Ok(None));
}

#[tokio::test]
async fn what_is_not_there_is_nothing_known() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.read().await, CopyRecord::default());
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_an_error_of_its_service() {
    let fixture = Fixture::new().await;
    for (fault, name) in [
        (Fault::THROTTLED, "DynamoDB.ThrottlingException"),
        (Fault::FAILED, "DynamoDB.InternalFailure"),
        (Fault::LostBefore, "DynamoDB.SdkClientException"),
    ] {
        for _ in 0..LIMITS.attempts {
            fixture.dynamodb.next_call(fault);
        }
        let error = fixture.table.read(&fixture.key).await;
        assert_eq!(error.expect_err("is an error").name(), name);
    }
}

#[tokio::test]
async fn an_item_of_another_shape_is_an_error_of_its_own_and_names_the_attribute() {
    let fixture = Fixture::new().await;
    fixture.taken("a", None).await;
    fixture.note("a", 1, &call("t")).await.expect("is noted");
    let token = fixture.table.note_token(&fixture.key, "t", "copyproduct-1");
    token.await.expect("is noted");
    let item = fixture.item();
    for (attribute, value) in item
        .iter()
        .filter(|(name, _)| !["Place", "Item"].contains(&name.as_str()))
    {
        let mut other = item.clone();
        let is_text = value.get("S").is_some();
        let wrong = if is_text {
            json!({ "N": "1" })
        } else {
            json!({ "S": "one" })
        };
        other.insert(attribute.clone(), wrong);
        let read = fixture.read_as(other).await;
        // Only people read this one.
        if attribute == "HeldSince" {
            read.expect("does no harm");
            continue;
        }
        let error = read.expect_err(attribute);
        assert_eq!(error.name(), "UnreadableItem", "{attribute}");
        assert!(
            error
                .message
                .contains(&format!("whose {attribute} cannot be read")),
            "{error}"
        );
    }
    for attribute in ["CalledBy", "CallingSince", "IdempotencyToken", "Answer"] {
        let mut other = item.clone();
        other.remove(attribute);
        let error = fixture.read_as(other).await.expect_err(attribute);
        assert!(
            error
                .message
                .contains(&format!("whose {attribute} cannot be read: it is absent"))
        );
    }
    let mut other = item.clone();
    other["Call"] = json!({ "S": "no JSON" });
    let error = fixture.read_as(other).await.expect_err("cannot be read");
    assert_eq!(error.name(), "UnreadableItem");
}

#[tokio::test]
async fn a_claim_of_another_shape_is_neither_ours_nor_nobodys() {
    let fixture = Fixture::new().await;
    let claim = json!({ "Place": { "S": PLACE }, "Item": { "S": "prod-1" } });
    fixture.dynamodb.put(claim);
    let claimed = [
        fixture.table.claimed_by(PLACE, "prod-1").await,
        fixture.table.claim(PLACE, "prod-1", "one").await,
    ];
    for error in claimed {
        assert_eq!(error.expect_err("is unreadable").name(), "UnreadableItem");
    }
}
