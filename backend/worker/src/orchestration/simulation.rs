//! A server in a few lines: commits what a turn answers and plays the rest.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test names only what it looks for")]

use chrono::{DateTime, Duration, Utc};
use futures::FutureExt;
use serde::Serialize;
use serde_json::Value;
use taskhub_proto::history_event::EventType;
use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::send_entity_message_action::EntityMessageType as Message;
use taskhub_proto::{
    ActivityRequest, CompleteOrchestrationAction, EventRaisedEvent, EventSentEvent,
    ExecutionStartedEvent, HistoryEvent, OrchestrationInstance, OrchestrationStatus,
    OrchestratorAction, OrchestratorRequest, OrchestratorStartedEvent,
    SubOrchestrationInstanceCreatedEvent, TaskCompletedEvent, TaskFailedEvent, TaskScheduledEvent,
    TimerCreatedEvent, TimerFiredEvent,
};

use crate::registry::Registry;
use crate::{Builder, Failure, activity, time};

pub(crate) const INSTANCE: &str = "order-7";

pub(crate) struct Simulation {
    registry: Registry,
    pub(crate) past: Vec<HistoryEvent>,
    inbox: Vec<HistoryEvent>,
    pub(crate) now: DateTime<Utc>,
    generation: u32,
    name: String,
    pub(crate) custom_status: Option<Value>,
    /// Every custom status that differed from the one before.
    pub(crate) statuses: Vec<Value>,
    pub(crate) end: Option<CompleteOrchestrationAction>,
}

impl Simulation {
    /// An instance that waits for its first turn.
    pub(crate) fn new(builder: Builder, name: &str, input: impl Serialize) -> Self {
        let mut this = Self {
            registry: builder.into_registry(),
            past: Vec::new(),
            inbox: Vec::new(),
            now: "2026-03-01T09:00:00Z".parse().unwrap(),
            generation: 1,
            name: name.to_owned(),
            custom_status: None,
            statuses: Vec::new(),
            end: None,
        };
        this.begin(crate::payload::encode(&input).unwrap());
        this
    }

    fn begin(&mut self, input: Option<String>) {
        self.inbox.push(event(EventType::ExecutionStarted(ExecutionStartedEvent {
            name: self.name.clone(),
            input,
            orchestration_instance: Some(self.instance()),
            ..ExecutionStartedEvent::default()
        })));
    }

    fn instance(&self) -> OrchestrationInstance {
        let execution_id = Some(format!("{:032x}", self.generation));
        OrchestrationInstance { instance_id: INSTANCE.to_owned(), execution_id }
    }

    /// Runs one turn with `events` after what already waits, commits it and
    /// returns its actions.
    pub(crate) fn turn(
        &mut self,
        events: impl IntoIterator<Item = EventType>,
    ) -> Vec<OrchestratorAction> {
        let mut new = vec![event(EventType::OrchestratorStarted(OrchestratorStartedEvent {}))];
        new.append(&mut self.inbox);
        new.extend(events.into_iter().map(event));
        for event in &mut new {
            event.timestamp = Some(time::to_proto(self.now));
        }
        let request = OrchestratorRequest {
            instance_id: INSTANCE.to_owned(),
            execution_id: self.instance().execution_id,
            past_events: self.past.clone(),
            new_events: new.clone(),
            ..OrchestratorRequest::default()
        };
        let answer = super::run(&self.registry, request.clone(), "token".to_owned());
        let again = super::run(&self.registry, request, "token".to_owned());
        assert_eq!(answer, again, "the same events must give the same answer");

        self.past.append(&mut new);
        if let Some(text) = &answer.custom_status {
            let status: Value = serde_json::from_str(text).unwrap();
            if self.custom_status.as_ref() != Some(&status) {
                self.statuses.push(status.clone());
            }
            self.custom_status = Some(status);
        }
        for action in &answer.actions {
            self.commit(action);
        }
        answer.actions
    }

    fn commit(&mut self, action: &OrchestratorAction) {
        let confirmation = match action.orchestrator_action_type.clone().unwrap() {
            ActionType::ScheduleTask(a) => EventType::TaskScheduled(TaskScheduledEvent {
                name: a.name,
                input: a.input,
                ..TaskScheduledEvent::default()
            }),
            ActionType::CreateTimer(a) => {
                EventType::TimerCreated(TimerCreatedEvent { fire_at: a.fire_at })
            }
            ActionType::CreateSubOrchestration(a) => {
                EventType::SubOrchestrationInstanceCreated(SubOrchestrationInstanceCreatedEvent {
                    instance_id: a.instance_id,
                    name: a.name,
                    input: a.input,
                    ..SubOrchestrationInstanceCreatedEvent::default()
                })
            }
            ActionType::SendEvent(a) => EventType::EventSent(EventSentEvent {
                instance_id: a.instance.unwrap().instance_id,
                name: a.name,
                input: a.data,
            }),
            ActionType::SendEntityMessage(a) => match a.entity_message_type.unwrap() {
                Message::EntityOperationCalled(m) => EventType::EntityOperationCalled(m),
                Message::EntityOperationSignaled(m) => EventType::EntityOperationSignaled(m),
                Message::EntityLockRequested(m) => EventType::EntityLockRequested(m),
                Message::EntityUnlockSent(m) => EventType::EntityUnlockSent(m),
            },
            ActionType::CompleteOrchestration(a) => {
                if a.orchestration_status() == OrchestrationStatus::ContinuedAsNew {
                    self.past.clear();
                    self.generation += 1;
                    self.begin(a.result);
                    self.inbox.extend(a.carryover_events);
                } else {
                    self.end = Some(a);
                }
                return;
            }
            other => panic!("unexpected action {other:?}"),
        };
        let timestamp = Some(time::to_proto(self.now));
        let event_type = Some(confirmation);
        self.past.push(HistoryEvent { event_id: action.id, timestamp, event_type });
    }

    /// Plays the server: runs activities at once and moves the clock to the
    /// next timer, until the instance ends or only people can help.
    pub(crate) fn play(&mut self) {
        let mut events = Vec::new();
        for _ in 0..1000 {
            let actions = self.turn(std::mem::take(&mut events));
            for action in actions {
                if let Some(ActionType::ScheduleTask(task)) = action.orchestrator_action_type {
                    events.push(self.run_activity(action.id, task.name, task.input));
                }
            }
            if self.end.is_some() {
                return;
            }
            if events.is_empty() && self.inbox.is_empty() {
                let Some((timer_id, fire_at)) = self.next_timer() else { return };
                self.now = self.now.max(time::from_proto(&fire_at));
                events.push(EventType::TimerFired(TimerFiredEvent {
                    fire_at: Some(fire_at),
                    timer_id,
                }));
            }
        }
        panic!("no end in sight");
    }

    fn run_activity(&self, id: i32, name: String, input: Option<String>) -> EventType {
        let request = ActivityRequest {
            name,
            input,
            orchestration_instance: Some(self.instance()),
            task_id: id,
            ..ActivityRequest::default()
        };
        let outcome = activity::run(&self.registry, request).now_or_never();
        match outcome.expect("activities of tests do not wait") {
            Ok(result) => {
                EventType::TaskCompleted(TaskCompletedEvent { task_scheduled_id: id, result })
            }
            Err(failure) => EventType::TaskFailed(TaskFailedEvent {
                task_scheduled_id: id,
                failure_details: Some(failure.into()),
            }),
        }
    }

    fn next_timer(&self) -> Option<(i32, prost_types::Timestamp)> {
        let has_fired = |id| {
            self.past.iter().any(|event| {
                matches!(&event.event_type, Some(EventType::TimerFired(e)) if e.timer_id == id)
            })
        };
        let timers = self.past.iter().filter_map(|event| match &event.event_type {
            Some(EventType::TimerCreated(timer)) if !has_fired(event.event_id) => {
                Some((event.event_id, timer.fire_at.unwrap()))
            }
            _ => None,
        });
        timers.min_by_key(|(id, at)| (at.seconds, at.nanos, *id))
    }

    /// The request id, or critical section, under which action `id` asked an
    /// entity.
    pub(crate) fn request_id(&self, id: i32) -> String {
        let event = self.past.iter().find(|event| event.event_id == id).unwrap();
        match event.event_type.as_ref().unwrap() {
            EventType::EntityOperationCalled(call) => call.request_id.clone(),
            EventType::EntityLockRequested(lock) => lock.critical_section_id.clone(),
            other => panic!("not a request to an entity: {other:?}"),
        }
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.now += Duration::seconds(seconds);
    }

    pub(crate) fn status(&self) -> Option<OrchestrationStatus> {
        self.end.as_ref().map(|end| end.orchestration_status())
    }

    /// The result of an instance that completed.
    pub(crate) fn output(&self) -> Value {
        let end = self.end.as_ref().expect("the instance has not ended");
        assert_eq!(
            self.status(),
            Some(OrchestrationStatus::Completed),
            "{:?}",
            end.failure_details
        );
        serde_json::from_str(end.result.as_deref().unwrap_or("null")).unwrap()
    }

    /// The failure of an instance that failed.
    pub(crate) fn failure(&self) -> Failure {
        let end = self.end.clone().expect("the instance has not ended");
        assert_eq!(self.status(), Some(OrchestrationStatus::Failed), "{:?}", end.result);
        end.failure_details.unwrap().into()
    }
}

fn event(event_type: EventType) -> HistoryEvent {
    HistoryEvent { event_id: -1, timestamp: None, event_type: Some(event_type) }
}

pub(crate) fn completed(id: i32, result: impl Serialize) -> EventType {
    let result = crate::payload::encode(&result).unwrap();
    EventType::TaskCompleted(TaskCompletedEvent { task_scheduled_id: id, result })
}

pub(crate) fn failed(id: i32, failure: Failure) -> EventType {
    let failure_details = Some(failure.into());
    EventType::TaskFailed(TaskFailedEvent { task_scheduled_id: id, failure_details })
}

pub(crate) fn fired(timer_id: i32) -> EventType {
    EventType::TimerFired(TimerFiredEvent { fire_at: None, timer_id })
}

pub(crate) fn raised(name: &str, input: impl Serialize) -> EventType {
    let input = crate::payload::encode(&input).unwrap();
    EventType::EventRaised(EventRaisedEvent { name: name.to_owned(), input })
}

/// One line per action: its number and what it is.
pub(crate) fn lines(actions: &[OrchestratorAction]) -> Vec<String> {
    let line = |action: &OrchestratorAction| {
        let id = action.id;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match action.orchestrator_action_type.as_ref().unwrap() {
            ActionType::ScheduleTask(a) => format!("{id} task {} {}", a.name, text(&a.input)),
            ActionType::CreateTimer(a) => {
                let at = time::from_proto(&a.fire_at.unwrap());
                format!("{id} timer {}", at.format("%H:%M:%S"))
            }
            ActionType::CreateSubOrchestration(a) => {
                format!("{id} sub {} {} {}", a.name, a.instance_id, text(&a.input))
            }
            ActionType::SendEvent(a) => {
                let target = &a.instance.as_ref().unwrap().instance_id;
                format!("{id} send {} {} to {target}", a.name, text(&a.data))
            }
            ActionType::CompleteOrchestration(a) => {
                let failure = a.failure_details.clone().unwrap_or_default();
                let status = a.orchestration_status().as_str_name();
                let status = status.trim_start_matches("ORCHESTRATION_STATUS_").to_lowercase();
                format!("{id} {status} {}{}", text(&a.result), failure.error_type)
            }
            ActionType::SendEntityMessage(a) => {
                let target = |id: &Option<String>| id.clone().unwrap();
                match a.entity_message_type.as_ref().unwrap() {
                    Message::EntityOperationCalled(m) => {
                        let entity = target(&m.target_instance_id);
                        format!("{id} call {entity} {} {}", m.operation, text(&m.input))
                    }
                    Message::EntityOperationSignaled(m) => {
                        let entity = target(&m.target_instance_id);
                        format!("{id} signal {entity} {} {}", m.operation, text(&m.input))
                    }
                    Message::EntityLockRequested(m) => {
                        format!("{id} lock {}", m.lock_set.join(" "))
                    }
                    Message::EntityUnlockSent(m) => {
                        format!("{id} unlock {}", target(&m.target_instance_id))
                    }
                }
            }
            other => format!("{id} {other:?}"),
        }
    };
    actions.iter().map(|action| line(action).trim_end().to_owned()).collect()
}
