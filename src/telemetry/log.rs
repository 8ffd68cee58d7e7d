//! JSON log lines, one an event, as Lambda's JSON log format wants them.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// Sends log lines to standard output, from `AWS_LAMBDA_LOG_LEVEL` (default INFO) upwards.
///
/// Other crates log warnings and errors only: at lower levels they may print requests, and an
/// `ExternalId` must not reach the log.
pub fn init() {
    let level = level(std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().as_deref());
    let ours = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        // It repeats our own errors, without the execution.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_target(env!("CARGO_CRATE_NAME"), level);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_span_list(false)
        .with_filter(ours);
    tracing_subscriber::registry().with(lines).init();
}

fn level(name: Option<&str>) -> LevelFilter {
    match name {
        Some(name) if name.eq_ignore_ascii_case("fatal") => LevelFilter::ERROR,
        Some(name) => name.parse().unwrap_or(LevelFilter::INFO),
        None => LevelFilter::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_level_names_are_understood() {
        assert_eq!(level(Some("DEBUG")), LevelFilter::DEBUG);
        assert_eq!(level(Some("FATAL")), LevelFilter::ERROR);
        assert_eq!(level(Some("nonsense")), LevelFilter::INFO);
        assert_eq!(level(None), LevelFilter::INFO);
    }
}
