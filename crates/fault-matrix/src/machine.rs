use serde_json::Value;

/// The machine of today, as it is deployed.
const TODAY: &str = include_str!("../../../statemachine/copy-product.asl.json");

/// The machine of commit 9f35d95: one that may still run when today's functions are deployed.
///
/// What it gives them and takes from them must therefore stay understood.
const EARLIER: &str = include_str!("../fixtures/earlier-copy-product.asl.json");

/// In seconds of AWS: after the copy was accepted, and long before it arrives.
const SHORT_TIMEOUT: u32 = 100;

/// The state machine that runs a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    /// That of the stack.
    Deployed,
    Earlier,
    /// Today's, with a timeout that is too short for the copy.
    ShortTimeout,
}

impl Machine {
    /// The definition with these values in place of its substitutions.
    pub(super) fn definition(self, values: &[(&str, &str)]) -> Result<String, serde_json::Error> {
        let text = if self == Self::Earlier {
            EARLIER
        } else {
            TODAY
        };
        let text = values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        });
        let mut definition: Value = serde_json::from_str(&text)?;
        if self == Self::ShortTimeout {
            definition["TimeoutSeconds"] = SHORT_TIMEOUT.into();
        }
        Ok(definition.to_string())
    }
}
