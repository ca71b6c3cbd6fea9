//! Sends any call of the request catalogue.

use gloo_net::http::{Method as HttpMethod, RequestBuilder};
use taskhub_shared::request::{ApiRequest, Method};
use web_sys::{AbortController, AbortSignal};

use super::Error;

/// A right to call off requests: those that were sent with it end when it is dropped.
#[derive(Debug)]
pub struct Abort(Option<AbortController>);

impl Abort {
    /// A new right, not used yet.
    pub fn new() -> Self {
        Self(AbortController::new().ok())
    }

    /// What to send requests with.
    pub fn signal(&self) -> Option<AbortSignal> {
        self.0.as_ref().map(AbortController::signal)
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

/// Sends a call and reads its answer.
///
/// # Errors
/// [`Error`]; a call that was called off ends as [`Error::Offline`], which its caller no longer looks at.
pub async fn send<R: ApiRequest>(
    request: &R,
    abort: Option<&AbortSignal>,
) -> Result<R::Response, Error> {
    let method = match R::METHOD {
        Method::Get => HttpMethod::GET,
        Method::Post => HttpMethod::POST,
        Method::Delete => HttpMethod::DELETE,
    };
    let (status, text) = exchange(method, &request.url(), request.body(), abort).await?;
    serde_json::from_str(&text).map_err(|_| Error::Unreadable(status))
}

/// Reads what a link of the server leads to, as it is.
///
/// # Errors
/// [`Error`].
pub async fn fetch(link: &str) -> Result<String, Error> {
    exchange(HttpMethod::GET, link, None, None).await.map(|(_, text)| text)
}

/// The part that does not depend on the call, so that it exists only once in the module.
async fn exchange(
    method: HttpMethod,
    url: &str,
    body: Option<String>,
    abort: Option<&AbortSignal>,
) -> Result<(u16, String), Error> {
    let builder = RequestBuilder::new(url).method(method).abort_signal(abort);
    let request = match body {
        Some(body) => builder.header("content-type", "application/json").body(body),
        None => builder.build(),
    };
    let response = request.map_err(|_| Error::Offline)?.send().await.map_err(|_| Error::Offline)?;
    let text = response.text().await.map_err(|_| Error::Offline)?;
    if response.ok() {
        return Ok((response.status(), text));
    }
    Err(match serde_json::from_str(&text) {
        Ok(problem) => Error::Refused(Box::new(problem)),
        Err(_) => Error::Unreadable(response.status()),
    })
}
