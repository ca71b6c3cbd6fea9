//! Messages that are broken in all sorts of ways: each is answered as documented, and harms nobody.
//!
//! `TASKHUB_MUTATIONS` sets how many of each are tried, `TASKHUB_MUTATION_SEED` where they begin.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect should stop"
)]

mod messages;
#[path = "../operations/support.rs"]
#[expect(dead_code, reason = "made for other tests too")]
mod support;
mod wire;

use prost::Message as _;
use support::Work;
use taskhub_proto as proto;
use tonic::transport::Channel;
use wire::{Dice, call, is_documented, spoil};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A server with an instance that has ended, which nothing may touch.
struct Server {
    inner: support::Server,
    channel: Channel,
    history: String,
}

impl Server {
    async fn start() -> Self {
        let mut inner = support::server().await;
        let mut worker = inner.worker(proto::GetWorkItemsRequest::default()).await;
        inner.start("bystander", None).await;
        worker.answer(vec![support::done("1")]).await;
        inner.ended("bystander").await;
        let endpoint = Channel::from_shared(inner.endpoint.clone()).unwrap();
        let channel = endpoint.connect().await.unwrap();
        let history = history(&inner).await;
        Self { inner, channel, history }
    }

    /// The server lives, and what has ended is as it was.
    async fn check(&mut self) {
        assert_eq!(history(&self.inner).await, self.history);
        self.inner.client.hello(()).await.expect("the server answers");
    }
}

async fn history(server: &support::Server) -> String {
    let hub = server.hubs.default_hub();
    format!("{:?}", hub.history("bystander", 0, 1000).await.unwrap())
}

#[tokio::test]
async fn spoiled_calls_are_answered_as_documented() {
    let mut server = Server::start().await;
    let (tries, seed) = (number("TASKHUB_MUTATIONS", 500), number("TASKHUB_MUTATION_SEED", 1));
    for (rpc, message) in messages::of_clients() {
        for n in 0..tries {
            let bytes = spoil(message.clone(), &mut Dice::new(seed + n));
            if let Err(status) = call(&server.channel, rpc, bytes).await {
                assert!(is_documented(&status), "{rpc}, seed {}: {status:?}", seed + n);
            }
        }
        // A filter that was spoiled may well be a wider filter.
        if rpc != "PurgeInstances" {
            server.check().await;
        }
    }
}

#[tokio::test]
async fn spoiled_answers_of_a_worker_never_keep_an_instance() {
    let mut server = Server::start().await;
    let (tries, seed) = (number("TASKHUB_MUTATIONS", 500), number("TASKHUB_MUTATION_SEED", 1));
    let mut worker = server.inner.worker(proto::GetWorkItemsRequest::default()).await;
    let mut accepted = 0;
    for n in 0..tries {
        let id = format!("victim-{n}");
        server.inner.start(&id, Some("1")).await;
        let token = loop {
            // Children and activities of those before come as well.
            let (token, work) = worker.next().await;
            if matches!(work, Work::OrchestratorRequest(turn) if turn.instance_id == id) {
                break token;
            }
        };
        let answer = messages::turn(&id, &token).encode_to_vec();
        let bytes = spoil(answer, &mut Dice::new(seed + n));
        match call(&server.channel, "CompleteOrchestratorTask", bytes).await {
            Ok(()) => accepted += 1,
            Err(status) => assert!(is_documented(&status), "seed {}: {status:?}", seed + n),
        }
        let end = proto::TerminateRequest { instance_id: id.clone(), ..Default::default() };
        // It may have ended already.
        server.inner.client.terminate_instance(end).await.ok();
        server.inner.ended(&id).await;
        let state = server.inner.state(&id).await;
        assert!(state.completed_timestamp.is_some(), "seed {}: {state:?}", seed + n);
    }
    assert!(accepted > 0, "some of them should still be answers");
    server.check().await;
}
