//! Errors as gRPC statuses.

use taskhub_hub::HubError;
use tonic::Status;

/// Status of an error. The inner text of a store's error stays in the log.
pub(crate) fn of(error: &HubError) -> Status {
    match error {
        HubError::InvalidInput { .. } => Status::invalid_argument(error.to_string()),
        HubError::TooLarge { .. } => Status::resource_exhausted(error.to_string()),
        HubError::Store(source) => {
            tracing::error!(error = %source, cause = ?std::error::Error::source(source), "store failed");
            Status::unavailable("the store could not do it now; try again")
        }
        HubError::Draining => Status::unavailable("the server is shutting down; try again"),
        HubError::Internal(_) => {
            tracing::error!(error = %error, "internal error");
            Status::internal("internal error")
        }
    }
}

/// An instance that does not exist.
pub(crate) fn no_instance(id: &str) -> Status {
    Status::not_found(format!("no instance with the id {id:?}"))
}
