//! One instance with its payloads, unless they are large.

use axum::Json;
use taskhub_shared::{action::Action, status::InstanceDetail};

use super::{
    extract::{NoQuery, OfInstance},
    payload::cut_detail,
};
use crate::fault::Fault;

/// Source: `request::GetInstance`.
pub(crate) async fn get_instance(
    OfInstance { hub, id }: OfInstance,
    _: NoQuery,
) -> Result<Json<InstanceDetail>, Fault> {
    let record = hub.instance(&id).await?.ok_or_else(|| Fault::no_instance(&id))?;
    let waiting_for = hub.waiting_for(&id).await?;
    let text = |payload: &Option<std::sync::Arc<str>>| payload.as_ref().map(ToString::to_string);
    let mut detail = InstanceDetail {
        input: text(&record.payloads.input),
        output: text(&record.payloads.output),
        custom_status: text(&record.payloads.custom_status),
        failure: record.payloads.failure.as_deref().cloned(),
        actions: Action::capabilities(record.status),
        waiting_for,
        large: Vec::new(),
        summary: record.summary(),
    };
    cut_detail(hub.name().as_str(), &mut detail);
    Ok(Json(detail))
}
