//! What the SDK's errors come to, and waiting.

use std::error::Error;
use std::time::{Duration, Instant};

use aws_sdk_servicecatalog::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use tokio::time::sleep;

use super::Pace;

/// The service's own name of the error, or that there was no answer.
pub(super) fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> String {
    error.code().unwrap_or("no usable answer").to_owned()
}

/// Makes an error of a call one that names the call.
pub(super) fn failed<E>(call: &str) -> impl FnOnce(SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + Error + 'static,
{
    move |error| match error.code() {
        Some(code) => anyhow::anyhow!("{call}: {code}: {}", error.message().unwrap_or_default()),
        None => anyhow::anyhow!("{call}: {}", DisplayErrorContext(&error)),
    }
}

/// What is not there need not be deleted.
pub(super) fn gone<T, E>(answer: Result<T, SdkError<E>>, call: &str) -> anyhow::Result<()>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match answer {
        Err(error)
            if !matches!(
                error.code(),
                Some("ResourceNotFoundException" | "NoSuchBucket")
            ) =>
        {
            Err(failed(call)(error))
        }
        _ => Ok(()),
    }
}

/// How often something was looked at in vain, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    started: Instant,
    pace: Pace,
    pub(super) looks: u32,
    pub(super) waited: Duration,
}

impl Wait {
    pub(super) fn new(pace: Pace) -> Self {
        Self::since(Instant::now(), pace)
    }

    /// A wait that began then, as far as its deadline goes.
    pub(super) fn since(started: Instant, pace: Pace) -> Self {
        Self {
            started,
            pace,
            looks: 0,
            waited: Duration::ZERO,
        }
    }

    /// Counts a look in vain and pauses; says no once the deadline has passed.
    pub(super) async fn goes_on(&mut self) -> bool {
        self.looks += 1;
        self.waited = self.started.elapsed();
        if self.waited >= self.pace.deadline {
            return false;
        }
        sleep(self.pace.poll).await;
        true
    }
}

/// A time, for a person.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A number of things, for a person.
pub(super) fn count(number: u32, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}
