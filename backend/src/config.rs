//! Settings of `taskhub serve`: flag, else environment variable, else `taskhub.toml`, else default.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use taskhub_shared::id::TaskHubName;

/// File that is read when no other is named, if it is there.
const DEFAULT_FILE: &str = "taskhub.toml";
/// Port for everything when no address is named.
pub(crate) const DEFAULT_PORT: u16 = 7071;

/// Flags of `taskhub serve`.
#[derive(Debug, Default, Args)]
#[expect(clippy::doc_markdown, reason = "the comments are the help text of the command line")]
pub(crate) struct ServeArgs {
    /// Address for browsers, HTTP clients and gRPC, host:port; port 0 takes a free one [default: 127.0.0.1:7071]
    #[arg(long, env = "TASKHUB_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Second address for gRPC alone, the port that SDKs try first; "off" for none [default: 127.0.0.1:4001]
    #[arg(long, env = "TASKHUB_GRPC_LISTEN", value_name = "ADDRESS")]
    grpc_listen: Option<String>,
    /// Where everything is kept: sqlite:PATH, or sqlite::memory: for a trial [default: sqlite:taskhub-data/taskhub.db]
    #[arg(long, env = "TASKHUB_STORE", value_name = "STORE")]
    store: Option<String>,
    /// Task hub to serve; repeat it for more, the first is the default [default: DurableFunctionsHub]
    #[arg(long = "task-hub", env = "TASKHUB_TASK_HUB", value_name = "NAME", value_delimiter = ',')]
    task_hub: Vec<String>,
    /// Run the built-in sample worker, so that there is something to start
    #[arg(long, env = "TASKHUB_SAMPLES", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    samples: Option<bool>,
    /// Address under which people and clients reach the server; links in answers begin with it
    #[arg(long, env = "TASKHUB_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// Host name that the server answers to beside loopback and that of --public-url; repeat it for more
    #[arg(
        long = "allowed-host",
        env = "TASKHUB_ALLOWED_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    allowed_host: Vec<String>,
    /// Believe the X-Forwarded-Host and X-Forwarded-Proto of a proxy; links in answers begin with them
    #[arg(long, env = "TASKHUB_USE_FORWARDED_HOST", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    use_forwarded_host: Option<bool>,
    /// Let anybody who reaches an address beyond loopback do everything; there is no sign-in yet
    #[arg(long, env = "TASKHUB_INSECURE_OPEN", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    insecure_open: Option<bool>,
    /// Form of the log on stderr [default: text]
    #[arg(long, env = "TASKHUB_LOG_FORMAT", value_name = "FORM")]
    log_format: Option<LogFormat>,
    /// Largest work item that is sent to a worker, in bytes; the SDKs receive 4 MiB unless told otherwise [default: 4194304]
    #[arg(long, env = "TASKHUB_MAX_WORK_ITEM_BYTES", value_name = "BYTES")]
    max_work_item_bytes: Option<usize>,
    /// MiB of history that idle instances may hold in memory, in each task hub [default: 256]
    #[arg(long, env = "TASKHUB_CACHE_MB", value_name = "MIB")]
    cache_mb: Option<usize>,
    /// File with settings; a key is a flag's name with _ for - [default: taskhub.toml, if it is there]
    #[arg(long, env = "TASKHUB_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Keys of the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    grpc_listen: Option<String>,
    store: Option<String>,
    task_hub: Option<OneOrMany>,
    samples: Option<bool>,
    public_url: Option<String>,
    allowed_host: Option<OneOrMany>,
    use_forwarded_host: Option<bool>,
    insecure_open: Option<bool>,
    log_format: Option<LogFormat>,
    max_work_item_bytes: Option<usize>,
    cache_mb: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

/// Settings of a server.
#[derive(Debug)]
pub(crate) struct Config {
    /// Address for everything.
    pub(crate) listen: SocketAddr,
    /// Address for gRPC alone.
    pub(crate) grpc_listen: Option<SocketAddr>,
    /// Where everything is kept.
    pub(crate) store: StoreUrl,
    /// Task hubs, the default one first.
    pub(crate) task_hubs: Vec<TaskHubName>,
    /// Whether the sample worker runs.
    pub(crate) samples: bool,
    /// Address for links.
    pub(crate) public_url: Option<String>,
    /// Further host names.
    pub(crate) allowed_hosts: Vec<String>,
    /// Whether a proxy's word counts for links.
    pub(crate) use_forwarded_host: bool,
    /// Whether an address beyond loopback is open to everybody.
    pub(crate) insecure_open: bool,
    /// Form of the log.
    pub(crate) log_format: LogFormat,
    /// Largest work item, in bytes.
    pub(crate) max_work_item_bytes: usize,
    /// Bytes of history that idle instances may hold in memory, in each hub.
    pub(crate) cache_bytes: usize,
}

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// SQLite in memory.
    SqliteMemory,
}

impl StoreUrl {
    fn parse(text: &str) -> Result<Self> {
        match text.strip_prefix("sqlite:") {
            Some(":memory:") => Ok(Self::SqliteMemory),
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => bail!("--store: {text:?} is no store; use sqlite:PATH or sqlite::memory:"),
        }
    }
}

impl Config {
    /// Reads the file and puts the settings together.
    pub(crate) fn from_args(args: ServeArgs) -> Result<Self> {
        let file = match &args.config {
            Some(path) => read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => read(Path::new(DEFAULT_FILE))?,
            None => File::default(),
        };
        Self::merge(args, file)
    }

    fn merge(args: ServeArgs, file: File) -> Result<Self> {
        let listen = args
            .listen
            .or(file.listen)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT)));
        let grpc_listen = match args.grpc_listen.or(file.grpc_listen).as_deref() {
            None => Some(SocketAddr::from(([127, 0, 0, 1], 4001))),
            Some("off") => None,
            Some(text) => Some(text.parse().with_context(|| {
                format!("--grpc-listen: {text:?} is no host:port, and not \"off\"")
            })?),
        };
        let store = args
            .store
            .or(file.store)
            .unwrap_or_else(|| "sqlite:taskhub-data/taskhub.db".to_owned());
        let names = or_file(args.task_hub, file.task_hub);
        let task_hubs = names
            .into_iter()
            .map(|name| {
                TaskHubName::new(name)
                    .map_err(|refused| anyhow::anyhow!("--task-hub: {}", refused.reason))
            })
            .collect::<Result<Vec<_>>>()?;
        let config = Self {
            listen,
            grpc_listen,
            store: StoreUrl::parse(&store)?,
            task_hubs: if task_hubs.is_empty() { vec![TaskHubName::default()] } else { task_hubs },
            samples: args.samples.or(file.samples).unwrap_or(false),
            public_url: args
                .public_url
                .or(file.public_url)
                .map(|url| url.trim_end_matches('/').to_owned()),
            allowed_hosts: or_file(args.allowed_host, file.allowed_host),
            use_forwarded_host: args
                .use_forwarded_host
                .or(file.use_forwarded_host)
                .unwrap_or(false),
            insecure_open: args.insecure_open.or(file.insecure_open).unwrap_or(false),
            log_format: args.log_format.or(file.log_format).unwrap_or_default(),
            max_work_item_bytes: args
                .max_work_item_bytes
                .or(file.max_work_item_bytes)
                .unwrap_or(taskhub_shared::limits::WORK_ITEM_BYTES),
            cache_bytes: cache_bytes(args.cache_mb.or(file.cache_mb))?,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let addresses = std::iter::once(self.listen).chain(self.grpc_listen);
        for address in addresses.filter(|address| !address.ip().is_loopback()) {
            if !self.insecure_open {
                bail!(
                    "{address} can be reached from other machines, and this version has no sign-in: anybody could \
                     start, terminate and purge. Listen on 127.0.0.1 and put a proxy with authentication in front, or \
                     say --insecure-open if that is really what you want"
                );
            }
        }
        if let Some(url) = &self.public_url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            bail!("--public-url: {url:?} must begin with http:// or https://");
        }
        Ok(())
    }
}

/// Bytes of so many MiB; the hub's own default without a number.
fn cache_bytes(mb: Option<usize>) -> Result<usize> {
    let Some(mb) = mb else { return Ok(taskhub_hub::hub::CACHE_BYTES) };
    match mb.checked_mul(1024 * 1024).filter(|bytes| *bytes > 0) {
        Some(bytes) => Ok(bytes),
        None => bail!("--cache-mb: {mb} is no size; name at least 1 MiB"),
    }
}

fn or_file(flags: Vec<String>, file: Option<OneOrMany>) -> Vec<String> {
    if flags.is_empty() { file.map(OneOrMany::into_vec).unwrap_or_default() } else { flags }
}

fn read(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("read the settings in {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("understand the settings in {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(args: ServeArgs, file: &str) -> Result<Config> {
        Config::merge(args, toml::from_str(file)?)
    }

    #[test]
    fn defaults() {
        let config = merge(ServeArgs::default(), "").unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:7071");
        assert_eq!(config.grpc_listen.unwrap().to_string(), "127.0.0.1:4001");
        assert_eq!(config.store, StoreUrl::Sqlite(PathBuf::from("taskhub-data/taskhub.db")));
        assert_eq!(config.task_hubs, [TaskHubName::default()]);
        assert!(!config.samples && !config.insecure_open && !config.use_forwarded_host);
        assert_eq!(config.cache_bytes, 256 * 1024 * 1024);
    }

    #[test]
    fn flags_win_over_the_file() {
        let args = ServeArgs { store: Some("sqlite::memory:".to_owned()), ..ServeArgs::default() };
        let file = "store = 'sqlite:x.db'\ntask_hub = ['A', 'B']\ngrpc_listen = 'off'\nsamples = true\ncache_mb = 7";
        let config = merge(args, file).unwrap();
        assert_eq!(config.store, StoreUrl::SqliteMemory);
        assert_eq!(
            config.task_hubs.iter().map(TaskHubName::as_str).collect::<Vec<_>>(),
            ["A", "B"]
        );
        assert_eq!(config.grpc_listen, None);
        assert_eq!(config.cache_bytes, 7 * 1024 * 1024);
        assert!(config.samples);
    }

    #[test]
    fn refusals_name_the_setting() {
        let open =
            ServeArgs { listen: Some("0.0.0.0:7071".parse().unwrap()), ..ServeArgs::default() };
        assert!(merge(open, "").unwrap_err().to_string().contains("--insecure-open"));
        let open =
            ServeArgs { listen: Some("0.0.0.0:7071".parse().unwrap()), ..ServeArgs::default() };
        assert!(merge(open, "insecure_open = true").is_ok());
        for (file, word) in [
            ("store = 'mysql:x'", "--store"),
            ("task_hub = 'a b'", "--task-hub"),
            ("grpc_listen = 'x'", "--grpc-listen"),
            ("public_url = 'ftp://x'", "--public-url"),
            ("lisen = 'x'", "lisen"),
            ("cache_mb = 0", "--cache-mb"),
            ("cache_mb = 9000000000000000", "--cache-mb"),
        ] {
            let text = format!("{:#}", merge(ServeArgs::default(), file).unwrap_err());
            assert!(text.contains(word), "{file}: {text}");
        }
    }
}
