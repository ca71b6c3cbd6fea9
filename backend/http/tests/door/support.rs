//! A server in memory, a client and a worker.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response};
use futures::StreamExt;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use taskhub_http::{Asset, Assets, HttpOptions, HttpState, Metrics};
use taskhub_hub::{
    Hub, Hubs,
    clock::{ManualClock, SeededIds},
    engine::{
        action::{Action, ActionKind, TurnResponse},
        worker::{OrchestrationWork, Token, Work, WorkItem, WorkerProfile},
    },
    operation::work::WorkItems,
    store::{Store, StoreError, memory::MemoryStore},
};
use taskhub_shared::{failure::FailureDetails, id::TaskHubName, status::RuntimeStatus};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::contract;

/// When the server was started.
pub(crate) const START: &str = "2026-11-23T14:02:11.123456Z";
pub(crate) const BASE: &str = "/runtime/webhooks/durabletask";

pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) hub: Hub,
    pub(crate) hubs: Hubs,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ready: watch::Sender<bool>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A server with the hubs `DurableFunctionsHub` and `Other`.
pub(crate) async fn server() -> Server {
    server_with(|_| {}).await
}

pub(crate) async fn server_with(change: impl FnOnce(&mut HttpOptions)) -> Server {
    let store = Arc::new(MemoryStore::default());
    let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
    let names = [TaskHubName::default(), TaskHubName::new("Other").unwrap()];
    let hubs = Hubs::open(
        &names,
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::clone(&clock) as _,
        Arc::new(SeededIds::new(7)),
    );
    let hubs = hubs.await.unwrap();
    let (ready, is_ready) = watch::channel(true);
    let mut options = HttpOptions {
        public_url: None,
        allowed_hosts: Vec::new(),
        use_forwarded_host: false,
        insecure_open: false,
        version: "1.2.3".to_owned(),
        console_build: "b1".to_owned(),
        grpc_address: "http://127.0.0.1:4001".to_owned(),
        metrics: Metrics::new(|| "taskhub_up 1\n".to_owned()),
        ready: is_ready,
    };
    change(&mut options);
    let state = HttpState { hubs: hubs.clone(), options, assets: Arc::new(Files) };
    let hub = hubs.default_hub();
    Server { router: taskhub_http::router(state), hub, hubs, store, clock, ready }
}

impl Server {
    /// Sends a request as a local program would.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send_with(method, path, body, &[]).await
    }

    /// The same with headers, which go before the usual ones.
    pub(crate) async fn send_with(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let response = self.open(method, path, Body::from(body.to_owned()), headers).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let answer = Answer { status: parts.status, headers: parts.headers, body };
        contract::check(contract::document(self).await, method, path, &answer);
        answer
    }

    pub(crate) async fn open(
        &self,
        method: &str,
        path: &str,
        body: Body,
        headers: &[(&str, &str)],
    ) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        for (name, value) in [("host", "127.0.0.1:7071"), ("content-type", "application/json")] {
            if !headers.iter().any(|(given, _)| *given == name) {
                request = request.header(name, value);
            }
        }
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, body).await
    }

    /// Starts an instance of the orchestrator `Order` by the compatible surface.
    pub(crate) async fn start(&self, id: &str, input: &str) {
        let answer = self.post(&format!("{BASE}/orchestrators/Order/{id}"), input).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    /// Connects a worker that takes everything.
    pub(crate) fn worker(&self) -> Worker {
        Worker { items: self.hub.connect_worker(WorkerProfile::default()), hub: self.hub.clone() }
    }

    /// Starts an instance and ends it as completed with this output.
    pub(crate) async fn completed(&self, id: &str, input: &str, output: &str) {
        self.start(id, input).await;
        self.worker().turn(vec![complete(output)]).await;
    }

    /// Makes the next commit fail.
    pub(crate) fn break_store(&self) {
        let source = Arc::new(std::io::Error::other("the secret path is full"));
        self.store.fail_next(StoreError::Unavailable { operation: "commit", source });
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The answer refuses as a problem of this code, about this field.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str, field: Option<&str>) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code);
        assert_eq!(body["type"], format!("/docs/errors/{code}"));
        assert_eq!(body["instance"], self.header("x-request-id"));
        assert_eq!(body["field"].as_str(), field, "{}", self.body);
        body["detail"].as_str().unwrap().to_owned()
    }

    /// The answer has this status and body.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status.as_u16(), self.body.as_str()), (status, body));
    }
}

/// A worker that does what the test says.
pub(crate) struct Worker {
    items: WorkItems,
    hub: Hub,
}

impl Worker {
    /// The next work item.
    pub(crate) async fn next(&mut self) -> WorkItem {
        let next = tokio::time::timeout(Duration::from_secs(30), self.items.next());
        next.await.expect("a work item comes").expect("the stream goes on")
    }

    /// The next turn.
    pub(crate) async fn take(&mut self) -> (Token, OrchestrationWork) {
        let item = self.next().await;
        match item.work {
            Work::Orchestration(work) => (item.token, work),
            Work::Activity(task) => panic!("expected a turn, got {task:?}"),
            Work::Entity(work) => panic!("expected a turn, got {work:?}"),
        }
    }

    /// Answers the next turn with these actions.
    pub(crate) async fn turn(&mut self, actions: Vec<ActionKind>) {
        self.turn_with(actions, 0, None).await;
    }

    /// The same, with action ids from `first` on and a custom status.
    pub(crate) async fn turn_with(
        &mut self,
        actions: Vec<ActionKind>,
        first: i32,
        custom_status: Option<&str>,
    ) {
        let (token, work) = self.take().await;
        let actions = (first..).zip(actions).map(|(id, kind)| Action { id, kind }).collect();
        let custom_status = custom_status.map(Into::into);
        let response = TurnResponse { actions, custom_status, ..TurnResponse::default() };
        self.hub.complete_turn(token, &work.record.instance_id, response).await.unwrap();
    }

    /// Answers turns with nothing until one brings an event of this kind, and that one with these actions.
    pub(crate) async fn turn_on(&mut self, kind: &str, actions: Vec<ActionKind>) {
        let mut actions = Some(actions);
        while actions.is_some() {
            let (token, work) = self.take().await;
            let brings = work.new.iter().any(|event| format!("{:?}", event.kind).starts_with(kind));
            let now = if brings { actions.take() } else { None };
            let actions = (10..).zip(now.unwrap_or_default());
            let actions = actions.map(|(id, kind)| Action { id, kind }).collect();
            let response = TurnResponse { actions, ..TurnResponse::default() };
            self.hub.complete_turn(token, &work.record.instance_id, response).await.unwrap();
        }
    }

    /// Answers the next activity.
    pub(crate) async fn activity(&mut self, result: Result<&str, FailureDetails>) {
        let item = self.next().await;
        let Work::Activity(task) = item.work else { panic!("expected an activity") };
        let result = result.map(|result| Some(result.into())).map_err(Box::new);
        let (id, number) = (&task.instance_id, task.event_id);
        self.hub.complete_activity(item.token, id, number, result).await.unwrap();
    }
}

pub(crate) fn complete(output: &str) -> ActionKind {
    end(RuntimeStatus::Completed, Some(output), None)
}

pub(crate) fn fail(failure: FailureDetails) -> ActionKind {
    end(RuntimeStatus::Failed, None, Some(failure))
}

fn end(status: RuntimeStatus, result: Option<&str>, failure: Option<FailureDetails>) -> ActionKind {
    ActionKind::Complete {
        status,
        result: result.map(Into::into),
        failure: failure.map(Box::new),
        new_version: None,
        carryover: Vec::new(),
    }
}

pub(crate) fn call(name: &str, input: &str) -> ActionKind {
    ActionKind::ScheduleTask {
        name: name.to_owned(),
        version: None,
        input: Some(input.into()),
        trace: None,
        tags: Default::default(),
    }
}

/// Files of a small console.
#[derive(Debug)]
struct Files;

impl Assets for Files {
    fn get(&self, path: &str) -> Option<Asset> {
        let page = Asset {
            content_type: "text/html; charset=utf-8",
            etag: "page",
            immutable: false,
            raw: b"<!doctype html>",
            br: None,
            gz: None,
        };
        match path {
            "index.html" => Some(page),
            "app-1a2b.js" => Some(Asset {
                content_type: "text/javascript",
                etag: "code",
                immutable: true,
                raw: b"raw code",
                br: Some(b"br"),
                gz: Some(b"gzip"),
            }),
            _ => None,
        }
    }
}
