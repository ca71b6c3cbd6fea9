//! Why a call failed, and the one place where that becomes a sentence.

use taskhub_shared::problem::{ErrorCode, Problem};

use crate::text::text;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The server did not answer.
    Offline,
    /// The server refused and said why.
    Refused(Box<Problem>),
    /// The answer was none of ours; it holds the HTTP status.
    Unreadable(u16),
}

impl Error {
    /// The reason as a sentence in the chosen language.
    pub fn sentence(&self) -> String {
        match self {
            Self::Offline => text().offline.to_owned(),
            Self::Unreadable(status) => format!("{} (HTTP {status})", text().unreadable),
            Self::Refused(problem) => match (text().problem)(problem.code) {
                Some(sentence) => sentence.to_owned(),
                None => sentence_case(&problem.detail),
            },
        }
    }

    /// The problem's code, when the server named one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(problem) => Some(problem.code),
            Self::Offline | Self::Unreadable(_) => None,
        }
    }

    /// Field that the server found wrong, with what it says about it.
    pub fn field(&self) -> Option<(&str, String)> {
        match self {
            Self::Refused(problem) => {
                let field = match (problem.field.as_deref(), problem.code) {
                    (Some(field), _) => field,
                    (None, ErrorCode::InstanceExists) => "instanceId",
                    (None, _) => return None,
                };
                Some((field, self.sentence()))
            }
            Self::Offline | Self::Unreadable(_) => None,
        }
    }

    /// Request id to look for in the server's log.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => problem.instance.as_deref(),
            Self::Offline | Self::Unreadable(_) => None,
        }
    }
}

/// Server texts are clauses; on screen they stand alone.
fn sentence_case(clause: &str) -> String {
    let mut chars = clause.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let stop = if clause.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_become_sentences() {
        assert_eq!(sentence_case("must not be empty"), "Must not be empty.");
        assert_eq!(sentence_case("Élan!"), "Élan!");
    }

    #[test]
    fn an_existing_id_is_a_mistake_of_the_id_field() {
        let error = Error::Refused(Box::new(Problem::new(ErrorCode::InstanceExists, "x")));
        assert_eq!(error.field().map(|(field, _)| field), Some("instanceId"));
    }
}
