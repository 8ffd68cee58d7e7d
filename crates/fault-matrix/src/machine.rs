use serde_json::Value;

/// The current machine, as it is deployed.
const CURRENT: &str = include_str!("../../../statemachine/copy-product.asl.json");

/// The machine of commit 9f35d95: one that may still run when today's functions are deployed.
///
/// What it gives them and takes from them must therefore stay understood.
const EARLIER: &str = include_str!("../fixtures/earlier-copy-product.asl.json");

/// In seconds of AWS, two seconds here: after the copy was accepted, and long before it arrives.
const SHORT_TIMEOUT: u32 = 200;

/// In seconds of AWS, 0.8 seconds here: while a call that is held is not made yet.
const SHORTER_TIMEOUT: u32 = 80;

/// The state machine that runs a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Machine {
    /// That of the stack.
    Deployed,
    Earlier,
    /// Today's, with a timeout that is too short for the copy.
    ShortTimeout,
    ShorterTimeout,
}

impl Machine {
    /// The definition with these values in place of its substitutions.
    pub(super) fn definition(self, values: &[(&str, &str)]) -> Result<String, serde_json::Error> {
        let text = if self == Self::Earlier {
            EARLIER
        } else {
            CURRENT
        };
        let text = values.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        });
        let mut definition: Value = serde_json::from_str(&text)?;
        let timeout = match self {
            Self::ShortTimeout => Some(SHORT_TIMEOUT),
            Self::ShorterTimeout => Some(SHORTER_TIMEOUT),
            Self::Deployed | Self::Earlier => None,
        };
        if let Some(timeout) = timeout {
            definition["TimeoutSeconds"] = timeout.into();
        }
        Ok(definition.to_string())
    }
}
