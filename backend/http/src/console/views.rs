//! Saved views of the list.

use axum::Json;
use taskhub_shared::{request::DeletedView, view::View};

use super::extract::{Body, NoQuery, OfHub, OfInstance};
use crate::fault::Fault;

/// Source: `request::ListViews`.
pub(crate) async fn list(OfHub(hub): OfHub, _: NoQuery) -> Result<Json<Vec<View>>, Fault> {
    Ok(Json(hub.views().await?))
}

/// Source: `request::SaveView`.
pub(crate) async fn save(
    OfHub(hub): OfHub,
    _: NoQuery,
    Body(view): Body<View>,
) -> Result<Json<View>, Fault> {
    hub.save_view(view.clone()).await?;
    Ok(Json(view))
}

/// Source: `request::DeleteView`.
pub(crate) async fn delete(
    OfInstance { hub, id: name }: OfInstance,
    _: NoQuery,
) -> Result<Json<DeletedView>, Fault> {
    let deleted = hub.delete_view(&name).await?;
    Ok(Json(DeletedView { name, deleted }))
}
