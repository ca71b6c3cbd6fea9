//! Short messages: toasts that show the outcome of an action, and words for screen readers.

use std::{cell::Cell, time::Duration};

use leptos::prelude::*;

use crate::route::Route;

/// A message that stands at the edge of the screen for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Number of the message.
    pub id: u64,
    /// What happened.
    pub message: String,
    /// Whether it went wrong; such a message stays until it is dismissed.
    pub is_error: bool,
    /// A way on: its words and where it leads.
    pub link: Option<(String, Route)>,
}

thread_local! {
    static NOTICES: ArcRwSignal<Vec<Notice>> = ArcRwSignal::new(Vec::new());
    static ANNOUNCED: ArcRwSignal<String> = ArcRwSignal::new(String::new());
    static NEXT: Cell<u64> = const { Cell::new(1) };
    static SAID: Cell<u64> = const { Cell::new(0) };
}

/// How long a good message stands.
const STANDS: Duration = Duration::from_secs(8);
/// How long words wait for newer ones before they are read out.
const GATHERS: Duration = Duration::from_millis(1500);

/// Messages that stand now.
pub fn notices() -> Vec<Notice> {
    NOTICES.with(ArcRwSignal::get)
}

/// Words to read out.
pub fn announced() -> String {
    ANNOUNCED.with(ArcRwSignal::get)
}

/// Tells that something was done.
pub fn done(message: String, link: Option<(String, Route)>) {
    let id = push(message, false, link);
    set_timeout(move || dismiss(id), STANDS);
}

/// Tells that something went wrong.
pub fn failed(message: String) {
    push(message, true, None);
}

/// Takes a message away.
pub fn dismiss(id: u64) {
    NOTICES.with(|notices| notices.update(|notices| notices.retain(|notice| notice.id != id)));
}

/// Reads words out after a moment, unless newer words come first.
pub fn announce(words: String) {
    let turn = SAID.get() + 1;
    SAID.set(turn);
    let say = move || {
        if SAID.get() == turn {
            ANNOUNCED.with(|announced| announced.set(words.clone()));
        }
    };
    set_timeout(say, GATHERS);
}

fn push(message: String, is_error: bool, link: Option<(String, Route)>) -> u64 {
    let id = NEXT.get();
    NEXT.set(id + 1);
    NOTICES.with(|notices| {
        notices.update(|notices| {
            notices.push(Notice { id, message, is_error, link });
            let surplus = notices.len().saturating_sub(4);
            notices.drain(..surplus);
        });
    });
    id
}
