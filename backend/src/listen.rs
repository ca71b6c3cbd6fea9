//! Sockets: HTTP/1.1, HTTP/2 and gRPC on one port, with limits on slow and silent peers.

mod incoming;
mod outgoing;
#[cfg(test)]
mod tests;

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
use taskhub_shared::limits;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tonic::Code;
use tower::{Service as _, ServiceExt as _};

use self::{
    incoming::{Budget, Message, Room},
    outgoing::{Answer, Connection},
};

/// How long a client may take for the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long an HTTP/2 connection is silent before it is asked whether it lives, and how long it may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// Most requests of one HTTP/2 connection at once. SDK clients wait for many instances over one connection.
const STREAMS: u32 = 10_000;
/// Bytes that a peer may send on one stream before it is read; four times as much on all streams of its connection.
const WINDOW: u32 = 256 * 1024;

/// Path of every call of the service.
const SERVICE: &str = "/TaskHubSidecarService/";

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
    budget: Arc<Budget>,
}

type Service = TaskHubSidecarServiceServer<Door>;

impl Doors {
    /// Everything on one port.
    pub(crate) fn all(http: Router, door: &Door) -> Self {
        Self { http: Some(http), ..Self::grpc_only(door) }
    }

    /// The gRPC service alone. Anything that it does not know is answered as gRPC clients understand it.
    pub(crate) fn grpc_only(door: &Door) -> Self {
        Self { http: None, grpc: door.clone().into_service(), budget: Arc::default() }
    }

    async fn answer(self, request: Request<Body>, connection: &Connection) -> Response<Body> {
        if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > ADDRESS_BYTES) {
            let mut response = (StatusCode::URI_TOO_LONG, too_long(request.uri())).into_response();
            taskhub_http::harden(response.headers_mut());
            return response;
        }
        match self.http {
            Some(http) if !is_grpc(&request) => match http.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            _ => call(self.grpc, &self.budget, request, connection).await,
        }
    }
}

async fn call(
    mut grpc: Service,
    budget: &Arc<Budget>,
    request: Request<Body>,
    connection: &Connection,
) -> Response<Body> {
    let mut response = if is_of_a_page(&request) {
        refusal(Code::PermissionDenied, "web pages must not call this service")
    } else if !request.uri().path().starts_with(SERVICE) {
        refusal(Code::Unimplemented, "this server has TaskHubSidecarService only")
    } else if let Ok(place) = Arc::clone(&budget.calls).try_acquire_owned() {
        let room = Room::default();
        let largest = largest(request.uri().path());
        let message = |body| Message::new(body, Arc::clone(budget), largest, Arc::clone(&room));
        let request = request.map(|body| Body::new(message(body)));
        match AssertUnwindSafe(grpc.call(request)).catch_unwind().await {
            Ok(Ok(mut response)) => {
                let room = response.extensions_mut().remove();
                response
                    .map(|body| Body::new(Answer::new(Body::new(body), place, room, connection)))
            }
            Ok(Err(never)) => match never {},
            // The panic hook has written it down.
            Err(_) => {
                refusal(Code::Internal, "something that should not happen; the server's log has it")
            }
        }
    } else {
        refusal(Code::Unavailable, "too many calls are under way; try again later")
    };
    too_large(&mut response);
    // No browser shows this type of content; it must only be kept from guessing another.
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// Says which part of an address takes the most room.
fn too_long(uri: &http::Uri) -> String {
    let parts = uri.query().unwrap_or_default().split('&');
    let longest = parts.max_by_key(|part| part.len()).unwrap_or_default();
    let name = longest.split_once('=').map_or("", |(name, _)| name);
    let name: String = name.chars().take(40).collect();
    let field = match name.as_str() {
        "" => "the path is longest".to_owned(),
        name => format!("the query field {name:?} is longest"),
    };
    let bytes = uri.path_and_query().map_or(0, |all| all.as_str().len());
    format!("Path and query have {bytes} bytes; at most {ADDRESS_BYTES} are read; {field}.\n")
}

/// Largest message of a call.
fn largest(path: &str) -> usize {
    let of_worker = path.strip_prefix(SERVICE).is_some_and(|call| call.starts_with("Complete"));
    if of_worker { limits::GRPC_MESSAGE_BYTES } else { limits::GRPC_REQUEST_BYTES }
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
        let (doors, ends) = (doors.clone(), Connection::default());
        let own = ends.clone();
        let service = tower::service_fn(move |request: Request<Incoming>| {
            let (doors, own) = (doors.clone(), own.clone());
            // Boxed, because what is big is copied on its way into a task of its own.
            let answer = Box::pin(async move { doors.answer(request.map(Body::new), &own).await });
            async move { Ok::<_, Infallible>(answer.await) }
        });
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(socket), TowerToHyperService::new(service))
            .into_owned();
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                ended = watched => if let Err(error) = ended {
                    tracing::debug!(error = %error, "connection ended");
                },
                () = ends.stalled() => {
                    tracing::warn!("a client does not read its answers; its connection ends");
                }
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
