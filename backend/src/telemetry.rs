//! Log and figures.

use std::{
    collections::BTreeSet,
    io::IsTerminal as _,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use taskhub_http::Metrics;
use taskhub_hub::{Hubs, engine::worker::WorkKind};
use taskhub_shared::request::KindOfWork;
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts the log on stderr. `TASKHUB_LOG` says how much, as in `info,taskhub_hub=debug`; default `info`.
pub(crate) fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("TASKHUB_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    // A second start, as in tests, keeps the first log.
    match format {
        LogFormat::Text => log.try_init().ok(),
        LogFormat::Json => log.json().flatten_event(true).try_init().ok(),
    };
}

/// Starts collecting figures.
pub(crate) fn start_metrics() -> Result<PrometheusHandle> {
    let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    PrometheusBuilder::new()
        .set_buckets(&buckets)
        .context("set up the figures")?
        .install_recorder()
        .context("set up the figures")
}

/// The figures as text; those of the hubs are read at the moment of asking.
pub(crate) fn figures(handle: PrometheusHandle, hubs: Hubs) -> Metrics {
    // Names for which something waited at the last reading: what waits no more has to be told once.
    let known = Mutex::new(BTreeSet::new());
    Metrics::new(move || {
        let mut now = BTreeSet::new();
        for hub in hubs.iter() {
            let name = hub.name().to_string();
            let gauge = |metric: &'static str, kind: &'static str, value: usize| {
                #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
                metrics::gauge!(metric, "hub" => name.clone(), "kind" => kind).set(value as f64);
            };
            gauge("taskhub_backlog", "orchestration", hub.backlog(WorkKind::Orchestration));
            gauge("taskhub_backlog", "activity", hub.backlog(WorkKind::Activity));
            gauge("taskhub_backlog", "entity", hub.backlog(WorkKind::Entity));
            gauge("taskhub_worker_streams", "all", hub.workers());
            for work in hub.work().waiting {
                let key = Waiting {
                    hub: name.clone(),
                    kind: match work.kind {
                        KindOfWork::Orchestration => "orchestration",
                        KindOfWork::Activity => "activity",
                        KindOfWork::Entity => "entity",
                    },
                    name: work.name,
                    version: work.version.unwrap_or_default(),
                };
                let figures = Figures {
                    depth: work.depth,
                    age_ms: work.oldest_age_ms,
                    unserved: work.workers == 0,
                    lost: work.lost,
                    refused: work.refused,
                };
                key.tell(&figures);
                now.insert(key);
            }
        }
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in known.difference(&now) {
            gone.tell(&Figures::default());
        }
        *known = now;
        handle.run_upkeep();
        handle.render()
    })
}

/// What work waits by.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    hub: String,
    kind: &'static str,
    name: String,
    version: String,
}

/// What is told of it.
#[derive(Debug, Default)]
struct Figures {
    depth: u64,
    age_ms: u64,
    unserved: bool,
    lost: u32,
    refused: u32,
}

impl Waiting {
    fn tell(&self, figures: &Figures) {
        let Figures { depth, age_ms, unserved, lost, refused } = *figures;
        let gauge = |metric: &'static str, value: f64| {
            let Self { hub, kind, name, version } = self;
            let (hub, name, version) = (hub.clone(), name.clone(), version.clone());
            metrics::gauge!(metric, "hub" => hub, "kind" => *kind, "name" => name, "version" => version)
                .set(value);
        };
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        {
            gauge("taskhub_queue_depth", depth as f64);
            gauge("taskhub_queue_oldest_age_seconds", age_ms as f64 / 1000.0);
        }
        gauge("taskhub_queue_unserved", if unserved { 1.0 } else { 0.0 });
        gauge("taskhub_queue_most_losses", lost.into());
        gauge("taskhub_queue_most_refusals", refused.into());
    }
}
