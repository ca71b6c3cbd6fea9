//! How a client is put together, and how it calls.

use std::time::Duration;

use futures::future::BoxFuture;
use tonic::transport::Channel;
use tonic::{Response, Status};

use super::ClientError;
use crate::connection::{self, Metadata};
use crate::{BuildError, Worker};

/// How long the server may take to answer anything but a wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts orchestrations in a task hub, looks at them and acts on them.
///
/// It is cheap to clone and connects when it is first used, and again whenever
/// it must. A request is sent once: after [`ClientError::Unavailable`] or
/// [`ClientError::TimedOut`] it may or may not have been done. To start an
/// orchestration once however often you ask, give it an instance id. Requests
/// other than waits time out after 30 seconds.
///
/// ```no_run
/// use std::time::Duration;
/// use taskhub_worker::{Client, ClientError};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder().endpoint("http://127.0.0.1:4001").build()?;
/// let id = client.start("Hello", "Ada").await?;
/// let instance = client.wait_for_completion(&id, Duration::from_secs(60)).await?;
/// let greeting: String = instance.output.read()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) rpc: connection::Client,
}

/// Puts a [`Client`] together; [`Client::builder`] makes one.
#[derive(Debug)]
#[must_use = "it is nothing before it is built"]
pub struct ClientBuilder {
    endpoint: String,
    channel: Option<Channel>,
    task_hub: Option<String>,
    bearer_token: Option<String>,
}

impl ClientBuilder {
    /// Where the server listens: `http://host:port`, `grpc://host:port` or
    /// `host:port`, all without TLS; default `http://127.0.0.1:4001`.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// A ready channel to use instead of an endpoint, for example one with TLS.
    pub fn channel(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Name of the task hub; default the server's default one.
    pub fn task_hub(mut self, name: impl Into<String>) -> Self {
        self.task_hub = Some(name.into());
        self
    }

    /// Token to send as `authorization: Bearer ...`; default none.
    pub fn bearer_token(mut self, token: impl Into<String>) -> Self {
        self.bearer_token = Some(token.into());
        self
    }

    /// The client, not connected yet. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`BuildError::Endpoint`] for an endpoint that cannot be used,
    /// [`BuildError::Header`] for a hub name or token that no header can hold.
    pub fn build(self) -> Result<Client, BuildError> {
        let metadata = Metadata {
            task_hub: connection::hub(self.task_hub.as_deref())?,
            worker_id: None,
            authorization: connection::bearer(self.bearer_token.as_deref())?,
        };
        let channel = match self.channel {
            Some(channel) => channel,
            None => connection::channel(&self.endpoint)?,
        };
        Ok(Client { rpc: connection::client(channel, metadata) })
    }
}

impl Worker {
    /// A client for the same task hub, over the same connection.
    #[must_use]
    pub fn client(&self) -> Client {
        Client { rpc: self.client.clone() }
    }
}

impl Client {
    /// Starts to put a client together.
    pub fn builder() -> ClientBuilder {
        ClientBuilder {
            endpoint: "http://127.0.0.1:4001".to_owned(),
            channel: None,
            task_hub: None,
            bearer_token: None,
        }
    }

    /// Waits for the answer to a request about `what`. On the heap, because the
    /// futures of tonic are large.
    pub(super) fn answer<'a, T: 'a>(
        what: &'a str,
        call: impl Future<Output = Result<Response<T>, Status>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, ClientError>> {
        Box::pin(async move {
            match tokio::time::timeout(PATIENCE, call).await {
                Ok(Ok(response)) => Ok(response.into_inner()),
                Ok(Err(status)) => Err(ClientError::of(what, status)),
                Err(_) => Err(ClientError::TimedOut { what: what.to_owned() }),
            }
        })
    }
}
