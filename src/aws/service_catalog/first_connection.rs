//! The connection that is opened before the first event.

use aws_sdk_servicecatalog::config::Config;
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use tokio::time::timeout;

use super::{Catalog, LIMITS};
use crate::request::Target;

impl Catalog {
    /// Opens a connection to Service Catalog in the function's own Region, within 5 s, so that the
    /// first invocation finds it open.
    ///
    /// It asks a question without credentials, which Service Catalog refuses and `CloudTrail` does
    /// not record. Where that fails, the first call opens the connection, and says why it cannot.
    pub async fn open_connection(&self) {
        let own = Target::default().place(self.region());
        let catalog = self.at(&own, "").await;
        let unsigned = Config::builder()
            .allow_no_auth()
            .auth_scheme_preference([AuthSchemeId::from("noAuth")]);
        let question = catalog.0.list_provisioning_artifacts().product_id("none");
        let question = question.customize().config_override(unsigned).send();
        let _ = timeout(LIMITS.attempt, Box::pin(question)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::SocketAddr,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use fake_service_catalog::{ServiceCatalog, Settings};
    use testbed::sdk;
    use tokio::{
        io::copy_bidirectional,
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::request::Place;

    fn own(catalog: &Catalog) -> Place {
        Target::default().place(catalog.region())
    }

    fn catalog(address: SocketAddr) -> Catalog {
        Catalog::new(&sdk::config(&format!("http://{address}")))
    }

    #[tokio::test]
    async fn the_first_call_finds_the_connection_open() {
        static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);
        let fake = ServiceCatalog::start(Settings::default()).await;
        let fake = fake.expect("starts");
        let behind = fake.address();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
        let catalog = catalog(listener.local_addr().expect("has an address"));
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                CONNECTIONS.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(behind).await?;
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        catalog.open_connection().await;
        assert_eq!(CONNECTIONS.load(Ordering::Relaxed), 1);
        assert!(fake.state().calls.is_empty(), "it is no call of ours");
        let here = catalog.at(&own(&catalog), "execution").await;
        let answer = here.list_provisioning_artifacts("prod-none").await;
        assert_eq!(
            answer.expect_err("there is no such product").name(),
            "ServiceCatalog.ResourceNotFoundException"
        );
        assert_eq!(CONNECTIONS.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_service_that_cannot_be_reached_is_an_error_of_the_first_call() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
        let address = listener.local_addr().expect("has an address");
        drop(listener);
        let catalog = catalog(address);
        catalog.open_connection().await;
        let here = catalog.at(&own(&catalog), "execution").await;
        let answer = here.list_provisioning_artifacts("prod-none").await;
        assert_eq!(
            answer.expect_err("nobody answers").name(),
            "ServiceCatalog.SdkClientException"
        );
    }
}
