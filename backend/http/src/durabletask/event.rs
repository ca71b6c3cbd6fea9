//! One object of `historyEvents`.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::{RawValue, to_raw_value};

use taskhub_hub::engine::history_event::TraceContext;
use taskhub_shared::failure::FailureDetails;

/// Keys and values in the order in which they are written.
#[derive(Debug)]
pub(super) struct Row(Vec<(&'static str, Box<RawValue>)>);

impl Row {
    pub(super) fn new(event_type: &str, timestamp: &str) -> Self {
        let mut row = Self(Vec::new());
        row.put("EventType", event_type);
        row.put("Timestamp", timestamp);
        row
    }

    /// Adds a key; what cannot be written as JSON is left out, which no type of the engine brings about.
    pub(super) fn put<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) {
        if let Ok(value) = to_raw_value(value) {
            self.0.push((key, value));
        }
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// A failure in the original's spelling.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Failure<'a> {
    error_type: &'a str,
    error_message: &'a str,
    stack_trace: Option<&'a str>,
    inner_failure: Option<Box<Failure<'a>>>,
    is_non_retriable: bool,
    properties: &'a serde_json::Map<String, serde_json::Value>,
}

impl<'a> From<&'a FailureDetails> for Failure<'a> {
    fn from(outermost: &'a FailureDetails) -> Self {
        let one = |failure: &'a FailureDetails, inner_failure| Self {
            error_type: &failure.error_type,
            error_message: &failure.error_message,
            stack_trace: failure.stack_trace.as_deref(),
            inner_failure,
            is_non_retriable: failure.is_non_retriable,
            properties: &failure.properties,
        };
        let mut causes: Vec<&FailureDetails> = outermost.chain().skip(1).collect();
        let mut inner = None;
        while let Some(cause) = causes.pop() {
            inner = Some(Box::new(one(cause, inner)));
        }
        one(outermost, inner)
    }
}

/// A trace context in the original's spelling.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Trace<'a> {
    trace_parent: &'a str,
    trace_state: Option<&'a str>,
}

impl<'a> From<&'a TraceContext> for Trace<'a> {
    fn from(trace: &'a TraceContext) -> Self {
        Self { trace_parent: &trace.trace_parent, trace_state: trace.trace_state.as_deref() }
    }
}
