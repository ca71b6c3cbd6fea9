//! English.

use taskhub_shared::{
    action::{Action, Refusal},
    problem::ErrorCode,
    status::RuntimeStatus,
};

use super::Text;
use crate::{json::MistakeKind, state::preferences::Density};

/// What the console says in English.
pub static TEXT: Text = Text {
    decimal_point: '.',
    day_sign: "d",
    byte_sign: "B",

    skip: "Skip to content",
    main_navigation: "Main",
    task_hub: "Task hub",
    instances: "Instances",
    start: "Start",
    language: "Language",
    theme: "Theme",
    theme_system: "System",
    theme_light: "Light",
    theme_dark: "Dark",
    breadcrumb: "Breadcrumb",
    live: "Live",
    connecting: "Connecting…",
    reconnecting: |time| format!("Reconnecting… data from {time}"),
    live_tooltip: "Changes appear by themselves, without reloading.",
    insecure_open: "This server is open: anybody who reaches its address may do anything. Do not use it beyond a trusted network.",
    new_build: "The server runs a newer console.",
    server: "Server",
    reload: "Reload",
    close: "Close",
    dismiss: "Dismiss",
    notices: "Notices",
    loading: "Loading…",
    retry: "Retry",
    copied: "Copied",
    copy_failed: "The browser did not allow copying.",
    copy_what: |what| format!("Copy {what}"),
    workers: |n| format!("{} {} connected", n.text, if n.one { "worker" } else { "workers" }),
    utc: |time| format!("{time} UTC"),

    keyboard: "Keyboard shortcuts",
    key_filter: "Go to the query",
    key_rows: "Next row, previous row",
    key_open: "Open the row",
    key_peek: "Peek at the row, beside the list",
    key_tick: "Tick the row, or all rows up to it",
    key_all: "Select all that match",
    key_copy: "Copy the row's instance ID",
    key_refresh: "Read the list again",
    key_pause: "Hold live changes back, or go on",
    key_instances: "Go to Instances",
    key_start: "Go to Start",
    key_help: "Show this help",
    key_close: "Close a dialog, suggestions or the peek",
    key_then: "then",
    keys_note: "Shortcuts rest while you type.",

    status: |status| match status {
        RuntimeStatus::Pending => "Pending",
        RuntimeStatus::Running => "Running",
        RuntimeStatus::Completed => "Completed",
        RuntimeStatus::Failed => "Failed",
        RuntimeStatus::Suspended => "Suspended",
        RuntimeStatus::Terminated => "Terminated",
        RuntimeStatus::Canceled => "Canceled",
        RuntimeStatus::ContinuedAsNew => "Continued as new",
    },
    action: |action| match action {
        Action::RaiseEvent => "Raise event",
        Action::Suspend => "Suspend",
        Action::Resume => "Resume",
        Action::Terminate => "Terminate",
        Action::Rewind => "Rewind",
        Action::Restart => "Restart",
        Action::RestartWithSameId => "Restart with the same ID",
        Action::Purge => "Purge history",
    },
    refused: |action, refusal, status| match (action, refusal) {
        (_, Refusal::NotPermitted) => super::instance_en::TEXT.not_permitted.to_owned(),
        (Action::RaiseEvent, _) => {
            format!("Events reach only instances that have not ended; this one is {status}.")
        }
        (Action::Suspend, Refusal::AlreadySuspended) => {
            "The instance is suspended already.".to_owned()
        }
        (Action::Suspend, _) => {
            format!("Only instances that have not ended can be suspended; this one is {status}.")
        }
        (Action::Resume, _) => {
            format!("Resume works only on suspended instances; this one is {status}.")
        }
        (Action::Terminate, _) => {
            format!("Only instances that have not ended can be terminated; this one is {status}.")
        }
        (Action::Rewind, _) => {
            format!("Rewind works only on failed instances; this one is {status}.")
        }
        (Action::Restart | Action::RestartWithSameId, _) => {
            format!(
                "Only instances that have ended can be restarted with their ID; this one is {status}."
            )
        }
        (Action::Purge, _) => {
            format!(
                "Only instances that have ended can be purged; this one is {status}. Terminate it first."
            )
        }
    },

    query: "Query",
    query_hint: "status:failed name:Order* created:>-24h input.orderId=\"A-17\"",
    query_mistake: |mistake, character| format!("{mistake} (character {character})"),
    conditions: "Conditions",
    remove_condition: |what| format!("Remove {what}"),
    without_condition: |what| format!("Without {what}"),
    offers: "Suggestions",
    field_help: |field| {
        Some(match field {
            "status" => "how it stands",
            "name" => "orchestrator",
            "id" => "beginning of the ID",
            "created" => "started, as in >-24h",
            "updated" => "last changed",
            "completed" => "ended",
            "duration" => "as in >5m",
            "wait" => "what it waits for",
            "is" => "root, child, stuck…",
            "error" => "words of the failure",
            "input" | "output" | "custom" => "value in the JSON",
            "parent" => "started by",
            "tag" => "a tag",
            "version" => "version",
            _ => return None,
        })
    },
    views: "Views",
    view_all: "All",
    view_failed: "Failed",
    view_waiting: "Waiting",
    view_stuck: "Stuck",
    save: "Save",
    save_view: "Save view",
    view_hint: "Query, order and columns are kept on the server. Everybody who uses this hub sees the view.",
    view_replaces: "This replaces the view of this name, for everybody.",
    view_saved: |name| format!("View {name} saved."),
    delete_view: "Delete view",
    delete_view_title: |name| format!("Delete view {name}?"),
    delete_view_text: "Everybody who uses this hub loses it. The instances stay.",
    waiting_column: "Waiting for / error",
    completed_column: "Ended",
    events_column: "Events",
    columns: "Columns",
    column_path: "Value from JSON or a tag",
    column_hint: "A path like input.orderId, custom.stage, output.items[0] or tag.region.",
    column_wrong: "This is no path, or there are too many columns. Write input.orderId, custom.stage or tag.region.",
    add: "Add",
    density: "Density",
    density_word: |density| match density {
        Density::Comfortable => "Comfortable",
        Density::Compact => "Compact",
        Density::Dense => "Dense",
    },
    selection: "Selection",
    selected: |n| format!("{} selected", n.text),
    all_selected: |n| format!("All {} that match are selected", n.text),
    or_all_matching: |n| format!("Select all {} that match", n.text),
    clear_selection: "Clear selection",
    select_all: |n| format!("Select all {} that match", n.text),
    select_one: |id| format!("Select {id}"),
    too_many_ticked: "So many ticked rows do not fit into one file. Narrow the query and select all that match.",
    export_csv: "Export CSV",
    export_json: "Export JSON",
    peek: "Peek",
    open: "Open",
    paused_resume: "Live is paused: resume",
    rows_at_least: |first, last, total| {
        format!("Rows {first}–{last} of at least {}; still counting takes too long", total.text)
    },
    status_filter: "Filter by status",
    name: "Name",
    created: "Created",
    updated: "Updated",
    duration: "Duration",
    status_column: "Status",
    instance_id: "Instance ID",
    clear_all: "Clear all",
    rows: |first, last, total| format!("Rows {first}–{last} of {}", total.text),
    no_rows: "No rows",
    new_rows: |n| format!("{} new", n.text),
    show: "Show",
    purged_row: "Purged",
    still_looking: "Nothing found yet; still looking. A condition on time or status makes it quicker.",
    empty_filter: "Nothing matches",
    empty_filter_elsewhere: |n| {
        format!(
            "The hub holds {} {} that the filter leaves out.",
            n.text,
            if n.one { "instance" } else { "instances" }
        )
    },
    empty_hub: "No instance yet",
    empty_hub_text: "Start one from here, or let a worker or a client start it. It appears on this page by itself.",
    start_an_instance: "Start an instance",
    connect_worker: "Connect a worker",
    connect_worker_text: "Orchestrators run in your own process. In Python:",
    worker_code: "Python code",
    unreadable_filter: |part| format!("The address holds a filter that cannot be read: {part}"),
    could_not_refresh: |why| format!("Could not refresh: {why}"),
    showing_data_from: |time| format!("Showing data from {time}."),

    admin: &super::admin_en::TEXT,

    no_instance: |id, hub| format!("No instance {id} in hub {hub}."),
    no_instance_text: "It may have been purged, or its ID is spelt differently.",
    was_purged: "This instance has been purged. What you see is what it was before.",
    no_hub: |hub| format!("No task hub {hub}."),
    back_to_list: "Back to the list",
    could_not_load: "Could not load",
    waiting_for: "Waiting for",
    waits_worker: |name| format!("Waiting for a worker to take up {name}."),
    waits_worker_unserved: |name| {
        format!("No connected worker serves {name}: it waits until one connects.")
    },
    waits_activity: |name, since| format!("Waiting for activity {name} for {since}."),
    waits_activity_unserved: |name, since| {
        format!("Waiting for activity {name} for {since}; no connected worker serves it.")
    },
    waits_timer: |at| format!("Waiting for a timer that fires {at}."),
    waits_timer_in: |at, left| format!("Waiting for a timer that fires {at}, in {left}."),
    waits_event: |since| format!("Waiting for an external event for {since}."),
    waits_resume: |since| format!("Suspended for {since}; it goes on when somebody resumes it."),
    waits_start: |at| format!("Begins at {at}."),
    waits_more: |n| format!("and {} more", n.text),
    parent: "Parent",
    execution_id: "Execution ID",
    version: "Version",
    scheduled: "Scheduled for",
    tags: "Tags",
    actions: "Actions",
    start_like: "Start like this",

    inst: super::instance_en::TEXT,

    failure: "Failure",
    stack: "Stack trace",
    caused_by: "Caused by",
    not_retriable: "Not retriable",
    no_message: "(no message)",

    input: "Input",
    output: "Output",
    custom_status: "Custom status",
    none: "None",
    no_output_yet: "None yet",
    raw: "Raw",
    not_json: "Plain text, not JSON",
    too_large: |size| format!("{size} in all. This is the beginning."),
    show_all: "Show all",
    show_more: |n| format!("Show {} more", n.text),
    items: |n| format!("{} {}", n.text, if n.one { "item" } else { "items" }),
    keys: |n| format!("{} {}", n.text, if n.one { "key" } else { "keys" }),

    history: "History",
    time: "Time",
    events_shown: |shown, total| {
        format!("{shown} of {} {}", total.text, if total.one { "event" } else { "events" })
    },
    no_events: "No event yet: no worker has taken it up.",
    fires_at: |time| format!("fires {time}"),
    took: |duration| format!("took {duration}"),
    new_generation: "Continued as new: a new history began.",

    cancel: "Cancel",
    keep: "Keep running",
    reason: "Reason",
    reason_hint: "Kept in the history.",
    event_name: "Event name",
    event_name_hint: "The name that the orchestrator waits for, in any case.",
    payload: "Payload (JSON)",
    payload_hint: "Any JSON value. Text needs double quotes. Empty sends no payload.",
    raise_title: |id| format!("Raise an event to {id}"),
    raise_submit: "Raise event",
    suspend_title: |id| format!("Suspend {id}?"),
    suspend_text: "It takes no further step until it is resumed. Running activities finish; events and timers are kept for later.",
    resume_title: |id| format!("Resume {id}?"),
    resume_text: "It goes on with all that arrived while it was suspended.",
    terminate_title: |id| format!("Terminate {id}?"),
    terminate_text: "It ends now and cannot be resumed. Its running activities finish, their results are ignored.",
    terminate_recursive: "Terminate its sub-orchestrations too",
    terminate_not_recursive: "Sub-orchestrations are not stopped unless you tick this.",
    purge_title: |id| format!("Purge {id}?"),
    purge_text: "Its input, output and whole history are deleted for good. This cannot be undone.",
    sending: "Sending…",
    done_raised: |name| format!("Event {name} raised."),
    rewind_title: |id| format!("Rewind {id}?"),
    rewind_text: "It goes on from before its failure: what failed is tried again, what was done is kept.",
    restart_title: |id| format!("Restart {id}?"),
    restart_text: "A new instance starts with the same name, version, input and tags. This one stays as it is.",
    done_rewound: "Rewound.",
    done_restarted: |id| format!("Started again as {id}."),
    done_suspended: "Suspended.",
    done_resumed: "Resumed.",
    done_terminated: "Terminated.",
    done_purged: |id| format!("{id} was purged."),

    start_text: "A new orchestration instance begins as soon as a worker takes it up.",
    start_submit: "Start",
    start_like_text: |id| format!("Filled in from {id}."),
    orchestrator: "Orchestrator name",
    orchestrator_hint: "The name under which a worker registered it.",
    served: "Served by a connected worker.",
    not_served: "No connected worker serves this name: it will wait as Pending.",
    maybe_served: "A connected worker does not tell its names; it may serve this one.",
    id_hint: "Empty gives a new random ID.",
    random_id: "Random",
    input_hint: "Any JSON value. Text needs double quotes. Empty gives no input.",
    format_json: "Format",
    more: "More",
    start_at: "Begin at",
    start_at_hint: "Your local time. Empty begins at once.",
    version_hint: "For orchestrators that are registered with versions.",
    optional: "optional",
    started: |id| format!("Started {id}."),
    start_another: "Start another",

    required: "Fill this in.",
    too_long: |most| format!("At most {} characters.", most.text),
    control_characters: "Line breaks and other control characters are not allowed.",
    reserved_id: "An ID must not begin with @, which is reserved for entities.",
    dot_id: "An ID must not be . or .., which no address can hold.",
    mistake_at: |line, column, what| format!("Line {line}, column {column}: {what}"),
    mistake: |kind| match kind {
        MistakeKind::EndsEarly => "the JSON ends too early.",
        MistakeKind::NoValue => "a value is expected here. Text needs double quotes.",
        MistakeKind::NoComma => "a comma or a closing bracket is missing.",
        MistakeKind::TrailingComma => "a comma must not stand before a closing bracket.",
        MistakeKind::NoColon => "a colon is missing after the key.",
        MistakeKind::KeyWithoutQuotes => "a key needs double quotes.",
        MistakeKind::TrailingText => "something follows the end of the JSON value.",
        MistakeKind::ControlCharacter => "text must not hold line breaks; write \\n.",
        MistakeKind::BadEscape => "a backslash begins nothing known here; write \\\\.",
        MistakeKind::BadNumber => "this number is not written as JSON writes it.",
        MistakeKind::Other => "this is not JSON.",
    },
    bad_time: "This is not a time.",
    offline: "The server cannot be reached.",
    unreadable: "The server's answer could not be read.",
    problem: |code| match code {
        ErrorCode::InvalidInput => None,
        ErrorCode::InstanceNotFound => Some("There is no such instance."),
        ErrorCode::TaskHubNotFound => Some("There is no such task hub."),
        ErrorCode::NotAllowedNow => Some("The instance's status does not allow it now."),
        ErrorCode::InstanceExists => {
            Some("An instance with this ID exists already. Choose another ID.")
        }
        ErrorCode::TooLarge => Some("This is too large for the server."),
        ErrorCode::StoreUnavailable => Some("The store is not available now. Try again."),
        ErrorCode::Draining => Some("The server is shutting down."),
        ErrorCode::ForeignOrigin => Some("The server does not answer to this address."),
        ErrorCode::RouteNotFound => Some("The server does not know this request."),
        ErrorCode::PayloadNotFound => Some("There is no such payload."),
        ErrorCode::BatchNotFound => Some("There is no such batch job any more."),
        ErrorCode::BatchNotAllowedNow => Some("The batch job’s state does not allow this."),
        ErrorCode::Internal => Some("Something went wrong in the server."),
    },
    not_found: "No such page",
    not_found_text: "The address leads nowhere in this console.",
};
