//! A query as SQL over `instances i`: text with numbered parameters, and their values. Nothing of a query is ever part
//! of the text.

use rusqlite::types::Value;
use taskhub_hub::store::select::Selection;
use taskhub_shared::{
    query::{Condition, Expr, Is, Pattern, PayloadField, Query, TimeField, Wait, WaitKind},
    status::RuntimeStatus,
};

use super::function::{DUE, FITS};
use crate::sqlite::read::after_prefix;

/// Values of a statement's parameters.
#[derive(Debug, Default)]
pub(super) struct Values(pub(super) Vec<Value>);

impl Values {
    /// Adds a value; how the SQL names it.
    pub(super) fn add(&mut self, value: impl Into<Value>) -> String {
        self.0.push(value.into());
        format!("?{}", self.0.len())
    }
}

/// What is needed to write conditions.
pub(super) struct Writer<'a> {
    selection: &'a Selection,
    pub(super) values: Values,
}

/// Statuses of instances that go on by themselves, as a list in SQL.
fn working() -> String {
    codes(|status| !status.is_terminal() && status != RuntimeStatus::Suspended)
}

/// Numbers of these statuses with commas between them.
pub(super) fn codes(wanted: impl Fn(RuntimeStatus) -> bool) -> String {
    let codes = RuntimeStatus::ALL.into_iter().filter(|status| wanted(*status));
    codes.map(|status| status.code().to_string()).collect::<Vec<_>>().join(", ")
}

/// How dear a condition is: 0 for a column, 1 for other tables, 2 for a payload.
fn cost(expr: &Expr) -> u8 {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().map(cost).max().unwrap_or(0),
        Expr::Not(inner) => cost(inner),
        Expr::Term(term) => match &term.condition {
            Condition::Text { .. } | Condition::Json { .. } => 2,
            Condition::Error(_) | Condition::Wait(_) | Condition::Tag { .. } => 1,
            Condition::Is(wanted) => u8::from(wanted.contains(&Is::Stuck)),
            Condition::Status(_)
            | Condition::Name(_)
            | Condition::Id(_)
            | Condition::Parent(_)
            | Condition::Version(_)
            | Condition::Word(_)
            | Condition::Time { .. }
            | Condition::Duration { .. } => 0,
        },
    }
}

/// Payloads that a query reads.
pub(super) fn payloads(query: &Query) -> Vec<&'static str> {
    let mut columns: Vec<&'static str> = query
        .conditions()
        .into_iter()
        .filter_map(|condition| match condition {
            Condition::Text { payload, .. } | Condition::Json { payload, .. } => {
                Some(column(*payload))
            }
            Condition::Status(_)
            | Condition::Name(_)
            | Condition::Id(_)
            | Condition::Parent(_)
            | Condition::Version(_)
            | Condition::Error(_)
            | Condition::Tag { .. }
            | Condition::Is(_)
            | Condition::Wait(_)
            | Condition::Word(_)
            | Condition::Time { .. }
            | Condition::Duration { .. } => None,
        })
        .collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Whether an index by status and start, or by name, knows everything that the query asks for.
pub(super) fn is_indexed(query: &Query) -> bool {
    query.conditions().into_iter().all(|condition| match condition {
        Condition::Status(_) | Condition::Name(_) => true,
        Condition::Time { field, .. } => *field == TimeField::Created,
        Condition::Is(wanted) => wanted.iter().all(|is| matches!(is, Is::Active | Is::Ended)),
        Condition::Id(_)
        | Condition::Parent(_)
        | Condition::Version(_)
        | Condition::Error(_)
        | Condition::Tag { .. }
        | Condition::Wait(_)
        | Condition::Word(_)
        | Condition::Duration { .. }
        | Condition::Text { .. }
        | Condition::Json { .. } => false,
    })
}

fn column(field: PayloadField) -> &'static str {
    match field {
        PayloadField::Input => "input",
        PayloadField::Output => "output",
        PayloadField::Custom => "custom_status",
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(selection: &'a Selection) -> Self {
        Self { selection, values: Values::default() }
    }

    /// The whole query; never null.
    pub(super) fn query(&mut self) -> String {
        let selection = self.selection;
        selection.query.expr.as_ref().map_or_else(|| "1".to_owned(), |expr| self.expr(expr))
    }

    fn expr(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::All(parts) => self.joined(parts, " AND "),
            Expr::Any(parts) => self.joined(parts, " OR "),
            Expr::Not(inner) => format!("NOT {}", self.expr(inner)),
            Expr::Term(term) => format!("({})", self.condition(&term.condition)),
        }
    }

    fn joined(&mut self, parts: &[Expr], word: &str) -> String {
        // SQLite evaluates them in this order and stops as soon as it knows.
        let mut parts: Vec<&Expr> = parts.iter().collect();
        parts.sort_by_key(|part| cost(part));
        let parts: Vec<String> = parts.into_iter().map(|part| self.expr(part)).collect();
        format!("({})", parts.join(word))
    }

    fn any<T>(&mut self, values: &[T], mut one: impl FnMut(&mut Self, &T) -> String) -> String {
        let parts: Vec<String> = values.iter().map(|value| one(self, value)).collect();
        if parts.is_empty() { "0".to_owned() } else { parts.join(" OR ") }
    }

    fn now(&mut self) -> String {
        self.values.add(self.selection.now.timestamp_micros())
    }

    /// A column whose text is never null fits one of the patterns.
    fn patterns(&mut self, column: &str, patterns: &[Pattern]) -> String {
        self.any(patterns, |writer, pattern| writer.pattern(column, pattern))
    }

    fn pattern(&mut self, column: &str, pattern: &Pattern) -> String {
        if let Some(text) = pattern.as_exact() {
            return format!("{column} = {}", self.values.add(text.to_owned()));
        }
        if let Some(prefix) = pattern.as_prefix() {
            let (from, to) =
                (self.values.add(prefix.to_owned()), self.values.add(after_prefix(prefix)));
            return format!("({column} >= {from} AND {column} < {to})");
        }
        let condition = Query::from(Condition::Name(vec![pattern.clone()]));
        format!("{FITS}({}, {column})", self.values.add(condition.to_string()))
    }

    fn function(&mut self, condition: &Condition, text: &str) -> String {
        let condition = Query::from(condition.clone()).to_string();
        format!("{FITS}({}, {text})", self.values.add(condition))
    }

    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Status(wanted) => {
                format!("i.status IN ({})", codes(|s| wanted.contains(&s)))
            }
            Condition::Name(patterns) => self.patterns("i.name", patterns),
            Condition::Id(patterns) => self.patterns("i.instance_id", patterns),
            Condition::Parent(patterns) => {
                format!("i.parent IS NOT NULL AND ({})", self.patterns("i.parent", patterns))
            }
            Condition::Version(patterns) => self.patterns("coalesce(i.version, '')", patterns),
            Condition::Word(pattern) => {
                let name = self.pattern("i.name", pattern);
                format!("{name} OR {}", self.pattern("i.instance_id", pattern))
            }
            Condition::Error(_) => {
                let failure = "(SELECT f.failure FROM payloads f WHERE f.num = i.num)";
                // Every failure has the beginning of its message beside the row.
                format!("i.failure_message IS NOT NULL AND {}", self.function(condition, failure))
            }
            Condition::Tag { .. } => self.function(condition, "i.extra"),
            Condition::Is(wanted) => self.any(wanted, |writer, is| writer.is(*is)),
            Condition::Wait(wanted) => self.any(wanted, Self::wait),
            Condition::Time { field, order, when } => {
                let (column, not_null) = match field {
                    TimeField::Created => ("i.created_at", ""),
                    TimeField::Updated => ("i.updated_at", ""),
                    TimeField::Completed => ("i.completed_at", "i.completed_at IS NOT NULL AND "),
                };
                let at = self.values.add(when.at(self.selection.now).timestamp_micros());
                format!("{not_null}{column} {} {at}", order.as_str())
            }
            Condition::Duration { order, millis } => {
                let (now, length) = (self.now(), self.values.add(millis.saturating_mul(1000)));
                let end = format!("coalesce(i.completed_at, {now})");
                format!("{end} - i.created_at {} {length}", order.as_str())
            }
            Condition::Text { payload, .. } | Condition::Json { payload, .. } => {
                let text =
                    format!("(SELECT t.{} FROM payloads t WHERE t.num = i.num)", column(*payload));
                self.function(condition, &text)
            }
        }
    }

    fn is(&mut self, is: Is) -> String {
        let ended = codes(RuntimeStatus::is_terminal);
        match is {
            Is::Root => "i.parent IS NULL".to_owned(),
            Is::Child => "i.parent IS NOT NULL".to_owned(),
            Is::Active => format!("i.status NOT IN ({ended})"),
            Is::Ended => format!("i.status IN ({ended})"),
            Is::Stuck => self.stuck(),
        }
    }

    /// It goes on: nobody holds it, and its scheduled start has come.
    fn goes_on(&mut self) -> String {
        format!("i.status IN ({}) AND NOT ({})", working(), self.before_start())
    }

    fn before_start(&mut self) -> String {
        let (pending, now) = (RuntimeStatus::Pending.code(), self.now());
        format!(
            "i.status = {pending} AND i.scheduled_start_at IS NOT NULL AND i.scheduled_start_at > {now}"
        )
    }

    fn due(&mut self) -> String {
        let (pending, now) = (RuntimeStatus::Pending.code(), self.now());
        format!(
            "(i.status = {pending} OR EXISTS (SELECT 1 FROM inbox m WHERE m.num = i.num)
              OR EXISTS (SELECT 1 FROM timers t WHERE t.num = i.num AND {DUE}(t.timer, {now}) IS 1))"
        )
    }

    fn wait(&mut self, wait: &Wait) -> String {
        const ACTIVITY: &str = "EXISTS (SELECT 1 FROM tasks t WHERE t.num = i.num)";
        let kind = match wait {
            Wait::Kind(kind) => *kind,
            Wait::Name(pattern) => {
                let goes_on = self.goes_on();
                let activity = self.pattern("json_extract(t.task, '$.name')", pattern);
                let child = self.pattern("c.name", pattern);
                let (name, due) = (self.pattern("i.name", pattern), self.due());
                return format!(
                    "({goes_on} AND (EXISTS (SELECT 1 FROM tasks t WHERE t.num = i.num AND {activity})
                      OR {} OR ({name} AND {due})))",
                    children(&child)
                );
            }
        };
        match kind {
            WaitKind::Resume => format!("i.status = {}", RuntimeStatus::Suspended.code()),
            WaitKind::Start => format!("({})", self.before_start()),
            WaitKind::Worker => format!("({} AND {})", self.goes_on(), self.due()),
            WaitKind::Activity => format!("({} AND {ACTIVITY})", self.goes_on()),
            WaitKind::Child => format!("({} AND {})", self.goes_on(), children("1")),
            WaitKind::Timer => {
                let (goes_on, now) = (self.goes_on(), self.now());
                format!(
                    "({goes_on} AND EXISTS (SELECT 1 FROM timers t WHERE t.num = i.num AND {DUE}(t.timer, {now}) IS 0))"
                )
            }
            WaitKind::Event => {
                let (goes_on, due) = (self.goes_on(), self.due());
                format!("({goes_on} AND NOT {ACTIVITY} AND NOT {} AND NOT {due})", children("1"))
            }
        }
    }

    fn stuck(&mut self) -> String {
        let serving = std::sync::Arc::clone(&self.selection.serving);
        let held_up: Vec<u64> = serving.held_up.iter().copied().collect();
        let held_up = self.values.add(array(&held_up));
        let working = codes(|s| matches!(s, RuntimeStatus::Pending | RuntimeStatus::Running));
        let mut reasons = vec![format!("i.num IN (SELECT value FROM json_each({held_up}))")];
        if let Some(names) = &serving.orchestrations {
            let (names, due) = (self.values.add(array(names)), self.due());
            reasons
                .push(format!("(i.name NOT IN (SELECT value FROM json_each({names})) AND {due})"));
        }
        if let Some(names) = &serving.activities {
            let names = self.values.add(array(names));
            reasons.push(format!(
                "EXISTS (SELECT 1 FROM tasks t WHERE t.num = i.num
                  AND json_extract(t.task, '$.name') NOT IN (SELECT value FROM json_each({names})))"
            ));
        }
        let goes_on = self.goes_on();
        format!("(i.status IN ({working}) AND {goes_on} AND ({}))", reasons.join(" OR "))
    }
}

/// A sub-orchestration of this generation that has not ended, and what must hold of it.
fn children(condition: &str) -> String {
    let ended = codes(RuntimeStatus::is_terminal);
    format!(
        "EXISTS (SELECT 1 FROM instances c INDEXED BY instances_by_parent
          WHERE c.hub = i.hub AND c.parent = i.instance_id AND c.status NOT IN ({ended})
          AND CASE WHEN json_valid(c.extra)
              THEN json_extract(c.extra, '$.parent.execution_id') = i.execution_id ELSE 0 END AND {condition})"
    )
}

/// A list as one parameter.
fn array(values: &impl serde::Serialize) -> String {
    serde_json::to_string(values).unwrap_or_else(|_| "[]".to_owned())
}
