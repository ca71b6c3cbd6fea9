//! Ends without a warning: what was acknowledged is there afterwards, and the work goes on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::world::{
    Api, Chance, HUB, Process, Server, Setup, check_instance, check_integrity, eventually, send,
    start_request,
};

#[tokio::test]
async fn a_kill_in_the_middle_of_a_fan_out_loses_nothing() {
    only_when_asked!();
    let server = Setup::new().with_fixed_port().start().await;
    let _worker = Process::sample_worker(&server);
    server.has_workers(1).await;
    let api = server.api();
    let ids: Vec<String> = (0..3).map(|n| format!("fan-{n}")).collect();
    for id in &ids {
        api.start("FanOutFanIn", id, json!({ "count": 500 })).await;
    }
    // Each has 500 schedules and, in the end, 500 results. In the middle some results are there.
    eventually("the middle", || async {
        let length = api.instance("fan-0").await.json()["historyLength"].as_u64();
        length.is_some_and(|length| length > 600).then_some(())
    })
    .await;
    let server = server.restart().await;
    let open = api.get(&format!("{HUB}?status=Running,Pending")).await.json();
    let open = open["items"].as_array().map(Vec::len).unwrap_or_default();
    println!("{open} of 3 were under way when the server was killed");
    check_integrity(&server.setup().database()).await;
    for id in &ids {
        let instance = api.reaches(id, "Completed").await;
        assert_eq!(instance["output"], r#"{"count":500,"sum":41791750}"#);
        check_instance(&api, id).await;
        let history = api.history(id).await;
        let results = history.iter().filter(|event| event["type"] == "TaskCompleted").count();
        assert_eq!(results, 500, "each activity has one result");
    }
}

/// What was acknowledged.
#[derive(Default)]
struct Ledger {
    /// Started instances, by id, with the name of their sample.
    started: BTreeMap<String, &'static str>,
    /// Instances of Approval whose event was accepted.
    answered: BTreeSet<String>,
    refused: usize,
}

type Shared = Arc<Mutex<Ledger>>;

/// Rounds of a plain run; `TASKHUB_KILL_ROUNDS` sets another number.
const ROUNDS: u32 = 200;
/// Most starts of a client in a round, so that what is to be checked afterwards stays in bounds.
const STARTS: usize = 40;

/// Starts that the clients may still try.
struct Budget([Semaphore; 2]);

impl Budget {
    fn new() -> Arc<Self> {
        Arc::new(Self([Semaphore::new(STARTS), Semaphore::new(STARTS)]))
    }

    /// Takes one start of a client; false when there will be no more.
    async fn take(&self, client: usize) -> bool {
        self.0[client].acquire().await.map(tokio::sync::SemaphorePermit::forget).is_ok()
    }

    fn fill(&self) {
        for starts in &self.0 {
            starts.add_permits(STARTS.saturating_sub(starts.available_permits()));
        }
    }

    fn close(&self) {
        self.0.iter().for_each(Semaphore::close);
    }
}

const SAMPLES: [(&str, &str); 4] = [
    ("HelloSequence", "null"),
    ("FanOutFanIn", r#"{"count":10}"#),
    ("Counter", r#"{"until":3}"#),
    ("Approval", "null"),
];

/// Starts instances one after the other until told to stop, over HTTP, and answers half of the approvals.
async fn start_over_http(api: Api, ledger: Shared, budget: Arc<Budget>) {
    for n in 0.. {
        if !budget.take(0).await {
            return;
        }
        let (name, input) = SAMPLES[n % SAMPLES.len()];
        let id = format!("http-{n}");
        let input: Value = serde_json::from_str(input).expect("JSON");
        let body = json!({ "name": name, "instanceId": id, "input": input });
        let answer = send(api.request(Method::POST, HUB).json(&body)).await;
        if !note(&ledger, &id, name, answer.is_ok_and(|answer| answer.status == 201)).await {
            continue;
        }
        if name == "Approval" && n % 8 == 3 {
            let event = json!({ "name": "Approval", "input": n });
            let request = api.request(Method::POST, &Api::path(&id, "/raise-event")).json(&event);
            if send(request).await.is_ok_and(|answer| answer.status == 202) {
                lock(&ledger).answered.insert(id);
            }
        }
    }
}

/// The same over gRPC, without approvals.
async fn start_over_grpc(mut client: crate::world::Client, ledger: Shared, budget: Arc<Budget>) {
    for n in 0.. {
        if !budget.take(1).await {
            return;
        }
        let (name, input) = SAMPLES[n % (SAMPLES.len() - 1)];
        let id = format!("grpc-{n}");
        let mut request = start_request(name, &id);
        request.input = Some(input.to_owned());
        let answer = client.start_instance(request).await;
        note(&ledger, &id, name, answer.is_ok()).await;
    }
}

async fn note(ledger: &Shared, id: &str, name: &'static str, is_acknowledged: bool) -> bool {
    if is_acknowledged {
        lock(ledger).started.insert(id.to_owned(), name);
    } else {
        lock(ledger).refused += 1;
        // The server is down; asking it without a rest would only keep it from coming back.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    is_acknowledged
}

fn lock(ledger: &Shared) -> std::sync::MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills and starts the server again and again; gives it back running.
async fn torment(mut server: Server, rounds: u32, budget: &Budget) -> Server {
    let mut chance = Chance::new();
    for round in 0..rounds {
        budget.fill();
        chance.pause(Duration::from_millis(300)).await;
        let setup = server.into_setup().await;
        if round % 5 == 4 {
            check_integrity(&setup.database()).await;
        }
        // Every fourth kill hits the recovery.
        while chance.below(4) == 0 {
            setup.start_and_kill(chance.pause(Duration::from_millis(150))).await;
        }
        server = setup.start().await;
    }
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_at_any_moment_lose_nothing() {
    only_when_asked!();
    let server = Setup::new().with_fixed_port().start().await;
    let worker = Process::sample_worker(&server);
    server.has_workers(1).await;
    let api = server.api();
    let (ledger, budget) = (Shared::default(), Budget::new());
    let load = [
        tokio::spawn(start_over_http(api.clone(), Arc::clone(&ledger), Arc::clone(&budget))),
        tokio::spawn(start_over_grpc(
            server.grpc().await.client,
            Arc::clone(&ledger),
            Arc::clone(&budget),
        )),
    ];
    let rounds = std::env::var("TASKHUB_KILL_ROUNDS").ok().and_then(|n| n.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS);
    let began = Instant::now();
    let mut server = torment(server, rounds, &budget).await;
    budget.close();
    for task in load {
        task.await.expect("the load");
    }
    let ledger = std::mem::take(&mut *lock(&ledger));
    println!(
        "{rounds} rounds in {:.0?}: {} starts and {} events acknowledged, {} calls refused",
        began.elapsed(),
        ledger.started.len(),
        ledger.answered.len(),
        ledger.refused
    );
    assert!(ledger.started.len() > 100, "with nothing acknowledged nothing is proven");
    assert!(ledger.refused > 10, "with nothing refused the kills did not hurt");

    server.has_workers(1).await;
    for (id, _) in ledger.started.iter().filter(|(_, name)| **name == "Approval") {
        if !ledger.answered.contains(id) {
            let event = json!({ "name": "Approval", "input": "late" });
            api.post(&Api::path(id, "/raise-event"), &event).await;
        }
    }
    for (id, name) in &ledger.started {
        api.reaches(id, "Completed").await;
        let instance = check_instance(&api, id).await;
        assert_eq!(instance["name"], *name, "{id}");
        match *name {
            "HelloSequence" => {
                assert!(instance["output"].to_string().contains("London"), "{instance}");
            }
            "FanOutFanIn" => assert_eq!(instance["output"], r#"{"count":10,"sum":385}"#),
            "Counter" => assert_eq!(instance["output"], "3"),
            _ => assert!(instance["output"].is_string(), "{instance}"),
        }
    }
    // Whatever was stored without an answer is whole as well.
    let mut cursor = String::new();
    let mut listed = BTreeSet::new();
    loop {
        let page = api.get(&format!("{HUB}?limit=1000{cursor}")).await.expect(200).json();
        for item in page["items"].as_array().into_iter().flatten() {
            let id = item["instanceId"].as_str().unwrap_or_default().to_owned();
            if !ledger.started.contains_key(&id) {
                check_instance(&api, &id).await;
            }
            assert!(listed.insert(id), "listed twice: {item}");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(ledger.started.keys().all(|id| listed.contains(id)), "the list has them all");
    worker.kill().await;
    server.signal("TERM").await;
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.log());
    check_integrity(&server.setup().database()).await;
}
