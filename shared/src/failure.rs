//! Why something failed, as workers report it and people read it.

use serde::{Deserialize, Serialize};

/// Failure of an activity, an entity operation or an orchestration.
///
/// Source: proto message `TaskFailureDetails`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FailureDetails {
    /// Type of the error in the worker's language, for example `ValueError`.
    pub error_type: String,
    /// Message of the error; may be empty.
    pub error_message: String,
    /// Stack trace as the worker wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
    /// Cause of this failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub inner_failure: Option<Box<FailureDetails>>,
    /// Whether the worker's retry policies must give up at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_non_retriable: bool,
    /// Further facts that the worker attached, in the worker's words.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub properties: serde_json::Map<String, serde_json::Value>,
}

impl FailureDetails {
    /// A failure with a type and a message and nothing else.
    #[must_use]
    pub fn new(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            error_message: error_message.into(),
            ..Self::default()
        }
    }

    /// A failure that trying again cannot mend: retry policies give up at once.
    #[must_use]
    pub fn permanent(error_type: impl Into<String>, error_message: impl Into<String>) -> Self {
        Self { is_non_retriable: true, ..Self::new(error_type, error_message) }
    }

    /// This failure and its causes, outermost first, at most 32 of them.
    pub fn chain(&self) -> impl Iterator<Item = &FailureDetails> {
        std::iter::successors(Some(self), |failure| failure.inner_failure.as_deref()).take(32)
    }

    /// About how many bytes its texts and further facts take, with those of its causes.
    #[must_use]
    pub fn weight(&self) -> usize {
        let own = |failure: &Self| {
            let texts = failure.error_type.len() + failure.error_message.len();
            let facts = failure.properties.iter().map(|(name, value)| name.len() + weight(value));
            texts + failure.stack_trace.as_deref().map_or(0, str::len) + facts.sum::<usize>()
        };
        self.chain().map(own).sum()
    }
}

/// About how many bytes a JSON value takes as text.
fn weight(value: &serde_json::Value) -> usize {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| weight(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| name.len() + weight(value) + 4).sum::<usize>() + 2
        }
    }
}
