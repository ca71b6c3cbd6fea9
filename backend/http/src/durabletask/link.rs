//! Links to an instance, as clients expect them in answers.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::BASE;

/// Name of the connection in links. Compat: there is one store, so any name that comes back is as good.
const CONNECTION: &str = "Storage";
/// What .NET leaves as it is in form encoding; a blank becomes a plus sign.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b' ');

/// Body of the answer to a start: id and links, in the original's order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckStatus<'a> {
    id: &'a str,
    pub(super) status_query_get_uri: String,
    send_event_post_uri: String,
    terminate_post_uri: String,
    purge_history_delete_uri: String,
    restart_post_uri: String,
    suspend_post_uri: String,
    resume_post_uri: String,
}

impl<'a> CheckStatus<'a> {
    /// Links that begin with `base`, for an instance of a hub.
    pub(super) fn new(base: &str, hub: &str, id: &'a str) -> Self {
        let instance = format!("{base}{BASE}/instances/{}", form(id));
        let query = format!("taskHub={}&connection={CONNECTION}", form(hub));
        let with = |operation: &str| format!("{instance}/{operation}{query}");
        Self {
            id,
            status_query_get_uri: format!("{instance}?{query}"),
            send_event_post_uri: with("raiseEvent/{eventName}?"),
            terminate_post_uri: with("terminate?reason={text}&"),
            purge_history_delete_uri: format!("{instance}?{query}"),
            restart_post_uri: with("restart?"),
            suspend_post_uri: with("suspend?reason={text}&"),
            resume_post_uri: with("resume?reason={text}&"),
        }
    }
}

fn form(text: &str) -> String {
    utf8_percent_encode(text, FORM).to_string().replace(' ', "+")
}
