//! The way to the server: endpoint, metadata, retried unary calls.
//!
//! Knows gRPC, does not know what the messages are for.

use std::time::Duration;

use taskhub_proto::task_hub_sidecar_service_client::TaskHubSidecarServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use crate::BuildError;
use crate::backoff::Backoff;

pub(crate) type Client = TaskHubSidecarServiceClient<InterceptedService<Channel, Metadata>>;

/// Largest message that is accepted, 64 MiB: a work item holds a history.
const MAX_MESSAGE: usize = 64 << 20;

/// How often an answer is sent before it is given up; the server then gives the
/// work to someone again.
const N_SENDS: u32 = 10;

/// What goes with every call.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    pub(crate) task_hub: Option<MetadataValue<Ascii>>,
    pub(crate) worker_id: Option<MetadataValue<Ascii>>,
    pub(crate) authorization: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Metadata {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let agent = concat!("durabletask-rust/", env!("CARGO_PKG_VERSION"));
        let metadata = request.metadata_mut();
        if let Some(task_hub) = &self.task_hub {
            metadata.insert("taskhub", task_hub.clone());
        }
        if let Some(worker_id) = &self.worker_id {
            metadata.insert("workerid", worker_id.clone());
        }
        metadata.insert("x-user-agent", MetadataValue::from_static(agent));
        if let Some(authorization) = &self.authorization {
            metadata.insert("authorization", authorization.clone());
        }
        Ok(request)
    }
}

pub(crate) fn header(what: &'static str, text: &str) -> Result<MetadataValue<Ascii>, BuildError> {
    text.parse().map_err(|_| BuildError::Header { what })
}

pub(crate) fn hub(name: Option<&str>) -> Result<Option<MetadataValue<Ascii>>, BuildError> {
    name.map(|name| header("the task hub's name", name)).transpose()
}

pub(crate) fn bearer(token: Option<&str>) -> Result<Option<MetadataValue<Ascii>>, BuildError> {
    token.map(|token| header("the bearer token", &format!("Bearer {token}"))).transpose()
}

pub(crate) fn client(channel: Channel, metadata: Metadata) -> Client {
    TaskHubSidecarServiceClient::with_interceptor(channel, metadata)
        .max_decoding_message_size(MAX_MESSAGE)
}

/// A channel that connects when it is first used, and again whenever it must.
pub(crate) fn channel(endpoint: &str) -> Result<Channel, BuildError> {
    let refuse = |reason: String| BuildError::Endpoint { endpoint: endpoint.to_owned(), reason };
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    if matches!(scheme, "https" | "grpcs") {
        return Err(refuse("TLS is not built in, give a channel instead".to_owned()));
    }
    if !matches!(scheme, "http" | "grpc") {
        return Err(refuse(format!("scheme {scheme:?} is neither http nor grpc")));
    }
    let endpoint = Endpoint::from_shared(format!("http://{rest}"))
        .map_err(|error| refuse(error.to_string()))?
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20))
        .keep_alive_while_idle(true);
    Ok(endpoint.connect_lazy())
}

/// Sends an answer until the server took or refused it.
pub(crate) async fn send<T, F>(what: &str, mut call: impl FnMut() -> F)
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(15));
    for attempt in 1..=N_SENDS {
        let Err(status) = call().await else { return };
        let is_transient = matches!(
            status.code(),
            Code::Unavailable | Code::Unknown | Code::DeadlineExceeded | Code::Internal
        );
        if !is_transient || attempt == N_SENDS {
            tracing::warn!(%status, attempt, "{what}: the server did not take the answer");
            return;
        }
        tracing::debug!(%status, attempt, "{what}: sending the answer again");
        tokio::time::sleep(backoff.delay()).await;
    }
}
