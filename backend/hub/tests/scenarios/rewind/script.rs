//! A worker of these scenarios. Its replay stops the test when a history holds what its orchestrator does not ask for,
//! as the SDKs fail the instance then.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use taskhub_hub::{
    engine::{
        action::{Action, TurnResponse},
        history_event::{EventKind, HistoryEvent, Payload},
        worker::{OrchestrationWork, Token},
    },
    operation::work::WorkItems,
    store::model::Task,
};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use crate::support::{
    Item, World, payload,
    world::{child, complete, done, task, timer},
};

/// What an SDK does with the action id of a call that it tries once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    /// Another id, as .NET and JavaScript do.
    New,
    /// The same id, as Python does.
    Same,
}

/// The worker: which activities fail, and what it did.
#[derive(Debug)]
pub(super) struct Script {
    ids: Ids,
    /// How often the activities with these names still fail.
    pub(super) fails: BTreeMap<String, usize>,
    /// Names of the activities that ran.
    pub(super) ran: Vec<String>,
    /// Name of an activity that gets no answer.
    pub(super) hold: Option<String>,
    pub(super) held: Vec<(Token, Arc<Task>)>,
    /// Whether the orchestrator breaks once it has a result.
    pub(super) broken: bool,
    items: Option<WorkItems>,
}

impl Script {
    pub(super) fn new(ids: Ids) -> Self {
        let (fails, ran, hold, held) = (BTreeMap::new(), vec![], None, vec![]);
        Self { ids, fails, ran, hold, held, broken: false, items: None }
    }

    pub(super) fn failing(mut self, name: &str, times: usize) -> Self {
        self.fails.insert(name.to_owned(), times);
        self
    }

    pub(super) fn holding(mut self, name: &str) -> Self {
        self.hold = Some(name.to_owned());
        self
    }

    /// Works until nothing is left to do without the clock.
    pub(super) async fn drive(&mut self, world: &World, items: &mut WorkItems) {
        let patience = Duration::from_millis(20);
        while let Ok(Some(item)) = tokio::time::timeout(patience, items.next()).await {
            match item.into() {
                Item::Turn(token, work) => {
                    let actions = self.replay(&work);
                    let response = TurnResponse { actions, ..TurnResponse::default() };
                    let id = &work.record.instance_id;
                    world.hub.complete_turn(token, id, response).await.unwrap();
                }
                Item::Activity(token, task) => self.perform(world, token, task).await,
                Item::Entity(_, work) => panic!("no entity takes part, but {work:?} came"),
            }
        }
    }

    /// Works and lets the time pass until the instance has ended.
    pub(super) async fn drive_to_end(&mut self, world: &World, id: &str) {
        let mut items = self.items.take().unwrap_or_else(|| world.worker());
        for _ in 0..100 {
            self.drive(world, &mut items).await;
            if world.status(id).await.is_terminal() {
                // What is held stays with the worker, which lives on.
                self.items = (!self.held.is_empty()).then_some(items);
                return;
            }
            world.advance(1);
        }
        panic!("{id} does not end: {:#?}", world.history(id).await);
    }

    async fn perform(&mut self, world: &World, token: Token, task: Arc<Task>) {
        if self.hold.as_ref() == Some(&task.name) {
            self.held.push((token, task));
            return;
        }
        self.ran.push(task.name.clone());
        let fails = self.fails.get_mut(&task.name).filter(|left| **left > 0);
        let result = match fails {
            Some(left) => {
                *left -= 1;
                Err(Box::new(FailureDetails::new("Failed", task.name.clone())))
            }
            None => Ok(Some(payload(&task.name.to_lowercase()))),
        };
        let done = world.hub.complete_activity(token, &task.instance_id, task.event_id, result);
        done.await.unwrap();
    }

    fn replay(&self, work: &OrchestrationWork) -> Vec<Action> {
        let events: Vec<&HistoryEvent> =
            work.past.iter().chain(&work.new).map(AsRef::as_ref).collect();
        let mut replay = Replay { ids: self.ids, next: 0, asked: vec![], actions: vec![], events };
        if self.broken && replay.results(Kind::Task, 1).next().is_some() {
            let id = replay.number();
            return vec![complete(id, RuntimeStatus::Failed, Some("a bug"))];
        }
        let id = &work.record.instance_id;
        let ended = match work.record.name.as_str() {
            "Sequence" => replay.sequence(),
            "Retry" => replay.retry(),
            "Branches" => replay.branches(),
            "FanOut" => replay.fan_out(),
            "FailFast" => replay.fail_fast(),
            "Saga" => replay.saga(),
            "Handles" => replay.handles(),
            "Waits" => replay.waits(),
            "Parent" => replay.parent(id),
            "Grandparent" => replay.grandparent(id),
            other => panic!("no orchestrator {other}"),
        };
        let end = match ended {
            None => None,
            Some(Ok(text)) => Some(done(replay.number(), &text)),
            Some(Err(why)) => Some(complete(replay.number(), RuntimeStatus::Failed, Some(&why))),
        };
        replay.check();
        replay.actions.extend(end);
        replay.actions
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Task,
    Child,
    Timer,
}

/// Result of a call; an error is the text of its failure.
type Called = Result<String, String>;

struct Replay<'a> {
    ids: Ids,
    next: i32,
    events: Vec<&'a HistoryEvent>,
    asked: Vec<(Kind, i32, String)>,
    actions: Vec<Action>,
}

fn decision(event: &HistoryEvent) -> Option<(Kind, i32, String)> {
    let id = event.event_id;
    match &event.kind {
        EventKind::TaskScheduled { name, .. } => Some((Kind::Task, id, name.clone())),
        EventKind::SubOrchestrationCreated { instance_id, .. } => {
            Some((Kind::Child, id, instance_id.clone()))
        }
        EventKind::TimerCreated { fire_at } => Some((Kind::Timer, id, fire_at.to_string())),
        _ => None,
    }
}

impl Replay<'_> {
    /// Everything that the history confirms was asked for, as often.
    fn check(&self) {
        let mut asked = self.asked.clone();
        for decision in self.events.iter().filter_map(|event| decision(event)) {
            let at = asked.iter().position(|known| *known == decision);
            let at = at.unwrap_or_else(|| {
                panic!("not deterministic: {decision:?} was not asked for: {:#?}", self.events)
            });
            asked.swap_remove(at);
        }
    }

    fn number(&mut self) -> i32 {
        self.next += 1;
        self.next
    }

    fn ask(&mut self, wanted: (Kind, i32, String), action: Action) {
        let known = self.events.iter().filter_map(|event| decision(event)).filter(|d| *d == wanted);
        let before = self.asked.iter().filter(|asked| **asked == wanted).count();
        if known.count() <= before {
            self.actions.push(action);
        }
        self.asked.push(wanted);
    }

    fn results(&self, kind: Kind, id: i32) -> impl Iterator<Item = Called> {
        let text = |result: &Option<Payload>| result.as_deref().unwrap_or_default().to_owned();
        let results = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::TaskCompleted { scheduled_id, result }
                if kind == Kind::Task && *scheduled_id == id =>
            {
                Some(Ok(text(result)))
            }
            EventKind::SubOrchestrationCompleted { scheduled_id, result }
                if kind == Kind::Child && *scheduled_id == id =>
            {
                Some(Ok(text(result)))
            }
            EventKind::TaskFailed { scheduled_id, failure }
                if kind == Kind::Task && *scheduled_id == id =>
            {
                Some(Err(failure.error_message.clone()))
            }
            EventKind::SubOrchestrationFailed { scheduled_id, failure }
                if kind == Kind::Child && *scheduled_id == id =>
            {
                Some(Err(failure.error_message.clone()))
            }
            EventKind::TimerFired { timer_id, .. } if kind == Kind::Timer && *timer_id == id => {
                Some(Ok(String::new()))
            }
            _ => None,
        });
        results.collect::<Vec<_>>().into_iter()
    }

    fn schedule(&mut self, name: &str) -> i32 {
        let id = self.number();
        self.ask((Kind::Task, id, name.to_owned()), task(id, name, ""));
        id
    }

    fn call(&mut self, name: &str) -> Option<Called> {
        let id = self.schedule(name);
        self.results(Kind::Task, id).next()
    }

    /// Calls up to three times, a second apart.
    fn call_with_retries(&mut self, name: &str) -> Option<Called> {
        let mut id = self.schedule(name);
        let mut seen = 0;
        for attempt in 1..=3 {
            let result = self.results(Kind::Task, id).nth(seen)?;
            if result.is_ok() || attempt == 3 {
                return Some(result);
            }
            self.sleep(10 * attempt)?;
            match self.ids {
                Ids::New => id = self.schedule(name),
                Ids::Same => {
                    seen += 1;
                    self.ask((Kind::Task, id, name.to_owned()), task(id, name, ""));
                }
            }
        }
        None
    }

    fn begun(&self) -> DateTime<Utc> {
        self.events[0].timestamp
    }

    fn sleep(&mut self, seconds: i64) -> Option<()> {
        let id = self.number();
        let fire_at = self.begun() + TimeDelta::seconds(seconds);
        self.ask((Kind::Timer, id, fire_at.to_string()), timer(id, fire_at));
        self.results(Kind::Timer, id).next().map(|_| ())
    }

    fn sequence(&mut self) -> Option<Called> {
        let mut all = vec![];
        for name in ["A", "B", "C"] {
            match self.call(name)? {
                Ok(text) => all.push(text),
                failed => return Some(failed),
            }
        }
        Some(Ok(all.join(",")))
    }

    fn retry(&mut self) -> Option<Called> {
        self.call("A")?.ok()?;
        let retried = self.call_with_retries("R")?;
        if retried.is_err() {
            return Some(retried);
        }
        self.call("Z")
    }

    /// Two branches whose ids interleave, as the turns come.
    fn branches(&mut self) -> Option<Called> {
        let first = self.schedule("A");
        let second = self.schedule("R");
        let third = self.schedule("B");
        self.results(Kind::Task, first).next()?.ok()?;
        let mut retried = self.results(Kind::Task, second).next()?;
        if retried.is_err() {
            let begun = self.next;
            self.sleep(5)?;
            // The other branch goes on between the attempts.
            self.results(Kind::Task, third).next()?.ok()?;
            let other = self.call("C");
            retried = self.call("R")?;
            if retried.is_err() {
                self.sleep(10)?;
                retried = self.call("R")?;
            }
            other?.ok()?;
            assert!(self.next > begun);
        }
        match retried {
            Ok(_) => self.call("D"),
            failed => Some(failed),
        }
    }

    fn fan_out(&mut self) -> Option<Called> {
        let ids: Vec<i32> = ["A", "B", "C", "D"].map(|name| self.schedule(name)).to_vec();
        let results: Option<Vec<Called>> =
            ids.into_iter().map(|id| self.results(Kind::Task, id).next()).collect();
        Some(results?.into_iter().collect::<Result<Vec<_>, _>>().map(|all| all.join(",")))
    }

    /// Ends at the first failure, whatever else is under way.
    fn fail_fast(&mut self) -> Option<Called> {
        let ids: Vec<i32> = ["A", "B", "C"].map(|name| self.schedule(name)).to_vec();
        self.sleep(1000);
        let results: Vec<Option<Called>> =
            ids.into_iter().map(|id| self.results(Kind::Task, id).next()).collect();
        if let Some(failed) = results.iter().flatten().find(|result| result.is_err()) {
            return Some(failed.clone());
        }
        let all: Option<Vec<String>> = results.into_iter().map(|result| result?.ok()).collect();
        Some(Ok(all?.join(",")))
    }

    fn saga(&mut self) -> Option<Called> {
        self.call("A")?.ok()?;
        let result = self.call("B")?;
        if result.is_err() {
            self.call("UndoA")?.ok()?;
        }
        Some(result)
    }

    fn handles(&mut self) -> Option<Called> {
        if self.call("B")?.is_err() {
            self.call("Instead")?.ok()?;
        }
        self.call("Z")
    }

    fn waits(&mut self) -> Option<Called> {
        let event = self.events.iter().find_map(|event| match &event.kind {
            EventKind::EventRaised { input, .. } => input.clone(),
            _ => None,
        })?;
        self.sleep(5)?;
        Some(self.call("B")?.map(|_| event.to_string()))
    }

    fn start(&mut self, instance_id: &str, name: &str) -> i32 {
        let id = self.number();
        self.ask((Kind::Child, id, instance_id.to_owned()), child(id, instance_id, name));
        id
    }

    /// A sub-orchestration and an activity; ends at the first failure.
    fn parent(&mut self, id: &str) -> Option<Called> {
        let first = self.start(&format!("{id}-c"), "Sequence");
        let second = self.schedule("P");
        let results =
            [self.results(Kind::Child, first).next(), self.results(Kind::Task, second).next()];
        if let Some(failed) = results.iter().flatten().find(|result| result.is_err()) {
            return Some(failed.clone());
        }
        let all: Option<Vec<String>> = results.into_iter().map(|result| result?.ok()).collect();
        Some(Ok(all?.join(";")))
    }

    fn grandparent(&mut self, id: &str) -> Option<Called> {
        let below = self.start(&format!("{id}-p"), "Parent");
        self.results(Kind::Child, below).next()
    }
}
