//! The console of Taskhub, compiled to WebAssembly.
//!
//! An address leads to a page; the page reads it, loads with `api` and hands values down to `component`s and `ui`.

#![expect(
    unreachable_pub,
    reason = "leptos' component macro makes functions and property types public"
)]

mod api;
mod component;
mod format;
mod frame;
mod json;
mod json_path;
mod page;
mod route;
mod state;
mod text;
mod ui;

use leptos::prelude::*;

use state::{clock, location, preferences};

/// Reads preferences and the address, connects to the server and shows the console.
pub fn start() {
    preferences::restore();
    location::start();
    clock::start();
    api::live::start();
    mount_to_body(frame::App);
}
