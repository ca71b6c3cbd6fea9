//! Links to an instance, as clients expect them in answers.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{BASE, Call};
use crate::key::PARAMETER;

/// Name of the connection in links. Compat: there is one store, so any name that comes back is as good.
pub(super) const CONNECTION: &str = "Storage";
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

/// Id and links, in the original's order: `HttpManagementPayload`, and the body of the answer to a start.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HttpManagementPayload)]
pub(crate) struct Management<'a> {
    id: &'a str,
    pub(super) status_query_get_uri: String,
    send_event_post_uri: String,
    terminate_post_uri: String,
    rewind_post_uri: String,
    purge_history_delete_uri: String,
    restart_post_uri: String,
    suspend_post_uri: String,
    resume_post_uri: String,
}

/// What the links of one answer have in common.
#[derive(Debug)]
pub(super) struct Links<'a> {
    base: &'a str,
    hub: &'a str,
    key: Option<&'a str>,
}

impl<'a> Links<'a> {
    /// Links in the answer to this call.
    pub(super) fn of(call: &'a Call) -> Self {
        let key = call.key.as_ref().and_then(crate::key::Key::for_links);
        Self { base: &call.link_base, hub: call.hub.name().as_str(), key }
    }

    /// What every link ends with.
    pub(super) fn query(&self) -> String {
        let key = self.key.map(|key| format!("&{PARAMETER}={}", form(key)));
        format!("taskHub={}&connection={CONNECTION}{}", form(self.hub), key.unwrap_or_default())
    }

    /// What calls need in their query beside the hub. It is never empty, since clients take that for an old host.
    pub(super) fn required(&self) -> String {
        match self.key {
            Some(key) => format!("{PARAMETER}={}", form(key)),
            None => format!("connection={CONNECTION}"),
        }
    }

    /// Links to an instance.
    pub(super) fn management<'b>(&self, id: &'b str) -> Management<'b> {
        let instance = format!("{}{BASE}/instances/{}", self.base, form(id));
        let query = self.query();
        let with = |operation: &str| format!("{instance}/{operation}{query}");
        Management {
            id,
            status_query_get_uri: format!("{instance}?{query}"),
            send_event_post_uri: with("raiseEvent/{eventName}?"),
            terminate_post_uri: with("terminate?reason={text}&"),
            rewind_post_uri: with("rewind?reason={text}&"),
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
