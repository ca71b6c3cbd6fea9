//! Sockets: HTTP/1.1, HTTP/2 and gRPC on one port, with limits on slow and silent peers.

use std::{io, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::IntoResponse};
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use taskhub_grpc::Door;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

/// How long a client may take for the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long an HTTP/2 connection is silent before it is asked whether it lives, and how long it may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// Most requests of one HTTP/2 connection at once. SDK clients wait for many instances over one connection.
const STREAMS: u32 = 10_000;
/// Bytes that a peer may send on one stream before it is read.
const WINDOW: u32 = 1024 * 1024;

/// Longest path with its query, in bytes.
const ADDRESS_BYTES: usize = 16 * 1024;
/// Most connections at once; another waits until one ends.
const CONNECTIONS: usize = 4096;

/// Everything on one port: gRPC by its content type, the rest by the HTTP router.
pub(crate) fn app(http: Router, door: &Door) -> Router {
    let grpc = grpc_only(door);
    Router::new().fallback_service(tower::service_fn(move |request: Request<Body>| {
        let chosen = if is_grpc(&request) { grpc.clone() } else { http.clone() };
        let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
        async move {
            if length > ADDRESS_BYTES {
                return Ok(hardened(StatusCode::URI_TOO_LONG.into_response()).await);
            }
            chosen.oneshot(request).await
        }
    }))
}

/// The gRPC service alone. Anything that it does not know is answered as gRPC clients understand it.
pub(crate) fn grpc_only(door: &Door) -> Router {
    let service = door.clone().into_service();
    Router::new()
        .route_service("/TaskHubSidecarService/{rpc}", service)
        .fallback(|| async {
            refusal(tonic::Code::Unimplemented, "this server has TaskHubSidecarService only")
        })
        .layer(axum::middleware::from_fn(no_pages))
        .layer(axum::middleware::map_response(too_large))
        .layer(CatchPanicLayer::custom(|_| {
            refusal(
                tonic::Code::Internal,
                "something that should not happen; the server's log has it",
            )
        }))
        .layer(axum::middleware::map_response(hardened))
}

async fn hardened(mut response: Response<Body>) -> Response<Body> {
    taskhub_http::harden(response.headers_mut());
    response
}

/// tonic answers a message past its bound with "out of range"; the SDKs expect the code that other servers give.
async fn too_large(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    if headers.get("grpc-status").is_some_and(|code| code == "11") {
        headers.insert("grpc-status", HeaderValue::from(tonic::Code::ResourceExhausted as i32));
    }
    response
}

/// Refuses web pages. A page can call a service on this machine under a name of its own that it points here, and then
/// counts as being of the same origin; but no browser lets it leave these headers out, and no SDK sends them.
async fn no_pages(request: Request<Body>, next: axum::middleware::Next) -> Response<Body> {
    let page = request.headers().contains_key(header::ORIGIN)
        || request.headers().contains_key("sec-fetch-site");
    if page {
        return refusal(tonic::Code::PermissionDenied, "web pages must not call this service");
    }
    next.run(request).await
}

fn is_grpc(request: &Request<Body>) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/grpc"))
}

/// An answer that gRPC clients understand, whatever they asked for.
fn refusal(code: tonic::Code, message: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from(i32::from(code)));
    headers.insert("grpc-message", HeaderValue::from_static(message));
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
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
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
            let _place = place;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskhub_grpc::DoorOptions;
    use taskhub_hub::{
        Hubs,
        clock::{RandomIds, SystemClock},
    };
    use taskhub_stores::SqliteStore;

    use super::*;

    async fn status(path: &str, headers: &[(&str, &str)]) -> String {
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let hubs =
            Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
        let door = Door::new(hubs, DoorOptions::default());
        let mut request = Request::post(path).header("content-type", "application/grpc");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // An empty message: one byte that says it is not compressed, four for its length.
        let request = request.body(Body::from(vec![0; 5])).unwrap();
        let response = app(Router::new(), &door).oneshot(request).await.unwrap();
        let status = response.headers().get("grpc-status").cloned();
        status.map_or_else(
            || "in the trailers".to_owned(),
            |status| status.to_str().unwrap().to_owned(),
        )
    }

    #[tokio::test]
    async fn pages_and_unknown_services_are_refused() {
        assert_eq!(status("/TaskHubSidecarService/Hello", &[]).await, "in the trailers");
        assert_eq!(
            status("/TaskHubSidecarService/Hello", &[("origin", "http://evil.example")]).await,
            "7"
        );
        assert_eq!(
            status("/TaskHubSidecarService/Hello", &[("sec-fetch-site", "same-origin")]).await,
            "7"
        );
        assert_eq!(status("/Other/Hello", &[]).await, "12");
        assert_eq!(status("/TaskHubSidecarService/Nothing", &[]).await, "12");
    }

    #[tokio::test]
    async fn answers_of_the_service_are_hardened_and_addresses_bounded() {
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let hubs =
            Hubs::open(&[], store, Arc::new(SystemClock), Arc::new(RandomIds)).await.unwrap();
        let app = app(Router::new(), &Door::new(hubs, DoorOptions::default()));
        let long = format!("/{}", "x".repeat(ADDRESS_BYTES));
        for (path, status) in
            [("/TaskHubSidecarService/Hello", StatusCode::OK), (&long, StatusCode::URI_TOO_LONG)]
        {
            let request = Request::post(path).header("content-type", "application/grpc");
            let response =
                app.clone().oneshot(request.body(Body::from(vec![0; 5])).unwrap()).await.unwrap();
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        }
    }
}
