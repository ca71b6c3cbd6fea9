//! The sentences of the page of one instance.

use super::Count;
use crate::page::instance::{Clock, Kind, Mark};

/// What the page of one instance says in one language.
#[derive(Debug)]
pub struct InstanceText {
    // Tabs
    pub key_tabs: &'static str,
    pub tabs: &'static str,
    pub timeline: &'static str,
    pub tree: &'static str,
    pub data: &'static str,

    // Time line
    pub timeline_label: &'static str,
    pub timeline_keys: &'static str,
    pub as_list: &'static str,
    pub zoom: &'static str,
    pub zoom_in: &'static str,
    pub zoom_out: &'static str,
    pub zoom_all: &'static str,
    pub idle: &'static str,
    pub step: &'static str,
    pub no_steps: &'static str,
    pub left_open: &'static str,
    pub attempts: fn(&str) -> String,
    pub attempt: fn(&str) -> String,
    pub kind: fn(Kind) -> &'static str,
    pub mark: fn(Mark) -> &'static str,
    pub group_sum: fn(&str, &str, &str, &str) -> String,

    // History
    pub history_label: &'static str,
    pub filter: &'static str,
    pub filter_hint: &'static str,
    pub jump: &'static str,
    pub clock: fn(Clock) -> &'static str,
    pub passing: fn(&str, &str) -> String,
    pub none_passes: &'static str,
    pub no_such_event: fn(&str) -> String,
    pub event_before: &'static str,
    pub event_after: &'static str,
    pub pair: fn(&str) -> String,
    pub state_after: fn(&str) -> String,
    pub under_way: &'static str,
    pub due_in: fn(&str) -> String,

    // Waiting
    pub waits_activities: fn(&str, &str, &str, &str) -> String,
    pub waits_unserved: fn(&str, &Count, &str) -> String,
    pub waits_child: fn(&str, &str) -> String,
    pub waits_children: fn(&str, &str, &str, &str) -> String,
    pub waits_retry: fn(&str, &str, &str) -> String,
    pub waits_event_until: fn(&str, &str) -> String,
    pub waits_entity: fn(&str, &str, &str) -> String,

    // Tree
    pub parents: &'static str,
    pub entities: &'static str,
    pub no_children: &'static str,
    pub not_there: &'static str,
    pub children_of: fn(&str) -> String,

    // Data
    pub wrap: &'static str,
    pub download: &'static str,
    pub find: &'static str,
    pub hits: fn(&Count, bool) -> String,
    pub whole: &'static str,
    pub path: &'static str,
    pub value: &'static str,
    pub urls: &'static str,
    pub urls_hint: &'static str,
    pub url: &'static str,
    pub as_curl: &'static str,

    // Actions
    pub copy_as: &'static str,
    pub code: &'static str,
    pub same_id: &'static str,
    pub same_id_hint: &'static str,
    pub open: &'static str,
    pub not_permitted: &'static str,
}
