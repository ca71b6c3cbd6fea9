//! How long a hub keeps what has ended.

use axum::Json;
use taskhub_shared::retention::{Retention, RetentionState};

use super::extract::{Body, NoQuery, OfHub};
use crate::fault::Fault;

/// Source: `request::GetRetention`.
pub(crate) async fn get(OfHub(hub): OfHub, _: NoQuery) -> Json<RetentionState> {
    Json(hub.retention())
}

/// Source: `request::SetRetention`.
pub(crate) async fn set(
    OfHub(hub): OfHub,
    _: NoQuery,
    Body(retention): Body<Retention>,
) -> Result<Json<RetentionState>, Fault> {
    Ok(Json(hub.set_retention(retention).await?))
}
