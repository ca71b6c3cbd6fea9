//! A worker's replay in small: what an orchestrator sees of its history, and the actions that it asks for.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use taskhub_hub::engine::{
    action::{Action, TurnResponse},
    history_event::{EventKind, ExecutionStarted, HistoryEvent, Payload},
    worker::OrchestrationWork,
};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::{
    payload,
    world::{act, again, child, done, task, timer},
};

/// Result of an activity or a sub-orchestration.
pub(crate) type Outcome = Result<Payload, FailureDetails>;

/// One replay. The methods answer `None` for what is not there yet.
pub(crate) struct Replay<'a> {
    events: Vec<&'a HistoryEvent>,
    started: &'a ExecutionStarted,
    id: &'a str,
    next: i32,
    raised: BTreeMap<String, usize>,
    actions: Vec<Action>,
}

/// An orchestrator of the tests.
pub(crate) type Program = fn(&mut Replay<'_>) -> Option<()>;

/// What a worker answers to this work.
pub(crate) fn run(work: &OrchestrationWork, program: Program) -> TurnResponse {
    let events: Vec<&HistoryEvent> = work.past.iter().chain(&work.new).map(AsRef::as_ref).collect();
    let started = events.iter().find_map(|event| match &event.kind {
        EventKind::ExecutionStarted(started) => Some(&**started),
        _ => None,
    });
    let mut replay = Replay {
        started: started.expect("a turn has its start"),
        events,
        id: &work.record.instance_id,
        next: 0,
        raised: BTreeMap::new(),
        actions: vec![],
    };
    // An orchestrator that waits has nothing more to say.
    program(&mut replay);
    TurnResponse { actions: replay.actions, ..TurnResponse::default() }
}

impl Replay<'_> {
    pub(crate) fn id(&self) -> &str {
        self.id
    }

    pub(crate) fn input(&self) -> &str {
        self.started.input.as_deref().unwrap_or_default()
    }

    /// Time of the first turn.
    pub(crate) fn begun(&self) -> DateTime<Utc> {
        self.events[0].timestamp
    }

    fn ask(&mut self, make: impl FnOnce(i32) -> Action) -> i32 {
        self.next += 1;
        let id = self.next;
        if !self.events.iter().any(|event| event.event_id == id) {
            self.actions.push(make(id));
        }
        id
    }

    /// Schedules an activity; its number for [`Replay::result`].
    pub(crate) fn schedule(&mut self, name: &str, input: &str) -> i32 {
        self.ask(|id| task(id, name, input))
    }

    pub(crate) fn start(&mut self, instance_id: &str, name: &str) -> i32 {
        self.ask(|id| child(id, instance_id, name))
    }

    pub(crate) fn result(&self, id: i32) -> Option<Outcome> {
        let text = |result: &Option<Payload>| result.clone().unwrap_or_else(|| payload(""));
        self.events.iter().find_map(|event| match &event.kind {
            EventKind::TaskCompleted { scheduled_id, result }
            | EventKind::SubOrchestrationCompleted { scheduled_id, result }
                if *scheduled_id == id =>
            {
                Some(Ok(text(result)))
            }
            EventKind::TaskFailed { scheduled_id, failure }
            | EventKind::SubOrchestrationFailed { scheduled_id, failure }
                if *scheduled_id == id =>
            {
                Some(Err(FailureDetails::clone(failure)))
            }
            _ => None,
        })
    }

    /// Runs an activity that is not to fail.
    pub(crate) fn call(&mut self, name: &str, input: &str) -> Option<Payload> {
        let id = self.schedule(name, input);
        self.result(id)?.ok()
    }

    /// Waits until some seconds after the beginning.
    pub(crate) fn sleep(&mut self, seconds: i64) -> Option<()> {
        let fire_at = self.begun() + TimeDelta::seconds(seconds);
        let id = self.ask(|id| timer(id, fire_at));
        let fired = |event: &&HistoryEvent| match event.kind {
            EventKind::TimerFired { timer_id, .. } => timer_id == id,
            _ => false,
        };
        self.events.iter().any(fired).then_some(())
    }

    fn raised(&self, wanted: &str) -> impl Iterator<Item = Payload> {
        let events = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::EventRaised { name, input } if name == wanted => input.clone(),
            _ => None,
        });
        events.collect::<Vec<_>>().into_iter()
    }

    /// The next event of this name.
    pub(crate) fn event(&mut self, name: &str) -> Option<Payload> {
        let taken = self.raised.get(name).copied().unwrap_or_default();
        let event = self.raised(name).nth(taken)?;
        self.raised.insert(name.to_owned(), taken + 1);
        Some(event)
    }

    pub(crate) fn send(&mut self, instance_id: &str, name: &str, input: &str) {
        let (to, name, input) = (instance_id.to_owned(), name.to_owned(), input.to_owned());
        self.ask(move |id| super::world::send(id, &to, &name, &input));
    }

    pub(crate) fn complete(&mut self, result: &str) {
        self.ask(|id| done(id, result));
    }

    pub(crate) fn fail(&mut self, failure: FailureDetails) {
        use taskhub_hub::engine::action::ActionKind::Complete;
        let kind = Complete {
            status: RuntimeStatus::Failed,
            result: None,
            failure: Some(Box::new(failure)),
            new_version: None,
            carryover: vec![],
        };
        self.ask(|id| act(id, kind));
    }

    /// Begins again, and takes the events of this name along that it has not used.
    pub(crate) fn continue_as_new(&mut self, input: &str, keep: &str) {
        let taken = self.raised.get(keep).copied().unwrap_or_default();
        let begun = self.begun();
        let carried = |input| {
            let kind = EventKind::EventRaised { name: keep.to_owned(), input: Some(input) };
            HistoryEvent::new(begun, kind)
        };
        let carryover = self.raised(keep).skip(taken).map(carried).collect();
        self.ask(|id| again(id, input, carryover));
    }
}
