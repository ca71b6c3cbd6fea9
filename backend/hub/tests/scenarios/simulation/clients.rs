//! What clients do, and what must be stored once they are answered.

use std::sync::Arc;

use chrono::TimeDelta;
use rand::{Rng, seq::IndexedRandom};
use taskhub_hub::{
    clock::Clock,
    operation::{
        control, purge, raise_event, restart, rewind,
        start_instance::{self, Reuse},
        terminate,
    },
    store::model::RowId,
};
use taskhub_shared::status::RuntimeStatus::{
    self, Completed, Failed, Pending, Running, Suspended, Terminated,
};

use super::{
    model::goes_on,
    script::{self, NAMES},
    world::{Reply, Sim},
};
use crate::support::payload;

impl Sim {
    pub(super) fn start(&mut self) {
        self.number += 1;
        // The number makes the input unique, the rest of it makes the script.
        let number = self.number << 24 | u64::from(self.random.random::<u32>() >> 8);
        let input = script::input(number, self.random.random_range(0..3));
        let reuse = match self.random.random_range(0..10) {
            0 => Reuse::Statuses(vec![Completed, Failed, Terminated, Running, Pending, Suspended]),
            1 => Reuse::Statuses(vec![Failed, Terminated]),
            2 => Reuse::Statuses(vec![]),
            _ => Reuse::Ended,
        };
        self.figures.replaced += u64::from(matches!(&reuse, Reuse::Statuses(all) if all.len() > 3));
        let delay = self.random.random_range(-10..60);
        let at = self.clock.now() + TimeDelta::seconds(delay);
        let request = start_instance::Request {
            instance_id: Some(self.id().to_owned()),
            name: (*NAMES.choose(&mut self.random).unwrap()).to_owned(),
            version: ["1", "2"]
                .choose(&mut self.random)
                .filter(|_| number.is_multiple_of(3))
                .map(|v| (*v).to_owned()),
            input: Some(Arc::clone(&input)),
            scheduled_start: (number.is_multiple_of(5)).then_some(at),
            tags: script::tags("Simulated"),
            reuse,
            ..start_instance::Request::default()
        };
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let outcome = hub.start_instance(request).await;
            Reply::Started(input, outcome.map_err(|_| ()))
        }));
    }

    pub(super) fn raise(&mut self) {
        self.number += 1;
        let id = self.any_id();
        let name = ["go", "go", "other"].choose(&mut self.random).unwrap();
        let input = payload(&format!("event {}", self.number));
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let outcome = hub.raise_event(&id, name, Some(Arc::clone(&input))).await;
            Reply::Raised(input, outcome.map_err(|_| ()))
        }));
    }

    pub(super) fn control(&mut self) {
        self.number += 1;
        let ids: Vec<String> = (0..4).map(|_| self.any_id()).collect();
        let held = |id: &&String| self.status(id) == Some(Suspended);
        let Some(id) = ids.iter().find(held).or(ids.first()).cloned() else { return };
        let suspended = self.status(&id) == Some(Suspended);
        let suspend = self.random.random_bool(if suspended { 0.2 } else { 0.8 });
        let reason: Arc<str> = Arc::from(format!("reason {}", self.number));
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let said = Some(reason.to_string());
            let outcome =
                if suspend { hub.suspend(&id, said).await } else { hub.resume(&id, said).await };
            Reply::Controlled(reason, suspend, outcome.map_err(|_| ()))
        }));
    }

    fn status(&self, id: &str) -> Option<RuntimeStatus> {
        self.store.model(|model| model.record(self.hub_id, id)).map(|record| record.status)
    }

    /// Number of the instance that has this id now.
    fn num(&self, id: &str) -> Option<RowId> {
        self.store.model(|model| model.record(self.hub_id, id)).map(|record| record.num)
    }

    pub(super) fn terminate(&mut self) {
        let (id, recursive) = (self.any_id(), self.random.random());
        let num = self.num(&id);
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let outcome = hub.terminate(&id, Some(payload("stopped")), recursive).await;
            Reply::Terminated(id, num, outcome.map_err(|_| ()))
        }));
    }

    /// Mostly one that has ended.
    pub(super) fn purge(&mut self) {
        let ids: Vec<String> = (0..6).map(|_| self.any_id()).collect();
        let ended = |id: &&String| self.status(id).is_some_and(|status| !goes_on(status));
        let Some(id) = ids.iter().find(ended).or(ids.first()).cloned() else { return };
        let num = self.num(&id);
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            let outcome = hub.purge(&id).await;
            Reply::Purged(id, num, outcome.map_err(|_| ()))
        }));
    }

    /// One that has failed goes on, or one that has ended begins again.
    pub(super) fn rewind(&mut self) {
        self.number += 1;
        let hub = self.hub().clone();
        let failed: Vec<String> = self.store.model(|model| {
            let failed = model.rows.values().filter(|row| row.record.status == Failed);
            failed.map(|row| row.record.instance_id.to_string()).collect()
        });
        if let Some(id) = failed.choose(&mut self.random).cloned() {
            let reason: Arc<str> = Arc::from(format!("reason {}", self.number));
            self.calls.push(Box::pin(async move {
                let outcome = hub.rewind(&id, Some(reason.to_string())).await;
                Reply::Rewound(reason, outcome.map_err(|_| ()))
            }));
        } else {
            let id = self.any_id();
            self.calls.push(Box::pin(async move {
                let outcome = hub.restart_instance(&id, restart::Target::SameId).await;
                Reply::Restarted(outcome.map_err(|_| ()))
            }));
        }
    }

    /// Somebody only looks.
    pub(super) fn look(&mut self) {
        let id = self.any_id();
        let hub = self.hub().clone();
        self.calls.push(Box::pin(async move {
            // What they see is checked elsewhere; here they are in the way of others.
            hub.waiting_for(&id).await.ok();
            hub.instance(&id).await.ok();
            let query = taskhub_shared::query::InstanceQuery::default();
            hub.count_instances(&query).await.ok();
            Reply::Looked
        }));
    }

    /// I1 and I4: what is answered is stored, at the time of the answer.
    pub(super) fn replied(&mut self, reply: Reply) {
        self.log(|| format!("{reply:?}"));
        self.figures.answers += 1;
        let tag = format!("{reply:?}");
        self.store.model(|model| model.trace.note(tag));
        let stored = |sim: &Self, text: &Arc<str>| sim.store.model(|m| m.texts.contains(text));
        match reply {
            Reply::Started(input, Ok(start_instance::Outcome::Started { instance_id })) => {
                self.figures.started += 1;
                if !stored(self, &input) {
                    self.violate(format!("I1: the start of {instance_id} is answered, not stored"));
                }
            }
            Reply::Raised(input, Ok(raise_event::Outcome::Accepted)) => {
                self.figures.raised += 1;
                if !stored(self, &input) {
                    self.violate(format!("I4: {input} is answered, not stored"));
                }
            }
            Reply::Controlled(reason, suspend, Ok(control::Outcome::Accepted)) => {
                self.figures.suspended += u64::from(suspend);
                self.figures.resumed += u64::from(!suspend);
                if !stored(self, &reason) {
                    self.violate(format!("I4: {reason} is answered, not stored"));
                }
            }
            Reply::Terminated(id, before, Ok(terminate::Outcome::Terminated)) => {
                self.figures.terminated += 1;
                self.must_have_ended(&id, before);
            }
            Reply::Terminated(id, before, Ok(terminate::Outcome::AlreadyEnded(_))) => {
                self.must_have_ended(&id, before);
            }
            Reply::Purged(id, before, Ok(purge::Outcome::Purged)) => {
                self.figures.purged += 1;
                if before.is_some() && self.num(&id) == before {
                    self.violate(format!("I4: {id} was purged, and is there"));
                }
            }
            Reply::Signaled(input, Ok(())) => {
                self.figures.signaled += 1;
                if !stored(self, &input) {
                    self.violate(format!("I4: {input} is answered, not stored"));
                }
            }
            Reply::Cleaned(Ok(cleaned)) => self.figures.cleaned += cleaned.removed as u64,
            Reply::Batch(delivery, outcome) => {
                if self.completed(delivery, outcome) {
                    self.figures.batches += 1;
                }
            }
            Reply::Rewound(reason, Ok(rewind::Outcome::Rewound)) => {
                if !stored(self, &reason) {
                    self.violate(format!("I4: {reason} is answered, not stored"));
                }
            }
            Reply::Restarted(Ok(restart::Outcome::Restarted { .. })) => self.figures.restarted += 1,
            Reply::Turn(delivery, custom, outcome) => self.turn_replied(delivery, custom, outcome),
            Reply::Activity(delivery, task, outcome) => {
                self.activity_replied(delivery, task, outcome);
            }
            Reply::Lie(Ok(taskhub_hub::operation::work::Outcome::Committed)) => {
                self.violate("a lie was believed".to_owned());
            }
            Reply::Lie(_) => self.figures.lies += 1,
            Reply::Started(_, Err(()))
            | Reply::Raised(_, Err(()))
            | Reply::Signaled(_, Err(()))
            | Reply::Cleaned(Err(()))
            | Reply::Rewound(_, Err(()))
            | Reply::Restarted(Err(()))
            | Reply::Controlled(_, _, Err(()))
            | Reply::Terminated(_, _, Err(()))
            | Reply::Purged(_, _, Err(())) => self.figures.refused_calls += 1,
            Reply::Started(..)
            | Reply::Raised(..)
            | Reply::Controlled(..)
            | Reply::Terminated(..)
            | Reply::Purged(..)
            | Reply::Rewound(..)
            | Reply::Restarted(..)
            | Reply::Looked => {}
        }
    }

    /// I4: an end that was acknowledged is stored. Another instance may have taken the id since.
    fn must_have_ended(&mut self, id: &str, before: Option<RowId>) {
        let Some(record) = self.store.model(|model| model.record(self.hub_id, id)) else { return };
        if Some(record.num) == before && goes_on(record.status) {
            self.violate(format!("I4: {id} was terminated, and is {}", record.status));
        }
    }
}
