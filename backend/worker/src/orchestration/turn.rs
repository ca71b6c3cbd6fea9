//! One turn of one instance: history in, actions out.
//!
//! Rules: the code is polled after every event that may wake it, so it meets
//! events in the order of the history; whatever user code does, a turn ends with
//! an answer; the same events give the same answer.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::future::LocalBoxFuture;
use taskhub_proto::history_event::EventType;
use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::send_entity_message_action::EntityMessageType as Message;
use taskhub_proto::{
    ExecutionStartedEvent, HistoryEvent, OrchestratorAction, OrchestratorRequest,
    OrchestratorResponse, TaskFailureDetails,
};

use super::context::OrchestrationContext;
use super::ending::{Ending, completion, survives};
use super::mismatch::{Ask, Kind};
use super::state::State;
use super::wake::Flag;
use crate::registry::{Outcome, Registry};
use crate::{Failure, MismatchAction, time};

/// Refuses an instance whose version is for another worker.
pub(crate) fn accept(registry: &Registry, request: &OrchestratorRequest) -> Result<(), Failure> {
    if registry.versioning.on_mismatch == MismatchAction::Fail {
        return Ok(());
    }
    let mut events = request.past_events.iter().chain(&request.new_events);
    let version = events.find_map(|event| {
        let Some(EventType::ExecutionStarted(started)) = &event.event_type else { return None };
        Some(started.version.as_deref())
    });
    registry.versioning.check(version.flatten())
}

/// Replays the instance and answers with what it asks for now.
pub(crate) fn run(
    registry: &Registry,
    request: OrchestratorRequest,
    completion_token: String,
) -> OrchestratorResponse {
    let execution_id = request.execution_id.filter(|id| !id.is_empty());
    let mut state = State::new(request.instance_id.clone(), execution_id);
    state.default_version = registry.versioning.default_for_children().map(str::to_owned);
    let mut events = request.past_events.iter().chain(&request.new_events);
    state.is_rewound =
        events.any(|event| matches!(event.event_type, Some(EventType::ExecutionRewound(_))));
    let mut turn = Turn::new(registry, state);
    for event in request.past_events {
        turn.process(event);
    }
    turn.state.borrow_mut().is_replaying = false;
    for event in request.new_events {
        turn.process(event);
    }
    let (actions, custom_status) = turn.finish();
    OrchestratorResponse {
        instance_id: request.instance_id,
        actions,
        custom_status,
        completion_token,
        orchestration_trace_context: request.orchestration_trace_context,
        ..OrchestratorResponse::default()
    }
}

struct Turn<'a> {
    registry: &'a Registry,
    state: Rc<RefCell<State>>,
    code: Option<LocalBoxFuture<'static, Outcome>>,
    is_started: bool,
    flag: Arc<Flag>,
    waker: Waker,
    is_suspended: bool,
    /// Events that came while the instance was suspended.
    held_back: VecDeque<HistoryEvent>,
    ending: Option<Ending>,
}

impl<'a> Turn<'a> {
    fn new(registry: &'a Registry, state: State) -> Self {
        let (flag, waker) = Flag::new();
        Self {
            registry,
            state: Rc::new(RefCell::new(state)),
            code: None,
            is_started: false,
            flag,
            waker,
            is_suspended: false,
            held_back: VecDeque::new(),
            ending: None,
        }
    }

    fn process(&mut self, event: HistoryEvent) {
        if matches!(self.ending, Some(Ending::Broken(_) | Ending::Terminated(_))) {
            return;
        }
        if self.is_suspended && self.ending.is_none() && waits_for_resume(&event) {
            self.held_back.push_back(event);
            return;
        }
        if let Err(failure) = self.apply(event) {
            self.end(Ending::Broken(failure));
        }
    }

    fn apply(&mut self, event: HistoryEvent) -> Result<(), Failure> {
        let id = event.event_id;
        let Some(event_type) = event.event_type else { return Ok(()) };
        match event_type {
            EventType::OrchestratorStarted(_) => {
                let mut state = self.state.borrow_mut();
                state.begin_turn()?;
                if let Some(timestamp) = &event.timestamp {
                    state.now = time::from_proto(timestamp);
                }
            }
            EventType::ExecutionStarted(started) => self.start(started),
            EventType::TaskScheduled(e) => self.confirm(id, Kind::Activity, &e.name)?,
            EventType::TimerCreated(_) => self.confirm(id, Kind::Timer, "")?,
            EventType::SubOrchestrationInstanceCreated(e) => {
                self.confirm(id, Kind::SubOrchestration, &e.name)?;
            }
            EventType::EventSent(e) => self.confirm(id, Kind::SentEvent, &e.name)?,
            EventType::EntityOperationCalled(e) => {
                self.state.borrow_mut().confirm_call(id, &e);
                self.confirm_message(id, &Message::EntityOperationCalled(e))?;
            }
            EventType::EntityOperationSignaled(e) => {
                self.confirm_message(id, &Message::EntityOperationSignaled(e))?;
            }
            EventType::EntityLockRequested(e) => {
                self.state.borrow_mut().confirm_lock(id, &e);
                self.confirm_message(id, &Message::EntityLockRequested(e))?;
            }
            EventType::EntityUnlockSent(e) => {
                self.confirm_message(id, &Message::EntityUnlockSent(e))?;
            }
            EventType::EntityOperationCompleted(e) => {
                let found = "EntityOperationCompleted";
                self.answer(&e.request_id, Kind::EntityCall, found, Ok(e.output))?;
            }
            EventType::EntityOperationFailed(e) => {
                let outcome = Err(failure_of(e.failure_details));
                let found = "EntityOperationFailed";
                self.answer(&e.request_id, Kind::EntityCall, found, outcome)?;
            }
            EventType::EntityLockGranted(e) => {
                let found = "EntityLockGranted";
                self.answer(&e.critical_section_id, Kind::EntityLock, found, Ok(None))?;
            }
            EventType::TaskCompleted(e) => {
                self.close(e.task_scheduled_id, Kind::Activity, "TaskCompleted", Ok(e.result))?;
            }
            EventType::TaskFailed(e) => {
                let outcome = Err(failure_of(e.failure_details));
                self.close(e.task_scheduled_id, Kind::Activity, "TaskFailed", outcome)?;
            }
            EventType::SubOrchestrationInstanceCompleted(e) => {
                let found = "SubOrchestrationInstanceCompleted";
                self.close(e.task_scheduled_id, Kind::SubOrchestration, found, Ok(e.result))?;
            }
            EventType::SubOrchestrationInstanceFailed(e) => {
                let outcome = Err(failure_of(e.failure_details));
                let found = "SubOrchestrationInstanceFailed";
                self.close(e.task_scheduled_id, Kind::SubOrchestration, found, outcome)?;
            }
            EventType::TimerFired(e) => {
                self.close(e.timer_id, Kind::Timer, "TimerFired", Ok(None))?;
            }
            EventType::EventRaised(raised) => {
                let wakers = self.state.borrow_mut().mailbox.deliver(raised);
                wakers.into_iter().for_each(Waker::wake);
                self.poll();
            }
            EventType::ExecutionSuspended(_) => self.is_suspended = true,
            EventType::ExecutionResumed(_) => {
                self.is_suspended = false;
                for event in std::mem::take(&mut self.held_back) {
                    self.process(event);
                }
            }
            EventType::ExecutionTerminated(e) => {
                if !matches!(self.ending, Some(Ending::Returned(_))) {
                    self.end(Ending::Terminated(e.input));
                }
            }
            // They say nothing the code could ask for. A rewound history was
            // rewritten by the server and is replayed like any other.
            EventType::OrchestratorCompleted(_)
            | EventType::ExecutionCompleted(_)
            | EventType::ContinueAsNew(_)
            | EventType::GenericEvent(_)
            | EventType::HistoryState(_)
            | EventType::ExecutionRewound(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, started: ExecutionStartedEvent) {
        if std::mem::replace(&mut self.is_started, true) {
            tracing::warn!(name = %started.name, "ignored a second ExecutionStarted");
            return;
        }
        {
            let mut state = self.state.borrow_mut();
            state.name.clone_from(&started.name);
            state.version = started.version;
            state.trace = started.parent_trace_context;
            state.tags = started.tags;
            state.parent_instance_id = started
                .parent_instance
                .and_then(|parent| parent.orchestration_instance)
                .map(|instance| instance.instance_id);
            if state.execution_id.is_none() {
                state.execution_id =
                    started.orchestration_instance.and_then(|instance| instance.execution_id);
            }
        }
        let version = self.state.borrow().version.clone();
        if let Err(failure) = self.registry.versioning.check(version.as_deref()) {
            self.end(Ending::Returned(Err(failure)));
            return;
        }
        let Some(function) = self.registry.orchestrator(&started.name, version.as_deref()) else {
            let version = version.map(|v| format!(" of version {v:?}")).unwrap_or_default();
            let message = format!("this worker has no orchestrator {:?}{version}", started.name);
            let failure = Failure::new("OrchestratorNotFound", message).non_retriable();
            self.end(Ending::Returned(Err(failure)));
            return;
        };
        let context = OrchestrationContext::new(Rc::clone(&self.state));
        self.code = Some(function(context, started.input));
        self.poll();
    }

    fn confirm(&mut self, id: i32, kind: Kind, name: &str) -> Result<(), Failure> {
        self.state.borrow_mut().confirm(id, &Ask::new(kind, name))
    }

    fn confirm_message(&mut self, id: i32, message: &Message) -> Result<(), Failure> {
        self.state.borrow_mut().confirm(id, &Ask::of_message(message))
    }

    /// The end of an entity call or of a lock request, known by its request id.
    fn answer(
        &mut self,
        request_id: &str,
        kind: Kind,
        found: &str,
        outcome: Outcome,
    ) -> Result<(), Failure> {
        let id = self.state.borrow().requests.get(request_id).copied();
        let Some(id) = id else {
            tracing::debug!(request_id, found, "nothing was asked under this id");
            return Ok(());
        };
        self.close(id, kind, found, outcome)
    }

    fn close(&mut self, id: i32, kind: Kind, found: &str, outcome: Outcome) -> Result<(), Failure> {
        let mut state = self.state.borrow_mut();
        if kind == Kind::EntityLock {
            state.grant(id);
        }
        let slot = state.close(id, kind, found)?;
        drop(state);
        if let Some(slot) = slot {
            slot.resolve(outcome);
            self.poll();
        }
        Ok(())
    }

    /// Runs the code until it waits for something that did not happen yet.
    fn poll(&mut self) {
        let Some(code) = self.code.as_mut() else { return };
        let mut cx = Context::from_waker(&self.waker);
        let ending = loop {
            let poll = catch_unwind(AssertUnwindSafe(|| code.as_mut().poll(&mut cx)));
            let mut state = self.state.borrow_mut();
            if let Some(failure) = state.misuse.take() {
                break Ending::Returned(Err(failure));
            }
            match poll {
                Err(payload) => break Ending::Returned(Err(Failure::of_panic(&*payload))),
                Ok(Poll::Ready(Err(failure))) => break Ending::Returned(Err(failure)),
                Ok(Poll::Ready(Ok(output))) => {
                    break match state.continue_as_new.take() {
                        Some(input) => Ending::ContinuedAsNew(input),
                        None => Ending::Returned(Ok(output)),
                    };
                }
                Ok(Poll::Pending) => {
                    if let Some(input) = state.continue_as_new.take() {
                        break Ending::ContinuedAsNew(input);
                    }
                    if !self.flag.take() {
                        return;
                    }
                }
            }
        };
        self.end(ending);
    }

    fn end(&mut self, ending: Ending) {
        self.ending = Some(ending);
        self.drop_code();
    }

    /// Destructors are user code too; those of tasks give back events they hold.
    fn drop_code(&mut self) {
        let code = self.code.take();
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(code)));
        if dropped.is_err() {
            tracing::warn!("the orchestrator panicked while it was dropped");
        }
    }

    fn finish(mut self) -> (Vec<OrchestratorAction>, Option<String>) {
        if !self.is_started && self.ending.is_none() && !self.is_suspended {
            let message = "the history has no ExecutionStarted event";
            let failure = Failure::new("OrchestrationStateError", message).non_retriable();
            self.end(Ending::Broken(failure));
        }
        if self.code.is_some() && !self.is_suspended && !self.state.borrow().can_be_woken() {
            let message = "the orchestrator awaits something that is not a durable task, so \
                           nothing can ever wake it; await only what its context gives";
            let failure = Failure::new("NotDurableError", message).non_retriable();
            self.end(Ending::Returned(Err(failure)));
        }
        let ending = self.ending.take();
        self.state.borrow_mut().is_closed = ending.is_none();
        self.drop_code();
        let mut state = self.state.borrow_mut();
        if ending.is_some() {
            state.leave_all();
        }
        let custom_status = state.custom_status.take();
        let completion_id = state.next_id();
        let mut actions: Vec<OrchestratorAction> = state
            .take_pending()
            .into_iter()
            .filter(|(_, action)| survives(action, ending.as_ref()))
            .map(|(id, action)| OrchestratorAction { id, orchestrator_action_type: Some(action) })
            .collect();
        if let Some(ending) = ending {
            let completion = completion(ending, &mut state);
            actions.push(OrchestratorAction {
                id: completion_id,
                orchestrator_action_type: Some(ActionType::CompleteOrchestration(completion)),
            });
        }
        (actions, custom_status)
    }
}

/// What confirms an action is a fact about the past and never waits.
fn waits_for_resume(event: &HistoryEvent) -> bool {
    !matches!(
        event.event_type,
        None | Some(
            EventType::ExecutionResumed(_)
                | EventType::ExecutionSuspended(_)
                | EventType::ExecutionTerminated(_)
                | EventType::TaskScheduled(_)
                | EventType::TimerCreated(_)
                | EventType::SubOrchestrationInstanceCreated(_)
                | EventType::EventSent(_)
                | EventType::EntityOperationCalled(_)
                | EventType::EntityOperationSignaled(_)
                | EventType::EntityLockRequested(_)
                | EventType::EntityUnlockSent(_)
        )
    )
}

fn failure_of(details: Option<TaskFailureDetails>) -> Failure {
    details.map_or_else(|| Failure::new("Error", "failed without details"), Failure::from)
}
