//! The list's filter: [`InstanceQuery`] and its URL form, and the language of [`Query`], in both directions, each with
//! one parser.
//!
//! Knows the fields, their spelling and their bounds; does not know how a store finds rows. A filter that cannot be
//! read is an error, never a wider filter.

mod ast;
pub mod complete;
mod cursor;
mod display;
mod error;
mod field;
mod parse;
mod pattern;
mod sort;
mod term;
#[cfg(test)]
mod tests;
mod units;

pub use ast::{
    Condition, Expr, Is, JsonTest, Literal, Number, Order, PayloadField, Query, Span, Step, Term,
    TimeField, Wait, WaitKind, When,
};
pub use error::{Mistake, QueryError};
pub use field::Field;
pub use pattern::Pattern;
pub use sort::{Sort, SortField};

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    column::Column,
    id::InvalidName,
    limits::{PAGE_DEFAULT, PAGE_MAX},
    status::RuntimeStatus,
};

/// Characters that are percent-encoded in a path segment or a query value.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Fields of a URL that are not those of the filter, with their values.
pub type OtherFields = Vec<(&'static str, String)>;

/// Fields that stand in a URL once at most.
const ONCE: [&str; 9] =
    ["name", "idPrefix", "createdFrom", "createdTo", "q", "sort", "limit", "cursor", "cols"];

/// Which instances a list shows, in which order, and which page of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceQuery {
    /// Statuses to show; empty shows all. URL: `status`, repeated or comma-separated.
    pub statuses: Vec<RuntimeStatus>,
    /// Exact orchestrator name, or a beginning of it when it ends with `*`. URL: `name`.
    pub name: Option<String>,
    /// Beginning of the instance id. URL: `idPrefix`.
    pub id_prefix: Option<String>,
    /// Earliest creation, inclusive, UTC. URL: `createdFrom`.
    pub created_from: Option<DateTime<Utc>>,
    /// Latest creation, exclusive, UTC. URL: `createdTo`.
    pub created_to: Option<DateTime<Utc>>,
    /// What else must hold. URL: `q`.
    pub q: Query,
    /// Order. URL: `sort`.
    pub sort: Sort,
    /// Most rows of the page, 1 to 1000, default 100. URL: `limit`.
    pub limit: Option<usize>,
    /// Where the page lies, before or after which row: from [`crate::page::Page`]. URL: `cursor`.
    pub cursor: Option<String>,
    /// Columns whose values are wanted beside the rows. URL: `cols`.
    pub columns: Vec<Column>,
}

impl InstanceQuery {
    /// Most rows of the page, within its bounds.
    #[must_use]
    pub fn page_size(&self) -> usize {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// Whether any field narrows the list; paging does not count.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.statuses.is_empty()
            || self.name.is_some()
            || self.id_prefix.is_some()
            || self.created_from.is_some()
            || self.created_to.is_some()
            || self.q.expr.is_some()
    }

    /// All conditions as one query, which says the same.
    #[must_use]
    pub fn to_query(&self) -> Query {
        let listed = (!self.statuses.is_empty()).then(|| Condition::Status(self.statuses.clone()));
        let name = self.name.as_deref().map(|name| match name.strip_suffix('*') {
            Some(prefix) => Pattern::prefix(prefix),
            None => Pattern::exact(name),
        });
        let created = |order| {
            move |at| Condition::Time { field: TimeField::Created, order, when: When::At(at) }
        };
        let plain = [
            listed,
            name.map(|name| Condition::Name(vec![name])),
            self.id_prefix.as_ref().map(|prefix| Condition::Id(vec![Pattern::prefix(prefix)])),
            self.created_from.map(created(Order::AtLeast)),
            self.created_to.map(created(Order::Less)),
        ];
        plain
            .into_iter()
            .flatten()
            .fold(Query::default(), |query, condition| query.and(condition.into()))
            .and(self.q.clone())
    }

    /// Reads the URL form, without a leading `?`. Empty values count as absent.
    ///
    /// # Errors
    /// [`InvalidName`] that names the field which cannot be read, or that is not known.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        Self::parse_with(text, &[]).map(|(query, _)| query)
    }

    /// Reads the URL form, in which these other fields may stand too, once each.
    ///
    /// # Errors
    /// [`InvalidName`] that names the field which cannot be read, or that is not known.
    pub fn parse_with(
        text: &str,
        others: &[&'static str],
    ) -> Result<(Self, OtherFields), InvalidName> {
        let mut query = Self::default();
        let mut seen: Vec<&'static str> = Vec::new();
        let mut found = Vec::new();
        for (key, value) in pairs(text) {
            // A word that is no field is a mistake also without a value: the filter would mean more than was asked for.
            let is_field =
                key == "status" || ONCE.contains(&key.as_str()) || others.contains(&key.as_str());
            if value.is_empty() && is_field {
                continue;
            }
            let once = ONCE.iter().chain(others).copied();
            if let Some(field) = once.into_iter().find(|field| *field == key) {
                if seen.contains(&field) {
                    let reason = "it stands here more than once; write it once".to_owned();
                    return Err(InvalidName { field, reason });
                }
                seen.push(field);
                if others.contains(&field) {
                    found.push((field, value));
                    continue;
                }
            }
            match key.as_str() {
                "status" => {
                    for word in value.split(',').filter(|word| !word.trim().is_empty()) {
                        let status = word
                            .parse()
                            .map_err(|reason| InvalidName { field: "status", reason })?;
                        if !query.statuses.contains(&status) {
                            query.statuses.push(status);
                        }
                    }
                }
                "name" => query.name = Some(value),
                "idPrefix" => query.id_prefix = Some(value),
                "createdFrom" => query.created_from = Some(time("createdFrom", &value)?),
                "createdTo" => query.created_to = Some(time("createdTo", &value)?),
                "limit" => {
                    let limit: usize = value.parse().unwrap_or(0);
                    if !(1..=PAGE_MAX).contains(&limit) {
                        let reason = format!("{value:?} is no whole number from 1 to {PAGE_MAX}");
                        return Err(InvalidName { field: "limit", reason });
                    }
                    query.limit = Some(limit);
                }
                "cursor" => query.cursor = Some(value),
                "cols" => {
                    query.columns = Column::read_all(&value)
                        .map_err(|reason| InvalidName { field: "cols", reason })?;
                }
                "q" => {
                    query.q = value.parse().map_err(|error: QueryError| InvalidName {
                        field: "q",
                        reason: error.to_string(),
                    })?;
                }
                "sort" => {
                    query.sort =
                        value.parse().map_err(|reason| InvalidName { field: "sort", reason })?;
                }
                other => {
                    let known: Vec<&str> = ONCE.iter().chain(others).copied().collect();
                    let known = known.join(", ");
                    let other: String = other.chars().take(40).collect();
                    let reason =
                        format!("{other:?} is no field of the filter; use status, {known}");
                    return Err(InvalidName { field: "query", reason });
                }
            }
        }
        Ok((query, found))
    }

    /// URL form, without a leading `?`; empty when nothing is asked for.
    #[must_use]
    pub fn to_query_string(&self) -> String {
        let mut out: Vec<(&str, String)> = Vec::new();
        if !self.statuses.is_empty() {
            let words: Vec<&str> = self.statuses.iter().map(|status| status.as_str()).collect();
            out.push(("status", words.join(",")));
        }
        let text = [("name", &self.name), ("idPrefix", &self.id_prefix)];
        out.extend(text.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))));
        let times = [("createdFrom", self.created_from), ("createdTo", self.created_to)];
        out.extend(times.into_iter().filter_map(|(key, value)| {
            Some((key, value?.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
        }));
        let q = Some(self.q.to_string()).filter(|q| !q.is_empty());
        out.extend(q.map(|q| ("q", q)));
        let sort = (self.sort != Sort::default()).then(|| self.sort.to_string());
        out.extend(sort.map(|sort| ("sort", sort)));
        out.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        out.extend(self.cursor.clone().map(|cursor| ("cursor", cursor)));
        if !self.columns.is_empty() {
            out.push(("cols", Column::write_all(&self.columns)));
        }
        let parts: Vec<String> =
            out.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        parts.join("&")
    }
}

/// Percent-encodes one path segment or query value.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Splits a query string into decoded pairs; `+` reads as a blank.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn time(field: &'static str, text: &str) -> Result<DateTime<Utc>, InvalidName> {
    DateTime::parse_from_rfc3339(text).map(|time| time.with_timezone(&Utc)).map_err(|_| {
        InvalidName {
            field,
            reason: format!("{text:?} is no time; write it like 2026-11-23T14:02:11Z"),
        }
    })
}

#[cfg(test)]
mod url_tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        let query = InstanceQuery {
            statuses: vec![RuntimeStatus::Failed, RuntimeStatus::Pending],
            name: Some("Order é&=*".to_owned()),
            id_prefix: Some("a/b c+d".to_owned()),
            created_from: Some("2026-11-23T14:02:11.5Z".parse().unwrap()),
            created_to: Some("2026-11-24T00:00:00Z".parse().unwrap()),
            q: "input.a=\"x y\" or is:stuck".parse().unwrap(),
            sort: "name".parse().unwrap(),
            limit: Some(7),
            cursor: Some("x==".to_owned()),
            columns: Column::read_all("id,input.\"a,b\"").unwrap(),
        };
        assert_eq!(InstanceQuery::parse(&query.to_query_string()), Ok(query));
        assert_eq!(InstanceQuery::parse(""), Ok(InstanceQuery::default()));
        assert_eq!(InstanceQuery::default().to_query_string(), "");
    }

    #[test]
    fn what_cannot_be_read_names_its_field() {
        for (text, field) in [
            ("status=runing", "status"),
            ("createdFrom=yesterday", "createdFrom"),
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("stat=Failed", "query"),
            ("stat=", "query"),
            ("status:failed", "query"),
            ("sort=colour", "sort"),
            ("q=stat:x", "q"),
            ("name=a&name=b", "name"),
            ("q=a&q=b", "q"),
            ("cols=colour", "cols"),
        ] {
            assert_eq!(InstanceQuery::parse(text).unwrap_err().field, field, "{text}");
        }
    }

    #[test]
    fn all_conditions_are_one_query() {
        let text = "status=Failed,Pending&name=Ord*&idPrefix=a*&createdFrom=2026-11-23T14:02:11.5Z\
                    &createdTo=2026-11-24T00:00:00Z&q=is:root%20or%20tag:x&sort=-name&limit=5";
        let query = InstanceQuery::parse(text).unwrap().to_query().to_string();
        assert_eq!(
            query,
            "status:Failed,Pending name:Ord* id=\"a*\"* created:>=2026-11-23T14:02:11.500Z \
             created:<2026-11-24T00:00:00Z (is:root or tag:x)"
        );
    }
}
