//! A server over a socket.

use std::{error::Error, io, net::IpAddr, time::Duration};

use reqwest::{Client, Url, redirect::Policy};

use super::{
    client::{Ask, Reply},
    failure::{Code, Failure},
    live::{Live, Source},
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence of a server. The live stream is never silent for so long.
const SILENCE: Duration = Duration::from_secs(300);

/// A server.
#[derive(Debug)]
pub(crate) struct Remote {
    http: Client,
    /// Without a slash at the end; may hold a key.
    base: String,
    shown: String,
}

impl Remote {
    pub(crate) fn new(url: Url) -> Result<Self, Failure> {
        let mut builder = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(Policy::none())
            .user_agent(concat!("taskhub/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&url) {
            builder = builder.no_proxy();
        }
        // The client sets up TLS whether it needs it or not. Reading the system's certificates takes time, and on a system
        // without any it fails.
        rustls::crypto::ring::default_provider().install_default().ok();
        if url.scheme() == "http" {
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| {
            Failure::failed(format!("set up the HTTP client: {}", cause(&error)))
        })?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let mut shown = url;
        // These fail for addresses without a host only, of which there are none here.
        shown.set_username("").ok();
        shown.set_password(None).ok();
        Ok(Self { http, base, shown: shown.as_str().trim_end_matches('/').to_owned() })
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) async fn send(&self, ask: Ask) -> Result<Reply, Failure> {
        let mut response = self.start(ask).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.lost(&error))? {
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }

    /// A stream of events; the answer itself when it is none.
    pub(crate) async fn live(&self, path: &str) -> Result<Result<Live, Reply>, Failure> {
        let ask = Ask { verb: http::Method::GET, path: path.to_owned(), token: None, body: None };
        let response = self.start(ask).await?;
        if response.status().is_success() {
            return Ok(Ok(Live::new(Source::Remote(Box::new(response)))));
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(|error| self.lost(&error))?.to_vec();
        Ok(Err(Reply { status, headers, body }))
    }

    async fn start(&self, ask: Ask) -> Result<reqwest::Response, Failure> {
        let mut request = self.http.request(ask.verb, format!("{}{}", self.base, ask.path));
        if let Some(token) = ask.token {
            request = request.header("x-ms-continuation-token", token);
        }
        if let Some(body) = ask.body {
            request = request.header("content-type", "application/json").body(body);
        }
        request.send().await.map_err(|error| {
            if error.is_builder() {
                // A token that no header can hold, for example.
                return Failure::new(Code::Usage, format!("the request cannot be sent: {}", cause(&error)));
            }
            if is_of_tls(&error) {
                let text = format!(
                    "cannot trust the server at {}: {}; a certificate that the system does not know can be named by the \
                     environment variable SSL_CERT_FILE",
                    self.shown,
                    cause(&error)
                );
                return Failure::new(Code::Unreachable, text);
            }
            if error.is_connect() || error.is_timeout() {
                let text = format!(
                    "cannot reach the server at {}: {}; start it with `taskhub serve`, or name another with --server URL, \
                     TASKHUB_SERVER or --connection-string-setting",
                    self.shown,
                    cause(&error)
                );
                return Failure::new(Code::Unreachable, text);
            }
            self.lost(&error)
        })
    }

    fn lost(&self, error: &reqwest::Error) -> Failure {
        let text = format!("the connection to {} broke: {}", self.shown, cause(error));
        Failure::new(Code::Unreachable, text)
    }
}

/// The innermost cause, which is the one that says something.
pub(crate) fn cause(error: &dyn Error) -> String {
    let innermost = error.source().and_then(|inner| causes(inner).last());
    innermost.map_or_else(|| error.to_string(), ToString::to_string)
}

/// The error, and what caused it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| Error::source(*error))
}

/// Whether the certificate, or the talk about it, is what failed.
fn is_of_tls(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| {
        // An io::Error tells of what is in it by `get_ref` alone, and one may be in another.
        let io = cause.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        let inner = std::iter::successors(io, |error| error.downcast_ref::<io::Error>()?.get_ref());
        cause.is::<rustls::Error>() || inner.into_iter().any(|inner| inner.is::<rustls::Error>())
    })
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
