//! What the history is narrowed to: words, kinds of events, and what must not be there.
//!
//! `charge -type:TaskScheduled` keeps events that hold "charge" in any case and are no `TaskScheduled`. `NOT` before
//! a condition does what `-` does; quotes keep blanks together. Everything must hold.

use taskhub_shared::{
    failure::FailureDetails,
    history::{EventKind, HistoryEvent},
};

/// Conditions that must all hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Vec<Condition>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    negated: bool,
    field: Field,
    /// In lower case.
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Any,
    Type,
    Name,
}

impl Filter {
    /// Reads a filter. Every text has a meaning.
    pub fn read(text: &str) -> Self {
        let mut conditions = Vec::new();
        let mut negated = false;
        for word in words(text) {
            if word == "NOT" {
                negated = true;
                continue;
            }
            let bare = word.strip_prefix('-').filter(|rest| !rest.is_empty());
            let negated = std::mem::take(&mut negated) != bare.is_some();
            let word = bare.unwrap_or(&word);
            let (field, value) = match word.split_once(':') {
                Some(("type", value)) => (Field::Type, value),
                Some(("name", value)) => (Field::Name, value),
                _ => (Field::Any, word),
            };
            let text = value.replace('"', "").to_lowercase();
            if !text.is_empty() {
                conditions.push(Condition { negated, field, text });
            }
        }
        Self(conditions)
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an event passes. `name` is that of the activity or sub-orchestration which the event is about.
    pub fn passes(&self, event: &HistoryEvent, name: &str) -> bool {
        self.0.iter().all(|condition| {
            let text = condition.text.as_str();
            let kind = || holds(event.kind.name(), text);
            let named = || holds(name, text);
            let found = match condition.field {
                Field::Type => kind(),
                Field::Name => named(),
                Field::Any => {
                    kind() || named() || texts(&event.kind, &mut |part| holds(part, text))
                }
            };
            found != condition.negated
        })
    }
}

/// Splits at blanks outside quotes; the quotes stay.
fn words(text: &str) -> Vec<String> {
    let mut quoted = false;
    let parts = text.split(|c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    });
    parts.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether text holds another one, which is in lower case, in any case.
fn holds(text: &str, wanted: &str) -> bool {
    if !wanted.is_ascii() {
        return text.to_lowercase().contains(wanted);
    }
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    text.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted))
}

/// Asks about each text of an event until one is found.
fn texts(kind: &EventKind, found: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut payload = |text: &Option<String>| text.as_deref().is_some_and(&mut *found);
    match kind {
        EventKind::ExecutionStarted { input, parent_instance_id, .. } => {
            payload(input) || payload(parent_instance_id)
        }
        EventKind::ExecutionCompleted { result, failure, .. } => {
            payload(result) || failed(failure.as_ref(), found)
        }
        EventKind::ExecutionTerminated { reason, .. }
        | EventKind::ExecutionSuspended { reason }
        | EventKind::ExecutionResumed { reason }
        | EventKind::ExecutionRewound { reason } => payload(reason),
        EventKind::TaskScheduled { input, .. } | EventKind::EventRaised { input, .. } => {
            payload(input)
        }
        EventKind::TaskCompleted { result, .. }
        | EventKind::SubOrchestrationInstanceCompleted { result, .. }
        | EventKind::EntityOperationCompleted { result, .. } => payload(result),
        EventKind::TaskFailed { failure, .. }
        | EventKind::SubOrchestrationInstanceFailed { failure, .. }
        | EventKind::EntityOperationFailed { failure, .. } => failed(failure.as_ref(), found),
        EventKind::SubOrchestrationInstanceCreated { instance_id, input, .. }
        | EventKind::EventSent { instance_id, input, .. }
        | EventKind::EntityOperationSignaled { instance_id, input, .. }
        | EventKind::EntityOperationCalled { instance_id, input, .. } => {
            payload(input) || found(instance_id)
        }
        EventKind::Other { name, data } => payload(data) || found(name),
        EventKind::OrchestratorStarted
        | EventKind::TimerCreated { .. }
        | EventKind::TimerFired { .. }
        | EventKind::EntityLockRequested { .. }
        | EventKind::EntityLockGranted { .. }
        | EventKind::EntityUnlockSent { .. } => false,
    }
}

fn failed(failure: Option<&FailureDetails>, found: &mut dyn FnMut(&str) -> bool) -> bool {
    failure.is_some_and(|failure| {
        failure.chain().any(|link| found(&link.error_type) || found(&link.error_message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::instance::{history::facts, outline::tests::Script};

    fn passing(text: &str) -> Vec<u64> {
        let mut script = Script::started("Order");
        script.task(1, 0, "ChargeCard").turn(2).failed(2, 0).raised(3, "Approval é");
        let filter = Filter::read(text);
        let outline = script.outline();
        let name = |event| facts::name(&script.0, &outline, event);
        let passing = script.0.iter().filter(|event| filter.passes(event, name(event)));
        passing.map(|event| event.seq).collect()
    }

    #[test]
    fn words_kinds_and_what_must_not_be() {
        assert_eq!(passing("").len(), 6);
        assert_eq!(passing("chargecard"), [3, 5]);
        assert_eq!(passing("chargecard -type:scheduled"), [5]);
        assert_eq!(passing("chargecard NOT type:TaskScheduled"), [5]);
        assert_eq!(passing("-orchestratorstarted -type:Execution"), [3, 5, 6]);
        assert_eq!(passing("name:\"approval É\""), [6]);
        assert_eq!(passing("type:task"), [3, 5]);
        assert_eq!(passing("NOT -chargecard"), [3, 5]);
        // A message of a failure.
        assert_eq!(passing("\"no\" type:failed"), [5]);
        assert_eq!(passing("nothing of it"), Vec::<u64>::new());
    }

    #[test]
    fn an_unfinished_filter_narrows_nothing() {
        for text in ["-", "NOT", "type:", "\"", "  "] {
            let filter = Filter::read(text);
            assert!(filter.is_empty() || text == "-", "{text:?}: {filter:?}");
        }
    }
}
