//! What each condition means.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use taskhub_shared::{
    failure::FailureDetails,
    query::{Condition, Expr, Is, Pattern, PayloadField, Query, TimeField, Wait, WaitKind},
    status::RuntimeStatus,
};

use super::{Selection, Serving, json};
use crate::store::model::{InstanceRecord, Payloads};

/// What is outstanding of an instance, as far as queries ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outstanding {
    /// Whether it has messages that no turn has consumed.
    pub messages: bool,
    /// Names of its activities without a result.
    pub activities: Vec<String>,
    /// Names of the sub-orchestrations of its generation that have not ended.
    pub children: Vec<String>,
    /// When its timers are due, with whether its code set them.
    pub timers: Vec<(DateTime<Utc>, bool)>,
}

impl Selection {
    /// Whether the instance matches; its record has its payloads.
    #[must_use]
    pub fn fits(&self, record: &InstanceRecord, outstanding: &Outstanding) -> bool {
        let fits = |condition: &Condition| self.term(condition, record, outstanding);
        record.entity.is_none() && self.query.expr.as_ref().is_none_or(|expr| all(expr, &fits))
    }

    fn term(&self, condition: &Condition, record: &InstanceRecord, open: &Outstanding) -> bool {
        let now = self.now;
        match condition {
            Condition::Status(wanted) => wanted.contains(&record.status),
            Condition::Name(patterns) => any(patterns, &record.name),
            Condition::Id(patterns) => any(patterns, &record.instance_id),
            Condition::Parent(patterns) => {
                record.parent.as_ref().is_some_and(|parent| any(patterns, &parent.instance_id))
            }
            Condition::Version(patterns) => {
                any(patterns, record.version.as_deref().unwrap_or_default())
            }
            Condition::Word(pattern) => {
                pattern.matches(&record.name) || pattern.matches(&record.instance_id)
            }
            Condition::Error(patterns) => {
                record.payloads.failure.as_ref().is_some_and(|failure| failed(patterns, failure))
            }
            Condition::Tag { key, values } => {
                record.tags.iter().any(|(k, v)| tagged(key.as_deref(), values, k, v))
            }
            Condition::Is(wanted) => wanted.iter().any(|is| match is {
                Is::Root => record.parent.is_none(),
                Is::Child => record.parent.is_some(),
                Is::Active => !record.status.is_terminal(),
                Is::Ended => record.status.is_terminal(),
                Is::Stuck => stuck(&self.serving, record, open, now),
            }),
            Condition::Wait(wanted) => wanted.iter().any(|wait| waits(wait, record, open, now)),
            Condition::Time { field, order, when } => {
                let at = match field {
                    TimeField::Created => Some(record.created_at),
                    TimeField::Updated => Some(record.updated_at),
                    TimeField::Completed => record.completed_at,
                };
                let when = when.at(now).timestamp_micros();
                at.is_some_and(|at| order.holds(at.timestamp_micros().cmp(&when)))
            }
            Condition::Duration { order, millis } => {
                let end = record.completed_at.unwrap_or(now).timestamp_micros();
                let length = end.saturating_sub(record.created_at.timestamp_micros());
                order.holds(length.cmp(&millis.saturating_mul(1000)))
            }
            Condition::Text { payload, .. } | Condition::Json { payload, .. } => {
                payload_text(*payload, &record.payloads)
                    .is_some_and(|text| in_text(condition, text))
            }
        }
    }
}

/// Whether the text of a column fits a condition on it: a payload, the failure or the tags as they are stored, or any
/// text for conditions whose patterns apply to it.
#[must_use]
pub fn in_text(condition: &Condition, text: &str) -> bool {
    match condition {
        Condition::Name(patterns)
        | Condition::Id(patterns)
        | Condition::Parent(patterns)
        | Condition::Version(patterns) => any(patterns, text),
        Condition::Word(pattern) => pattern.matches(text),
        Condition::Text { values, .. } => {
            let text = text.to_lowercase();
            values.iter().any(|pattern| pattern.lowercase().matches(&text))
        }
        Condition::Json { path, test, .. } => json::passes(text, path, test),
        Condition::Error(patterns) => serde_json::from_str(text)
            .is_ok_and(|failure: FailureDetails| failed(patterns, &failure)),
        Condition::Tag { key, values } => {
            #[derive(Deserialize)]
            struct Tags {
                #[serde(default)]
                tags: std::collections::BTreeMap<String, String>,
            }
            let fits = |(k, v): (&String, &String)| tagged(key.as_deref(), values, k, v);
            serde_json::from_str(text).is_ok_and(|row: Tags| row.tags.iter().any(fits))
        }
        Condition::Status(_)
        | Condition::Is(_)
        | Condition::Wait(_)
        | Condition::Time { .. }
        | Condition::Duration { .. } => false,
    }
}

fn failed(patterns: &[Pattern], failure: &FailureDetails) -> bool {
    let lower: Vec<Pattern> = patterns.iter().map(Pattern::lowercase).collect();
    failure.chain().any(|cause| any(&lower, &cause.error_message.to_lowercase()))
}

fn tagged(key: Option<&str>, values: &[Pattern], has_key: &str, has_value: &str) -> bool {
    match key {
        Some(key) => key == has_key && any(values, has_value),
        None => any(values, has_key) || any(values, has_value),
    }
}

fn any(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.matches(text))
}

fn payload_text(field: PayloadField, payloads: &Payloads) -> Option<&str> {
    match field {
        PayloadField::Input => payloads.input.as_deref(),
        PayloadField::Output => payloads.output.as_deref(),
        PayloadField::Custom => payloads.custom_status.as_deref(),
    }
}

/// Whether it is held back until its scheduled start.
fn before_start(record: &InstanceRecord, now: DateTime<Utc>) -> bool {
    record.status == RuntimeStatus::Pending && record.scheduled_start_at.is_some_and(|at| at > now)
}

/// Whether it can go on: it has not ended and nobody holds it.
fn goes_on(record: &InstanceRecord, now: DateTime<Utc>) -> bool {
    !record.status.is_terminal()
        && record.status != RuntimeStatus::Suspended
        && !before_start(record, now)
}

/// Whether its turn is due, or with a worker.
fn turn_is_due(record: &InstanceRecord, open: &Outstanding, now: DateTime<Utc>) -> bool {
    record.status == RuntimeStatus::Pending
        || open.messages
        || open.timers.iter().any(|(due, _)| *due <= now)
}

fn waits(wait: &Wait, record: &InstanceRecord, open: &Outstanding, now: DateTime<Utc>) -> bool {
    let goes_on = goes_on(record, now);
    let due = || turn_is_due(record, open, now);
    match wait {
        Wait::Kind(WaitKind::Resume) => record.status == RuntimeStatus::Suspended,
        Wait::Kind(WaitKind::Start) => before_start(record, now),
        Wait::Kind(WaitKind::Worker) => goes_on && due(),
        Wait::Kind(WaitKind::Activity) => goes_on && !open.activities.is_empty(),
        Wait::Kind(WaitKind::Child) => goes_on && !open.children.is_empty(),
        Wait::Kind(WaitKind::Timer) => {
            goes_on && open.timers.iter().any(|(at, by_code)| *by_code && *at > now)
        }
        Wait::Kind(WaitKind::Event) => {
            goes_on && open.activities.is_empty() && open.children.is_empty() && !due()
        }
        Wait::Name(pattern) => {
            let named = |name: &String| pattern.matches(name);
            goes_on
                && (open.activities.iter().chain(&open.children).any(named)
                    || (named(&record.name) && due()))
        }
    }
}

fn stuck(
    serving: &Serving,
    record: &InstanceRecord,
    open: &Outstanding,
    now: DateTime<Utc>,
) -> bool {
    let working = matches!(record.status, RuntimeStatus::Pending | RuntimeStatus::Running);
    let unserved = |names: &Option<std::collections::BTreeSet<String>>, name: &String| {
        names.as_ref().is_some_and(|names| !names.contains(name))
    };
    working
        && goes_on(record, now)
        && (serving.held_up.contains(&record.num)
            || (turn_is_due(record, open, now) && unserved(&serving.orchestrations, &record.name))
            || open.activities.iter().any(|name| unserved(&serving.activities, name)))
}

/// Whether the conditions hold as they are joined.
fn all(expr: &Expr, fits: &impl Fn(&Condition) -> bool) -> bool {
    match expr {
        Expr::All(parts) => parts.iter().all(|part| all(part, fits)),
        Expr::Any(parts) => parts.iter().any(|part| all(part, fits)),
        Expr::Not(inner) => !all(inner, fits),
        Expr::Term(term) => fits(&term.condition),
    }
}

/// The one condition of a query that is one condition; how a condition crosses into a function of a database.
#[must_use]
pub fn single(query: Query) -> Option<Condition> {
    match query.expr {
        Some(Expr::Term(term)) => Some(term.condition),
        Some(Expr::All(_) | Expr::Any(_) | Expr::Not(_)) | None => None,
    }
}
