//! The only door through which an orchestrator may reach the world.
//!
//! Knows what may be asked for, does not know whether it is asked for the first
//! time or replayed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::{
    CreateSubOrchestrationAction, CreateTimerAction, OrchestrationInstance, ScheduleTaskAction,
    SendEventAction,
};
use uuid::Uuid;

use super::option::{ActivityOptions, SubOrchestratorOptions};
use super::state::{GUID_NAMESPACE, State};
use super::task::{Arrival, ContinueAsNew, End, Task, Timer, read};
use crate::failure::TaskError;
use crate::{Attempt, Failure, RetryPolicy, payload, time};

/// What an orchestrator is given: calls, timers, events, and facts that are the
/// same on every replay.
///
/// It is cheap to clone and cannot leave the orchestrator's thread, so code that
/// would escape the replay does not compile.
#[derive(Debug, Clone)]
pub struct OrchestrationContext {
    pub(super) state: Rc<RefCell<State>>,
}

impl OrchestrationContext {
    pub(super) fn new(state: Rc<RefCell<State>>) -> Self {
        Self { state }
    }

    /// Id of this instance.
    #[must_use]
    pub fn instance_id(&self) -> String {
        self.state.borrow().instance_id.clone()
    }

    /// Id of this generation; it changes with every continue-as-new.
    #[must_use]
    pub fn execution_id(&self) -> Option<String> {
        self.state.borrow().execution_id.clone()
    }

    /// Name this orchestrator was started by.
    #[must_use]
    pub fn name(&self) -> String {
        self.state.borrow().name.clone()
    }

    /// Version this instance was started with.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        self.state.borrow().version.clone()
    }

    /// Instance that called this one as a sub-orchestration.
    #[must_use]
    pub fn parent_instance_id(&self) -> Option<String> {
        self.state.borrow().parent_instance_id.clone()
    }

    /// Tags this instance was started with.
    #[must_use]
    pub fn tags(&self) -> HashMap<String, String> {
        self.state.borrow().tags.clone()
    }

    /// W3C `traceparent` of whoever started this instance; calls pass it on.
    #[must_use]
    pub fn trace_parent(&self) -> Option<String> {
        self.state.borrow().trace.as_ref().map(|trace| trace.trace_parent.clone())
    }

    /// The time of the event being replayed, the only clock that may be used.
    #[must_use]
    pub fn current_time(&self) -> DateTime<Utc> {
        self.state.borrow().now
    }

    /// Whether this code has run before up to here; use it to log once only.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        self.state.borrow().is_replaying
    }

    /// A UUID (version 5) that is new, and the same on every replay until the
    /// instance is rewound, which gives it another execution id.
    #[must_use]
    pub fn new_guid(&self) -> Uuid {
        let mut state = self.state.borrow_mut();
        let number = state.n_guids;
        state.n_guids = number.wrapping_add(1);
        let now = state.now.to_rfc3339_opts(SecondsFormat::Nanos, true);
        // Two generations may start at the same instant.
        let execution_id = state.execution_id.as_deref().unwrap_or_default();
        let name = format!("{}_{execution_id}_{now}_{number}", state.instance_id);
        Uuid::new_v5(&GUID_NAMESPACE, name.as_bytes())
    }

    /// Calls an activity.
    pub fn call_activity<Out: DeserializeOwned + 'static>(
        &self,
        name: impl Into<String>,
        input: impl Serialize,
    ) -> Task<Out> {
        self.call_activity_with(name, input, ActivityOptions::default())
    }

    /// Calls an activity with a retry policy or other options.
    pub fn call_activity_with<Out: DeserializeOwned + 'static>(
        &self,
        name: impl Into<String>,
        input: impl Serialize,
        options: impl Into<ActivityOptions>,
    ) -> Task<Out> {
        let name = name.into();
        let options = options.into();
        let input = match write(|| format!("input of activity {name:?}"), &input) {
            Ok(input) => input,
            Err(error) => return Task::new(async { Err(error) }),
        };
        let context = self.clone();
        let ask = move || {
            let action = ScheduleTaskAction {
                name: name.clone(),
                version: options.version.clone().or_else(|| context.version()),
                input: input.clone(),
                tags: options.tags.clone(),
                parent_trace_context: context.state.borrow().trace.clone(),
            };
            let (id, slot) = context.state.borrow_mut().open(ActionType::ScheduleTask(action));
            let name = name.clone();
            async move {
                match End(slot).await {
                    Ok(output) => {
                        read(|| format!("result of activity {name:?}"), output.as_deref())
                    }
                    Err(failure) => {
                        Err(TaskError::Activity { name, id, failure: Box::new(failure) })
                    }
                }
            }
        };
        self.with_retry(ask, options.retry)
    }

    /// Calls an orchestrator as a sub-orchestration.
    pub fn call_sub_orchestrator<Out: DeserializeOwned + 'static>(
        &self,
        name: impl Into<String>,
        input: impl Serialize,
    ) -> Task<Out> {
        self.call_sub_orchestrator_with(name, input, SubOrchestratorOptions::default())
    }

    /// Calls an orchestrator with an instance id, a retry policy or other options.
    pub fn call_sub_orchestrator_with<Out: DeserializeOwned + 'static>(
        &self,
        name: impl Into<String>,
        input: impl Serialize,
        options: impl Into<SubOrchestratorOptions>,
    ) -> Task<Out> {
        let name = name.into();
        let options = options.into();
        let input = match write(|| format!("input of sub-orchestration {name:?}"), &input) {
            Ok(input) => input,
            Err(error) => return Task::new(async { Err(error) }),
        };
        if let Some(reason) = self.state.borrow_mut().sections.refuses_child() {
            let what = format!("call sub-orchestration {name:?}");
            let reason = reason.to_owned();
            return Task::new(async { Err(TaskError::Refused { what, reason }) });
        }
        let context = self.clone();
        let version = options.version.or_else(|| self.state.borrow().default_version.clone());
        let instance_id = options.instance_id.unwrap_or_else(|| {
            let state = self.state.borrow();
            let prefix = state.execution_id.as_deref().unwrap_or(&state.instance_id);
            format!("{prefix}:{:04x}", state.next_id())
        });
        let ask = move || {
            let action = CreateSubOrchestrationAction {
                instance_id: instance_id.clone(),
                name: name.clone(),
                version: version.clone(),
                input: input.clone(),
                parent_trace_context: context.state.borrow().trace.clone(),
                tags: options.tags.clone(),
            };
            let action = ActionType::CreateSubOrchestration(action);
            let (id, slot) = context.state.borrow_mut().open(action);
            let (name, instance_id) = (name.clone(), instance_id.clone());
            async move {
                match End(slot).await {
                    Ok(output) => {
                        read(|| format!("result of sub-orchestration {name:?}"), output.as_deref())
                    }
                    Err(failure) => Err(TaskError::SubOrchestration {
                        name,
                        instance_id,
                        id,
                        failure: Box::new(failure),
                    }),
                }
            }
        };
        self.with_retry(ask, options.retry)
    }

    /// A durable timer that fires after `delay`.
    pub fn create_timer(&self, delay: Duration) -> Timer {
        self.timer_at(time::after(self.current_time(), delay))
    }

    /// A durable timer that fires at `fire_at`, at once when that is past.
    pub fn timer_at(&self, fire_at: DateTime<Utc>) -> Timer {
        let action = CreateTimerAction { fire_at: Some(time::to_proto(fire_at)) };
        let (_, slot) = self.state.borrow_mut().open(ActionType::CreateTimer(action));
        Timer(End(slot))
    }

    /// Waits for an external event; its name is compared without regard to case.
    ///
    /// Events that come before they are waited for are kept, in order.
    pub fn wait_for_event<T: DeserializeOwned + 'static>(
        &self,
        name: impl Into<String>,
    ) -> Task<T> {
        let name = name.into();
        let wait = self.state.borrow_mut().mailbox.wait(&name);
        let arrival = Arrival { state: Rc::clone(&self.state), wait };
        Task::new(async move {
            let input = arrival.await;
            read(|| format!("external event {name:?}"), input.as_deref())
        })
    }

    /// Raises an external event on another instance; one that does not exist or
    /// has ended gets nothing, and nobody is told.
    pub fn send_event(
        &self,
        instance_id: impl Into<String>,
        name: impl Into<String>,
        payload: impl Serialize,
    ) {
        let name = name.into();
        let Some(data) = self.write_or_fail(|| format!("payload of event {name:?}"), &payload)
        else {
            return;
        };
        let instance =
            OrchestrationInstance { instance_id: instance_id.into(), execution_id: None };
        let action = SendEventAction { instance: Some(instance), name, data };
        self.state.borrow_mut().ask(ActionType::SendEvent(action));
    }

    /// Sets the custom status, shown by consoles and returned by queries.
    pub fn set_custom_status(&self, status: impl Serialize) {
        match serde_json::to_string(&status) {
            Ok(text) => self.state.borrow_mut().custom_status = Some(text),
            Err(error) => self.fail_for("custom status", &error.to_string()),
        }
    }

    /// Ends this generation and starts the next one with `input` and an empty
    /// history, under the same instance id.
    ///
    /// External events nobody took yet are carried over. Return what awaiting it
    /// gives, whatever the type: nothing after it runs.
    pub fn continue_as_new<T>(&self, input: impl Serialize) -> ContinueAsNew<T> {
        if let Some(input) = self.write_or_fail(|| "input of continue-as-new".to_owned(), &input) {
            self.state.borrow_mut().continue_as_new = Some(input);
        }
        ContinueAsNew { state: Rc::clone(&self.state), result: PhantomData }
    }

    /// Asks at once, and again after a durable delay as long as `retry` says so.
    fn with_retry<Out, Fut>(
        &self,
        ask: impl Fn() -> Fut + 'static,
        retry: Option<RetryPolicy>,
    ) -> Task<Out>
    where
        Out: DeserializeOwned + 'static,
        Fut: Future<Output = Result<Out, TaskError>> + 'static,
    {
        let start = self.current_time();
        let first = ask();
        let Some(retry) = retry else { return Task::new(first) };
        let context = self.clone();
        Task::new(async move {
            let mut result = first.await;
            let mut number: u32 = 1;
            loop {
                let Err(error) = result else { return result };
                let elapsed = (context.current_time() - start).to_std().unwrap_or_default();
                let delay = error
                    .failure()
                    .and_then(|failure| retry.delay_after(&Attempt { number, elapsed, failure }));
                let Some(delay) = delay else { return Err(error) };
                context.create_timer(delay).await;
                number = number.saturating_add(1);
                result = ask().await;
            }
        })
    }

    pub(super) fn write_or_fail(
        &self,
        what: impl FnOnce() -> String,
        value: &impl Serialize,
    ) -> Option<Option<String>> {
        match payload::encode(value) {
            Ok(text) => Some(text),
            Err(error) => {
                self.fail_for(&what(), &error.to_string());
                None
            }
        }
    }

    /// Fails the instance for a payload that cannot be written.
    fn fail_for(&self, what: &str, reason: &str) {
        let failure = Failure::new("InvalidOutputError", format!("{what}: {reason}"));
        self.state.borrow_mut().misuse.get_or_insert(failure.non_retriable());
    }
}

pub(super) fn write(
    what: impl FnOnce() -> String,
    value: &impl Serialize,
) -> Result<Option<String>, TaskError> {
    payload::encode(value)
        .map_err(|error| TaskError::Payload { what: what(), reason: error.to_string() })
}
