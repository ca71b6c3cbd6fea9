//! A plain HTTP client of the server.

use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use taskhub_shared::query::encode;

use super::{PATIENCE, eventually};

/// Task hub that servers have when nobody names one.
pub(crate) const HUB: &str = "/api/v1/hubs/DurableFunctionsHub/instances";
/// Where clients of Durable Functions call.
pub(crate) const DF: &str = "/runtime/webhooks/durabletask";

/// An HTTP client with the origin of its server.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    origin: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error} in {} {:?}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The same answer, which must have this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// A refusal of `/api/v1` in the contract's form.
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert!(
            answer.header("content-type").starts_with("application/problem+json"),
            "{answer:?}"
        );
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("/docs/errors/{code}"), "{problem}");
        for member in ["title", "detail", "instance"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        problem
    }
}

/// Sends a request and reads the answer to its end.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

impl Api {
    pub(crate) fn new(origin: &str) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("make an HTTP client");
        Self { client, origin: origin.to_owned() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await.expect("get")
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await.expect("delete")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await.expect("post")
    }

    /// Posts a body that need not be JSON.
    pub(crate) async fn post_text(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        send(request.body(body)).await.expect("post")
    }

    /// Starts an instance of a sample.
    pub(crate) async fn start(&self, name: &str, id: &str, input: Value) {
        let body = serde_json::json!({ "name": name, "instanceId": id, "input": input });
        self.post(HUB, &body).await.expect(201);
    }

    /// Path of an instance, or of something below it.
    pub(crate) fn path(id: &str, rest: &str) -> String {
        format!("{HUB}/{}{rest}", encode(id))
    }

    pub(crate) async fn instance(&self, id: &str) -> Answer {
        self.get(&Self::path(id, "")).await
    }

    /// Waits for a status, and gives the instance.
    pub(crate) async fn reaches(&self, id: &str, status: &str) -> Value {
        eventually(&format!("{id} is {status}"), || async {
            let instance = self.instance(id).await.json();
            (instance["runtimeStatus"] == status).then_some(instance)
        })
        .await
    }

    /// All events of the history, page by page.
    pub(crate) async fn history(&self, id: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let after = events.last().and_then(|event| event["seq"].as_u64()).unwrap_or_default();
            let page =
                self.get(&Self::path(id, &format!("/history?after={after}&limit=1000"))).await;
            let page = page.expect(200).json();
            let items = page["items"].as_array().cloned().expect("a page has items");
            let is_last = page.get("next").is_none() || items.is_empty();
            events.extend(items);
            if is_last {
                return events;
            }
        }
    }
}
