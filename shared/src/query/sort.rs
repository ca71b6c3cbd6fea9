//! In which order a list comes: [`Sort`].

use std::{fmt, str::FromStr};

/// What a list is ordered by. All orders are total: what is equal is ordered by number, which rises with time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SortField {
    /// The start.
    #[default]
    Created,
    /// The last change.
    Updated,
    /// The end. What has not ended stands where the future is, by its start.
    Completed,
    /// From start to end. What has not ended is longer than all that has, and the longer the earlier it started.
    Duration,
    /// The orchestrator's name, by its characters; within it the start.
    Name,
    /// The status, by the number of the original's enumeration; within it the start.
    Status,
}

/// Order of a list. Its text is the field, with `-` before it when the largest come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By what.
    pub field: SortField,
    /// Whether the largest come first.
    pub descending: bool,
}

impl SortField {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Updated, Self::Completed, Self::Duration, Self::Name, Self::Status];

    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Completed => "completed",
            Self::Duration => "duration",
            Self::Name => "name",
            Self::Status => "status",
        }
    }
}

impl Default for Sort {
    /// Newest first.
    fn default() -> Self {
        Self { field: SortField::Created, descending: true }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.field.as_str())
    }
}

impl FromStr for Sort {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (descending, word) = match text.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, text),
        };
        let field = SortField::ALL.into_iter().find(|field| field.as_str() == word);
        field.map(|field| Self { field, descending }).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!(
                "{shown:?} is no order; use one of {}, with - before it for the largest first",
                SortField::ALL.map(SortField::as_str).join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_read_back() {
        for field in SortField::ALL {
            for descending in [true, false] {
                let sort = Sort { field, descending };
                assert_eq!(sort.to_string().parse(), Ok(sort));
            }
        }
        assert_eq!(Sort::default().to_string(), "-created");
        assert!("--created".parse::<Sort>().unwrap_err().contains("updated"));
    }
}
