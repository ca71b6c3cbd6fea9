//! Addresses of the pages beside the list, the instance and the start form.

use percent_encoding::percent_decode_str;
use taskhub_shared::{
    action::Action,
    batch::ItemResult,
    query::{encode, pairs},
};

/// One of these pages with all that its address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All hubs.
    Hubs,
    /// The person's own settings.
    Me,
    /// How a hub stands.
    Overview { hub: String, range: Span },
    /// The batch jobs of a hub.
    Batches { hub: String },
    /// The form for a new job.
    NewBatch { hub: String, q: String, action: Option<Action>, ids: Vec<String> },
    /// One job, and which of its instances are listed.
    Batch { hub: String, id: String, result: Option<ItemResult> },
    /// What waits for workers, and the workers.
    Workers { hub: String },
    /// Deleting the hub.
    Danger { hub: String },
}

/// Time that the overview tells of, up to now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Span {
    /// One hour.
    #[default]
    Hour,
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
}

impl Span {
    /// All of them, shortest first.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// Spelling in the address and in queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// Length in minutes.
    pub fn minutes(self) -> i64 {
        match self {
            Self::Hour => 60,
            Self::Day => 1440,
            Self::Week => 10_080,
        }
    }
}

impl Place {
    /// Reads decoded segments and a query without its `?`.
    pub fn parse(segments: &[&str], query: &str) -> Option<Self> {
        let values = pairs(query);
        let value = |wanted: &str| {
            let found = values.iter().find(|(key, value)| key == wanted && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        };
        let own = |hub: &str| hub.to_owned();
        Some(match segments {
            ["hubs"] => Self::Hubs,
            ["me"] => Self::Me,
            ["h", hub] => {
                let range =
                    Span::ALL.into_iter().find(|span| value("range") == Some(span.as_str()));
                Self::Overview { hub: own(hub), range: range.unwrap_or_default() }
            }
            ["h", hub, "batches"] => Self::Batches { hub: own(hub) },
            ["h", hub, "batches", "new"] => Self::NewBatch {
                hub: own(hub),
                q: value("q").unwrap_or_default().to_owned(),
                action: Action::ALL.into_iter().find(|action| value("op") == Some(action.code())),
                ids: value("ids").map(read_ids).unwrap_or_default(),
            },
            ["h", hub, "batches", id] => {
                let chosen = |result: &ItemResult| value("result") == Some(result.as_str());
                let result = ItemResult::ALL.into_iter().find(chosen);
                Self::Batch { hub: own(hub), id: own(id), result }
            }
            ["h", hub, "workers"] => Self::Workers { hub: own(hub) },
            ["h", hub, "settings"] | ["h", hub, "settings", "danger"] => {
                Self::Danger { hub: own(hub) }
            }
            _ => return None,
        })
    }

    /// Path and query of the address.
    pub fn url(&self) -> String {
        let of = |hub: &str, rest: &str| format!("/h/{}{rest}", encode(hub));
        match self {
            Self::Hubs => "/hubs".to_owned(),
            Self::Me => "/me".to_owned(),
            Self::Overview { hub, range: Span::Hour } => of(hub, ""),
            Self::Overview { hub, range } => of(hub, &format!("?range={}", range.as_str())),
            Self::Batches { hub } => of(hub, "/batches"),
            Self::NewBatch { hub, q, action, ids } => {
                let ids: Vec<String> = ids.iter().map(|id| encode(id)).collect();
                let values = [
                    ("q", Some(q.clone()).filter(|q| !q.is_empty())),
                    ("op", action.map(|action| action.code().to_owned())),
                    ("ids", (!ids.is_empty()).then(|| ids.join(","))),
                ];
                let parts: Vec<String> = values
                    .into_iter()
                    .filter_map(|(key, value)| Some(format!("{key}={}", encode(&value?))))
                    .collect();
                let mark = if parts.is_empty() { "" } else { "?" };
                of(hub, &format!("/batches/new{mark}{}", parts.join("&")))
            }
            Self::Batch { hub, id, result } => {
                let result = result.map(|result| format!("?result={}", result.as_str()));
                of(hub, &format!("/batches/{}{}", encode(id), result.unwrap_or_default()))
            }
            Self::Workers { hub } => of(hub, "/workers"),
            Self::Danger { hub } => of(hub, "/settings/danger"),
        }
    }

    /// Hub of the address.
    pub fn hub(&self) -> Option<&str> {
        match self {
            Self::Hubs | Self::Me => None,
            Self::Overview { hub, .. }
            | Self::Batches { hub }
            | Self::NewBatch { hub, .. }
            | Self::Batch { hub, .. }
            | Self::Workers { hub }
            | Self::Danger { hub } => Some(hub),
        }
    }
}

/// Ids are encoded one by one, so that a comma in an id does not part it.
fn read_ids(text: &str) -> Vec<String> {
    let read = |id: &str| percent_decode_str(id).decode_utf8_lossy().into_owned();
    text.split(',').filter(|id| !id.is_empty()).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Route;

    #[test]
    fn every_place_reads_back() {
        let hub = || "My Hub/é".to_owned();
        for place in [
            Place::Hubs,
            Place::Me,
            Place::Overview { hub: hub(), range: Span::Hour },
            Place::Overview { hub: hub(), range: Span::Week },
            Place::Batches { hub: hub() },
            Place::NewBatch { hub: hub(), q: String::new(), action: None, ids: Vec::new() },
            Place::NewBatch {
                hub: hub(),
                q: "name:\"a&b\" status:failed".to_owned(),
                action: Some(Action::RestartWithSameId),
                ids: vec!["a,b".to_owned(), "100%".to_owned(), "é/x".to_owned()],
            },
            Place::Batch { hub: hub(), id: "17".to_owned(), result: None },
            Place::Batch { hub: hub(), id: "17".to_owned(), result: Some(ItemResult::Skipped) },
            Place::Workers { hub: hub() },
            Place::Danger { hub: hub() },
        ] {
            let url = place.url();
            let (path, query) = url.split_once('?').unwrap_or((&url, ""));
            assert_eq!(Route::parse(path, query), Route::Place(place), "{url}");
        }
        assert_eq!(Route::parse("/h/H/batches/1/2", ""), Route::NotFound);
        let danger = Place::Danger { hub: "H".to_owned() };
        assert_eq!(Route::parse("/h/H/settings", ""), Route::Place(danger));
    }
}
