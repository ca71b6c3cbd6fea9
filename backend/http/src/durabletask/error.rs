//! The original's error bodies: A with a message, B with an exception, C a bare text.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use taskhub_shared::problem::Problem;

use super::json;

/// Body A.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schema(as = Message)]
pub(crate) struct Told<'a> {
    message: &'a str,
}

/// Body B. The stack trace stays inside.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[schema(as = Exception)]
pub(crate) struct Thrown<'a> {
    message: &'a str,
    exception_message: &'a str,
    exception_type: &'a str,
    stack_trace: &'a str,
}

const WRONG_ARGUMENT: &str = "One or more of the arguments submitted is incorrect";
const WENT_WRONG: &str = "Something went wrong while processing your request";

/// Body A: no exception.
pub(super) fn a(status: StatusCode, message: &str) -> Response {
    json(status, &Told { message })
}

/// Body B: an exception of this type.
pub(super) fn b(status: StatusCode, message: &str, exception: &str, kind: &str) -> Response {
    let exception_message = exception;
    json(status, &Thrown { message, exception_message, exception_type: kind, stack_trace: "" })
}

/// Body B for a body that is no JSON.
pub(super) fn not_json(reason: &str) -> Response {
    let kind = "Newtonsoft.Json.JsonReaderException";
    b(StatusCode::BAD_REQUEST, "Invalid JSON content", reason, kind)
}

/// Body C: a bare text.
pub(super) fn c(status: StatusCode, text: &str) -> Response {
    json(status, &text)
}

/// A refusal in the original's form.
pub(crate) fn render(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::BAD_REQUEST {
        let detail = match &problem.field {
            Some(field) => format!("{field}: {}", problem.detail),
            None => problem.detail.clone(),
        };
        return b(status, WRONG_ARGUMENT, &detail, "System.ArgumentException");
    }
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return b(status, WENT_WRONG, &problem.detail, "System.Exception");
    }
    a(status, &problem.detail)
}
