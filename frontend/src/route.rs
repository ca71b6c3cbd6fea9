//! Typed addresses of the console: [`Route`], read from and written to a path with its query.
//!
//! The only place that knows how an address is spelt. Knows no browser. Segments and values are percent-encoded one by
//! one, so any instance id survives; this is why the console has its own small router: `leptos_router` 0.8 decodes the
//! path of a clicked link and the values of a query once too often, so the ids `100%` and `a%2Fb` would not come back.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use percent_encoding::percent_decode_str;
use taskhub_shared::{
    query::{InstanceQuery, encode, pairs},
    status::RuntimeStatus,
};

/// One screen of the console with all that its address says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The default hub's instances, once it is known.
    Home,
    /// The list.
    Instances { hub: String, list: Result<ListAddress, UnreadableFilter> },
    /// One instance.
    Instance { hub: String, id: String, tab: Tab },
    /// The start form, filled from a name or from another instance.
    Start { hub: String, name: Option<String>, like: Option<String> },
    /// No screen.
    NotFound,
}

/// A tab of an instance's page, with what its address says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Tab {
    /// What ran when.
    #[default]
    Timeline,
    /// Event by event: the one that is looked at, and what the list is narrowed to.
    History { at: Option<u64>, q: String },
    /// Parents and children.
    Tree,
    /// Payloads and addresses.
    Data,
}

/// Filter and page of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListAddress {
    /// Statuses to show; empty shows all.
    pub statuses: Vec<RuntimeStatus>,
    /// Name, or a beginning of it with `*`.
    pub name: Option<String>,
    /// Beginning of the id.
    pub id_prefix: Option<String>,
    /// When the instances were created.
    pub range: Range,
    /// Where the page begins.
    pub cursor: Option<String>,
    /// Number of rows before the page.
    pub skipped: u64,
}

/// Time of creation that the list is narrowed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Range {
    /// No bound.
    #[default]
    All,
    /// The last hours or days, counted from now.
    Last(Preset),
    /// Fixed bounds, the later one exclusive.
    Between(Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

/// A length of time on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// One hour.
    Hour,
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// Thirty days.
    Month,
}

/// A part of a list's address that cannot be read. The list is not shown wider instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableFilter {
    /// The part as it stands in the address.
    pub part: String,
}

/// Which screen a [`Route`] shows, without its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Home,
    Instances,
    Instance,
    Start,
    NotFound,
}

impl Preset {
    /// All presets, shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// Spelling in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// Length of the time.
    pub fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::hours(24),
            Self::Week => TimeDelta::days(7),
            Self::Month => TimeDelta::days(30),
        }
    }
}

impl Route {
    /// Reads a path, still encoded, and a query without its `?`.
    pub fn parse(path: &str, query: &str) -> Self {
        let segments: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Self::Home,
            ["h", hub] | ["h", hub, "instances"] => {
                Self::Instances { hub: (*hub).to_owned(), list: ListAddress::parse(query) }
            }
            ["h", hub, "instances", id] => Self::instance(hub, id),
            ["h", hub, "instances", id, tab] => match Tab::parse(tab, query) {
                Some(tab) => Self::tab(hub, id, tab),
                None => Self::NotFound,
            },
            ["h", hub, "start"] => {
                let values = pairs(query);
                let value = |wanted: &str| {
                    let found =
                        values.iter().find(|(key, value)| key == wanted && !value.is_empty());
                    found.map(|(_, value)| value.clone())
                };
                Self::Start { hub: (*hub).to_owned(), name: value("name"), like: value("like") }
            }
            _ => Self::NotFound,
        }
    }

    /// Path and query of the address.
    pub fn url(&self) -> String {
        match self {
            Self::Home | Self::NotFound => "/".to_owned(),
            Self::Instances { hub, list } => {
                let query = list.as_ref().map(ListAddress::query).unwrap_or_default();
                join(format!("/h/{}/instances", encode(hub)), &query)
            }
            Self::Instance { hub, id, tab } => {
                let tab = tab.url();
                format!("/h/{}/instances/{}{tab}", encode(hub), encode(id))
            }
            Self::Start { hub, name, like } => {
                let values = [("name", name), ("like", like)];
                let parts: Vec<String> = values
                    .into_iter()
                    .filter_map(|(key, value)| Some(format!("{key}={}", encode(value.as_ref()?))))
                    .collect();
                join(format!("/h/{}/start", encode(hub)), &parts.join("&"))
            }
        }
    }

    /// The unfiltered list of a hub.
    pub fn instances(hub: &str) -> Self {
        Self::Instances { hub: hub.to_owned(), list: Ok(ListAddress::default()) }
    }

    /// One instance.
    pub fn instance(hub: &str, id: &str) -> Self {
        Self::tab(hub, id, Tab::default())
    }

    /// A tab of one instance.
    pub fn tab(hub: &str, id: &str, tab: Tab) -> Self {
        Self::Instance { hub: hub.to_owned(), id: id.to_owned(), tab }
    }

    /// Whether both are tabs of the same instance, or the same screen.
    pub fn is_beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Instance { hub, id, .. }, Self::Instance { hub: hub2, id: id2, .. }) => {
                hub == hub2 && id == id2
            }
            _ => self == other,
        }
    }

    /// The empty start form of a hub.
    pub fn start(hub: &str) -> Self {
        Self::Start { hub: hub.to_owned(), name: None, like: None }
    }

    /// Hub of the address.
    pub fn hub(&self) -> Option<&str> {
        match self {
            Self::Instances { hub, .. } | Self::Instance { hub, .. } | Self::Start { hub, .. } => {
                Some(hub)
            }
            Self::Home | Self::NotFound => None,
        }
    }

    /// Screen of the address.
    pub fn screen(&self) -> Screen {
        match self {
            Self::Home => Screen::Home,
            Self::Instances { .. } => Screen::Instances,
            Self::Instance { .. } => Screen::Instance,
            Self::Start { .. } => Screen::Start,
            Self::NotFound => Screen::NotFound,
        }
    }
}

impl Tab {
    /// One event in the history.
    pub fn event(seq: u64) -> Self {
        Self::History { at: Some(seq), q: String::new() }
    }

    fn parse(segment: &str, query: &str) -> Option<Self> {
        match segment {
            "timeline" => Some(Self::Timeline),
            "tree" => Some(Self::Tree),
            "data" => Some(Self::Data),
            "history" => {
                let (mut at, mut q) = (None, String::new());
                for (key, value) in pairs(query) {
                    match key.as_str() {
                        "at" => at = value.parse().ok().filter(|at| *at > 0),
                        "q" => q = value,
                        _ => {}
                    }
                }
                Some(Self::History { at, q })
            }
            _ => None,
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Timeline => String::new(),
            Self::Tree => "/tree".to_owned(),
            Self::Data => "/data".to_owned(),
            Self::History { at, q } => {
                let at = at.map(|at| format!("at={at}"));
                let q = (!q.is_empty()).then(|| format!("q={}", encode(q)));
                let query: Vec<String> = at.into_iter().chain(q).collect();
                join("/history".to_owned(), &query.join("&"))
            }
        }
    }
}

impl ListAddress {
    /// Reads a query without its `?`.
    ///
    /// # Errors
    /// [`UnreadableFilter`] with the first part that is unknown or has no sense.
    pub fn parse(query: &str) -> Result<Self, UnreadableFilter> {
        let mut list = Self::default();
        let (mut from, mut to) = (None, None);
        for (key, value) in pairs(query).into_iter().filter(|(_, value)| !value.is_empty()) {
            let unreadable = || UnreadableFilter { part: format!("{key}={value}") };
            match key.as_str() {
                "status" => {
                    for word in value.split(',').filter(|word| !word.trim().is_empty()) {
                        let status = word.parse().map_err(|_| unreadable())?;
                        if !list.statuses.contains(&status) {
                            list.statuses.push(status);
                        }
                    }
                }
                "name" => list.name = Some(value),
                "idPrefix" => list.id_prefix = Some(value),
                "range" => {
                    let preset = Preset::ALL.into_iter().find(|preset| preset.as_str() == value);
                    list.range = Range::Last(preset.ok_or_else(unreadable)?);
                }
                "createdFrom" => from = Some(time(&value).ok_or_else(unreadable)?),
                "createdTo" => to = Some(time(&value).ok_or_else(unreadable)?),
                "cursor" => list.cursor = Some(value),
                "skipped" => list.skipped = value.parse().map_err(|_| unreadable())?,
                _ => return Err(unreadable()),
            }
        }
        if from.is_some() || to.is_some() {
            list.range = Range::Between(from, to);
        }
        Ok(list)
    }

    /// Query of the address without `?`.
    pub fn query(&self) -> String {
        let mut out: Vec<(&str, String)> = Vec::new();
        if !self.statuses.is_empty() {
            let words: Vec<&str> = self.statuses.iter().map(|status| status.as_str()).collect();
            out.push(("status", words.join(",")));
        }
        out.extend(self.name.clone().map(|name| ("name", name)));
        out.extend(self.id_prefix.clone().map(|prefix| ("idPrefix", prefix)));
        let written = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        match self.range {
            Range::All => {}
            Range::Last(preset) => out.push(("range", preset.as_str().to_owned())),
            Range::Between(from, to) => {
                out.extend(from.map(|time| ("createdFrom", written(time))));
                out.extend(to.map(|time| ("createdTo", written(time))));
            }
        }
        if let Some(cursor) = &self.cursor {
            out.push(("cursor", cursor.clone()));
            out.push(("skipped", self.skipped.to_string()));
        }
        let parts: Vec<String> =
            out.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        parts.join("&")
    }

    /// What to ask the server for, at this time.
    pub fn to_query(&self, now: DateTime<Utc>) -> InstanceQuery {
        let (created_from, created_to) = match self.range {
            Range::All => (None, None),
            Range::Last(preset) => (Some(now - preset.length()), None),
            Range::Between(from, to) => (from, to),
        };
        InstanceQuery {
            statuses: self.statuses.clone(),
            name: self.name.clone(),
            id_prefix: self.id_prefix.clone(),
            created_from,
            created_to,
            cursor: self.cursor.clone(),
            ..InstanceQuery::default()
        }
    }

    /// Whether anything narrows the list.
    pub fn is_filtered(&self) -> bool {
        !self.statuses.is_empty() || self.narrows_counts()
    }

    /// Whether anything but the status narrows the list, so that the hub's own counts do not fit.
    pub fn narrows_counts(&self) -> bool {
        self.name.is_some() || self.id_prefix.is_some() || self.range != Range::All
    }

    /// The same filter from its first page, changed by `change`.
    pub fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut list = Self { cursor: None, skipped: 0, ..self.clone() };
        change(&mut list);
        list
    }
}

fn join(path: String, query: &str) -> String {
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Route {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        Route::parse(path, query)
    }

    #[test]
    fn every_route_reads_back() {
        let list = ListAddress {
            statuses: vec![RuntimeStatus::Failed, RuntimeStatus::Running],
            name: Some("Order*+ é".to_owned()),
            id_prefix: Some("a/%2F".to_owned()),
            range: Range::Last(Preset::Week),
            cursor: Some("x+/==".to_owned()),
            skipped: 200,
        };
        let between = ListAddress {
            range: Range::Between(time("2026-11-23T14:02:11Z"), None),
            ..ListAddress::default()
        };
        let hub = || "My-Hub".to_owned();
        for route in [
            Route::Home,
            Route::instances("My-Hub"),
            Route::Instances { hub: hub(), list: Ok(list) },
            Route::Instances { hub: hub(), list: Ok(between) },
            Route::Start { hub: hub(), name: Some("A&b=c d".to_owned()), like: None },
            Route::Start { hub: hub(), name: None, like: Some("a/b%2F é".to_owned()) },
            Route::tab("My-Hub", "a/b%", Tab::Tree),
            Route::tab("My-Hub", "history", Tab::Data),
            Route::tab("My-Hub", "x", Tab::History { at: None, q: String::new() }),
            Route::tab("My-Hub", "x", Tab::History { at: Some(7), q: "-type:x é&=".to_owned() }),
        ] {
            assert_eq!(read(&route.url()), route, "{}", route.url());
        }
    }

    #[test]
    fn any_id_is_one_segment() {
        for id in
            ["a/b", "a@b", "100%", "a%2Fb", "é漢🙂", "two  words", "a+b", "a?b#c", "h", "a\\b", "…"]
        {
            let route = Route::instance("H", id);
            assert_eq!(read(&route.url()), route, "{id}");
            assert_eq!(route.url().matches('/').count(), 4, "{id}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_and_not_dropped() {
        for (query, part) in [
            ("status=runing", "status=runing"),
            ("range=2y", "range=2y"),
            ("createdFrom=yesterday", "createdFrom=yesterday"),
            ("stat=Failed", "stat=Failed"),
        ] {
            assert_eq!(ListAddress::parse(query).unwrap_err().part, part);
        }
        assert_eq!(read("/x/y"), Route::NotFound);
        assert_eq!(read("/h/H"), Route::instances("H"));
        assert_eq!(read("/h/H/instances/x/timeline"), Route::instance("H", "x"));
        assert_eq!(read("/h/H/instances/x/nothing"), Route::NotFound);
        assert_eq!(
            read("/h/H/instances/x/history?at=0&q="),
            Route::tab("H", "x", Tab::History { at: None, q: String::new() })
        );
    }

    #[test]
    fn a_changed_filter_begins_at_the_first_page() {
        let list = ListAddress { cursor: Some("c".to_owned()), skipped: 100, ..Default::default() };
        let changed = list.changed(|list| list.name = Some("A".to_owned()));
        assert_eq!((changed.cursor, changed.skipped), (None, 0));
    }
}
