//! The live stream of a task hub: one for the page, heard by whoever listens.
//!
//! The browser resumes a broken stream by itself and tells the server where it was. When it gives up, or nothing has
//! come for a while, the stream is opened anew and listeners hear [`News::Opened`]: what they know may be old. A page
//! that is hidden for a minute closes its stream, because a browser allows few connections to one server.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use leptos::{ev, prelude::*};
use serde::de::DeserializeOwned;
use taskhub_shared::{
    live::{BatchChanges, Changes, Resync},
    query::encode,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

use crate::state::clock;

/// Something that the stream tells.
#[derive(Debug, Clone)]
pub enum News {
    /// Rows changed.
    Changes(Rc<Changes>),
    /// Batch jobs stand otherwise.
    Batches(Rc<BatchChanges>),
    /// More changed than was told.
    Resync(Rc<Resync>),
    /// A new stream began; changes before it were not told.
    Opened,
}

/// How the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// No stream is wanted.
    Off,
    /// The first one is being opened.
    Connecting,
    /// News come.
    Live,
    /// It broke; the last news came at this time.
    Lost(DateTime<Utc>),
}

type Listener = Rc<dyn Fn(&News)>;
type Handler = Closure<dyn FnMut(Event)>;

struct Stream {
    source: EventSource,
    _handlers: Vec<Handler>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onerror(None);
        self.source.close();
    }
}

thread_local! {
    static CONNECTION: ArcRwSignal<Connection> = ArcRwSignal::new(Connection::Off);
    static LISTENERS: RefCell<Vec<(u64, Listener)>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(1) };
    static HUB: RefCell<Option<String>> = RefCell::default();
    static STREAM: RefCell<Option<Stream>> = RefCell::default();
    static HEARD_AT: Cell<Option<DateTime<Utc>>> = const { Cell::new(None) };
    static TRIES: Cell<u32> = const { Cell::new(0) };
    static HIDDEN_FOR: Cell<u32> = const { Cell::new(0) };
}

/// A stream that has said nothing for so many seconds, not even `ping`, is taken for broken.
const SILENCE: i64 = 60;
/// Seconds after which a hidden page closes its stream.
const HIDDEN: u32 = 60;

/// How the stream stands, followed by views that read it.
pub fn connection() -> Connection {
    CONNECTION.with(ArcRwSignal::get)
}

/// Hears news until the owner of the calling view is gone.
pub fn listen(listener: impl Fn(&News) + 'static) {
    let id = NEXT.get();
    NEXT.set(id + 1);
    LISTENERS.with_borrow_mut(|listeners| listeners.push((id, Rc::new(listener))));
    on_cleanup(move || {
        LISTENERS.with_borrow_mut(|listeners| listeners.retain(|(other, _)| *other != id));
    });
}

/// Follows this hub and no other.
pub fn follow(hub: Option<String>) {
    if HUB.with_borrow(|known| *known == hub) {
        return;
    }
    HUB.set(hub);
    TRIES.set(0);
    HEARD_AT.set(None);
    open();
}

/// Starts the watch over silent streams and hidden pages.
pub fn start() {
    let _ = set_interval_with_handle(watch, Duration::from_secs(5));
    // A page that is left lives on for a while, and its stream would keep one of the few connections.
    let _ = window_event_listener_untyped("pagehide", |_| STREAM.set(None));
    let _ = window_event_listener_untyped("pageshow", |_| {
        if STREAM.with_borrow(Option::is_none) {
            open();
        }
    });
    let _ = window_event_listener(ev::visibilitychange, |_| {
        HIDDEN_FOR.set(0);
        if !document().hidden() && STREAM.with_borrow(Option::is_none) {
            open();
        }
    });
}

fn watch() {
    if document().hidden() {
        HIDDEN_FOR.set(HIDDEN_FOR.get().saturating_add(5));
        if HIDDEN_FOR.get() >= HIDDEN {
            STREAM.set(None);
        }
        return;
    }
    let silent = HEARD_AT.get().is_some_and(|at| (clock::now() - at).num_seconds() > SILENCE);
    if silent && STREAM.with_borrow(Option::is_some) {
        lost();
        open();
    }
}

/// Opens a new stream in place of the one that there is.
fn open() {
    STREAM.set(None);
    let Some(hub) = HUB.with_borrow(Clone::clone) else {
        set(Connection::Off);
        return;
    };
    if HEARD_AT.get().is_none() {
        set(Connection::Connecting);
    }
    let url = format!("/api/v1/hubs/{}/live", encode(&hub));
    let Ok(source) = EventSource::new(&url) else { return };
    let opened = Cell::new(false);
    let handlers = vec![
        on(&source, "open", move |_| {
            TRIES.set(0);
            heard();
            // The browser's own resumption asks from where it was, so nothing is missing then.
            if !opened.replace(true) {
                tell(&News::Opened);
            }
        }),
        on(&source, "changes", |event| {
            heard();
            if let Some(changes) = read::<Changes>(&event) {
                tell(&News::Changes(Rc::new(changes)));
            }
        }),
        on(&source, "batches", |event| {
            heard();
            if let Some(changes) = read::<BatchChanges>(&event) {
                tell(&News::Batches(Rc::new(changes)));
            }
        }),
        on(&source, "resync", |event| {
            heard();
            if let Some(resync) = read::<Resync>(&event) {
                tell(&News::Resync(Rc::new(resync)));
            }
        }),
        on(&source, "ping", |_| heard()),
        on(&source, "error", |event| {
            lost();
            let source = event.target().and_then(|target| target.dyn_into::<EventSource>().ok());
            if source.is_none_or(|source| source.ready_state() == EventSource::CLOSED) {
                open_later();
            }
        }),
    ];
    STREAM.set(Some(Stream { source, _handlers: handlers }));
}

/// Opens a new stream after 1 to 30 s, later with each try, and not for all pages at once.
fn open_later() {
    let tries = TRIES.get();
    TRIES.set(tries.saturating_add(1));
    let seconds =
        f64::from(1_u32 << tries.min(5)).min(30.0) * (0.75 + js_sys::Math::random() / 2.0);
    set_timeout(
        move || {
            if TRIES.get() == tries + 1 && !document().hidden() {
                open();
            }
        },
        Duration::from_secs_f64(seconds),
    );
}

fn heard() {
    HEARD_AT.set(Some(clock::now()));
    set(Connection::Live);
}

fn lost() {
    set(match HEARD_AT.get() {
        Some(at) => Connection::Lost(at),
        None => Connection::Connecting,
    });
}

fn set(connection: Connection) {
    CONNECTION.with(|signal| {
        if signal.get_untracked() != connection {
            signal.set(connection);
        }
    });
}

fn tell(news: &News) {
    // A listener may make others come or go, so the list is not borrowed while they are called.
    let listeners: Vec<Listener> = LISTENERS.with_borrow(|listeners| {
        listeners.iter().map(|(_, listener)| Rc::clone(listener)).collect()
    });
    for listener in listeners {
        listener(news);
    }
}

fn on(source: &EventSource, name: &str, handler: impl FnMut(Event) + 'static) -> Handler {
    let handler: Handler = Closure::new(handler);
    let _ = source.add_event_listener_with_callback(name, handler.as_ref().unchecked_ref());
    handler
}

fn read<T: DeserializeOwned>(event: &Event) -> Option<T> {
    let text = event.dyn_ref::<MessageEvent>()?.data().as_string()?;
    serde_json::from_str(&text).ok()
}
