//! Sockets: HTTP/1.1, HTTP/2 and gRPC on one port, with limits on slow and silent peers.

use std::{convert::Infallible, io, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::IntoResponse};
use futures::FutureExt as _;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use taskhub_grpc::Door;
use taskhub_proto::task_hub_sidecar_service_server::TaskHubSidecarServiceServer;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tonic::Code;
use tower::{Service as _, ServiceExt as _};

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

/// What a port answers: gRPC by its content type, the rest by the HTTP router if there is one.
///
/// Calls of gRPC are many and small, so that no router and no layer stands before them.
#[derive(Clone)]
pub(crate) struct Doors {
    http: Option<Router>,
    grpc: Service,
}

type Service = TaskHubSidecarServiceServer<Door>;

impl Doors {
    /// Everything on one port.
    pub(crate) fn all(http: Router, door: &Door) -> Self {
        Self { http: Some(http), grpc: door.clone().into_service() }
    }

    /// The gRPC service alone. Anything that it does not know is answered as gRPC clients understand it.
    pub(crate) fn grpc_only(door: &Door) -> Self {
        Self { http: None, grpc: door.clone().into_service() }
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > ADDRESS_BYTES) {
            let mut response = StatusCode::URI_TOO_LONG.into_response();
            taskhub_http::harden(response.headers_mut());
            return response;
        }
        match self.http {
            Some(http) if !is_grpc(&request) => match http.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            _ => call(self.grpc, request).await,
        }
    }
}

async fn call(mut grpc: Service, request: Request<Body>) -> Response<Body> {
    let mut response = if is_of_a_page(&request) {
        refusal(Code::PermissionDenied, "web pages must not call this service")
    } else if !request.uri().path().starts_with("/TaskHubSidecarService/") {
        refusal(Code::Unimplemented, "this server has TaskHubSidecarService only")
    } else {
        match AssertUnwindSafe(grpc.call(request)).catch_unwind().await {
            Ok(Ok(response)) => response.map(Body::new),
            Ok(Err(never)) => match never {},
            // The panic hook has written it down.
            Err(_) => {
                refusal(Code::Internal, "something that should not happen; the server's log has it")
            }
        }
    };
    too_large(&mut response);
    // No browser shows this type of content; it must only be kept from guessing another.
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// tonic answers a message past its bound with "out of range"; the SDKs expect the code that other servers give.
fn too_large(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    if headers.get("grpc-status").is_some_and(|code| code == "11") {
        headers.insert("grpc-status", HeaderValue::from(Code::ResourceExhausted as i32));
    }
}

/// Whether a web page calls. A page can call a service on this machine under a name of its own that it points here, and
/// then counts as being of the same origin; but no browser lets it leave these headers out, and no SDK sends them.
fn is_of_a_page(request: &Request<Body>) -> bool {
    let headers = request.headers();
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

fn is_grpc(request: &Request<Body>) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/grpc"))
}

/// An answer that gRPC clients understand, whatever they asked for.
fn refusal(code: Code, message: &'static str) -> Response<Body> {
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
    doors: Doors,
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
    let service = TowerToHyperService::new(tower::service_fn(move |request: Request<Incoming>| {
        // Boxed, because what is big is copied on its way into a task of its own.
        let answer = Box::pin(doors.clone().answer(request.map(Body::new)));
        async move { Ok::<_, Infallible>(answer.await) }
    }));
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
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(socket), service.clone())
            .into_owned();
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
        let response = Doors::all(Router::new(), &door).answer(request).await;
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
        let doors = Doors::all(Router::new(), &Door::new(hubs, DoorOptions::default()));
        let long = format!("/{}", "x".repeat(ADDRESS_BYTES));
        for (path, status) in
            [("/TaskHubSidecarService/Hello", StatusCode::OK), (&long, StatusCode::URI_TOO_LONG)]
        {
            let request = Request::post(path).header("content-type", "application/grpc");
            let request = request.body(Body::from(vec![0; 5])).unwrap();
            let response = doors.clone().answer(request).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        }
    }
}
