//! Log and figures.

mod queues;

use std::io::IsTerminal as _;

use anyhow::{Context, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use taskhub_http::Metrics;
use taskhub_hub::{Hubs, engine::worker::WorkKind};
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
    Metrics::new(move || {
        let mut waiting = Vec::new();
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
            waiting.push((name, hub.work().waiting));
        }
        handle.run_upkeep();
        handle.render() + &queues::render(&waiting)
    })
}
