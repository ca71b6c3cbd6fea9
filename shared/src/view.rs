//! Saved views of the list: a query with its order and columns, under a name that the team shares.

use serde::{Deserialize, Serialize};

use crate::{
    column::Column,
    id::InvalidName,
    limits::VIEW_NAME_CHARS,
    query::{Query, QueryError, Sort},
};

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct View {
    /// Name, 1 to 60 characters; unique in the hub to the letter.
    pub name: String,
    /// Query in the language of docs/queries.md, as it was typed; empty for all instances.
    #[serde(default)]
    pub q: String,
    /// Order, as the list takes it; empty for its own.
    #[serde(default)]
    pub sort: String,
    /// Columns, as the list takes them; empty for its own.
    #[serde(default)]
    pub columns: String,
}

impl View {
    /// Whether it can be kept: its name is a name, and everything else can be read.
    ///
    /// # Errors
    /// [`InvalidName`] that names the field which is wrong.
    pub fn check(&self) -> Result<(), InvalidName> {
        let refuse = |field, reason| Err(InvalidName { field, reason });
        let length = self.name.chars().count();
        if length == 0 || length > VIEW_NAME_CHARS {
            let reason = format!("it has {length} characters; it needs 1 to {VIEW_NAME_CHARS}");
            return refuse("name", reason);
        }
        if self.name.trim() != self.name || self.name.chars().any(char::is_control) {
            let reason = "no blank may stand at its ends and no control character in it";
            return refuse("name", reason.to_owned());
        }
        let wrong = self.q.parse::<Query>().err().map(|error: QueryError| error.to_string());
        if let Some(reason) = wrong {
            return refuse("q", reason);
        }
        let sort = Some(&self.sort).filter(|sort| !sort.is_empty());
        if let Some(Err(reason)) = sort.map(|sort| sort.parse::<Sort>()) {
            return refuse("sort", reason);
        }
        Column::read_all(&self.columns)
            .map(|_| ())
            .map_err(|reason| InvalidName { field: "columns", reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_not_kept() {
        let view = View {
            name: "Stuck in Paris".to_owned(),
            q: "is:stuck tag:paris".to_owned(),
            sort: "-updated".to_owned(),
            columns: "status,input.orderId".to_owned(),
        };
        assert_eq!(view.check(), Ok(()));
        let wrong = |change: fn(&mut View)| {
            let mut view = view.clone();
            change(&mut view);
            view.check().unwrap_err().field
        };
        assert_eq!(wrong(|view| view.name.clear()), "name");
        assert_eq!(wrong(|view| view.name = "x".repeat(61)), "name");
        assert_eq!(wrong(|view| view.name = " x".to_owned()), "name");
        assert_eq!(wrong(|view| view.name = "a\nb".to_owned()), "name");
        assert_eq!(wrong(|view| view.q = "stat:x".to_owned()), "q");
        assert_eq!(wrong(|view| view.sort = "colour".to_owned()), "sort");
        assert_eq!(wrong(|view| view.columns = "colour".to_owned()), "columns");
    }
}
