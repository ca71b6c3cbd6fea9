//! What waits for workers.

use axum::Json;
use taskhub_shared::request::HubWork;

use super::extract::{NoQuery, OfHub};

/// Source: `request::GetWork`.
pub(crate) async fn get_work(OfHub(hub): OfHub, _: NoQuery) -> Json<HubWork> {
    Json(hub.work())
}
