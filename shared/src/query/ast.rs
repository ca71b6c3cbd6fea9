//! What a query says, as a tree: [`Query`], [`Expr`], [`Term`], [`Condition`].

use chrono::{DateTime, TimeDelta, Utc};

use super::pattern::Pattern;
use crate::status::RuntimeStatus;

/// Which instances are meant. Its `Display` is the canonical text, which reads back as the same query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// The condition; absent when all instances are meant.
    pub expr: Option<Expr>,
}

impl Query {
    /// The same with times that are relative to now as seen at this time.
    #[must_use]
    pub fn fixed_at(mut self, now: DateTime<Utc>) -> Self {
        if let Some(expr) = &mut self.expr {
            expr.fix_at(now);
        }
        self
    }
}

impl Expr {
    fn fix_at(&mut self, now: DateTime<Utc>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter_mut().for_each(|part| part.fix_at(now));
            }
            Self::Not(inner) => inner.fix_at(now),
            Self::Term(term) => {
                if let Condition::Time { when, .. } = &mut term.condition {
                    *when = When::At(when.at(now));
                }
            }
        }
    }
}

/// A condition that is made of conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    /// All of them hold; two or more, and none of them is an `All` itself.
    All(Vec<Self>),
    /// At least one of them holds; two or more, and none of them is an `Any` itself.
    Any(Vec<Self>),
    /// It does not hold; never a `Not` of a `Not`.
    Not(Box<Self>),
    /// A condition on one field.
    Term(Term),
}

/// A condition on one field, and where it stands in the text. Two terms are equal wherever they stand.
#[derive(Debug, Clone)]
pub struct Term {
    /// The condition.
    pub condition: Condition,
    /// Where it was read.
    pub span: Span,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.condition == other.condition
    }
}

impl Eq for Term {}

/// A part of the text, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// A condition on one field. Where there are several values, one of them must fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The status is one of these.
    Status(Vec<RuntimeStatus>),
    /// The orchestrator's name fits.
    Name(Vec<Pattern>),
    /// The instance id fits.
    Id(Vec<Pattern>),
    /// The id of the instance that started this one fits.
    Parent(Vec<Pattern>),
    /// The version fits; an instance without one has the empty version.
    Version(Vec<Pattern>),
    /// The message of the failure, or of one of its causes, fits in any case.
    Error(Vec<Pattern>),
    /// A tag fits.
    Tag {
        /// Its key; absent when the key or the value of any tag may fit.
        key: Option<String>,
        /// Its value.
        values: Vec<Pattern>,
    },
    /// The instance is one of these.
    Is(Vec<Is>),
    /// The instance waits for one of these.
    Wait(Vec<Wait>),
    /// A time of the instance; one that has not come never fits.
    Time {
        /// Which time.
        field: TimeField,
        /// How it lies to `when`.
        order: Order,
        /// What it is compared with.
        when: When,
    },
    /// The time from start to end, or until now.
    Duration {
        /// How it lies to `millis`.
        order: Order,
        /// What it is compared with, in milliseconds.
        millis: i64,
    },
    /// The instance id or the orchestrator's name fits; always with a wildcard.
    Word(Pattern),
    /// The text of a payload fits in any case.
    Text {
        /// Which payload.
        payload: PayloadField,
        /// How.
        values: Vec<Pattern>,
    },
    /// A value within a payload that is JSON.
    Json {
        /// Which payload.
        payload: PayloadField,
        /// Where in it; empty for the whole.
        path: Vec<Step>,
        /// What is asked of it; where there is no value, nothing holds.
        test: JsonTest,
    },
}

/// What an instance may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Is {
    /// Not started by another instance.
    Root,
    /// Started by another instance.
    Child,
    /// Not ended.
    Active,
    /// Ended.
    Ended,
    /// Pending or running, with work that no connected worker takes, or work that workers were lost with.
    Stuck,
}

/// What an instance may wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// Something of this kind.
    Kind(WaitKind),
    /// An activity, orchestration, entity or event whose name fits.
    Name(Pattern),
}

/// Kinds of what an instance may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WaitKind {
    /// A worker that takes its turn.
    Worker,
    /// The result of an activity.
    Activity,
    /// The end of a sub-orchestration.
    Child,
    /// A timer.
    Timer,
    /// Something from outside.
    Event,
    /// Somebody who resumes it.
    Resume,
    /// The time that it was asked to begin at.
    Start,
}

/// Times of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeField {
    /// Its start.
    Created,
    /// Its last change.
    Updated,
    /// Its end.
    Completed,
}

/// How one value lies to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Below it.
    Less,
    /// Not above it.
    AtMost,
    /// Not below it.
    AtLeast,
    /// Above it.
    Greater,
}

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So many milliseconds from now; negative for the past.
    FromNow(i64),
    /// This time, UTC.
    At(DateTime<Utc>),
}

/// Payloads of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayloadField {
    /// Its input.
    Input,
    /// Its output.
    Output,
    /// Its custom status.
    Custom,
}

/// A step into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The member with this key.
    Key(String),
    /// The element with this number, from 0.
    Index(u32),
}

/// What is asked of a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonTest {
    /// It is one of these.
    Equals(Vec<Literal>),
    /// It is a number, and lies so to this one.
    Number(Order, Number),
    /// It is a text, and lies so to this one, by its characters.
    Text(Order, String),
}

/// A JSON value as it is written in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// Any value at all, also `null`: a bare `*`.
    Present,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// This number, or a text that is written like it.
    Number(Number),
    /// A text that fits.
    Text(Pattern),
}

/// A JSON number, as it is written: `17`, `-2.5e3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// The number, if this is how JSON writes one.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        // Some texts that are no numbers begin like one: 17-a, 2026-11-01.
        let number: serde_json::Number = serde_json::from_str(text.trim()).ok()?;
        (text == text.trim() && number.as_f64().is_some_and(f64::is_finite))
            .then(|| Self(text.to_owned()))
    }

    /// How it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Order {
    /// Whether a value fits that compares like this with what is asked for.
    #[must_use]
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::AtLeast => ordering.is_ge(),
            Self::Greater => ordering.is_gt(),
        }
    }

    /// How it is written, in queries and in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Greater => ">",
        }
    }
}

impl When {
    /// The time, seen from `now`. What lies beyond all times is the last or first of them.
    #[must_use]
    pub fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at,
            Self::FromNow(millis) => {
                let beyond =
                    if millis < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
                TimeDelta::try_milliseconds(millis)
                    .and_then(|delta| now.checked_add_signed(delta))
                    .unwrap_or(beyond)
            }
        }
    }
}

impl Expr {
    /// All of them; absent for none.
    #[must_use]
    pub fn all(parts: Vec<Self>) -> Option<Self> {
        let flat = |part| match part {
            Self::All(parts) => parts,
            other @ (Self::Any(_) | Self::Not(_) | Self::Term(_)) => vec![other],
        };
        one_or(parts.into_iter().flat_map(flat).collect(), Self::All)
    }

    /// Any of them; absent for none.
    #[must_use]
    pub fn any(parts: Vec<Self>) -> Option<Self> {
        let flat = |part| match part {
            Self::Any(parts) => parts,
            other @ (Self::All(_) | Self::Not(_) | Self::Term(_)) => vec![other],
        };
        one_or(parts.into_iter().flat_map(flat).collect(), Self::Any)
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other @ (Self::All(_) | Self::Any(_) | Self::Term(_)) => Self::Not(Box::new(other)),
        }
    }
}

fn one_or(mut parts: Vec<Expr>, many: impl FnOnce(Vec<Expr>) -> Expr) -> Option<Expr> {
    if parts.len() > 1 { Some(many(parts)) } else { parts.pop() }
}

impl From<Condition> for Query {
    fn from(condition: Condition) -> Self {
        Self { expr: Some(Expr::Term(Term { condition, span: Span::default() })) }
    }
}

impl Query {
    /// Instances that both queries mean.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { expr: Expr::all(self.expr.into_iter().chain(other.expr).collect()) }
    }

    /// All conditions, in the order of the text, whatever joins them.
    #[must_use]
    pub fn conditions(&self) -> Vec<&Condition> {
        let mut found = Vec::new();
        let mut open: Vec<&Expr> = self.expr.iter().collect();
        while let Some(expr) = open.pop() {
            match expr {
                Expr::All(parts) | Expr::Any(parts) => open.extend(parts.iter().rev()),
                Expr::Not(inner) => open.push(inner),
                Expr::Term(term) => found.push(&term.condition),
            }
        }
        found
    }
}
