//! Faults as JSON: by operation, what goes wrong with its next calls and with every nth.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{Fault, Faults, Moment, Operation};

impl<'de> Deserialize<'de> for Faults {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let file = BTreeMap::<Operation, Vec<Entry>>::deserialize(deserializer)?;
        let mut faults = Self::default();
        for (operation, entries) in file {
            for Entry { next, every, fault } in entries {
                let fault: Option<Fault> = fault.map(Into::into);
                match (next, every, fault) {
                    (Some(calls), None, fault) => {
                        for _ in 0..calls.get() {
                            faults.next_call(operation, fault.clone());
                        }
                    }
                    (None, Some(n), Some(fault)) => {
                        faults.every_nth_call(operation, n.get(), fault);
                    }
                    _ => {
                        return Err(D::Error::custom(format!(
                            "{operation:?}: each entry has either `Next` or `Every`, and `Every` has a `Fault`"
                        )));
                    }
                }
            }
        }
        Ok(faults)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entry {
    next: Option<NonZeroUsize>,
    every: Option<NonZeroUsize>,
    fault: Option<Kind>,
}

/// A [`Fault`] as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
enum Kind {
    Throttling,
    Error(ServiceError),
    Reset(Moment),
    Hang(Moment),
    Slow(Slow),
    Malformed,
    Answer(Map<String, Value>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ServiceError {
    code: String,
    #[serde(deserialize_with = "status")]
    status: u16,
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Slow {
    moment: Moment,
    #[serde(deserialize_with = "seconds")]
    seconds: Duration,
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (400..=599).contains(&status) {
        return Ok(status);
    }
    Err(D::Error::custom("`Status` is 400 to 599"))
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| D::Error::custom(format!("`Seconds`: {error}")))
}

impl From<Kind> for Fault {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Throttling => Self::throttled(),
            Kind::Error(error) => {
                let fault = Self::error(error.status, &error.code);
                match error.message {
                    Some(message) => fault.saying(&message),
                    None => fault,
                }
            }
            Kind::Reset(moment) => Self::Reset(moment),
            Kind::Hang(moment) => Self::Hang(moment),
            Kind::Slow(Slow { moment, seconds }) => Self::Slow(moment, seconds),
            Kind::Malformed => Self::Malformed,
            Kind::Answer(members) => Self::Answer(Value::Object(members)),
        }
    }
}
