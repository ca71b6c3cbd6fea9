//! Why a client's request was not answered.

use tonic::{Code, Status};

/// Why a request of a [`Client`](crate::Client) was not answered.
///
/// The texts begin with what was asked about, for example `instance "order-7"`.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// There is no such instance, entity or task hub.
    #[error("{what}: not found: {message}")]
    NotFound {
        /// What was asked about.
        what: String,
        /// What the server said.
        message: String,
    },
    /// An instance of this id exists and must not be replaced.
    #[error("{what}: exists already: {message}")]
    AlreadyExists {
        /// What was asked for.
        what: String,
        /// What the server said.
        message: String,
    },
    /// The instance is in a status in which this must not be.
    #[error("{what}: not in this status: {message}")]
    WrongStatus {
        /// What was asked about.
        what: String,
        /// What the server said.
        message: String,
    },
    /// The request is not one that can be answered, for example an id too long.
    #[error("{what}: refused: {message}")]
    Invalid {
        /// What was asked about.
        what: String,
        /// What is wrong.
        message: String,
    },
    /// It did not happen, or was not answered, in time.
    #[error("{what}: timed out")]
    TimedOut {
        /// What was waited for.
        what: String,
    },
    /// The server cannot be reached or is not ready; trying again may help.
    #[error("{what}: the server is not available: {message}")]
    Unavailable {
        /// What was asked about.
        what: String,
        /// What is known.
        message: String,
    },
    /// A payload cannot be written or read as JSON.
    #[error("{what}: {reason}")]
    Payload {
        /// Which payload, for example `output of instance "order-7"`.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Anything else that the server answered.
    #[error("{what}: {status}")]
    Other {
        /// What was asked about.
        what: String,
        /// The answer.
        #[source]
        status: Box<Status>,
    },
}

impl ClientError {
    pub(super) fn of(what: &str, status: Status) -> Self {
        let what = what.to_owned();
        let message = status.message().to_owned();
        match status.code() {
            Code::NotFound => Self::NotFound { what, message },
            Code::AlreadyExists => Self::AlreadyExists { what, message },
            Code::FailedPrecondition => Self::WrongStatus { what, message },
            Code::InvalidArgument | Code::OutOfRange => Self::Invalid { what, message },
            Code::DeadlineExceeded => Self::TimedOut { what },
            Code::Unavailable => Self::Unavailable { what, message },
            Code::Ok
            | Code::Cancelled
            | Code::Unknown
            | Code::PermissionDenied
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Unimplemented
            | Code::Internal
            | Code::DataLoss
            | Code::Unauthenticated => Self::Other { what, status: Box::new(status) },
        }
    }
}
