//! The stored form, which every later version reads.

use std::collections::BTreeSet;

use super::{EventKind, HistoryEvent, samples};

const GOLDEN: &str = include_str!("../../../tests/golden/history_events.jsonl");

/// The variants' own names; a new one is a compile error here, and then wants its sample and its golden line.
fn name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::OrchestratorStarted => "OrchestratorStarted",
        EventKind::ExecutionStarted(_) => "ExecutionStarted",
        EventKind::ExecutionCompleted { .. } => "ExecutionCompleted",
        EventKind::ExecutionTerminated { .. } => "ExecutionTerminated",
        EventKind::ExecutionSuspended { .. } => "ExecutionSuspended",
        EventKind::ExecutionResumed { .. } => "ExecutionResumed",
        EventKind::TaskScheduled { .. } => "TaskScheduled",
        EventKind::TaskCompleted { .. } => "TaskCompleted",
        EventKind::TaskFailed { .. } => "TaskFailed",
        EventKind::SubOrchestrationCreated { .. } => "SubOrchestrationCreated",
        EventKind::SubOrchestrationCompleted { .. } => "SubOrchestrationCompleted",
        EventKind::SubOrchestrationFailed { .. } => "SubOrchestrationFailed",
        EventKind::TimerCreated { .. } => "TimerCreated",
        EventKind::TimerFired { .. } => "TimerFired",
        EventKind::EventSent { .. } => "EventSent",
        EventKind::EventRaised { .. } => "EventRaised",
        EventKind::ExecutionRewound { .. } => "ExecutionRewound",
        EventKind::Entity(_) => "Entity",
    }
}

const KINDS: usize = 18;

#[test]
fn every_line_ever_written_is_read() {
    let lines: Vec<&str> = GOLDEN.lines().collect();
    let samples = samples::all();
    assert_eq!(lines.len(), samples.len(), "one line for each sample");
    for (line, sample) in lines.iter().zip(&samples) {
        assert_eq!(&HistoryEvent::decode(line).unwrap(), sample, "{line}");
    }
}

#[test]
fn the_stored_form_is_that_of_the_golden_file() {
    let written: Vec<String> = samples::all().iter().map(|event| event.encode().unwrap()).collect();
    assert_eq!(GOLDEN.lines().collect::<Vec<_>>(), written);
}

#[test]
fn there_is_a_sample_of_every_kind() {
    let kinds: BTreeSet<&str> = samples::all().iter().map(|event| name(&event.kind)).collect();
    assert_eq!(kinds.len(), KINDS);
    for (event, line) in samples::all().iter().zip(GOLDEN.lines()) {
        assert!(line.contains(&format!("\"{}\"", name(&event.kind))), "{line}");
    }
}

#[test]
fn what_cannot_be_read_is_an_error() {
    for text in ["", "{}", "null", "{\"t\":\"2027-01-15T08:00:00Z\",\"k\":\"Unheard\"}", "\u{0}"] {
        HistoryEvent::decode(text).unwrap_err();
    }
    // Every line that is cut short, too.
    for line in GOLDEN.lines() {
        for end in (0..line.len()).filter(|end| line.is_char_boundary(*end)) {
            HistoryEvent::decode(&line[..end]).unwrap_err();
        }
    }
}

#[test]
fn fields_of_a_later_version_are_passed_over() {
    let text = r#"{"t":"2027-01-15T08:00:00Z","k":{"TimerCreated":{"fire_at":"2027-01-15T08:00:00Z","new":1}},"x":2}"#;
    let event = HistoryEvent::decode(text).unwrap();
    assert_eq!(name(&event.kind), "TimerCreated");
}

#[test]
fn an_event_weighs_its_payload() {
    for event in samples::all() {
        assert!(event.weight() >= super::EVENT_BYTES);
    }
    let raised = |text: &str| {
        let input = Some(text.into());
        let kind = EventKind::EventRaised { name: "e".to_owned(), input };
        HistoryEvent::new(samples::all()[0].timestamp, kind).weight()
    };
    assert_eq!(raised(&"x".repeat(1000)) - raised(""), 1000);
}

/// Bytes of all texts in a value, but for times.
fn texts(value: &serde_json::Value) -> usize {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) if chrono::DateTime::parse_from_rfc3339(text).is_ok() => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(texts).sum(),
        Value::Object(fields) => fields.values().map(texts).sum(),
    }
}

#[test]
fn every_text_of_an_event_has_its_weight() {
    let empty = HistoryEvent::new(chrono::DateTime::UNIX_EPOCH, EventKind::OrchestratorStarted);
    for event in samples::all() {
        let stored: serde_json::Value = serde_json::from_str(&event.encode().unwrap()).unwrap();
        // The names of kinds and statuses are no texts of anybody.
        let kind = &stored["k"];
        let own = if kind.is_string() { texts(kind) } else { 0 };
        let own = own + texts(&kind["ExecutionCompleted"]["status"]);
        let weight = event.weight() - empty.weight();
        assert!(weight >= texts(&stored) - own, "{weight} < {}: {event:?}", texts(&stored) - own);
    }
}
