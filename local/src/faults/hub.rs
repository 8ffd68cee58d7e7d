use anyhow::{Result, ensure};

use crate::emulator::Emulator;
use crate::service_catalog::{ServiceCatalog, Settings};
use crate::stack::Stack;

/// Waits and retry delays are this part of what they are on AWS.
const WAIT_SCALE: f64 = 0.01;

/// Real seconds, longer than every copy that ends: `$millis()` is not scaled.
const DEADLINE: &str = "8";

const FUNCTIONS: [&str; 6] = [
    "StartCopyFunction",
    "CheckStatusFunction",
    "FinishCopyFunction",
    "ListCopiesFunction",
    "ReportCopiesFunction",
    "PublishOutcomeFunction",
];

/// A Service Catalog and a deployed stack, for one run at a time.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) catalog: ServiceCatalog,
    pub(super) emulator: Emulator,
    pub(super) stack: Stack,
    /// What no log, output or cause may hold.
    pub(super) external_id: String,
}

impl Hub {
    pub(super) async fn start() -> Result<Self> {
        let catalog = ServiceCatalog::start(Settings::default()).await?;
        let emulator = Emulator::start(&catalog.endpoint(), WAIT_SCALE).await?;
        let parameters = [("DeadlineSeconds", DEADLINE)];
        let stack = Stack::deploy(&emulator, "catalog-copy", &parameters).await?;
        Ok(Self {
            catalog,
            emulator,
            stack,
            external_id: format!("external-id-{:016x}", fastrand::u64(..)),
        })
    }

    /// What nobody may be shown: the `ExternalId`, and the fake's credentials.
    pub(super) fn secrets(&self) -> [&str; 3] {
        [&self.external_id, "not-a-secret-", "not-a-session-"]
    }

    /// Looks for secrets in all that the functions have logged.
    pub(super) async fn check_logs(&self) -> Result<usize> {
        let mut lines = 0;
        for function in FUNCTIONS {
            let logged = self.stack.logs(function).await?;
            lines += logged.len();
            let text = serde_json::to_string(&logged)?;
            for secret in self.secrets() {
                ensure!(!text.contains(secret), "{function} has logged {secret}…");
            }
        }
        Ok(lines)
    }
}
