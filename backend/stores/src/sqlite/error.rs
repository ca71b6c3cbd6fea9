//! SQLite's errors as the port's.

use std::sync::Arc;

use taskhub_hub::store::StoreError;

/// The database refused; trying again may help.
pub(super) fn unavailable(
    operation: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Unavailable { operation, source: Arc::new(error) }
}

/// What is stored cannot be read.
pub(super) fn damaged(
    operation: &'static str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Damaged { operation, source: Arc::new(error) }
}
