//! The client of the server's HTTP surfaces, over a socket or inside this process.

use std::time::Duration;

use http::{HeaderMap, Method as Verb, StatusCode};
use serde::de::DeserializeOwned;
use taskhub_shared::{
    problem::{ErrorCode, Problem},
    query::encode,
    request::{ApiRequest, Method},
};

use super::{
    failure::{Code, Failure},
    live::Live,
    place::Place,
    remote::Remote,
    store::Inside,
};

/// Where clients of Durable Functions call.
const DURABLE_TASK: &str = "/runtime/webhooks/durabletask";

/// Fields of requests, with the options that fill them.
const OPTIONS: &[(&str, &str)] = &[
    ("name", "function-name"),
    ("functionName", "function-name"),
    ("instanceId", "id"),
    ("newInstanceId", "new-id"),
    ("cursor", "continuation-token"),
    ("x-ms-continuation-token", "continuation-token"),
    ("eventName", "event-name"),
    ("op", "operation"),
    ("operation", "operation"),
    ("limit", "top"),
    ("status", "runtime-status"),
    ("createdFrom", "created-after"),
    ("createdTo", "created-before"),
    ("taskHub", "task-hub-name"),
    ("input", "input"),
    ("reason", "reason"),
    ("version", "version"),
];

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) verb: Verb,
    /// Path with its query.
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    /// JSON.
    pub(crate) body: Option<String>,
}

/// The way to a server, or to a store that this process has opened.
#[derive(Debug)]
pub(crate) enum Client {
    Remote(Remote),
    Inside(Inside),
}

impl Client {
    pub(crate) async fn open(place: Place, hub: Option<&str>) -> Result<Self, Failure> {
        Ok(match place {
            Place::Server { url, hub: _ } => Self::Remote(Remote::new(url)?),
            Place::Store(path) => Self::Inside(Inside::open(&path, hub).await?),
        })
    }

    /// Ends what this process has opened; everything that was asked for is stored by then.
    pub(crate) async fn close(self) {
        match self {
            Self::Remote(_) => {}
            Self::Inside(inside) => inside.close(Duration::from_secs(2)).await,
        }
    }

    /// A call of the catalogue.
    pub(crate) async fn call<T: ApiRequest>(&self, request: &T) -> Result<T::Response, Failure> {
        let verb = match T::METHOD {
            Method::Get => Verb::GET,
            Method::Post => Verb::POST,
            Method::Delete => Verb::DELETE,
        };
        let ask = Ask { verb, path: request.url(), token: None, body: request.body() };
        let reply = self.send(ask).await?;
        if reply.status.is_success() {
            return self.json(&reply);
        }
        Err(self.refusal(&reply))
    }

    /// A call of the management API of Durable Functions. What the answer means is the caller's to say.
    pub(crate) async fn durable_task(
        &self,
        verb: Verb,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        let path = durable_task_path(segments, query);
        self.send(Ask { verb, path, token: None, body: None }).await
    }

    pub(crate) async fn send(&self, ask: Ask) -> Result<Reply, Failure> {
        match self {
            Self::Remote(remote) => remote.send(ask).await,
            Self::Inside(inside) => inside.send(ask).await,
        }
    }

    /// The live stream of a hub, or of one instance. `after` is what the caller knows.
    pub(crate) async fn live(
        &self,
        hub: &str,
        id: Option<&str>,
        after: Option<u64>,
    ) -> Result<Live, Failure> {
        let mut query = Vec::new();
        query.extend(id.map(|id| format!("instanceId={}", encode(id))));
        query.extend(after.map(|after| format!("after={after}")));
        let path = format!("/api/v1/hubs/{}/live?{}", encode(hub), query.join("&"));
        let opened = match self {
            Self::Remote(remote) => remote.live(&path).await?,
            Self::Inside(inside) => inside.live(&path).await?,
        };
        opened.map_err(|reply| self.refusal(&reply))
    }

    /// Body of a good answer.
    pub(crate) fn json<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, Failure> {
        serde_json::from_slice(&reply.body).map_err(|error| {
            Failure::failed(format!("{} does not answer like Taskhub: {error}", self.shown()))
        })
    }

    /// What an answer that is not good means.
    pub(crate) fn refusal(&self, reply: &Reply) -> Failure {
        if let Ok(problem) = serde_json::from_slice::<Problem>(&reply.body) {
            return Failure::refused(problem, OPTIONS);
        }
        let told = told(&reply.body);
        if let (400..=499, Some(text)) = (reply.status.as_u16(), &told) {
            let known = OPTIONS.iter().find_map(|(field, option)| {
                let rest = text.strip_prefix(field)?.strip_prefix(": ")?;
                Some(Failure::option(option, rest))
            });
            let code = match reply.status {
                StatusCode::NOT_FOUND => Code::NotFound,
                StatusCode::CONFLICT | StatusCode::GONE | StatusCode::PRECONDITION_FAILED => {
                    Code::NotAllowed
                }
                _ => Code::Failed,
            };
            return known.unwrap_or_else(|| Failure::new(code, text.clone()));
        }
        let code = if reply.status == StatusCode::SERVICE_UNAVAILABLE {
            Code::Unreachable
        } else {
            Code::Failed
        };
        let why = match (reply.status, told) {
            (_, Some(told)) => told,
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, None) => {
                "it wants a key; write it as http://user:KEY@HOST".to_owned()
            }
            (_, None) => "it does not answer like Taskhub".to_owned(),
        };
        Failure::new(code, format!("{} answered {}: {why}", self.shown(), reply.status))
    }

    /// Name of the place for people, without secrets.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Remote(remote) => remote.shown(),
            Self::Inside(inside) => inside.shown(),
        }
    }

    /// Whether a refusal says that there is no such instance.
    pub(crate) fn is_missing(failure: &Failure) -> bool {
        failure.problem_code() == Some(ErrorCode::InstanceNotFound)
    }
}

/// Path and query of the management API.
pub(crate) fn durable_task_path(segments: &[&str], query: &[(&str, &str)]) -> String {
    let mut path = DURABLE_TASK.to_owned();
    for segment in segments {
        path.push('/');
        path.push_str(&encode(segment));
    }
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    if !query.is_empty() {
        path.push('?');
        path.push_str(&query.join("&"));
    }
    path
}

/// What a body of the management API says is wrong.
fn told(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = ["ExceptionMessage", "Message"].iter().find_map(|name| value.get(name)?.as_str());
    text.or(value.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}
