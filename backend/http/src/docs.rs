//! The pages that explain the error codes, as `type` of a problem names them.

use axum::response::{IntoResponse, Response};
use http::{Uri, header};
use taskhub_shared::problem::ErrorCode;

use crate::fault::Fault;

/// `GET /docs/errors/{code}`.
pub(crate) async fn error_page(uri: Uri) -> Response {
    let code = uri.path().rsplit('/').next().unwrap_or_default();
    let known = |known: &ErrorCode| known.as_str().eq_ignore_ascii_case(code);
    match ErrorCode::ALL.into_iter().find(known) {
        Some(code) => {
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page(code)).into_response()
        }
        None => Fault::no_route(uri.path()).into_response(),
    }
}

fn page(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidInput => include_str!("../../../docs/errors/TH0001.md"),
        ErrorCode::InstanceNotFound => include_str!("../../../docs/errors/TH0002.md"),
        ErrorCode::TaskHubNotFound => include_str!("../../../docs/errors/TH0003.md"),
        ErrorCode::NotAllowedNow => include_str!("../../../docs/errors/TH0004.md"),
        ErrorCode::InstanceExists => include_str!("../../../docs/errors/TH0005.md"),
        ErrorCode::TooLarge => include_str!("../../../docs/errors/TH0006.md"),
        ErrorCode::StoreUnavailable => include_str!("../../../docs/errors/TH0007.md"),
        ErrorCode::Draining => include_str!("../../../docs/errors/TH0008.md"),
        ErrorCode::ForeignOrigin => include_str!("../../../docs/errors/TH0009.md"),
        ErrorCode::RouteNotFound => include_str!("../../../docs/errors/TH0010.md"),
        ErrorCode::BatchNotFound => include_str!("../../../docs/errors/TH0011.md"),
        ErrorCode::PayloadNotFound => include_str!("../../../docs/errors/TH0013.md"),
        ErrorCode::BatchNotAllowedNow => include_str!("../../../docs/errors/TH0012.md"),
        ErrorCode::Internal => include_str!("../../../docs/errors/TH0099.md"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_about_its_code() {
        for code in ErrorCode::ALL {
            let title = format!("# {}: {}\n", code.as_str(), code.title());
            assert!(page(code).starts_with(&title), "{title}");
            for part in ["## What", "## Why", "## What to do"] {
                assert!(page(code).contains(part), "{title}{part}");
            }
        }
    }
}
