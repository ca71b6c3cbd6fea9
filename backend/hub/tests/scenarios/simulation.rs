//! Random histories of a hub: clients, workers, the clock, the store and the process do what they like, in an order
//! that follows from a seed. Afterwards all goes well, and everything must come to its end.

use std::{collections::BTreeSet, sync::Arc};

use futures::{FutureExt, StreamExt};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use taskhub_hub::{
    engine::worker::WorkerProfile,
    operation::{purge, raise_event, start_instance, work::WorkItems},
    store::memory::MemoryStore,
};

use crate::support::{
    Item, World, check,
    faulty::{Fault, Faulty},
    payload,
    samples::{drive_to_end, perform},
};

const NAMES: [&str; 8] =
    ["Sequence", "FanOut", "Timer", "Waiter", "Parent", "Counter", "Collect", "Sender"];
const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

struct Simulation {
    random: StdRng,
    world: World,
    store: Arc<Faulty>,
    workers: Vec<WorkItems>,
    /// Work that a worker has, or had before it vanished.
    held: Vec<Item>,
    events: u32,
    done: Done,
}

/// How often things happened, as a simulation in which nothing happens shows nothing.
#[derive(Debug, Default)]
struct Done {
    started: u32,
    raised: u32,
    answered: u32,
    refused: u32,
    crashed: u32,
    ended: u32,
}

impl Simulation {
    async fn new(seed: u64) -> Self {
        let store = Faulty::new(Arc::new(MemoryStore::default()), None);
        let mut world = World::on(Arc::clone(&store) as _).await;
        world.continues = IDS.iter().map(|id| (*id).to_owned()).collect();
        Self {
            random: StdRng::seed_from_u64(seed),
            world,
            store,
            workers: vec![],
            held: vec![],
            events: 0,
            done: Done::default(),
        }
    }

    fn id(&mut self) -> &'static str {
        IDS.choose(&mut self.random).unwrap()
    }

    /// An id of an instance or of one of its sub-orchestrations.
    fn any_id(&mut self) -> String {
        let part = ["", "", "", "-s", "-t"].choose(&mut self.random).unwrap();
        format!("{}{part}", self.id())
    }

    async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..8 => self.start().await,
            8..16 => self.raise().await,
            16..22 => self.connect(),
            22..25 => self.vanish(),
            25..55 => self.take(),
            55..80 => self.answer().await,
            80..82 => self.give_back(),
            82..87 => self.world.advance(1),
            87..88 => self.world.advance(self.random.random_range(2..400)),
            88..90 => self.control().await,
            90..91 => self.terminate().await,
            91..92 => self.purge().await,
            92..97 => self.fail(),
            97..98 => self.crash().await,
            _ => self.world.quiet().await,
        }
    }

    async fn start(&mut self) {
        let id = self.id();
        let name = NAMES.choose(&mut self.random).unwrap();
        let request = start_instance::Request {
            instance_id: Some(id.to_owned()),
            name: (*name).to_owned(),
            input: Some(payload(if *name == "Sender" { "a" } else { "" })),
            ..start_instance::Request::default()
        };
        match self.world.hub.start_instance(request).await {
            Ok(start_instance::Outcome::Started { .. }) => {
                // What the instance before it was told went with it.
                self.world.acked_events.retain(|(of, _)| of != id);
                self.world.acked_starts.push(id.to_owned());
                self.done.started += 1;
            }
            Ok(start_instance::Outcome::Exists(_)) => {}
            Err(_) => {
                // It may be stored, and then it has replaced what was there.
                self.world.acked_events.retain(|(of, _)| of != id);
                self.done.refused += 1;
            }
        }
    }

    async fn raise(&mut self) {
        let id = self.any_id();
        let name = ["go", "item", "other"].choose(&mut self.random).unwrap();
        self.events += 1;
        let text = payload(&format!("{}", self.events % 10));
        let unique = payload(&format!("event {}", self.events));
        let input = if *name == "other" { unique } else { text };
        let raised = self.world.hub.raise_event(&id, name, Some(Arc::clone(&input))).await;
        match raised {
            Ok(raise_event::Outcome::Accepted) if *name == "other" => {
                self.world.acked_events.push((id, input));
                self.done.raised += 1;
            }
            Ok(_) => {}
            Err(_) => self.done.refused += 1,
        }
    }

    fn connect(&mut self) {
        if self.workers.len() < 3 {
            let profile = WorkerProfile {
                max_orchestrations: self.random.random_range(1..4),
                max_activities: self.random.random_range(1..4),
                ..WorkerProfile::default()
            };
            self.workers.push(self.world.hub.connect_worker(profile));
        }
    }

    /// A worker's stream ends; its work may still be answered.
    fn vanish(&mut self) {
        if !self.workers.is_empty() {
            let worker = self.random.random_range(0..self.workers.len());
            self.workers.remove(worker);
        }
    }

    fn take(&mut self) {
        for worker in &mut self.workers {
            if let Some(Some(item)) = worker.next().now_or_never() {
                self.held.push(item.into());
            }
        }
    }

    async fn answer(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let index = self.random.random_range(0..self.held.len());
        let item = self.held.swap_remove(index);
        let token = match &item {
            Item::Turn(token, work) => (*token, work.record.instance_id.to_string()),
            Item::Activity(token, task) => (*token, task.instance_id.to_string()),
            Item::Entity(token, work) => (*token, work.record.instance_id.to_string()),
        };
        let again = self.random.random_bool(0.1).then(|| match &item {
            Item::Turn(token, work) => Item::Turn(*token, work.clone()),
            Item::Activity(token, task) => Item::Activity(*token, Arc::clone(task)),
            Item::Entity(token, work) => Item::Entity(*token, work.clone()),
        });
        if perform(&self.world, item).await {
            self.done.answered += 1;
        } else {
            self.done.refused += 1;
        }
        // Some workers say everything twice, and some lie.
        if let Some(again) = again {
            perform(&self.world, again).await;
            let lie = self.world.hub.complete_activity(token.0, "a", 1, Ok(None));
            lie.await.ok();
        }
    }

    fn give_back(&mut self) {
        if let Some(Item::Turn(token, _) | Item::Activity(token, _) | Item::Entity(token, _)) =
            self.held.choose(&mut self.random)
        {
            self.world.hub.abandon(*token);
        }
    }

    async fn control(&mut self) {
        let id = self.any_id();
        if self.random.random() {
            self.world.hub.suspend(&id, None).await.ok();
        } else {
            self.world.hub.resume(&id, None).await.ok();
        }
    }

    async fn terminate(&mut self) {
        let (id, recursive) = (self.any_id(), self.random.random());
        self.world.hub.terminate(&id, None, recursive).await.ok();
    }

    async fn purge(&mut self) {
        let id = self.any_id();
        let purged = self.world.hub.purge(&id).await;
        if !matches!(purged, Ok(purge::Outcome::NotFound | purge::Outcome::NotEnded(_))) {
            self.world.acked_events.retain(|(of, _)| *of != id);
            self.world.acked_starts.retain(|of| *of != id);
        }
    }

    fn fail(&mut self) {
        let fault = if self.random.random() { Fault::Before } else { Fault::After };
        self.store.fail_after(self.random.random_range(0..3), fault);
    }

    async fn crash(&mut self) {
        self.workers.clear();
        self.held.clear();
        self.world.reopen().await;
        self.done.crashed += 1;
    }

    /// From now on all goes well: everything comes to its end, and nothing is left.
    async fn finish(&mut self, what: &str) {
        self.store.mend();
        self.workers.clear();
        self.held.clear();
        self.world.quiet().await;
        self.world.advance(60);
        self.world.quiet().await;
        check(&self.world).await;
        let query = taskhub_shared::query::InstanceQuery::default();
        let all = self.world.hub.query_instances(&query, false).await.unwrap().records;
        let ids: BTreeSet<String> = all.iter().map(|r| r.instance_id.to_string()).collect();
        for id in &ids {
            self.world.hub.resume(id, None).await.unwrap();
            for text in ["1", "2", "3", "4", "5"] {
                self.world.hub.raise_event(id, "go", Some(payload(text))).await.unwrap();
                self.world.hub.raise_event(id, "item", Some(payload(text))).await.unwrap();
            }
        }
        for id in &ids {
            let output = drive_to_end(&self.world, id).await.unwrap();
            let record = self.world.record(id).await;
            if record.status == taskhub_shared::status::RuntimeStatus::Completed {
                match record.name.as_str() {
                    "Sequence" => assert_eq!(output, "abc", "{what}"),
                    "FanOut" => assert_eq!(output, "0,1,2,3,4", "{what}"),
                    "Counter" => assert_eq!(output, "iiii", "{what}"),
                    "Collect" => assert_eq!(output.len(), 5, "{what}"),
                    _ => {}
                }
            }
            self.done.ended += 1;
        }
        // Activities of those that ended by themselves run to their end.
        let mut worker = self.world.worker();
        crate::support::samples::drive(&self.world, &mut worker).await;
        drop(worker);
        check(&self.world).await;
        self.world.nothing_left(what).await;
    }
}

#[expect(clippy::print_stdout, reason = "how much happened is what a simulation is worth")]
async fn simulate(seeds: std::ops::Range<u64>, steps: u32) {
    let mut total = Done::default();
    for seed in seeds {
        let mut simulation = Simulation::new(seed).await;
        for step in 0..steps {
            simulation.step().await;
            if step % 50 == 49 {
                check(&simulation.world).await;
            }
        }
        simulation.finish(&format!("seed {seed}")).await;
        let done = simulation.done;
        total.started += done.started;
        total.raised += done.raised;
        total.answered += done.answered;
        total.refused += done.refused;
        total.crashed += done.crashed;
        total.ended += done.ended;
    }
    println!("{total:?}");
    assert!(total.answered > 1000 && total.refused > 50 && total.crashed > 20, "{total:?}");
    assert!(total.started > 200 && total.raised > 100 && total.ended > 200, "{total:?}");
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_everything_comes_to_its_end() {
    let seeds = std::env::var("TASKHUB_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let first = std::env::var("TASKHUB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    simulate(first..first + seeds.unwrap_or(100), 300).await;
}
