//! Reads the request's body, up to its bound, before any handler runs.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use taskhub_shared::{limits::HTTP_BODY_BYTES, problem::ErrorCode};

use crate::fault::Fault;

/// Longest pause between two parts of a body.
const IDLE: Duration = Duration::from_secs(15);
/// How much of a body that is too large is read and thrown away: most clients read the answer only when they have
/// sent everything.
const THROWN_AWAY: usize = 64 * 1024 * 1024;

/// Hands the request on with its body in memory.
pub(crate) async fn run(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match read(&parts.headers, body).await {
        Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(fault) => fault.into_response(),
    }
}

async fn read(headers: &HeaderMap, mut body: Body) -> Result<Bytes, Fault> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced: usize = announced.and_then(|length| length.parse().ok()).unwrap_or(0);
    if announced > HTTP_BODY_BYTES
        && (announced > THROWN_AWAY || headers.contains_key(header::EXPECT))
    {
        return Err(too_large());
    }
    let mut all = BytesMut::with_capacity(announced.min(HTTP_BODY_BYTES));
    let mut total = 0_usize;
    loop {
        let frame = tokio::time::timeout(IDLE, body.frame()).await;
        let Ok(frame) = frame else {
            return Err(broken(&format!("nothing of it came for {} seconds", IDLE.as_secs())));
        };
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|error| broken(&error.to_string()))?.into_data() else {
            continue;
        };
        total = total.saturating_add(data.len());
        if total > THROWN_AWAY {
            break;
        }
        if total > HTTP_BODY_BYTES {
            all = BytesMut::new();
        } else {
            all.extend_from_slice(&data);
        }
    }
    if total > HTTP_BODY_BYTES { Err(too_large()) } else { Ok(all.freeze()) }
}

fn too_large() -> Fault {
    let most = HTTP_BODY_BYTES / 1024 / 1024;
    let detail = format!(
        "a request body may have at most {most} MiB; store large data elsewhere and send its address"
    );
    Fault::new(ErrorCode::TooLarge, detail)
}

fn broken(reason: &str) -> Fault {
    Fault::field("body", format!("the body did not come whole: {reason}"))
}
