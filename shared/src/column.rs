//! Columns of a list: what a row tells of an instance, or a value within its payloads.

use std::{fmt, str::FromStr};

use crate::{
    limits::{COLUMN_BYTES, COLUMNS},
    query::{Condition, Expr, JsonTest, Literal, PayloadField, Query, Step},
};

/// One column. Its text is how it is asked for: `status`, `input.orderId`, `tag.region`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// Something that every row has.
    Field(ColumnField),
    /// The value at a path of a payload; of the whole payload when the path is empty.
    Value {
        /// Which payload.
        payload: PayloadField,
        /// Where in it.
        path: Vec<Step>,
    },
    /// The value of the tag with this key.
    Tag(String),
}

/// What every row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are the fields of InstanceSummary, which explains them")]
pub enum ColumnField {
    Status,
    Name,
    Id,
    /// What it waits for.
    Waiting,
    Error,
    Created,
    Updated,
    Completed,
    Duration,
    Parent,
    Tags,
    Version,
    Events,
    Execution,
}

impl ColumnField {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 14] = [
        Self::Status,
        Self::Name,
        Self::Id,
        Self::Waiting,
        Self::Error,
        Self::Created,
        Self::Updated,
        Self::Completed,
        Self::Duration,
        Self::Parent,
        Self::Tags,
        Self::Version,
        Self::Events,
        Self::Execution,
    ];

    /// Its spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Name => "name",
            Self::Id => "id",
            Self::Waiting => "waiting",
            Self::Error => "error",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Completed => "completed",
            Self::Duration => "duration",
            Self::Parent => "parent",
            Self::Tags => "tags",
            Self::Version => "version",
            Self::Events => "events",
            Self::Execution => "execution",
        }
    }
}

impl Column {
    /// Reads columns with commas between them; those of a quoted key are its own.
    ///
    /// # Errors
    /// What is wrong, when one cannot be read, stands twice, or there are too many.
    pub fn read_all(text: &str) -> Result<Vec<Self>, String> {
        let mut found = Vec::new();
        for part in split(text).into_iter().filter(|part| !part.trim().is_empty()) {
            let column: Self = part.trim().parse()?;
            if found.contains(&column) {
                return Err(format!("{column} stands here more than once"));
            }
            found.push(column);
        }
        if found.len() > COLUMNS {
            return Err(format!("there are {} columns; the most are {COLUMNS}", found.len()));
        }
        Ok(found)
    }

    /// Columns as [`Column::read_all`] reads them.
    #[must_use]
    pub fn write_all(columns: &[Self]) -> String {
        columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(field) = ColumnField::ALL.into_iter().find(|field| field.as_str() == text) {
            return Ok(Self::Field(field));
        }
        let refused = || {
            let shown: String = text.chars().take(40).collect();
            let fields = ColumnField::ALL.map(ColumnField::as_str).join(", ");
            format!(
                "{shown:?} is no column; use {fields}, or a path like input.orderId, custom.stage or tag.region"
            )
        };
        if text.len() > COLUMN_BYTES {
            return Err(refused());
        }
        // A path is read as the condition that there is something at it.
        let query: Query = format!("{text}=*").parse().map_err(|_| refused())?;
        let Some(Expr::Term(term)) = query.expr else { return Err(refused()) };
        if let Condition::Json { payload, path, test: JsonTest::Equals(values) } = &term.condition
            && *values == [Literal::Present]
        {
            return Ok(Self::Value { payload: *payload, path: path.clone() });
        }
        if let Condition::Tag { key: Some(key), values } = &term.condition
            && values.len() == 1
        {
            return Ok(Self::Tag(key.clone()));
        }
        Err(refused())
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let condition = match self {
            Self::Field(field) => return f.write_str(field.as_str()),
            Self::Value { payload, path } => Condition::Json {
                payload: *payload,
                path: path.clone(),
                test: JsonTest::Equals(vec![Literal::Present]),
            },
            Self::Tag(key) => Condition::Tag {
                key: Some(key.clone()),
                values: vec![crate::query::Pattern::of([String::new(), String::new()])],
            },
        };
        let text = condition.to_string();
        f.write_str(text.strip_suffix("=*").unwrap_or(&text))
    }
}

/// Parts between commas that stand outside of quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(text.get(begin..at).unwrap_or_default());
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(begin..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_read_back() {
        let text =
            "status,id,input.orderId,custom,output.items[0].\"unit, price\",tag.region,waiting";
        let columns = Column::read_all(text).unwrap();
        assert_eq!(columns.len(), 7);
        assert_eq!(Column::write_all(&columns), text);
        assert_eq!(Column::read_all(" name , ").unwrap(), [Column::Field(ColumnField::Name)]);
        assert_eq!(Column::read_all("").unwrap(), []);
    }

    #[test]
    fn what_is_no_column_is_refused() {
        for wrong in [
            "colour",
            "tag",
            "input.",
            "input.a=1",
            "-input.a",
            "input.a or input.b",
            "a b",
            "input.a input.b",
            "status:failed",
            "name:x",
            "id,id",
            "input:x",
            "input.a=1,2",
        ] {
            assert!(Column::read_all(wrong).is_err(), "{wrong}");
        }
        let many: Vec<String> = (0..=COLUMNS).map(|n| format!("input.a{n}")).collect();
        assert!(Column::read_all(&many.join(",")).unwrap_err().contains("the most"));
        assert!(format!("input.{}", "a".repeat(COLUMN_BYTES)).parse::<Column>().is_err());
    }
}
