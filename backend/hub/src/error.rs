//! [`HubError`]: what goes wrong other than the refusals that callers expect.

use taskhub_shared::{
    id::{InvalidName, check_short},
    limits,
    problem::ErrorCode,
};

use crate::store::StoreError;

/// Failure of a hub operation. Refusals that a caller expects are outcomes, not errors.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HubError {
    /// The request itself is wrong.
    #[error("{field}: {reason}")]
    InvalidInput {
        /// Field of the request.
        field: &'static str,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// Something is larger than allowed.
    #[error("{field} is too large: {reason}")]
    TooLarge {
        /// Field of the request.
        field: &'static str,
        /// Size, bound and what to do.
        reason: String,
    },
    /// The store could not read or write; the caller may try again.
    #[error("the store could not do it now")]
    Store(#[from] StoreError),
    /// The hub is shutting down.
    #[error("the server is shutting down")]
    Draining,
    /// Something that should not happen.
    #[error("internal error: {0}")]
    Internal(String),
}

impl HubError {
    /// Refuses a client's payload that would not fit into a work item.
    ///
    /// # Errors
    /// [`HubError::TooLarge`] when the payload has more than [`limits::PAYLOAD_BYTES`].
    pub(crate) fn check_payload(field: &'static str, payload: Option<&str>) -> Result<(), Self> {
        Self::check_bytes(field, payload.map_or(0, str::len), limits::PAYLOAD_BYTES)
    }

    /// Refuses what has too many bytes.
    ///
    /// # Errors
    /// [`HubError::TooLarge`] when there are more than `most`.
    pub(crate) fn check_bytes(field: &'static str, bytes: usize, most: usize) -> Result<(), Self> {
        if bytes <= most {
            return Ok(());
        }
        let reason = format!("{bytes} bytes; at most {most} are allowed");
        Err(Self::TooLarge { field, reason })
    }

    /// Refuses a short text, one that may be empty, when it is not short.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] when it has more than [`limits::NAME_CHARS`].
    pub(crate) fn check_short(field: &'static str, text: &str) -> Result<(), Self> {
        Ok(check_short(field, text)?)
    }

    /// Code of the error.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidInput { .. } => ErrorCode::InvalidInput,
            Self::TooLarge { .. } => ErrorCode::TooLarge,
            Self::Store(_) => ErrorCode::StoreUnavailable,
            Self::Draining => ErrorCode::Draining,
            Self::Internal(_) => ErrorCode::Internal,
        }
    }
}

impl From<InvalidName> for HubError {
    fn from(refused: InvalidName) -> Self {
        Self::InvalidInput { field: refused.field, reason: refused.reason }
    }
}
