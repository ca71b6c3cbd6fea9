//! Query strings as .NET reads them: names in any case, what cannot be read counts as absent.

use std::time::Duration;

use chrono::{DateTime, Utc};
use taskhub_shared::query::pairs;

use super::time;

/// A decoded query string.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(text: &str) -> Self {
        let trimmed = |(name, value): (String, String)| {
            (name.trim().to_ascii_lowercase(), value.trim().to_owned())
        };
        Self(pairs(text).into_iter().map(trimmed).collect())
    }

    /// Value of a parameter; several are joined by commas. Blank counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.given(name).filter(|text| !text.is_empty())
    }

    /// The same, but a blank value is a value.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        let values = self.all(name);
        (!values.is_empty()).then(|| values.join(","))
    }

    /// Every value of a parameter.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str()).collect()
    }

    /// Names of all parameters, in small letters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// `true` or `false` in any case.
    pub(super) fn bool(&self, name: &str) -> Option<bool> {
        match self.text(name)?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// A time span in seconds, with fractions; negative ones count as absent.
    pub(super) fn seconds(&self, name: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.text(name)?.parse().ok()?).ok()
    }

    /// A time, UTC.
    pub(super) fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        time::read(&self.text(name)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_leniently() {
        let query = Query::read(
            "ShowInput=False&+top+=7&timeout=1.5&x=1&X=2&bad=1&neg=-1&blank=&text=a%20b%2B+&&inf=inf",
        );
        assert_eq!(query.bool("showinput"), Some(false));
        assert_eq!(query.bool("bad"), None);
        assert_eq!(query.number("top"), Some(7));
        assert_eq!(query.number("x"), None, "1,2 is no number");
        assert_eq!(query.text("x").as_deref(), Some("1,2"));
        assert_eq!(query.seconds("timeout"), Some(Duration::from_millis(1500)));
        assert_eq!(query.seconds("neg"), None);
        assert_eq!(query.seconds("inf"), None);
        assert_eq!(query.text("blank"), None);
        assert_eq!(query.given("blank").as_deref(), Some(""));
        assert_eq!(query.text("text").as_deref(), Some("a b+"));
        assert_eq!(query.text("none"), None);
    }
}
