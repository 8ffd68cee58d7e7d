//! HTTPS on this machine.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer},
};

/// HTTPS in front of a server on this machine, with a certificate of its own making.
#[derive(Debug)]
pub struct Https {
    address: SocketAddr,
    /// The certificate of the authority that signed it, as PEM.
    pub authority: String,
    server: JoinHandle<()>,
}

impl Https {
    /// Puts HTTPS on a port of its own in front of the server at `behind`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start(behind: SocketAddr) -> Result<Self> {
        let mut authority = CertificateParams::new([])?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL takes a certificate for self-signed when its issuer has its own name.
        let name = &mut authority.distinguished_name;
        name.push(DnType::CommonName, "Catalog Copy bench");
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let key = KeyPair::generate()?;
        let host = CertificateParams::new([address.ip().to_string()])?;
        let certificate = host.signed_by(&key, &authority)?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self {
            address,
            authority: authority.pem(),
            server: tokio::spawn(listen(listener, acceptor, behind)),
        })
    }

    /// An address, so that no look-up of a name is measured.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn listen(listener: TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) {
    while let Ok((client, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        // A client that goes away is no error of ours.
        tokio::spawn(async move {
            client.set_nodelay(true)?;
            let mut client = acceptor.accept(client).await?;
            let mut server = TcpStream::connect(behind).await?;
            server.set_nodelay(true)?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}
