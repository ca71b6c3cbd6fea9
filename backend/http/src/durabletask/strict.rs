//! Queries of calls that destroy: what cannot be read is refused, since leaving it out would widen what is destroyed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use taskhub_shared::status::RuntimeStatus;

use super::{list, query::Query};

/// What every route takes, whether or not it means anything here.
const EVERYWHERE: [&str; 4] = ["taskHub", "connection", "connectionName", "code"];
/// How much of a stranger's text is told back.
const TOLD: usize = 100;

/// What is wrong with the parameter that it names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused(pub(super) String);

impl Refused {
    fn new(name: &str, reason: &str) -> Self {
        Self(format!("Please provide a valid value for '{name}' parameter: {reason}."))
    }
}

impl Query {
    /// Refuses parameters that the route does not know.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Refused> {
        let is_known = |name: &str| {
            EVERYWHERE.iter().chain(known).any(|known| known.eq_ignore_ascii_case(name))
        };
        match self.names().find(|name| !name.is_empty() && !is_known(name)) {
            Some(name) => {
                let name = shortened(name);
                let known = known.join(", ");
                Err(Refused(format!("There is no '{name}' parameter here; use {known}.")))
            }
            None => Ok(()),
        }
    }

    /// A time that is given once or not at all.
    pub(super) fn strict_time(&self, name: &str) -> Result<Option<DateTime<Utc>>, Refused> {
        let Some(text) = self.once(name)? else { return Ok(None) };
        let told = || {
            let text = shortened(&text);
            Refused::new(name, &format!("{text:?} is no time; write it like 2026-11-23T14:02:11Z"))
        };
        super::time::read(&text).map(Some).ok_or_else(told)
    }

    /// Statuses by name or number, in a list, repeated, or not at all.
    pub(super) fn strict_statuses(&self, name: &str) -> Result<Vec<RuntimeStatus>, Refused> {
        let Some(text) = self.given(name) else { return Ok(Vec::new()) };
        let read = |word: &str| {
            list::status(word).ok_or_else(|| {
                let word = shortened(word);
                let known = RuntimeStatus::ALL.map(RuntimeStatus::as_str).join(", ");
                Refused::new(name, &format!("{word:?} is no runtime status; use {known}"))
            })
        };
        let all: Result<BTreeSet<_>, _> = text.split(',').map(read).collect();
        Ok(all?.into_iter().collect())
    }

    fn once(&self, name: &str) -> Result<Option<String>, Refused> {
        match self.all(name).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some((*one).to_owned())),
            [..] => Err(Refused::new(name, "it is there more than once")),
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        let query = Query::read("From=2026-11-23&to=x&twice=2026-01-01&Twice=2026-01-01&blank=");
        assert_eq!(query.strict_time("from"), Ok(Some("2026-11-23T00:00:00Z".parse().unwrap())));
        assert_eq!(query.strict_time("none"), Ok(None));
        for name in ["to", "twice", "blank"] {
            let Refused(text) = query.strict_time(name).unwrap_err();
            assert!(text.contains(&format!("'{name}'")), "{text}");
        }
        assert_eq!(query.only(&["from", "to", "twice", "blank"]), Ok(()));
        assert!(query.only(&["from", "to", "twice"]).unwrap_err().0.contains("'blank'"));
    }

    #[test]
    fn every_status_has_to_be_known() {
        use RuntimeStatus::{Completed, Failed};
        let read = |text: &str| Query::read(text).strict_statuses("s");
        assert_eq!(read(""), Ok(vec![]));
        assert_eq!(read("s=failed,%20Completed"), Ok(vec![Completed, Failed]));
        assert_eq!(read("s=3&S=1,3"), Ok(vec![Completed, Failed]));
        for bad in ["s=", "s=Failed,", "s=Faild", "s=8", "s=-1", "s=Failed&s="] {
            assert!(read(bad).unwrap_err().0.contains("'s'"), "{bad}");
        }
    }
}
