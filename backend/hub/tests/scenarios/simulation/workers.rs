//! What workers do: they answer, twice, late, for others, with what is not so, or not at all.

use std::{collections::BTreeMap, sync::Arc};

use futures::{FutureExt, StreamExt};
use rand::{Rng, seq::IndexedRandom};
use taskhub_hub::{
    engine::{
        action::TurnResponse,
        worker::{Filters, Token, WorkerProfile},
    },
    operation::work::Outcome,
    store::model::RowId,
};

use taskhub_shared::status::RuntimeStatus;

use super::{
    dice::Dice,
    script::{self, NAMES},
    world::{Delivery, Held, Reply, Sim},
};
use crate::support::{Item, payload};

/// What a worker says of itself: few places, and sometimes a taste.
pub(super) fn profile(random: &mut Dice) -> WorkerProfile {
    let filters = random.random_bool(0.3).then(|| {
        let versions: Vec<String> = if random.random() {
            vec![]
        } else {
            vec![String::new(), (*["1", "2"].choose(random).unwrap()).to_owned()]
        };
        let name = *NAMES.choose(random).unwrap();
        Filters {
            orchestrations: BTreeMap::from([(name.to_owned(), versions.clone())]),
            activities: BTreeMap::from([("Echo".to_owned(), versions)]),
            entities: BTreeMap::new(),
        }
    });
    WorkerProfile {
        max_orchestrations: random.random_range(1..4),
        max_activities: random.random_range(1..4),
        filters,
        ..WorkerProfile::default()
    }
}

impl Held {
    fn instance_id(&self) -> &str {
        match &self.item {
            Item::Turn(_, work) => &work.record.instance_id,
            Item::Activity(_, task) => &task.instance_id,
            Item::Entity(_, work) => &work.record.instance_id,
        }
    }

    fn again(&self) -> Self {
        let item = match &self.item {
            Item::Turn(token, work) => Item::Turn(*token, work.clone()),
            Item::Activity(token, task) => Item::Activity(*token, Arc::clone(task)),
            Item::Entity(token, work) => Item::Entity(*token, work.clone()),
        };
        Self { item, delivery: self.delivery }
    }
}

impl Sim {
    pub(super) fn take(&mut self) {
        let mut taken = vec![];
        for worker in &mut self.workers {
            while let Some(Some(item)) = worker.next().now_or_never() {
                taken.push(item);
            }
        }
        for item in taken {
            let token = item.token;
            self.received(token, item.into());
        }
    }

    pub(super) fn received(&mut self, token: Token, item: Item) {
        // I9: every delivery has a secret of its own.
        if !self.tokens.insert(token) {
            self.violate(format!("I9: token {token} was given before"));
        }
        self.log(|| match &item {
            Item::Turn(token, work) => format!(
                "turn {token} of {} {:?} + {:?}",
                work.record.instance_id,
                work.past.len(),
                work.new
            ),
            Item::Activity(token, task) => format!("activity {token} {task:?}"),
            Item::Entity(token, work) => format!("batch {token} {work:?}"),
        });
        if let Item::Turn(_, work) = &item {
            let record = &work.record;
            let now = self.store.model(|model| model.now);
            if record.scheduled_start_at.is_some_and(|at| at > now) {
                self.violate(format!("I6: {} starts early", record.instance_id));
            }
            if record.status == RuntimeStatus::Suspended {
                self.violate(format!("I5: {} runs while suspended", record.instance_id));
            }
            // I13: what a worker gets is its hub's.
            if work.record.tags == script::tags("Other") {
                self.violate(format!("I13: {} is another hub's", work.record.instance_id));
            }
        }
        if let Item::Activity(_, task) = &item {
            // Nothing is handed out before it is stored.
            let known = self.store.model(|model| model.used.contains(&task.id));
            if !known {
                self.violate(format!("I7: {task:?} is handed out"));
            }
        }
        self.store.model(|model| model.trace.note(token.0));
        let delivery = Delivery { token, process: self.process };
        self.held.push(Held { item, delivery });
    }

    pub(super) fn answer(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let index = self.random.random_range(0..self.held.len());
        let held = self.held.swap_remove(index);
        if self.random.random_bool(0.1) {
            self.figures.repeated += 1;
            let again = held.again();
            self.reply(again);
        }
        if self.random.random_bool(0.1) {
            self.old.push(held.again());
        }
        self.reply(held);
    }

    /// Somebody answers what he had long ago, perhaps from another process.
    pub(super) fn answer_late(&mut self) {
        if !self.old.is_empty() {
            let index = self.random.random_range(0..self.old.len());
            let held = self.old.swap_remove(index);
            self.reply(held);
        }
    }

    /// Answers as a worker does that does its work.
    pub(super) fn reply(&mut self, held: Held) {
        let hub = self.hub().clone();
        let Held { item, delivery } = held;
        match item {
            Item::Turn(token, work) => {
                let partly = work.new.len() > 2 && self.random.random_bool(0.1);
                let started = work.past.len() > 1;
                let only = (partly && started).then(|| self.random.random_range(1..work.new.len()));
                self.figures.partial_turns += u64::from(only.is_some());
                let mut response = match script::run(&work, only) {
                    Ok(response) => response,
                    Err(problem) => {
                        self.violate(problem);
                        return;
                    }
                };
                if only.is_none() && self.random.random_bool(0.05) {
                    // Nonsense: more than there was.
                    response.events_processed = Some(usize::MAX);
                }
                let custom = self.random.random_bool(0.2).then(|| {
                    self.number += 1;
                    payload(&format!("status {}", self.number))
                });
                response.custom_status.clone_from(&custom);
                let id = Arc::clone(&work.record.instance_id);
                self.calls.push(Box::pin(async move {
                    let outcome = hub.complete_turn(token, &id, response).await;
                    Reply::Turn(delivery, custom, outcome.map_err(|_| ()))
                }));
            }
            Item::Activity(token, task) => {
                let result = script::perform(&task.name, task.input.as_ref());
                self.calls.push(Box::pin(async move {
                    let outcome = hub
                        .complete_activity(token, &task.instance_id, task.event_id, result)
                        .await;
                    Reply::Activity(delivery, task.id, outcome.map_err(|_| ()))
                }));
            }
            Item::Entity(_, work) => self.reply_for_entity(delivery, &work),
        }
    }

    pub(super) fn abandon(&mut self) {
        if !self.held.is_empty() {
            let index = self.random.random_range(0..self.held.len());
            let held = self.held.swap_remove(index);
            self.hub().abandon(held.delivery.token);
            self.figures.abandoned += 1;
            self.old.push(held);
        }
    }

    /// A worker says what is not so.
    pub(super) fn lie(&mut self) {
        let hub = self.hub().clone();
        let forged = Token(self.random.random());
        let victim = self.any_id();
        let kind = self.random.random_range(0..4);
        let index = self.random.random_range(0..self.held.len().max(1));
        let held = self.held.get(index).map(Held::again);
        let response = TurnResponse {
            actions: vec![crate::support::world::done(1, "forged")],
            ..TurnResponse::default()
        };
        let forged_result = Ok(Some(payload("forged")));
        self.calls.push(Box::pin(async move {
            let answer = match (kind, held) {
                (0, _) | (_, None) => hub.complete_turn(forged, &victim, response).await,
                (1, _) => hub.complete_activity(forged, &victim, 1, forged_result).await,
                // The token is right, the rest is not.
                (2, Some(held)) => {
                    let token = held.delivery.token;
                    let wrong = format!("{}?", held.instance_id());
                    match held.item {
                        Item::Turn(..) => hub.complete_turn(token, &wrong, response).await,
                        Item::Activity(_, task) => {
                            hub.complete_activity(token, &wrong, task.event_id, forged_result).await
                        }
                        Item::Entity(_, work) => {
                            let id = &work.record.instance_id;
                            hub.complete_turn(token, id, response).await
                        }
                    }
                }
                (_, Some(held)) => {
                    let token = held.delivery.token;
                    match held.item {
                        // A turn is no activity, and an activity no turn.
                        Item::Turn(_, work) => {
                            let id = &work.record.instance_id;
                            hub.complete_activity(token, id, 1, forged_result).await
                        }
                        Item::Activity(_, task) if task.event_id % 2 == 0 => {
                            let id = &task.instance_id;
                            hub.complete_activity(token, id, task.event_id + 1, forged_result).await
                        }
                        Item::Activity(_, task) => {
                            hub.complete_turn(token, &task.instance_id, response).await
                        }
                        Item::Entity(_, work) => {
                            let id = &work.record.instance_id;
                            hub.complete_activity(token, id, 1, forged_result).await
                        }
                    }
                }
            };
            Reply::Lie(answer.map_err(|_| ()))
        }));
    }

    pub(super) fn turn_replied(
        &mut self,
        delivery: Delivery,
        custom: Option<Arc<str>>,
        outcome: Result<Outcome, ()>,
    ) {
        if self.completed(delivery, outcome) {
            self.figures.turns += 1;
            let lost =
                custom.filter(|status| !self.store.model(|model| model.texts.contains(status)));
            if let Some(status) = lost {
                self.violate(format!("I4: the turn with {status} is answered, not stored"));
            }
        }
    }

    pub(super) fn activity_replied(
        &mut self,
        delivery: Delivery,
        task: RowId,
        outcome: Result<Outcome, ()>,
    ) {
        if self.completed(delivery, outcome) {
            self.figures.activities += 1;
            if !self.store.model(|model| model.done.contains(&task)) {
                self.violate(format!("I4: the result of {task} is answered, not stored"));
            }
        }
    }

    /// A delivery counts once, and only for the process that made it.
    pub(super) fn completed(&mut self, delivery: Delivery, outcome: Result<Outcome, ()>) -> bool {
        match outcome {
            Ok(Outcome::Committed) => {
                if delivery.process != self.process {
                    self.violate(format!("I9: {delivery:?} of an earlier process counts"));
                }
                if !self.committed.insert(delivery.token) {
                    self.violate(format!("I9: {delivery:?} counts twice"));
                }
                true
            }
            Ok(Outcome::Stale | Outcome::Ignored | Outcome::Kept) => {
                self.figures.stale += 1;
                false
            }
            Err(()) => {
                self.figures.failed_commits += 1;
                false
            }
        }
    }
}
