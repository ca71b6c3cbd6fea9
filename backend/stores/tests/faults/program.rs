//! Orchestrators of the sweep, as a worker replays them.

use std::{collections::BTreeMap, sync::Arc};

use chrono::TimeDelta;
use taskhub_hub::engine::{
    action::{Action, ActionKind, TurnResponse},
    entity_event::EntityEvent,
    history_event::{EventKind, HistoryEvent, Payload},
    worker::OrchestrationWork,
};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

/// Activities of the fan-out.
pub(crate) const FAN_OUT: i32 = 20;

pub(crate) fn text(text: &str) -> Option<Payload> {
    Some(Arc::from(text))
}

/// What the orchestrator sees, and what it asks for.
struct Seen<'a> {
    events: Vec<&'a HistoryEvent>,
    input: String,
    actions: Vec<Action>,
}

/// What a worker answers to a turn.
pub(crate) fn run(work: &OrchestrationWork) -> TurnResponse {
    let events: Vec<&HistoryEvent> = work.past.iter().chain(&work.new).map(AsRef::as_ref).collect();
    let input = events.iter().find_map(|event| match &event.kind {
        EventKind::ExecutionStarted(started) => started.input.as_deref().map(str::to_owned),
        _ => None,
    });
    let mut seen = Seen { events, input: input.unwrap_or_default(), actions: vec![] };
    // One that waits has nothing more to say.
    match work.record.name.as_str() {
        "Chain" => seen.chain(),
        "FanOut" => seen.fan_out(),
        "Timer" => seen.timer(),
        "Event" => seen.event(),
        "Parent" => seen.parent(),
        "Again" => seen.again(),
        "Caller" => seen.caller(),
        "Flaky" => seen.flaky(),
        other => panic!("no orchestrator {other}"),
    };
    TurnResponse { actions: seen.actions, ..TurnResponse::default() }
}

impl Seen<'_> {
    fn ask(&mut self, id: i32, kind: ActionKind) {
        if !self.events.iter().any(|event| event.event_id == id) {
            self.actions.push(Action { id, kind });
        }
    }

    fn schedule(&mut self, id: i32, name: &str, input: &str) {
        let kind = ActionKind::ScheduleTask {
            name: name.to_owned(),
            version: None,
            input: text(input),
            trace: None,
            tags: BTreeMap::new(),
        };
        self.ask(id, kind);
    }

    fn result(&self, id: i32) -> Option<Result<String, String>> {
        self.events.iter().find_map(|event| match &event.kind {
            EventKind::TaskCompleted { scheduled_id, result }
            | EventKind::SubOrchestrationCompleted { scheduled_id, result }
                if *scheduled_id == id =>
            {
                Some(Ok(result.as_deref().unwrap_or_default().to_owned()))
            }
            EventKind::TaskFailed { scheduled_id, failure }
            | EventKind::SubOrchestrationFailed { scheduled_id, failure }
                if *scheduled_id == id =>
            {
                Some(Err(failure.error_message.clone()))
            }
            _ => None,
        })
    }

    fn call(&mut self, id: i32, input: &str) -> Option<String> {
        self.schedule(id, "Echo", input);
        self.result(id)?.ok()
    }

    fn finish(&mut self, id: i32, status: RuntimeStatus, result: &str) -> Option<()> {
        let failure = (status == RuntimeStatus::Failed)
            .then(|| Box::new(FailureDetails::new("Flaky", result)));
        let kind = ActionKind::Complete {
            status,
            result: text(result),
            failure,
            new_version: None,
            carryover: vec![],
        };
        self.actions.push(Action { id, kind });
        Some(())
    }

    fn done(&mut self, id: i32, result: &str) -> Option<()> {
        self.finish(id, RuntimeStatus::Completed, result)
    }

    fn chain(&mut self) -> Option<()> {
        let a = self.call(1, "a")?;
        let b = self.call(2, &format!("{a}b"))?;
        let c = self.call(3, &format!("{b}c"))?;
        self.done(4, &c)
    }

    fn fan_out(&mut self) -> Option<()> {
        for id in 1..=FAN_OUT {
            self.schedule(id, "Echo", &id.to_string());
        }
        let results: Option<Vec<String>> = (1..=FAN_OUT).map(|id| self.result(id)?.ok()).collect();
        let sum: i32 = results?.iter().map(|result| result.parse::<i32>().unwrap()).sum();
        self.done(FAN_OUT + 1, &sum.to_string())
    }

    fn timer(&mut self) -> Option<()> {
        let fire_at = self.events.first()?.timestamp + TimeDelta::seconds(60);
        self.ask(1, ActionKind::CreateTimer { fire_at });
        let fired = |event: &&HistoryEvent| matches!(event.kind, EventKind::TimerFired { .. });
        self.events.iter().find(|event| fired(event))?;
        self.done(2, "fired")
    }

    fn event(&mut self) -> Option<()> {
        let go = self.events.iter().find_map(|event| match &event.kind {
            EventKind::EventRaised { input, .. } => input.clone(),
            _ => None,
        })?;
        let echo = self.call(1, &go)?;
        self.done(2, &echo)
    }

    fn parent(&mut self) -> Option<()> {
        let kind = ActionKind::CreateSubOrchestration {
            instance_id: "child".to_owned(),
            name: "Chain".to_owned(),
            version: None,
            input: None,
            trace: None,
            tags: BTreeMap::new(),
        };
        self.ask(1, kind);
        let result = self.result(1)?.ok()?;
        self.done(2, &result)
    }

    /// Three generations with an activity each.
    fn again(&mut self) -> Option<()> {
        let input = format!("{}i", self.input);
        let echo = self.call(1, &input)?;
        if echo.len() < 3 {
            self.finish(2, RuntimeStatus::ContinuedAsNew, &echo)
        } else {
            self.done(2, &echo)
        }
    }

    /// Calls an entity under its lock.
    fn caller(&mut self) -> Option<()> {
        let section = "section".to_owned();
        let lock = EntityEvent::LockRequested {
            critical_section: section.clone(),
            lock_set: vec!["@counter@x".to_owned()],
            position: 0,
            parent: None,
        };
        self.ask(1, ActionKind::SendEntityMessage(Box::new(lock)));
        let said = |wanted: &dyn Fn(&EntityEvent) -> bool| {
            self.events.iter().find_map(|event| match &event.kind {
                EventKind::Entity(event) if wanted(event) => Some(EntityEvent::clone(event)),
                _ => None,
            })
        };
        said(&|event| matches!(event, EntityEvent::LockGranted { .. }))?;
        let answer = said(&|event| matches!(event, EntityEvent::OperationCompleted { .. }));
        let call = EntityEvent::OperationCalled {
            request_id: "request".to_owned(),
            operation: "count".to_owned(),
            input: None,
            scheduled_at: None,
            parent: None,
            parent_execution: None,
            target: Some("@counter@x".to_owned()),
        };
        self.ask(2, ActionKind::SendEntityMessage(Box::new(call)));
        let EntityEvent::OperationCompleted { output, .. } = answer? else { return None };
        let unlock = EntityEvent::UnlockSent {
            critical_section: section,
            parent: None,
            target: Some("@counter@x".to_owned()),
        };
        self.ask(3, ActionKind::SendEntityMessage(Box::new(unlock)));
        self.done(4, output.as_deref().unwrap_or_default())
    }

    /// Fails when its activity does.
    fn flaky(&mut self) -> Option<()> {
        self.schedule(1, "Flaky", "flaky");
        match self.result(1)? {
            Ok(result) => self.done(2, &result),
            Err(why) => self.finish(2, RuntimeStatus::Failed, &why),
        }
    }
}
