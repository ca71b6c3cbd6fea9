//! Start an instance.

use http::{HeaderValue, StatusCode, header};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use taskhub_hub::operation::start_instance::{Outcome, Request, Reuse};
use taskhub_shared::{
    problem::ErrorCode,
    query::encode,
    request::{StartBody, Started},
};

use super::extract::{Body, NoQuery, OfHub};
use crate::fault::Fault;

/// Source: `request::StartInstance`.
pub(crate) async fn start_instance(
    OfHub(hub): OfHub,
    _: NoQuery,
    Body(body): Body<StartBody>,
) -> Result<Response, Fault> {
    let asked = body.instance_id.clone().unwrap_or_default();
    let request = Request {
        instance_id: body.instance_id,
        name: body.name,
        version: body.version,
        input: body.input.map(|input| input.get().into()),
        scheduled_start: body.scheduled_start_at,
        tags: body.tags,
        trace: None,
        reuse: Reuse::Ended,
    };
    match hub.start_instance(request).await? {
        Outcome::Started { instance_id } => {
            let path = format!("/api/v1/hubs/{}/instances/{}", hub.name(), encode(&instance_id));
            let started = Json(Started { instance_id: instance_id.to_string() });
            let mut response = (StatusCode::CREATED, started).into_response();
            if let Ok(path) = HeaderValue::from_str(&path) {
                response.headers_mut().insert(header::LOCATION, path);
            }
            Ok(response)
        }
        Outcome::Exists(status) => {
            let detail = format!(
                "an instance {asked:?} exists and is {status}; wait for its end, terminate it or choose another id"
            );
            let mut fault = Fault::new(ErrorCode::InstanceExists, detail);
            fault.0.field = Some("instanceId".to_owned());
            Err(fault)
        }
    }
}
