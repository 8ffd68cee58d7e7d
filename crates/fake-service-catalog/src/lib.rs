#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! ```text
//! wire              connections: answered, dropped or left hanging
//! └ protocol        HTTP ⇄ JSON members, for the protocols of all three services
//!   ├ cbor          CBOR ⇄ JSON members
//!   └ dispatch      operation → one function
//!     ├ copy_product, copy_status, read_products, read_versions, update_product,
//!     │ update_version, create_product, create_version, delete_product,
//!     │ portfolios, own_portfolios, shares      (limits: the service model's; paging)
//!     ├ sts         AssumeRole, GetCallerIdentity
//!     └ trail       LookupEvents
//! state             products, sessions, the call log; copies: those under way
//! publish           what people do to a product between two copies
//! settings, faults  what a test may turn; faults_file: faults as JSON
//! ```

mod accounts;
mod answer;
mod call;
mod caller;
mod cbor;
mod copies;
mod copy;
mod copy_product;
mod copy_status;
mod create_product;
mod create_version;
mod delete_product;
mod dispatch;
mod faults;
mod faults_file;
mod limits;
mod operation;
mod own_portfolios;
mod paging;
mod portfolio;
mod portfolios;
mod product;
mod protocol;
mod publish;
mod read_products;
mod read_versions;
mod settings;
mod shares;
mod state;
mod sts;
mod tag;
#[cfg(test)]
mod tests;
mod trail;
mod update_product;
mod update_version;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use self::accounts::{HUB_ACCOUNT, SPOKE_ACCOUNT, TARGET_ROLE};
pub use self::call::{Call, Outcome};
pub use self::copy::AcceptedCopy;
pub use self::faults::{Fault, Faults, Moment};
pub use self::operation::Operation;
pub use self::product::{Details, Place, Product, Version, VersionStatus};
pub use self::settings::{CopyEnds, Settings, Tokens};
pub use self::state::FakeState;
use self::state::lock;

/// A running fake, stopped when dropped.
#[derive(Debug)]
pub struct ServiceCatalog {
    address: SocketAddr,
    state: Arc<Mutex<FakeState>>,
    server: JoinHandle<()>,
}

impl ServiceCatalog {
    /// Starts a fake with an empty catalogue on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        Self::start_on(0, settings).await
    }

    /// The same on this port.
    ///
    /// # Errors
    /// When the port is taken or not allowed.
    pub async fn start_on(port: u16, settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(FakeState::new(settings)));
        let server = tokio::spawn(wire::listen(listener, Arc::clone(&state)));
        Ok(Self {
            address,
            state,
            server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL to give an SDK as the endpoint of Service Catalog and of STS.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything the fake knows and has seen; no call is answered while this is held.
    pub fn state(&self) -> MutexGuard<'_, FakeState> {
        lock(&self.state)
    }
}

impl Drop for ServiceCatalog {
    fn drop(&mut self) {
        self.server.abort();
    }
}
