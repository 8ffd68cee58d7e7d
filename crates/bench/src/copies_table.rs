//! The copies table of what is measured: over HTTP, in memory, and empty whenever a lease is taken, so
//! that the same request takes the same path each time.

use std::{io, net::SocketAddr};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use testbed::dynamodb::{Call, DynamoDb};
use tokio::net::TcpListener;

/// Listens on a free port of 127.0.0.1 until this process ends.
pub(super) async fn listen() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let table = DynamoDb::with_key(["Place", "Item"]);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let table = table.clone();
            let service = service_fn(move |request| answer(table.clone(), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(client), service);
            tokio::spawn(connection);
        }
    });
    Ok(address)
}

async fn answer(
    table: DynamoDb,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next());
    let operation = operation.unwrap_or_default().to_owned();
    let body = request.into_body().collect().await?.to_bytes();
    let request: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let expression = request["UpdateExpression"].as_str();
    if expression.is_some_and(|it| it.contains("LeaseNumber")) {
        table.delete(|_| true);
    }
    let (status, members) = table.apply(&Call { operation, request });
    let mut response = Response::new(Full::from(members.to_string()));
    *response.status_mut() = status.try_into().expect("is a status");
    Ok(response)
}
