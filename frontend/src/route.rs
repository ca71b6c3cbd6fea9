//! Typed addresses of the console: [`Route`], read from and written to a path with its query.
//!
//! The only place that knows how an address is spelt. Knows no browser. Segments and values are percent-encoded one by
//! one, so any instance id survives; this is why the console has its own small router: `leptos_router` 0.8 decodes the
//! path of a clicked link and the values of a query once too often, so the ids `100%` and `a%2Fb` would not come back.

mod place;

pub use place::{Place, Span};

use percent_encoding::percent_decode_str;
use taskhub_shared::{
    column::Column,
    query::{Sort, encode, pairs},
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
    /// Another page.
    Place(Place),
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

/// Query, order, columns and place of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListAddress {
    /// Query as it was typed; perhaps it cannot be read.
    pub q: String,
    /// Order.
    pub sort: Sort,
    /// Columns; the usual ones when empty.
    pub columns: Vec<Column>,
    /// Where what is shown begins.
    pub cursor: Option<String>,
    /// Number of rows before it.
    pub skipped: usize,
    /// Instance that stands beside the list.
    pub peek: Option<String>,
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
    Overview,
    Batches,
    Workers,
    Settings,
    Hubs,
    Me,
    NotFound,
}

impl Route {
    /// Reads a path, still encoded, and a query without its `?`.
    pub fn parse(path: &str, query: &str) -> Self {
        let segments: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Self::Home,
            ["h", hub, "instances"] => {
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
            others => match Place::parse(others, query) {
                Some(place) => Self::Place(place),
                None => Self::NotFound,
            },
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
            Self::Place(place) => place.url(),
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

    /// Those instances of a hub that a query finds.
    pub fn found(hub: &str, q: &str) -> Self {
        let list = ListAddress { q: q.to_owned(), ..ListAddress::default() };
        Self::Instances { hub: hub.to_owned(), list: Ok(list) }
    }

    /// How a hub stands.
    pub fn overview(hub: &str) -> Self {
        Self::Place(Place::Overview { hub: hub.to_owned(), range: Span::default() })
    }

    /// The batch jobs of a hub.
    pub fn batches(hub: &str) -> Self {
        Self::Place(Place::Batches { hub: hub.to_owned() })
    }

    /// The workers of a hub.
    pub fn workers(hub: &str) -> Self {
        Self::Place(Place::Workers { hub: hub.to_owned() })
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
            Self::Place(place) => place.hub(),
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
            Self::Place(place) => match place {
                Place::Hubs => Screen::Hubs,
                Place::Me => Screen::Me,
                Place::Overview { .. } => Screen::Overview,
                Place::Batches { .. } | Place::NewBatch { .. } | Place::Batch { .. } => {
                    Screen::Batches
                }
                Place::Workers { .. } => Screen::Workers,
                Place::Danger { .. } => Screen::Settings,
            },
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
        for (key, value) in pairs(query).into_iter().filter(|(_, value)| !value.is_empty()) {
            let unreadable = || UnreadableFilter { part: format!("{key}={value}") };
            match key.as_str() {
                "q" => list.q = value,
                "sort" => list.sort = value.parse().map_err(|_| unreadable())?,
                "cols" => list.columns = Column::read_all(&value).map_err(|_| unreadable())?,
                "cursor" => list.cursor = Some(value),
                "skipped" => list.skipped = value.parse().map_err(|_| unreadable())?,
                "peek" => list.peek = Some(value),
                _ => return Err(unreadable()),
            }
        }
        Ok(list)
    }

    /// Query of the address without `?`.
    pub fn query(&self) -> String {
        let sort = (self.sort != Sort::default()).then(|| self.sort.to_string());
        let columns = Column::write_all(&self.columns);
        let skipped = self.cursor.as_ref().map(|_| self.skipped.to_string());
        let values = [
            ("q", Some(self.q.clone())),
            ("sort", sort),
            ("cols", Some(columns)),
            ("cursor", self.cursor.clone()),
            ("skipped", skipped),
            ("peek", self.peek.clone()),
        ];
        let written = |(key, value): (&str, Option<String>)| {
            let value = value.filter(|value| !value.is_empty())?;
            Some(format!("{key}={}", encode(&value)))
        };
        values.into_iter().filter_map(written).collect::<Vec<_>>().join("&")
    }

    /// Another list, seen from its beginning.
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
            q: "name:\"Order é\"* input.a=\"1&2\"".to_owned(),
            sort: "-updated".parse().unwrap(),
            columns: Column::read_all("status,input.\"a,b\"").unwrap(),
            cursor: Some("x+/==".to_owned()),
            skipped: 200,
            peek: Some("a/b%2F".to_owned()),
        };
        let hub = || "My-Hub".to_owned();
        for route in [
            Route::Home,
            Route::instances("My-Hub"),
            Route::Instances { hub: hub(), list: Ok(list) },
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
            ("sort=colour", "sort=colour"),
            ("cols=id,colour", "cols=id,colour"),
            ("skipped=x", "skipped=x"),
            ("stat=Failed", "stat=Failed"),
        ] {
            assert_eq!(ListAddress::parse(query).unwrap_err().part, part);
        }
        // A query that cannot be read is shown as it is, and where it goes wrong.
        assert_eq!(ListAddress::parse("q=stat:x").unwrap().q, "stat:x");
        assert_eq!(read("/x/y"), Route::NotFound);
        assert_eq!(read("/h/H"), Route::overview("H"));
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
        let changed = list.changed(|list| list.q = "A".to_owned());
        assert_eq!((changed.cursor, changed.skipped), (None, 0));
    }
}
