//! The server as it was last read: its hubs and version.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::request::{GetServer, ServerInfo};

use super::clock;
use crate::api::{self, Error};

thread_local! {
    static SERVER: ArcRwSignal<Option<Result<ServerInfo, Error>>> = ArcRwSignal::new(None);
    static NEWER_BUILD: ArcRwSignal<bool> = ArcRwSignal::new(false);
}

/// The server, once it has answered.
pub fn server() -> Option<ServerInfo> {
    SERVER.with(|server| server.read().as_ref()?.as_ref().ok().cloned())
}

/// Why the server could not be read at all.
pub fn failure() -> Option<Error> {
    SERVER.with(|server| server.read().as_ref()?.as_ref().err().cloned())
}

/// Whether the server has another console than this page since it was loaded.
pub fn has_newer_build() -> bool {
    NEWER_BUILD.with(ArcRwSignal::get)
}

/// Reads the server again. What was read before stays when that fails.
pub fn refresh() {
    spawn_local(async {
        let answer = api::send(&GetServer, None).await;
        if let Ok(info) = &answer {
            clock::learn(info.now);
        }
        SERVER.with(|server| {
            let known = server.with_untracked(|known| match known {
                Some(Ok(info)) => Some(info.console_build.clone()),
                Some(Err(_)) | None => None,
            });
            match (&answer, known) {
                (Err(_), Some(_)) => return,
                (Ok(info), Some(build)) if info.console_build != build => {
                    NEWER_BUILD.with(|newer| newer.set(true));
                    return;
                }
                _ => {}
            }
            server.set(Some(answer));
        });
    });
}
