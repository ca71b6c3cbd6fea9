//! The page of one instance in English.

use super::instance::InstanceText;
use crate::page::instance::{Clock, Kind, Mark};

/// What the page says in English.
pub const TEXT: InstanceText = InstanceText {
    key_tabs: "Timeline, History, Tree, Data of an instance",
    tabs: "Views of this instance",
    timeline: "Timeline",
    tree: "Tree",
    data: "Data",

    timeline_label: "Timeline: steps in the order in which they began",
    timeline_keys: "Arrows choose a step, Enter opens it, + and - zoom, 0 shows all, left and right move. Ctrl and the wheel zoom too.",
    as_list: "The same as a list of events",
    zoom: "Zoom",
    zoom_in: "Zoom in",
    zoom_out: "Zoom out",
    zoom_all: "Show all",
    idle: "Idle time, shown shorter than it was",
    step: "Step",
    no_steps: "It has done nothing but start and end.",
    left_open: "left open",
    attempts: |n| format!("{n} attempts"),
    attempt: |n| format!("Attempt {n}"),
    kind: |kind| match kind {
        Kind::Activity => "Activity",
        Kind::Timer => "Timer",
        Kind::Event => "External event",
        Kind::Child => "Sub-orchestration",
        Kind::Entity => "Entity operation",
        Kind::Lock => "Lock of entities",
        Kind::Sent => "Sent",
    },
    mark: |mark| match mark {
        Mark::Open => "under way",
        Mark::Done => "done",
        Mark::Failed => "failed",
        Mark::Pause => "wait before the next attempt",
    },
    group_sum: |all, done, failed, open| {
        format!("{all} in parallel: {done} done, {failed} failed, {open} under way.")
    },

    history_label: "Events, oldest first",
    filter: "Filter",
    filter_hint: "Words in name, type or payload; type:Task, name:Charge; - or NOT leaves out.",
    jump: "Go to #",
    clock: |clock| match clock {
        Clock::Absolute => "Time of day",
        Clock::FromStart => "From the start",
        Clock::FromPrevious => "From the event before",
    },
    passing: |number, all| format!("{number} match · {all}"),
    none_passes: "No event matches the filter.",
    no_such_event: |n| format!("The history has no event #{n}."),
    event_before: "Event before",
    event_after: "Event after",
    pair: |n| format!("its other half: #{n}"),
    state_after: |n| format!("State after event #{n}"),
    under_way: "Under way",
    due_in: |left| format!("due in {left}"),

    waits_activities: |done, all, slowest, since| {
        format!(
            "{done} of {all} activities have ended; waiting longest for {slowest}, for {since}."
        )
    },
    waits_unserved: |name, n, since| {
        format!(
            "No connected worker takes {name}: {} {} waited for up to {since}.",
            n.text,
            if n.one { "activity has" } else { "activities have" }
        )
    },
    waits_child: |name, since| format!("Waiting for sub-orchestration {name} for {since}:"),
    waits_children: |done, all, name, since| {
        format!(
            "{done} of {all} sub-orchestrations have ended; waiting longest for {name}, for {since}:"
        )
    },
    waits_retry: |name, next, left| format!("{name} failed; attempt {next} begins in {left}."),
    waits_event_until: |since, left| {
        format!(
            "Waiting for an external event or its timer for {since}; the timer is due in {left}."
        )
    },
    waits_entity: |operation, id, since| {
        if operation.is_empty() {
            format!("Waiting for the lock of {id} for {since}.")
        } else {
            format!("Waiting for operation {operation} of entity {id} for {since}.")
        }
    },

    parents: "Parents",
    entities: "Entities that it spoke to",
    no_children: "It has started no sub-orchestration.",
    not_there: "not in the hub any more",
    children_of: |id| format!("Sub-orchestrations of {id}"),

    wrap: "Wrap lines",
    download: "Download",
    find: "Find key or value",
    hits: |n, more| {
        let places = if n.one { "place" } else { "places" };
        if more {
            format!("The first {} {places}; type more to narrow them.", n.text)
        } else {
            format!("{} {places}", n.text)
        }
    },
    whole: "Whole document",
    path: "Path",
    value: "Value",
    urls: "HTTP management URLs",
    urls_hint: "What a start answers. Put the event's name and the reason in the place of the braces.",
    url: "URL",
    as_curl: "as curl",

    copy_as: "Copy as…",
    code: "Code",
    same_id: "Under the same ID",
    same_id_hint: "The present run goes with its history; a new one takes its place.",
    open: "Open",
    not_permitted: "Your role does not allow this. Ask an administrator of the server.",
};
