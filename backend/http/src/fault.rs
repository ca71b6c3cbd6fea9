//! [`Fault`]: an answer that says no. Handlers tell what is wrong; the edge writes it in the form of the surface.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use taskhub_hub::HubError;
use taskhub_shared::{
    id::InvalidName,
    problem::{ErrorCode, Problem},
};

/// A refusal or failure, on its way to [`crate::middleware::edge`], which adds the request id.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) Box<Problem>);

impl Fault {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, without_middle(detail.into()))))
    }

    /// A wrong field of the request.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let Self(problem) = Self::new(ErrorCode::InvalidInput, detail);
        Self(Box::new(problem.with_field(shorten(&field.into()))))
    }

    /// There is no such instance.
    pub(crate) fn no_instance(id: &str) -> Self {
        Self::new(
            ErrorCode::InstanceNotFound,
            format!("there is no instance {:?}; it may have been purged", shorten(id)),
        )
    }

    /// There is no such route.
    pub(crate) fn no_route(path: &str) -> Self {
        Self::new(ErrorCode::RouteNotFound, format!("there is no route {:?}", shorten(path)))
    }

    /// The route is there, but not for this method.
    pub(crate) fn wrong_method(method: &http::Method, path: &str) -> Self {
        let detail = format!("{:?} is not there for {method}", shorten(path));
        let mut problem = Problem::new(ErrorCode::RouteNotFound, detail);
        problem.status = StatusCode::METHOD_NOT_ALLOWED.as_u16();
        Self(Box::new(problem))
    }

    /// The same fault about another field: operations use the engine's words, requests their own.
    pub(crate) fn rename_field(mut self, from: &str, to: &str) -> Self {
        if self.0.field.as_deref() == Some(from) {
            self.0.field = Some(to.to_owned());
        }
        self
    }
}

/// Beginning of a stranger's text, long enough to know it again.
fn shorten(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A text that may quote a stranger at length, with its middle left out: what is wrong stands before it or after it.
fn without_middle(text: String) -> String {
    const EACH: usize = 500;
    let count = text.chars().count();
    if count <= 2 * EACH {
        return text;
    }
    let begin = text.chars().take(EACH);
    let end = text.chars().skip(count.saturating_sub(EACH));
    begin.chain("...".chars()).chain(end).collect()
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(*self.0);
        response
    }
}

impl From<InvalidName> for Fault {
    fn from(refused: InvalidName) -> Self {
        Self::field(refused.field, refused.reason)
    }
}

impl From<HubError> for Fault {
    /// The inner causes go into the log, here and only here, and never outside.
    fn from(error: HubError) -> Self {
        let code = error.code();
        match error {
            HubError::InvalidInput { field, reason } => Self::field(field, reason),
            HubError::TooLarge { field, .. } => {
                Self(Box::new(Problem::new(code, error.to_string()).with_field(field)))
            }
            HubError::Store(_) => {
                tracing::error!(error = %chain(&error), "the store failed");
                Self::new(code, "the store cannot do it now; nothing was changed, so try again")
            }
            HubError::Draining => {
                Self::new(code, "the server is shutting down; try again in a moment")
            }
            HubError::Internal(_) => {
                tracing::error!(error = %chain(&error), "internal error");
                Self::internal()
            }
        }
    }
}

impl Fault {
    /// Something that should not happen; the log knows more.
    pub(crate) fn internal() -> Self {
        Self::new(
            ErrorCode::Internal,
            "something went wrong in the server; its log has more under this request's id",
        )
    }
}

/// An error with its causes, outermost first.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_quotation_loses_its_middle() {
        let text = format!("{}é is no status; use Failed", "x".repeat(20_000));
        let Fault(problem) = Fault::field("y".repeat(20_000), text);
        assert_eq!(problem.detail.chars().count(), 1003);
        assert!(problem.detail.starts_with("xxx") && problem.detail.ends_with("use Failed"));
        assert_eq!(problem.field.unwrap().len(), 303);
        let Fault(problem) = Fault::field("name", "must not be empty");
        assert_eq!(problem.detail, "must not be empty");
    }
}
