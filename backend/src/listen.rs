//! Sockets: HTTP/1.1, HTTP/2 and gRPC on one port, with limits on slow and silent peers.

use std::{convert::Infallible, io, time::Duration};

use axum::{Router, body::Body};
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use taskhub_grpc::Door;
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt;

/// How long a client may take for the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long an HTTP/2 connection is silent before it is asked whether it lives, and how long it may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// Most requests of one HTTP/2 connection at once. SDK clients wait for many instances over one connection.
const STREAMS: u32 = 10_000;
/// Bytes that a peer may send on one stream before it is read.
const WINDOW: u32 = 1024 * 1024;

/// Everything on one port: gRPC by its content type, the rest by the HTTP router.
pub(crate) fn app(http: Router, door: &Door) -> Router {
    let grpc = grpc_only(door);
    Router::new().fallback_service(tower::service_fn(move |request: Request<Body>| {
        let chosen = if is_grpc(&request) { grpc.clone() } else { http.clone() };
        async move { chosen.oneshot(request).await }
    }))
}

/// The gRPC service alone. Anything that it does not know is answered as gRPC clients understand it.
pub(crate) fn grpc_only(door: &Door) -> Router {
    let service = door.clone().into_service();
    Router::new()
        .route_service("/TaskHubSidecarService/{rpc}", service)
        .fallback(|| async { Ok::<_, Infallible>(unknown_rpc()) })
}

fn is_grpc(request: &Request<Body>) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/grpc"))
}

fn unknown_rpc() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from_static("12"));
    headers.insert(
        "grpc-message",
        HeaderValue::from_static("this server has TaskHubSidecarService only"),
    );
    response
}

/// Serves connections until told to stop, then lets those that are open finish for at most `patience`.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    mut stop: watch::Receiver<bool>,
    patience: Duration,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_headers(100);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING.0)
        .keep_alive_timeout(PING.1)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW * 4)
        .max_header_list_size(32 * 1024);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let socket = match accepted {
            Ok((socket, _)) => socket,
            Err(error) => {
                rest_after(&error).await;
                continue;
            }
        };
        socket.set_nodelay(true).ok();
        let service = TowerToHyperService::new(app.clone());
        let connection =
            builder.serve_connection_with_upgrades(TokioIo::new(socket), service).into_owned();
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(error = %error, "connection ended");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open at the end");
    }
}

/// Without file handles every accept fails at once; a short rest keeps that from burning a core.
async fn rest_after(error: &io::Error) {
    tracing::warn!(error = %error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}
