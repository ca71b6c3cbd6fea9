//! The server and its worker, as processes of their own, and the client's connections to them.

use std::{env, path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use taskhub_proto::{
    CreateInstanceRequest, GetInstanceRequest, OrchestrationStatus,
    task_hub_sidecar_service_client::TaskHubSidecarServiceClient,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};
use tonic::transport::Channel;

/// A client of the server.
pub(crate) type Client = TaskHubSidecarServiceClient<Channel>;

/// Longest wait for one instance.
const WAIT: Duration = Duration::from_secs(600);

/// A running server on a SQLite file.
pub(crate) struct Server {
    pub(crate) client: Client,
    address: String,
    binary: PathBuf,
    process: Child,
    worker: Option<Child>,
    _folder: TempDir,
}

impl Server {
    /// Starts a server on a fresh database.
    pub(crate) async fn start() -> Result<Self> {
        Self::start_in(tempfile::tempdir().context("make a folder")?).await
    }

    /// Starts a server on the database `bench.db` in this folder.
    pub(crate) async fn start_in(folder: TempDir) -> Result<Self> {
        let named =
            env::var_os("TASKHUB_BIN").context("TASKHUB_BIN must name the server's binary")?;
        // The server runs in a folder of its own, where a relative path would lead nowhere.
        let binary = PathBuf::from(named)
            .canonicalize()
            .context("find the binary that TASKHUB_BIN names")?;
        let store = format!("sqlite:{}", folder.path().join("bench.db").display());
        let mut process = Command::new(&binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--grpc-listen", "off", "--store", &store])
            .env("TASKHUB_LOG", "warn")
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        let stdout = process.stdout.take().context("read the server's output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next_line().await?.unwrap_or_default();
        let Some(address) = line.strip_prefix("taskhub listening on http://") else {
            bail!("the server said {line:?} instead of its address");
        };
        let address = address.to_owned();
        let client = TaskHubSidecarServiceClient::connect(format!("http://{address}")).await?;
        // The pipe must be read for as long as the server may write to it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { client, address, binary, process, worker: None, _folder: folder })
    }

    /// Starts a server and a sample worker, and waits until the worker works.
    pub(crate) async fn with_worker() -> Result<Self> {
        let mut server = Self::start().await?;
        server.add_worker().await?;
        Ok(server)
    }

    /// Starts a sample worker, and waits until it works.
    pub(crate) async fn add_worker(&mut self) -> Result<()> {
        let worker = Command::new(&self.binary)
            .args([
                "sample-worker",
                "--concurrency",
                "500",
                "--endpoint",
                &format!("http://{}", self.address),
            ])
            .env("TASKHUB_LOG", "warn")
            .kill_on_drop(true)
            .spawn()
            .context("start the worker")?;
        self.worker = Some(worker);
        run(&mut self.client.clone(), "HelloSequence", None).await
    }

    /// Ends the sample worker.
    pub(crate) async fn end_worker(&mut self) -> Result<()> {
        if let Some(mut worker) = self.worker.take() {
            worker.kill().await.context("end the worker")?;
        }
        Ok(())
    }

    /// Where it listens, host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Bytes of memory that the server's process holds.
    pub(crate) fn memory(&self) -> Result<u64> {
        let id = self.process.id().context("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let kibibytes = status
            .lines()
            .find_map(|line| {
                line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse().ok()
            })
            .map(|kibibytes: u64| kibibytes);
        Ok(kibibytes.context("read the server's memory")? * 1024)
    }

    /// A connection for HTTP requests.
    pub(crate) async fn http(&self) -> Result<Http> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Http { sender, host: self.address.clone() })
    }
}

/// An HTTP connection that is kept open.
pub(crate) struct Http {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Http {
    /// Body of a good answer.
    pub(crate) async fn get(&mut self, path: &str) -> Result<Bytes> {
        let request = hyper::Request::get(path).header("host", &self.host);
        self.send(path, request.body(Full::default())?).await
    }

    /// Body of a good answer to a JSON body.
    pub(crate) async fn post(&mut self, path: &str, body: String) -> Result<Bytes> {
        let request = hyper::Request::post(path)
            .header("host", &self.host)
            .header("content-type", "application/json");
        self.send(path, request.body(Full::from(body))?).await
    }

    async fn send(&mut self, path: &str, request: hyper::Request<Full<Bytes>>) -> Result<Bytes> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            bail!("{path} answered {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}

/// Starts an instance.
pub(crate) async fn start(client: &mut Client, name: &str, input: Option<&str>) -> Result<String> {
    let request = CreateInstanceRequest {
        name: name.to_owned(),
        input: input.map(str::to_owned),
        ..Default::default()
    };
    Ok(client.start_instance(request).await?.into_inner().instance_id)
}

/// Starts an instance and waits until it has completed.
pub(crate) async fn run(client: &mut Client, name: &str, input: Option<&str>) -> Result<()> {
    let instance_id = start(client, name, input).await?;
    let request = GetInstanceRequest { instance_id, get_inputs_and_outputs: true };
    let mut request = tonic::Request::new(request);
    // The Python SDK's backend cannot wait without a bound.
    request.set_timeout(WAIT);
    let state =
        client.wait_for_instance_completion(request).await?.into_inner().orchestration_state;
    let state = state.context("the instance is gone")?;
    if state.orchestration_status() != OrchestrationStatus::Completed {
        bail!("{name} ended as {:?}: {:?}", state.orchestration_status(), state.failure_details);
    }
    Ok(())
}
