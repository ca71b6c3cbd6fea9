//! A store that no server holds: opened by this process, with an engine and without any worker.
//!
//! The requests go through the same router as those of a server, so that every command means the same on both.

use std::{path::Path, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::{HeaderValue, Request, header};
use http_body_util::BodyExt;
use taskhub_http::{HttpOptions, HttpState, Metrics};
use taskhub_hub::{
    Hubs,
    clock::{RandomIds, SystemClock},
    store::Store,
};
use taskhub_stores::{OpenError, SqliteStore};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{
    client::{Ask, Reply},
    failure::{Code, Failure},
    live::{Live, Source},
};
use crate::assets::Embedded;

/// An open store.
#[derive(Debug)]
pub(crate) struct Inside {
    router: Router,
    hubs: Hubs,
    shown: String,
    /// Kept, so that the live streams do not end.
    _ready: watch::Sender<bool>,
}

impl Inside {
    /// Opens the store. `wanted` is the hub that the command is about.
    pub(crate) async fn open(path: &Path, wanted: Option<&str>) -> Result<Self, Failure> {
        let shown = format!("sqlite:{}", path.display());
        if path.is_dir() {
            let text = format!("{shown} is a folder; name the file of the database in it");
            return Err(Failure::new(Code::Unreachable, text));
        }
        if !path.is_file() {
            let text =
                format!("there is no store {shown}; `taskhub serve --store {shown}` makes one");
            return Err(Failure::new(Code::Unreachable, text));
        }
        let store = SqliteStore::open(path).map_err(|error| refused(&shown, &error))?;
        let store: Arc<dyn Store> = Arc::new(store);
        let failed = |error: &dyn std::error::Error| {
            Failure::new(
                Code::Unreachable,
                format!("read {shown}: {}", super::remote::cause(error)),
            )
        };
        let mut names = store.hubs().await.map_err(|error| failed(&error))?;
        // The first one is the default, which cannot be deleted: any but the one that the command is about.
        let wanted = wanted.map(str::to_ascii_lowercase);
        names.sort_by_key(|name| wanted.as_deref() == Some(&name.key()));
        let hubs =
            Hubs::open_for_command(&names, store, Arc::new(SystemClock), Arc::new(RandomIds))
                .await
                .map_err(|error| failed(&error))?;
        let (ready, is_ready) = watch::channel(true);
        let router = taskhub_http::router(HttpState {
            hubs: hubs.clone(),
            options: HttpOptions {
                public_url: None,
                allowed_hosts: Vec::new(),
                use_forwarded_host: false,
                insecure_open: false,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                console_build: String::new(),
                grpc_address: String::new(),
                metrics: Metrics::new(String::new),
                ready: is_ready,
            },
            assets: Arc::new(Embedded),
        });
        Ok(Self { router, hubs, shown, _ready: ready })
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) async fn close(self, patience: Duration) {
        let Self { router, hubs, shown: _, _ready } = self;
        drop(router);
        hubs.drain(patience).await;
    }

    pub(crate) async fn send(&self, ask: Ask) -> Result<Reply, Failure> {
        let response = self.start(ask).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| self.broken(&error))?;
        Ok(Reply { status: parts.status, headers: parts.headers, body: body.to_bytes().to_vec() })
    }

    /// A stream of events; the answer itself when it is none.
    pub(crate) async fn live(&self, path: &str) -> Result<Result<Live, Reply>, Failure> {
        let ask = Ask { verb: http::Method::GET, path: path.to_owned(), token: None, body: None };
        let response = self.start(ask).await?;
        let (parts, body) = response.into_parts();
        if parts.status.is_success() {
            return Ok(Ok(Live::new(Source::Inside(body))));
        }
        let body = body.collect().await.map_err(|error| self.broken(&error))?;
        let body = body.to_bytes().to_vec();
        Ok(Err(Reply { status: parts.status, headers: parts.headers, body }))
    }

    async fn start(&self, ask: Ask) -> Result<http::Response<Body>, Failure> {
        let mut request = Request::builder()
            .method(ask.verb)
            .uri(&ask.path)
            .header(header::HOST, HeaderValue::from_static("localhost"));
        if let Some(token) = ask.token {
            request = request.header("x-ms-continuation-token", token);
        }
        if ask.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request =
            request.body(ask.body.map_or_else(Body::empty, Body::from)).map_err(|error| {
                Failure::new(Code::Usage, format!("the request cannot be sent: {error}"))
            })?;
        let Ok(response) = self.router.clone().oneshot(request).await;
        Ok(response)
    }

    fn broken(&self, error: &dyn std::error::Error) -> Failure {
        let cause = super::remote::cause(error);
        Failure::failed(format!("read the answer of {}: {cause}", self.shown))
    }
}

fn refused(shown: &str, error: &OpenError) -> Failure {
    let text = match error {
        OpenError::Locked { .. } => format!(
            "another process holds {shown}, perhaps `taskhub serve`: name that server with --server URL, or end it first"
        ),
        OpenError::Newer { .. } | OpenError::File { .. } | OpenError::Sqlite(_) => {
            let mut text = format!("open {shown}: {error}");
            let source = std::error::Error::source(error);
            text.extend(source.map(|source| format!(": {source}")));
            text
        }
    };
    Failure::new(Code::Unreachable, text)
}
