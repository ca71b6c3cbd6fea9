//! The fields of a query, how they are spelled, and the values of those that have a closed set.

use super::ast::{Is, PayloadField, TimeField, WaitKind};
use crate::status::RuntimeStatus;

/// A field of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is explained beside its condition")]
pub enum Field {
    Status,
    Name,
    Id,
    Parent,
    Version,
    Error,
    Tag,
    Is,
    Wait,
    Time(TimeField),
    Duration,
    Payload(PayloadField),
}

impl Field {
    /// All fields, in the order in which they are offered.
    pub const ALL: [Self; 16] = [
        Self::Status,
        Self::Name,
        Self::Id,
        Self::Time(TimeField::Created),
        Self::Time(TimeField::Updated),
        Self::Time(TimeField::Completed),
        Self::Duration,
        Self::Wait,
        Self::Is,
        Self::Error,
        Self::Payload(PayloadField::Input),
        Self::Payload(PayloadField::Output),
        Self::Payload(PayloadField::Custom),
        Self::Parent,
        Self::Tag,
        Self::Version,
    ];

    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Name => "name",
            Self::Id => "id",
            Self::Parent => "parent",
            Self::Version => "version",
            Self::Error => "error",
            Self::Tag => "tag",
            Self::Is => "is",
            Self::Wait => "wait",
            Self::Time(field) => field.as_str(),
            Self::Duration => "duration",
            Self::Payload(field) => field.as_str(),
        }
    }

    /// The field with this spelling, in any case.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str().eq_ignore_ascii_case(word))
    }

    /// Its values, when they are a closed set.
    #[must_use]
    pub fn values(self) -> Vec<&'static str> {
        match self {
            Self::Status => RuntimeStatus::ALL.map(RuntimeStatus::as_str).to_vec(),
            Self::Is => Is::ALL.map(Is::as_str).to_vec(),
            Self::Wait => WaitKind::ALL.map(WaitKind::as_str).to_vec(),
            Self::Name
            | Self::Id
            | Self::Parent
            | Self::Version
            | Self::Error
            | Self::Tag
            | Self::Time(_)
            | Self::Duration
            | Self::Payload(_) => Vec::new(),
        }
    }

    /// How a value of it is written, for advice.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Status => "status:failed,pending",
            Self::Name => "name:Order*",
            Self::Id => "id:order-",
            Self::Parent => "parent:order-17",
            Self::Version => "version:1.0",
            Self::Error => "error:\"timeout\"",
            Self::Tag => "tag:eu or tag.region=eu",
            Self::Is => "is:root",
            Self::Wait => "wait:event",
            Self::Time(TimeField::Created) => "created:>-24h",
            Self::Time(TimeField::Updated) => "updated:<2026-11-01",
            Self::Time(TimeField::Completed) => "completed:>-1h",
            Self::Duration => "duration:>5m",
            Self::Payload(PayloadField::Input) => "input.orderId=\"A-17\"",
            Self::Payload(PayloadField::Output) => "output.total>3",
            Self::Payload(PayloadField::Custom) => "custom.stage=paid",
        }
    }
}

impl TimeField {
    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Completed => "completed",
        }
    }
}

impl PayloadField {
    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Custom => "custom",
        }
    }
}

impl Is {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Root, Self::Child, Self::Active, Self::Ended, Self::Stuck];

    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Child => "child",
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Stuck => "stuck",
        }
    }
}

impl WaitKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Worker,
        Self::Activity,
        Self::Child,
        Self::Timer,
        Self::Event,
        Self::Resume,
        Self::Start,
    ];

    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Activity => "activity",
            Self::Child => "child",
            Self::Timer => "timer",
            Self::Event => "event",
            Self::Resume => "resume",
            Self::Start => "start",
        }
    }

    /// The kind with this spelling.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
