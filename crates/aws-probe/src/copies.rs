use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use aws_sdk_servicecatalog::Config;
use aws_sdk_servicecatalog::config::retry::RetryConfig;
use aws_sdk_servicecatalog::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_servicecatalog::operation::copy_product::CopyProductError;
use aws_sdk_servicecatalog::operation::copy_product::builders::CopyProductFluentBuilder;
use aws_sdk_servicecatalog::types::CopyProductStatus;

use super::calls::{Wait, failed, seconds};
use super::{Bounds, Pace, RegionalCatalog};

/// The copies that were begun, so that none is left behind.
#[derive(Debug)]
pub(super) struct Copies {
    pub(super) pace: Pace,
    all: Mutex<Vec<Copy>>,
    unanswered: AtomicU32,
}

/// A copy that was begun.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    pub(super) catalog: RegionalCatalog,
    pub(super) token: String,
    /// Before it was asked for.
    pub(super) began: Instant,
    /// After it was accepted.
    pub(super) answered: Instant,
}

/// How a copy ended.
#[derive(Clone, Debug)]
pub(super) struct End {
    /// The looks that did not find the copy, and how long that was.
    pub(super) hidden: u32,
    pub(super) hidden_for: Duration,
    /// The looks that found it `IN_PROGRESS`.
    pub(super) in_progress: u32,
    pub(super) status: CopyProductStatus,
    pub(super) target: Option<String>,
    pub(super) detail: Option<String>,
    /// How long it took, as far as looks can say.
    pub(super) lasted: Bounds,
}

impl Copies {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            all: Mutex::default(),
            unanswered: AtomicU32::new(0),
        }
    }

    /// Begins a copy; one that is there already, by its token, is the same one.
    pub(super) async fn begin(
        &self,
        catalog: &RegionalCatalog,
        request: CopyProductFluentBuilder,
    ) -> Result<Copy, SdkError<CopyProductError>> {
        let began = Instant::now();
        // What the SDK sent again by itself could be a second copy that nobody waits for.
        let once = Config::builder().retry_config(RetryConfig::disabled());
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        let answer = request.customize().config_override(once).send().await;
        if is_known(&answer) {
            self.unanswered.fetch_sub(1, Ordering::Relaxed);
        }
        let answer = answer?;
        let token = answer.copy_product_token().unwrap_or_default().to_owned();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.iter().find(|copy| copy.token == token) {
            return Ok(known.clone());
        }
        let copy = Copy {
            catalog: catalog.clone(),
            token,
            began,
            answered: Instant::now(),
        };
        all.push(copy.clone());
        Ok(copy)
    }

    /// The number of calls that may have begun a copy, but got no answer or were stopped.
    pub(super) fn unanswered(&self) -> u32 {
        self.unanswered.load(Ordering::Relaxed)
    }

    /// Every copy that was begun.
    pub(super) fn all(&self) -> Vec<Copy> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }

    /// Waits until the copy has ended, and looks around whenever it is under way.
    pub(super) async fn end(&self, copy: &Copy, mut look: impl AsyncFnMut()) -> Result<End> {
        let mut wait = Wait::since(copy.began, self.pace);
        let (mut hidden, mut hidden_for, mut in_progress) = (0, Duration::ZERO, 0);
        let mut least = Duration::ZERO;
        let last_status = loop {
            let sent = copy.answered.elapsed();
            let request = copy.catalog.client.describe_copy_product_status();
            let last_status = match request.copy_product_token(&copy.token).send().await {
                Err(error) if is_not_found(&error) => {
                    hidden += 1;
                    hidden_for = copy.began.elapsed();
                    "not visible"
                }
                Err(error) => return Err(failed("DescribeCopyProductStatus")(error)),
                Ok(answer) => match answer.copy_product_status() {
                    Some(CopyProductStatus::InProgress) => {
                        in_progress += 1;
                        least = sent;
                        look().await;
                        "IN_PROGRESS"
                    }
                    status => {
                        return Ok(End {
                            hidden,
                            hidden_for,
                            in_progress,
                            status: status.cloned().unwrap_or_else(|| "absent".into()),
                            target: answer.target_product_id().map(str::to_owned),
                            detail: answer.status_detail().map(str::to_owned),
                            lasted: Bounds {
                                least,
                                most: copy.began.elapsed(),
                            },
                        });
                    }
                },
            };
            if !wait.goes_on().await {
                break last_status;
            }
        };
        let (token, waited) = (&copy.token, seconds(wait.waited));
        Err(anyhow!("{token} is still {last_status} after {waited}"))
    }
}

/// Whether the answer says if the request was accepted.
fn is_known<T, E>(answer: &Result<T, SdkError<E>>) -> bool {
    match answer {
        Ok(_) | Err(SdkError::ConstructionFailure(_)) => true,
        Err(SdkError::ServiceError(error)) => !error.raw().status().is_server_error(),
        Err(_) => false,
    }
}

fn is_not_found<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

impl End {
    /// The target product of a copy that succeeded.
    pub(super) fn target(&self) -> Result<&str> {
        let target = self.target.as_deref();
        let succeeded = target.filter(|_| self.status == CopyProductStatus::Succeeded);
        succeeded.ok_or_else(|| anyhow!("the copy ended {}", self.in_words()))
    }

    /// The status and its detail.
    pub(super) fn in_words(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{}: {detail}", self.status),
            None => self.status.to_string(),
        }
    }
}
