//! Figures of the release build: one JSON line for each on stdout, progress on stderr.
//!
//! The server and its worker are processes of their own, as in use; this one is the client. The server's binary is
//! named by `TASKHUB_BIN`.

mod batches;
mod figures;
mod flat;
mod list;
mod long;
mod measure;
mod peer;
mod python;

use anyhow::{Result, bail};
use clap::Parser;

/// Measure the release build.
#[derive(Debug, Parser)]
struct Args {
    /// Which figures: sequence3, latency, fanout1000, fanout10000, list100k, purge, list, flat, idle; all but list and
    /// flat when none is named
    names: Vec<String>,
    /// Orchestrations of sequence3
    #[arg(long, default_value_t = 5000)]
    count: usize,
    /// Orchestrations of sequence3 that are under way at once
    #[arg(long, default_value_t = 100)]
    inflight: usize,
    /// Instances of list and flat
    #[arg(long, default_value_t = 1_000_000)]
    instances: usize,
}

/// These take minutes, so they have to be asked for.
const FLAT: &str = "flat";
const LIST: &str = "list";
/// Needs the Python SDK, so it has to be asked for.
const PYTHON: &str = "python";
const ALL: [&str; 8] =
    ["sequence3", "latency", "fanout1000", "fanout10000", "list100k", "purge", "idle", "long"];

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(unknown) = args.names.iter().find(|name| {
        ![FLAT, LIST, PYTHON].contains(&name.as_str()) && !ALL.contains(&name.as_str())
    }) {
        bail!(
            "there is no figure {unknown:?}; the figures are {}, {LIST}, {FLAT}, {PYTHON}",
            ALL.join(", ")
        );
    }
    let names: Vec<&str> = if args.names.is_empty() {
        ALL.to_vec()
    } else {
        args.names.iter().map(String::as_str).collect()
    };
    for name in names {
        let line = match name {
            "sequence3" => measure::sequence3(args.count, args.inflight).await?,
            "latency" => measure::latency().await?,
            "fanout1000" => measure::fanout(1000).await?,
            "fanout10000" => measure::fanout(10_000).await?,
            "purge" => batches::purge(100_000).await?,
            "idle" => flat::idle().await?,
            "long" => long::long(args.count, args.inflight).await?,
            PYTHON => python::python(args.count.min(1000), args.inflight).await?,
            LIST => list::list(args.instances).await?,
            FLAT => flat::flat(args.instances, args.count, args.inflight).await?,
            _ => measure::list100k().await?,
        };
        print(&line);
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the figures are this program's output")]
fn print(line: &serde_json::Value) {
    println!("{line}");
}
