//! The subscriptions: which product goes where.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Mistakes;
use crate::{
    error::Error,
    request::{CopyRequest, Target, read, refuse_null, without_value},
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Subscription {
    source_product_arn: String,
    targets: Vec<Value>,
    #[serde(flatten)]
    request: Map<String, Value>,
}

/// The copies that the subscriptions ask for: of all products, or of these.
///
/// The text is a JSON list of `{ "SourceProductArn", "Targets": [<Target>…] }`, each with any other
/// member of a copy request. A product that is asked for is checked, others are not, so that a
/// mistake in one subscription keeps no other product from its targets.
///
/// # Errors
/// `InvalidRequest` names the subscriptions and members that break a rule.
pub fn subscriptions(text: &str, products: Option<&[String]>) -> Result<Vec<CopyRequest>, Error> {
    let list: Vec<Value> =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
            let reason = without_value(&error.to_string());
            Error::invalid_request(format!("the subscriptions must be a JSON list: {reason}"))
        })?;
    let mut mistakes = Mistakes::default();
    let mut copies = Vec::new();
    for (i, subscription) in list.into_iter().enumerate() {
        let asked = |arns: &[String]| {
            let arn = subscription["SourceProductArn"].as_str();
            arn.is_some_and(|arn| arns.iter().any(|it| it == arn))
        };
        if !products.is_none_or(asked) {
            continue;
        }
        let entry = format!("Subscriptions[{i}]");
        let subscription: Result<Subscription, Error> =
            refuse_null(&subscription, "").and_then(|()| read(subscription));
        let Some(mut subscription) = mistakes.keep(&entry, subscription) else {
            continue;
        };
        let arn = Value::from(subscription.source_product_arn);
        subscription
            .request
            .insert("SourceProductArn".to_owned(), arn);
        let targets = mistakes.targets(&format!("{entry}.Targets"), &subscription.targets);
        let targets: Vec<Target> = targets;
        copies.extend(mistakes.to_each_target(&entry, subscription.request.into(), &targets));
    }
    mistakes.none()?;
    Ok(copies)
}
