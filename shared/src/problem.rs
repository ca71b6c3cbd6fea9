//! The error body of `/api/v1`: [`Problem`] (RFC 9457) with an [`ErrorCode`].

use serde::{Deserialize, Serialize};

/// Every refusal that the server words itself, with a number that has a page under `docs/errors/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ErrorCode {
    /// A field of the request is wrong.
    #[serde(rename = "TH0001")]
    InvalidInput,
    /// There is no such instance.
    #[serde(rename = "TH0002")]
    InstanceNotFound,
    /// There is no such task hub.
    #[serde(rename = "TH0003")]
    TaskHubNotFound,
    /// The instance's status does not allow it.
    #[serde(rename = "TH0004")]
    NotAllowedNow,
    /// An instance with this id exists.
    #[serde(rename = "TH0005")]
    InstanceExists,
    /// The request or a payload is too large.
    #[serde(rename = "TH0006")]
    TooLarge,
    /// The store cannot write now.
    #[serde(rename = "TH0007")]
    StoreUnavailable,
    /// The server is shutting down.
    #[serde(rename = "TH0008")]
    Draining,
    /// Host or Origin is not one that this server answers to.
    #[serde(rename = "TH0009")]
    ForeignOrigin,
    /// There is no such route.
    #[serde(rename = "TH0010")]
    RouteNotFound,
    /// There is no such batch job.
    #[serde(rename = "TH0011")]
    BatchNotFound,
    /// The batch job's state does not allow it, or there are too many.
    #[serde(rename = "TH0012")]
    BatchNotAllowedNow,
    /// The instance or event has no such payload.
    #[serde(rename = "TH0013")]
    PayloadNotFound,
    /// Something that should not happen.
    #[serde(rename = "TH0099")]
    Internal,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: [Self; 14] = [
        Self::InvalidInput,
        Self::InstanceNotFound,
        Self::TaskHubNotFound,
        Self::NotAllowedNow,
        Self::InstanceExists,
        Self::TooLarge,
        Self::StoreUnavailable,
        Self::Draining,
        Self::ForeignOrigin,
        Self::RouteNotFound,
        Self::BatchNotFound,
        Self::BatchNotAllowedNow,
        Self::PayloadNotFound,
        Self::Internal,
    ];

    /// The code's text, for example `TH0002`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "TH0001",
            Self::InstanceNotFound => "TH0002",
            Self::TaskHubNotFound => "TH0003",
            Self::NotAllowedNow => "TH0004",
            Self::InstanceExists => "TH0005",
            Self::TooLarge => "TH0006",
            Self::StoreUnavailable => "TH0007",
            Self::Draining => "TH0008",
            Self::ForeignOrigin => "TH0009",
            Self::RouteNotFound => "TH0010",
            Self::BatchNotFound => "TH0011",
            Self::BatchNotAllowedNow => "TH0012",
            Self::PayloadNotFound => "TH0013",
            Self::Internal => "TH0099",
        }
    }

    /// HTTP status of the answer.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::InvalidInput => 400,
            Self::ForeignOrigin => 403,
            Self::InstanceNotFound
            | Self::TaskHubNotFound
            | Self::RouteNotFound
            | Self::BatchNotFound
            | Self::PayloadNotFound => 404,
            Self::NotAllowedNow | Self::InstanceExists | Self::BatchNotAllowedNow => 409,
            Self::TooLarge => 413,
            Self::StoreUnavailable | Self::Draining => 503,
            Self::Internal => 500,
        }
    }

    /// Short title in English.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::InvalidInput => "A field of the request is wrong",
            Self::InstanceNotFound => "No such instance",
            Self::TaskHubNotFound => "No such task hub",
            Self::NotAllowedNow => "Not allowed in the instance's status",
            Self::InstanceExists => "An instance with this id exists",
            Self::TooLarge => "Too large",
            Self::StoreUnavailable => "The store cannot write now",
            Self::Draining => "The server is shutting down",
            Self::ForeignOrigin => "Host or Origin is not allowed",
            Self::RouteNotFound => "No such route",
            Self::BatchNotFound => "No such batch job",
            Self::BatchNotAllowedNow => "Not allowed in the batch job's state",
            Self::PayloadNotFound => "No such payload",
            Self::Internal => "Internal error",
        }
    }
}

/// Error body of `/api/v1`, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Path of the page that explains the error, for example `/docs/errors/TH0002`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short title, the same for every error of the code.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What was wrong with this request and what to do.
    pub detail: String,
    /// Request id, which the server's log carries too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The error's code.
    pub code: ErrorCode,
    /// Field of the request that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Problem {
    /// A problem of this code with this text.
    #[must_use]
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/docs/errors/{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.http_status(),
            detail: detail.into(),
            instance: None,
            code,
            field: None,
        }
    }

    /// The same problem, with the field that is wrong.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_as_their_text() {
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{}\"", code.as_str()));
        }
    }
}
