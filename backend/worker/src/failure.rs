//! How user code fails, and how a failure travels: type, message, cause.
//!
//! Knows errors and the protocol's failure message, does not know who failed.

use std::any::type_name;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde_json::Value;
use taskhub_proto::TaskFailureDetails;

use crate::{EntityId, properties};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What orchestrators, activities and operations of this crate's users return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One failure as every Durable Task SDK sees it.
///
/// Source: `TaskFailureDetails` of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Name of the error's type, for example `ParseIntError`.
    pub error_type: String,
    /// What went wrong, for people.
    pub message: String,
    /// Where it went wrong, when the worker that failed told.
    pub stack_trace: Option<String>,
    /// What caused it.
    pub inner: Option<Box<Failure>>,
    /// Whether a [`RetryPolicy`](crate::RetryPolicy) must not try again.
    pub is_non_retriable: bool,
    /// What else the other side told about it; default nothing. Numbers travel
    /// as floats, so whole ones are exact up to 2^53.
    pub properties: BTreeMap<String, Value>,
}

impl Failure {
    /// A failure without a cause, which a retry policy may try again.
    #[must_use]
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            stack_trace: None,
            inner: None,
            is_non_retriable: false,
            properties: BTreeMap::new(),
        }
    }

    /// Adds a property.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.properties.insert(key.into(), value.into());
        self
    }

    /// Makes every retry policy give up at once.
    #[must_use]
    pub fn non_retriable(mut self) -> Self {
        self.is_non_retriable = true;
        self
    }

    /// What user code returned; `E` names the type when the error cannot.
    pub(crate) fn of<E: Into<BoxError>>(error: E) -> Self {
        let boxed: BoxError = error.into();
        Self::from_error(&*boxed, short_type_name(type_name::<E>()))
    }

    /// What a panic said.
    pub(crate) fn of_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "panicked with something that is not text".to_owned());
        Self::new("Panic", message)
    }

    fn from_error(error: &(dyn std::error::Error + 'static), error_type: &str) -> Self {
        if let Some(failure) = error.downcast_ref::<Self>() {
            return failure.clone();
        }
        // The source of a `TaskError`.
        if let Some(failure) = error.downcast_ref::<Box<Self>>() {
            return (**failure).clone();
        }
        let inner = error.source().map(|source| Self::from_error(source, &type_name_of(source)));
        let mut failure = Self::new(error_type, error.to_string());
        if let Some(task_error) = error.downcast_ref::<TaskError>() {
            "TaskFailedError".clone_into(&mut failure.error_type);
            failure.is_non_retriable =
                matches!(task_error, TaskError::Payload { .. } | TaskError::Refused { .. });
        }
        failure.inner = inner.map(Box::new);
        failure
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.as_deref().map(|inner| inner as _)
    }
}

impl From<Failure> for TaskFailureDetails {
    fn from(failure: Failure) -> Self {
        Self {
            error_type: failure.error_type,
            error_message: failure.message,
            stack_trace: failure.stack_trace,
            inner_failure: failure.inner.map(|inner| Box::new((*inner).into())),
            is_non_retriable: failure.is_non_retriable,
            properties: properties::to_proto(failure.properties),
        }
    }
}

impl From<TaskFailureDetails> for Failure {
    fn from(details: TaskFailureDetails) -> Self {
        Self {
            error_type: details.error_type,
            message: details.error_message,
            stack_trace: details.stack_trace,
            inner: details.inner_failure.map(|inner| Box::new((*inner).into())),
            is_non_retriable: details.is_non_retriable,
            properties: properties::from_proto(details.properties),
        }
    }
}

/// What user code fails with: `?` makes it from any error and keeps its type,
/// message and causes.
///
/// It is not itself a `std::error::Error`, otherwise `?` could not do that.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Failure>);

impl Error {
    /// An error of the type `error_type`, for code without an error type.
    #[must_use]
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Failure::new(error_type, message)))
    }

    /// Makes every retry policy give up at once.
    #[must_use]
    pub fn non_retriable(mut self) -> Self {
        self.0.is_non_retriable = true;
        self
    }

    /// Adds a property, which callers in every language can read.
    #[must_use]
    pub fn property(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.properties.insert(key.into(), value.into());
        self
    }

    /// Says what caused the error.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Self>) -> Self {
        self.0.inner = Some(cause.into().0);
        self
    }

    /// The failure as it will travel.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0
    }
}

impl<E: std::error::Error + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self(Box::new(Failure::from_error(&error, short_type_name(type_name::<E>()))))
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Why a task that an orchestrator awaited did not give a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// The activity failed, and its retry policy gave up.
    #[error("activity {name:?} (#{id}) failed: {failure}")]
    Activity {
        /// Name of the activity.
        name: String,
        /// Number of the action in the history.
        id: i32,
        /// What the activity failed with.
        #[source]
        failure: Box<Failure>,
    },
    /// The sub-orchestration failed or was terminated.
    #[error("sub-orchestration {name:?} {instance_id:?} (#{id}) failed: {failure}")]
    SubOrchestration {
        /// Name of the orchestrator.
        name: String,
        /// The instance that failed.
        instance_id: String,
        /// Number of the action in the history.
        id: i32,
        /// What the sub-orchestration failed with.
        #[source]
        failure: Box<Failure>,
    },
    /// The entity's operation failed.
    #[error("entity {entity} operation {operation:?} (#{id}) failed: {failure}")]
    Entity {
        /// The entity.
        entity: EntityId,
        /// Name of the operation.
        operation: String,
        /// Number of the action in the history.
        id: i32,
        /// What the operation failed with.
        #[source]
        failure: Box<Failure>,
    },
    /// The rules of entities forbid it; see
    /// [`lock_entities`](crate::OrchestrationContext::lock_entities).
    #[error("{what}: {reason}")]
    Refused {
        /// What was tried.
        what: String,
        /// Why it must not be.
        reason: String,
    },
    /// An input cannot be written, or a result or event cannot be read, as JSON.
    #[error("{what}: {reason}")]
    Payload {
        /// Which payload, for example `result of activity "Square"`.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl TaskError {
    /// What the other side failed with; `None` when the failure is on this side.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Activity { failure, .. }
            | Self::SubOrchestration { failure, .. }
            | Self::Entity { failure, .. } => Some(failure),
            Self::Payload { .. } | Self::Refused { .. } => None,
        }
    }
}

/// `a::b::Name<C>` is `Name`; what is not a plain type is `Error`.
fn short_type_name(full: &'static str) -> &'static str {
    let path = full.split('<').next().unwrap_or(full);
    let name = path.rsplit("::").next().unwrap_or(path);
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !path.contains(' ');
    if !is_plain || name.is_empty() || matches!(name, "String" | "Box") { "Error" } else { name }
}

/// Type of a cause. A `dyn Error` does not tell it, but a derived `Debug` begins
/// with the name of the struct or variant.
fn type_name_of(error: &(dyn std::error::Error + 'static)) -> String {
    if error.is::<std::io::Error>() {
        return "IoError".to_owned();
    }
    let mut head = Head(String::new());
    // It fails on purpose, after the first word.
    let _ = write!(head, "{error:?}");
    let is_name = head.0.starts_with(char::is_uppercase);
    if is_name { head.0 } else { "Error".to_owned() }
}

/// Takes the first word of what is written.
struct Head(String);

impl fmt::Write for Head {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if !c.is_alphanumeric() && c != '_' {
                return Err(fmt::Error);
            }
            self.0.push(c);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("order 7 cannot be read")]
    struct OrderError(#[source] std::num::ParseIntError);

    fn order_error() -> OrderError {
        OrderError("x".parse::<u8>().unwrap_err())
    }

    #[test]
    fn type_message_and_cause_survive() {
        let through_question_mark = Failure::of(Error::from(order_error()));
        let directly = Failure::of(order_error());
        assert_eq!(through_question_mark, directly);
        assert_eq!(directly.error_type, "OrderError");
        assert_eq!(directly.message, "order 7 cannot be read");
        let inner = directly.inner.as_deref().unwrap();
        assert_eq!(inner.error_type, "ParseIntError");
        assert_eq!(inner.message, "invalid digit found in string");
        assert_eq!(Failure::from(TaskFailureDetails::from(directly.clone())), directly);
    }

    #[test]
    fn text_is_an_error_too() {
        assert_eq!(Failure::of("no"), Failure::new("Error", "no"));
        assert_eq!(Failure::of("no".to_owned()), Failure::new("Error", "no"));
        let boxed: BoxError = Box::new(order_error());
        assert_eq!(Failure::of(boxed).error_type, "Error");
    }

    #[test]
    fn a_failed_task_keeps_the_failure_of_the_other_side() {
        let failure = Failure::new("CardDeclined", "no money").non_retriable();
        let error = TaskError::Activity { name: "Pay".into(), id: 3, failure: failure.into() };
        let failure = Failure::of(error);
        assert_eq!(failure.error_type, "TaskFailedError");
        assert_eq!(failure.message, r#"activity "Pay" (#3) failed: no money"#);
        assert!(!failure.is_non_retriable);
        let inner = failure.inner.unwrap();
        assert_eq!(inner.error_type, "CardDeclined");
        assert!(inner.is_non_retriable);
    }

    #[test]
    fn made_by_hand() {
        let error = Error::new("OutOfStock", "none left")
            .caused_by(order_error())
            .property("left", 0)
            .non_retriable();
        let failure = Failure::of(error);
        assert_eq!(failure.properties["left"], 0);
        assert_eq!(Failure::from(TaskFailureDetails::from(failure.clone())), failure);
        assert!(failure.is_non_retriable);
        assert_eq!(failure.inner.unwrap().error_type, "OrderError");
    }
}
