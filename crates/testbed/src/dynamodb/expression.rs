//! Condition and update expressions, evaluated as they are read.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::{Map, Value, json};

/// The attributes of an item by name, each as JSON writes it: `{"S": "text"}`.
pub type Item = Map<String, Value>;

/// The words that may not be names in expressions: the developer guide of `DynamoDB`, "Reserved
/// words".
const RESERVED_WORDS: &str = include_str!("reserved-words.txt");

/// Whether an item passes the `FilterExpression` of a request.
///
/// # Errors
/// What is wrong with the expression, in words.
pub fn filter(request: &Value, item: &Item) -> Result<bool, String> {
    let expression = Expression::new(request);
    let holds = expression.holds("FilterExpression", item)?;
    expression.all_used()?;
    Ok(holds)
}

/// What becomes of an item by the `UpdateExpression` of a request.
///
/// # Errors
/// What is wrong with the expression, in words.
pub fn update(request: &Value, item: &Item) -> Result<Item, String> {
    let expression = Expression::new(request);
    let new = expression.update(item)?;
    expression.all_used()?;
    Ok(new)
}

/// The expressions of one request.
pub(super) struct Expression<'a> {
    request: &'a Value,
    /// The names and values that were used.
    used: RefCell<BTreeSet<String>>,
}

/// An expression that is being read.
struct Reader<'a> {
    expression: &'a Expression<'a>,
    tokens: Vec<String>,
    at: usize,
}

type Read<T> = Result<T, String>;

impl<'a> Expression<'a> {
    pub(super) fn new(request: &'a Value) -> Self {
        let used = RefCell::default();
        Self { request, used }
    }

    /// Whether the condition holds for an item; without one, it does.
    pub(super) fn condition(&self, item: &Item) -> Read<bool> {
        self.holds("ConditionExpression", item)
    }

    fn holds(&self, member: &str, item: &Item) -> Read<bool> {
        let Some(mut reader) = self.reader(member) else {
            return Ok(true);
        };
        let holds = reader.any(item)?;
        reader.end()?;
        Ok(holds)
    }

    /// The item after the update.
    pub(super) fn update(&self, old: &Item) -> Read<Item> {
        let mut reader = self
            .reader("UpdateExpression")
            .ok_or("an update has an UpdateExpression")?;
        let mut new = old.clone();
        while let Some(clause) = reader.next() {
            loop {
                let name = reader.name()?;
                match clause.as_str() {
                    "SET" => {
                        reader.expect("=")?;
                        let value = reader.operand(old)?.ok_or("SET has a value")?;
                        new.insert(name, value);
                    }
                    "ADD" => {
                        let value = reader.operand(old)?;
                        let number = |value: &Value| value["N"].as_str()?.parse::<i64>().ok();
                        let add = value.as_ref().and_then(number).ok_or("ADD has a number")?;
                        let sum = new.get(&name).and_then(number).unwrap_or_default() + add;
                        new.insert(name, json!({ "N": sum.to_string() }));
                    }
                    "REMOVE" => {
                        new.remove(&name);
                    }
                    other => return Err(format!("{other} is no clause that is known here")),
                }
                if !reader.take(",") {
                    break;
                }
            }
        }
        Ok(new)
    }

    /// Refuses names and values that are given for nothing, as `DynamoDB` does.
    pub(super) fn all_used(&self) -> Read<()> {
        let used = self.used.borrow();
        for member in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
            let given = self.request[member].as_object();
            let mut keys = given.into_iter().flat_map(Map::keys);
            if let Some(unused) = keys.find(|key| !used.contains(*key)) {
                return Err(format!("{unused} in {member} is not used"));
            }
        }
        Ok(())
    }

    fn reader(&'a self, member: &str) -> Option<Reader<'a>> {
        let text = self.request[member].as_str()?;
        let spaced = ["(", ")", ",", "="]
            .iter()
            .fold(text.to_owned(), |text, sign| {
                text.replace(sign, &format!(" {sign} "))
            });
        Some(Reader {
            expression: self,
            tokens: spaced.split_whitespace().map(str::to_owned).collect(),
            at: 0,
        })
    }

    fn member(&self, member: &str, key: &str) -> Read<Value> {
        self.used.borrow_mut().insert(key.to_owned());
        match &self.request[member][key] {
            Value::Null => Err(format!("{member} lacks {key}")),
            value => Ok(value.clone()),
        }
    }
}

impl Reader<'_> {
    fn any(&mut self, item: &Item) -> Read<bool> {
        let mut holds = self.all(item)?;
        while self.take("OR") {
            holds |= self.all(item)?;
        }
        Ok(holds)
    }

    fn all(&mut self, item: &Item) -> Read<bool> {
        let mut holds = self.term(item)?;
        while self.take("AND") {
            holds &= self.term(item)?;
        }
        Ok(holds)
    }

    fn term(&mut self, item: &Item) -> Read<bool> {
        if self.take("(") {
            let holds = self.any(item)?;
            self.expect(")")?;
            return Ok(holds);
        }
        for (function, expected) in [("attribute_exists", true), ("attribute_not_exists", false)] {
            if self.take(function) {
                self.expect("(")?;
                let name = self.name()?;
                self.expect(")")?;
                return Ok(item.contains_key(&name) == expected);
            }
        }
        let left = self.operand(item)?;
        if self.take("<>") {
            return Ok(left != self.operand(item)?);
        }
        let mut right = Vec::new();
        if self.take("IN") {
            self.expect("(")?;
            right.push(self.operand(item)?);
            while self.take(",") {
                right.push(self.operand(item)?);
            }
            self.expect(")")?;
        } else {
            self.expect("=")?;
            right.push(self.operand(item)?);
        }
        Ok(left.is_some() && right.contains(&left))
    }

    /// A value, or an attribute of the item.
    fn operand(&mut self, item: &Item) -> Read<Option<Value>> {
        if let Some(value) = self.tokens.get(self.at).filter(|it| it.starts_with(':')) {
            let value = self.expression.member("ExpressionAttributeValues", value);
            self.at += 1;
            return value.map(Some);
        }
        let name = self.name()?;
        Ok(item.get(&name).cloned())
    }

    fn name(&mut self) -> Read<String> {
        let token = self.next().ok_or("the expression ends too soon")?;
        if token.starts_with('#') {
            let name = self.expression.member("ExpressionAttributeNames", &token)?;
            return Ok(name.as_str().unwrap_or_default().to_owned());
        }
        if !token.chars().all(char::is_alphanumeric) {
            return Err(format!("{token} is no name"));
        }
        if RESERVED_WORDS
            .lines()
            .any(|word| token.eq_ignore_ascii_case(word))
        {
            return Err(format!("{token} is a reserved word"));
        }
        Ok(token)
    }

    fn next(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.at).is_some_and(|it| it == token);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &str) -> Read<()> {
        if self.take(token) {
            return Ok(());
        }
        let next = self.tokens.get(self.at);
        Err(format!("{token} is expected in place of {next:?}"))
    }

    fn end(&self) -> Read<()> {
        match self.tokens.get(self.at) {
            None => Ok(()),
            Some(token) => Err(format!("{token} is not known here")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        let item = json!({ "Holder": { "S": "a" }, "Times": { "N": "2" } });
        item.as_object().cloned().expect("is an object")
    }

    fn holds(condition: &str) -> Read<bool> {
        let values = json!({ ":a": { "S": "a" }, ":b": { "S": "b" }, ":two": { "N": "2" } });
        let request =
            json!({ "ConditionExpression": condition, "ExpressionAttributeValues": values });
        Expression::new(&request).condition(&item())
    }

    #[test]
    fn conditions_hold_or_not() {
        for (condition, expected) in [
            ("Holder = :a", true),
            ("Holder = :b", false),
            ("Absent = :a", false),
            ("Absent <> :a", true),
            ("Holder <> :a", false),
            ("Holder <> :b", true),
            ("Absent = Absent", false),
            ("attribute_not_exists(Absent)", true),
            ("attribute_not_exists(Holder)", false),
            ("attribute_exists(Absent)", false),
            ("attribute_exists(Holder)", true),
            ("attribute_not_exists(Holder) OR Holder IN (:b, :a)", true),
            ("Holder IN (:b)", false),
            ("Times = :two AND Holder = :b", false),
            ("Holder = :b AND Times = :two OR Holder = :a", true),
            ("Holder = :b AND (Times = :two OR Holder = :a)", false),
        ] {
            assert_eq!(holds(condition), Ok(expected), "{condition}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for condition in [
            "NOT Holder = :a",
            "Holder < :a",
            "Holder = :none",
            "attribute_exists(Call)",
            "call = :a",
            "Item = :a",
            "Holder = :a AND",
            "begins_with(Holder, :a)",
        ] {
            assert!(holds(condition).is_err(), "{condition}");
        }
    }

    #[test]
    fn an_update_sets_adds_and_removes() {
        let request = json!({
            "UpdateExpression": "SET #call = :b, Since = :a ADD Times :two, Often :two REMOVE Holder",
            "ExpressionAttributeNames": { "#call": "Call" },
            "ExpressionAttributeValues": {
                ":a": { "S": "a" }, ":b": { "S": "b" }, ":two": { "N": "2" },
            },
        });
        let expression = Expression::new(&request);
        let new = expression.update(&item()).expect("is known");
        let expected = json!({
            "Call": { "S": "b" },
            "Often": { "N": "2" },
            "Since": { "S": "a" },
            "Times": { "N": "4" },
        });
        assert_eq!(Value::from(new), expected);
        assert_eq!(expression.all_used(), Ok(()));
    }

    #[test]
    fn a_value_that_is_given_for_nothing_is_refused() {
        let request = json!({
            "UpdateExpression": "REMOVE Holder",
            "ExpressionAttributeValues": { ":a": { "S": "a" } },
        });
        let expression = Expression::new(&request);
        assert!(expression.update(&item()).is_ok());
        assert!(expression.all_used().is_err());
    }
}
