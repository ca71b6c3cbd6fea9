//! HTTP/2 without TLS and without asking first, as gRPC clients speak it.

use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Bytes, client::conn::http2::SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Http2 {
    sender: SendRequest<Full<Bytes>>,
    address: String,
}

impl Http2 {
    pub(crate) async fn connect(address: &str) -> Self {
        let socket = TcpStream::connect(address).await.expect("connect");
        let handshake =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket));
        let (sender, connection) = handshake.await.expect("shake hands");
        tokio::spawn(connection);
        Self { sender, address: address.to_owned() }
    }

    /// Sends a request; with a content type it has an empty gRPC message as its body.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
    ) -> (StatusCode, HeaderMap) {
        let uri = format!("http://{}{path}", self.address);
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(content_type) = content_type {
            request =
                request.header(header::CONTENT_TYPE, content_type).header(header::TE, "trailers");
        }
        let body = content_type.map_or_else(Bytes::new, |_| Bytes::from_static(&[0; 5]));
        let request = request.body(Full::new(body)).expect("a request");
        self.sender.ready().await.expect("the connection is ready");
        let response = self.sender.send_request(request).await.expect("send");
        let (status, mut headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.expect("read the answer");
        headers.extend(body.trailers().cloned().unwrap_or_default());
        (status, headers)
    }
}
