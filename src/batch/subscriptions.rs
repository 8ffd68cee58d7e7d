//! The subscriptions: which product goes where.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{
    Mistakes,
    size::{MAX_COPIES, Size, check_number},
    unique::from_json,
};
use crate::{
    error::Error,
    request::{CopyRequest, read, refuse_null, without_value},
};

/// The most bytes of one subscription: 10,000 targets have less.
pub const MAX_SUBSCRIPTION: usize = 2 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Subscription {
    source_product_arn: String,
    targets: Vec<Value>,
    #[serde(flatten)]
    request: Map<String, Value>,
}

/// What tells whether a subscription is asked for, whatever else is in it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    source_product_arn: String,
}

/// The copies that the subscriptions ask for: of all products, or of these.
///
/// The text is a JSON list of `{ "SourceProductArn", "Targets": [<Target>…] }`, each with any other
/// member of a copy request. A product that is asked for is checked, others are not, so that a
/// mistake in one subscription keeps no other product from its targets. They are read one by one:
/// all of them at once could take many times the memory of the text.
///
/// # Errors
/// `InvalidRequest` names the subscriptions and members that break a rule.
pub fn subscriptions(text: &str, products: Option<&[String]>) -> Result<Vec<CopyRequest>, Error> {
    let mut reading = Reading {
        products: products.map(|arns| arns.iter().map(String::as_str).collect()),
        mistakes: Mistakes::default(),
        copies: Vec::new(),
        size: Size::default(),
        too_large: None,
    };
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let read = json.deserialize_seq(&mut reading).and_then(|()| json.end());
    if let Some(error) = reading.too_large {
        return Err(error);
    }
    read.map_err(|error| {
        let reason = without_value(&error.to_string());
        Error::invalid_request(format!("the subscriptions must be a JSON list: {reason}"))
    })?;
    reading.mistakes.none()?;
    Ok(reading.copies)
}

struct Reading<'a> {
    products: Option<HashSet<&'a str>>,
    mistakes: Mistakes,
    copies: Vec<CopyRequest>,
    size: Size,
    /// Why nothing more is read.
    too_large: Option<Error>,
}

impl<'de> Visitor<'de> for &mut Reading<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut i = 0;
        while let Some(subscription) = items.next_element::<&RawValue>()? {
            if self.too_large.is_none() {
                self.too_large = self.subscription(i, subscription.get()).err();
            }
            i += 1;
        }
        Ok(())
    }
}

impl Reading<'_> {
    /// Adds the copies of a subscription, or its mistake.
    ///
    /// # Errors
    /// Where the batch is too large.
    fn subscription(&mut self, i: usize, text: &str) -> Result<(), Error> {
        check_number(i.min(MAX_COPIES + 1))?;
        let entry = format!("Subscriptions[{i}]");
        if let Some(asked) = &self.products {
            let named: Option<Named> = serde_json::from_str(text).ok();
            if !named.is_some_and(|it| asked.contains(it.source_product_arn.as_str())) {
                return Ok(());
            }
        }
        let value = if text.len() > MAX_SUBSCRIPTION {
            Err(Error::invalid_request(format!(
                "must have at most {MAX_SUBSCRIPTION} bytes, not {}",
                text.len()
            )))
        } else {
            from_json(text).map_err(|error| Error::invalid_request(format!("no JSON: {error}")))
        };
        let subscription = value.and_then(|value| {
            refuse_null(&value, "")?;
            read::<Subscription>(value)
        });
        let Some(mut subscription) = self.mistakes.keep(&entry, subscription) else {
            return Ok(());
        };
        check_number(self.copies.len() + subscription.targets.len())?;
        let arn = Value::from(subscription.source_product_arn);
        subscription
            .request
            .insert("SourceProductArn".to_owned(), arn);
        let targets = self
            .mistakes
            .targets(&format!("{entry}.Targets"), &subscription.targets);
        self.mistakes.copy_to_each(
            &entry,
            subscription.request.into(),
            &targets,
            &mut self.copies,
            &mut self.size,
        )
    }
}
