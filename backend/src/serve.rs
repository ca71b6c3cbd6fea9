//! `taskhub serve`: store, hubs, doors, samples; then wait for a signal and drain.

use std::{io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use taskhub_grpc::{Door, DoorOptions};
use taskhub_http::{HttpOptions, HttpState};
use taskhub_hub::{
    Hubs,
    clock::{RandomIds, SystemClock},
    store::Store,
};
use taskhub_stores::SqliteStore;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    assets::{self, Embedded},
    config::{Config, StoreUrl},
    listen, sample_worker, telemetry,
};

/// How long work that is with a worker may still be finished after the signal.
const DRAIN: Duration = Duration::from_secs(20);
/// How long open connections may still take after that.
const CLOSE: Duration = Duration::from_secs(5);

/// Runs the server until it is told to end.
pub(crate) async fn serve(config: Config) -> Result<()> {
    telemetry::start_log(config.log_format);
    let figures = telemetry::start_metrics()?;
    let store = open_store(&config.store)?;
    let hubs = Hubs::open(&config.task_hubs, store, Arc::new(SystemClock), Arc::new(RandomIds))
        .await
        .context("open the task hubs")?;
    hubs.set_cache_bytes(config.cache_bytes);
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("listen on {}; name another address with --listen", config.listen)
    })?;
    let address = listener.local_addr().context("read the address")?;
    let grpc = bind_grpc(config.grpc_listen).await;
    let grpc_address = grpc.as_ref().and_then(|grpc| grpc.local_addr().ok()).unwrap_or(address);

    let (ready, is_ready) = watch::channel(true);
    let (stop, stopped) = watch::channel(false);
    let door = Door::new(
        hubs.clone(),
        DoorOptions { largest_work_item: config.max_work_item_bytes, ..DoorOptions::default() },
    );
    let http = taskhub_http::router(HttpState {
        hubs: hubs.clone(),
        options: HttpOptions {
            public_url: config.public_url.clone(),
            allowed_hosts: config.allowed_hosts.clone(),
            use_forwarded_host: config.use_forwarded_host,
            insecure_open: config.insecure_open,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            console_build: assets::BUILD.to_owned(),
            grpc_address: format!("http://{grpc_address}"),
            metrics: telemetry::figures(figures, hubs.clone()),
            ready: is_ready,
        },
        assets: Arc::new(Embedded),
    });
    let mut servers = JoinSet::new();
    servers.spawn(listen::serve(listener, listen::Doors::all(http, &door), stopped.clone(), CLOSE));
    if let Some(grpc) = grpc {
        servers.spawn(listen::serve(grpc, listen::Doors::grpc_only(&door), stopped.clone(), CLOSE));
    }
    announce(address, grpc_address, &config);
    let mut samples = JoinSet::new();
    if config.samples {
        let hub = hubs.default_hub().name().to_string();
        let mut stopped = stopped;
        let end = async move {
            stopped.wait_for(|stop| *stop).await.ok();
        };
        samples.spawn(sample_worker::run_inside(
            format!("http://{}", reachable(address)),
            hub,
            end,
        ));
    }

    told_to_end().await;
    tracing::info!("told to end; draining");
    ready.send_replace(false);
    tokio::spawn(async {
        told_to_end().await;
        tracing::warn!("told to end again; ending at once");
        std::process::exit(1);
    });
    hubs.drain(DRAIN).await;
    stop.send_replace(true);
    while servers.join_next().await.is_some() {}
    samples.shutdown().await;
    tracing::info!("ended");
    Ok(())
}

fn open_store(url: &StoreUrl) -> Result<Arc<dyn Store>> {
    Ok(match url {
        StoreUrl::SqliteMemory => Arc::new(SqliteStore::in_memory().context("open the store")?),
        StoreUrl::Sqlite(path) => Arc::new(
            SqliteStore::open(path)
                .with_context(|| format!("open the store sqlite:{}", path.display()))?,
        ),
    })
}

/// The SDKs' default port. Another server may have it; then workers use the first address.
async fn bind_grpc(address: Option<SocketAddr>) -> Option<TcpListener> {
    let address = address?;
    match TcpListener::bind(address).await {
        Ok(listener) => Some(listener),
        Err(error) => {
            tracing::warn!(%address, error = %error, "gRPC has only the first address; workers must be told of it");
            None
        }
    }
}

/// An address that this process can connect to.
fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    match address {
        SocketAddr::V4(_) => SocketAddr::from(([127, 0, 0, 1], address.port())),
        SocketAddr::V6(_) => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port())),
    }
}

fn announce(address: SocketAddr, grpc: SocketAddr, config: &Config) {
    // Before the line that scripts wait for: who has read it finds the warnings in the log.
    if config.insecure_open {
        tracing::warn!("--insecure-open: anybody who reaches {address} may do everything");
    }
    if assets::BUILD.is_empty() {
        tracing::warn!("this build has no console; `cargo xtask build` makes one that has");
    }
    // Whoever started the server may have closed the pipe by now; that is no reason to end.
    let mut out = std::io::stdout();
    writeln!(out, "taskhub listening on http://{address}").ok();
    writeln!(out, "workers connect to {grpc} (gRPC); the console is at http://{address}/").ok();
    out.flush().ok();
}

/// Ends when the process gets SIGTERM or SIGINT.
pub(crate) async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Without signals the process ends as the system ends it.
        _ => std::future::pending().await,
    }
}
