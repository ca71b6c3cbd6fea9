//! What the door is given ([`HttpState`]) and what its handlers share ([`Door`]).

use std::{fmt, sync::Arc};

use taskhub_hub::{
    Hub, Hubs,
    clock::{IdSource, RandomIds},
};
use taskhub_shared::problem::ErrorCode;
use tokio::sync::watch;

use crate::{asset::Assets, fault::Fault, host::Hosts, live::Live, openapi::Documents};

/// Everything that the router needs.
#[derive(Debug, Clone)]
pub struct HttpState {
    /// Task hubs of the server.
    pub hubs: Hubs,
    /// Settings.
    pub options: HttpOptions,
    /// Files of the console.
    pub assets: Arc<dyn Assets>,
}

/// Settings of the door.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Address under which people and clients reach the server, for example `https://tasks.example.org`; links in
    /// answers begin with it. Without it, they begin with the address that the request named.
    pub public_url: Option<String>,
    /// Hosts that the server answers to, beyond loopback names and addresses and the host of `public_url`. An entry
    /// without a port stands for every port.
    pub allowed_hosts: Vec<String>,
    /// Whether the headers `X-Forwarded-Host` and `X-Forwarded-Proto` of a proxy say where links lead.
    pub use_forwarded_host: bool,
    /// Whether anybody who reaches the server may do anything; then any Host is answered.
    pub insecure_open: bool,
    /// Version of the server.
    pub version: String,
    /// Build of the console.
    pub console_build: String,
    /// Address for workers over gRPC, for example `http://127.0.0.1:4001`.
    pub grpc_address: String,
    /// Figures of the server.
    pub metrics: Metrics,
    /// Whether the server takes work; turns false when it begins to drain, which ends the live streams.
    pub ready: watch::Receiver<bool>,
}

/// Writes the figures of the server as Prometheus text.
#[derive(Clone)]
pub struct Metrics(Arc<dyn Fn() -> String + Send + Sync>);

impl Metrics {
    /// Figures that `render` writes.
    pub fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }

    /// The figures now.
    #[must_use]
    pub fn render(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// What all handlers share.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) hubs: Hubs,
    pub(crate) options: HttpOptions,
    pub(crate) assets: Arc<dyn Assets>,
    pub(crate) hosts: Hosts,
    pub(crate) live: Live,
    pub(crate) documents: Documents,
}

impl Door {
    pub(crate) fn new(state: HttpState) -> Self {
        let HttpState { hubs, options, assets } = state;
        let hosts = Hosts::new(&options);
        let live = Live::new();
        Self { hubs, options, assets, hosts, live, documents: Documents::default() }
    }

    /// Hub with this name.
    pub(crate) fn hub(&self, name: &str) -> Result<Hub, Fault> {
        self.hubs.get(name).ok_or_else(|| {
            let known: Vec<String> = self.hubs.iter().map(|hub| hub.name().to_string()).collect();
            Fault::new(
                ErrorCode::TaskHubNotFound,
                format!("there is no task hub {name:?}; this server has {}", known.join(", ")),
            )
        })
    }

    /// A request id that nobody used before.
    pub(crate) fn new_id(&self) -> String {
        RandomIds.hex()
    }
}
