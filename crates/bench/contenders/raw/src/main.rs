//! `CopyProduct` without SDK, runtime crate or asynchronous runtime: as fast as Rust gets.

mod http;
mod signature;

use std::{env, net::TcpStream, sync::Arc};

use anyhow::{Context, Result, ensure};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::{http::Connection, signature::Signer};

const NEXT: &str = "/2018-06-01/runtime/invocation/next";

fn main() -> Result<()> {
    let api = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let mut runtime = Connection::new(TcpStream::connect(&api)?);
    let mut catalog = Catalog::new()?;
    loop {
        let next = runtime.send(&format!("GET {NEXT} HTTP/1.1\r\nHost: {api}\r\n\r\n"), b"")?;
        let id = next.request_id.context("an invocation without an id")?;
        let answer = catalog.copy(&next.body)?;
        let path = format!("/2018-06-01/runtime/invocation/{id}/response");
        let length = answer.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n");
        runtime.send(&head, &answer)?;
    }
}

struct Catalog {
    tls: Arc<ClientConfig>,
    signer: Signer,
    address: String,
    connection: Option<Connection<StreamOwned<ClientConnection, TcpStream>>>,
}

impl Catalog {
    fn new() -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let tls = ClientConfig::builder().with_root_certificates(roots);
        let endpoint = env::var("AWS_ENDPOINT_URL_SERVICE_CATALOG")?;
        let address = endpoint.strip_prefix("https://").context("is not HTTPS")?;
        Ok(Self {
            tls: Arc::new(tls.with_no_client_auth()),
            signer: Signer::from_env(address)?,
            address: address.to_owned(),
            connection: None,
        })
    }

    fn copy(&mut self, event: &[u8]) -> Result<Vec<u8>> {
        let event: Value = serde_json::from_slice(event)?;
        let members = ["SourceProductArn", "IdempotencyToken"];
        let request: Value = members.iter().map(|&it| (it, event[it].clone())).collect();
        let body = request.to_string();
        let head = self.signer.head(&body);
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(&self.tls, &self.address)?),
        };
        let answer = connection.send(&head, body.as_bytes())?;
        ensure!(
            answer.status == 200,
            "CopyProduct answered {}",
            answer.status
        );
        Ok(answer.body)
    }
}

fn connect(
    tls: &Arc<ClientConfig>,
    address: &str,
) -> Result<Connection<StreamOwned<ClientConnection, TcpStream>>> {
    let (host, _) = address.split_once(':').context("has no port")?;
    let socket = TcpStream::connect(address)?;
    socket.set_nodelay(true)?;
    let session = ClientConnection::new(Arc::clone(tls), host.to_owned().try_into()?)?;
    Ok(Connection::new(StreamOwned::new(session, socket)))
}
