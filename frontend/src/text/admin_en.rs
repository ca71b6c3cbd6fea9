//! English: overview, batch jobs, workers, hubs, preferences and the palette.

use taskhub_shared::{
    action::{Action, Refusal},
    batch::BatchState,
    request::KindOfWork,
};

use super::admin::AdminText;
use crate::route::Span;

/// What those pages say in English.
pub static TEXT: AdminText = AdminText {
    overview: "Overview",
    batches: "Batch jobs",
    workers: "Workers",
    hubs: "Task hubs",
    hub_settings: "Hub settings",
    me: "Preferences",
    more_pages: "More",
    more: "Show more",
    all: "All",
    done: "Done",
    open: "Open",
    on: "On",
    off: "Off",
    never: "Never",
    palette: "Search or jump",
    palette_hint: "A page, a hub, or the beginning of an instance ID",
    key_overview: "Go to the overview",
    key_batches: "Go to batch jobs",
    key_workers: "Go to workers",
    key_hubs: "Go to task hubs",
    zone_tooltip: "Times are local or in UTC; press to switch.",
    zone_local: "Local",
    zone_utc: "UTC, as in logs",
    new_batch: "New batch job",
    operation: "Operation",
    state: "State",
    progress: "Progress",
    which: "Which instances",
    by: "By",
    rate: "Rate",
    all_instances: "All instances",
    no_batches: "No batch job yet",
    no_batches_text: "A batch job does one thing to many instances: all that a query finds, or those that you name. It runs in the server, also when this page is closed.",
    no_such_job: "No such batch job",
    no_such_job_text: "The newest 100 jobs that have ended are kept; older ones go.",
    pause: "Pause",
    resume_job: "Resume",
    cancel_job: "Cancel the job",
    retry_failed: "Retry the failed",
    nothing_failed: "Nothing has failed.",
    retry_later: "What failed can be retried once the job has ended or stopped.",
    held_already: "The job is held already.",
    runs_already: "The job is running.",
    job_has_ended: "The job has ended.",
    undo: "Undo",
    run_now: "Run now",
    freezing_text: "The instances that match are being written down. Those that are created later are not in it.",
    stopped_text: "Too many failed, so the job stopped. See why below, then resume it or retry the failed.",
    running_text: "It runs in the server: you may close this page.",
    began: "Began",
    ended: "Ended",
    limit: "Instances per second",
    unlimited: "No limit",
    stop_after: "Stop after failures",
    copy_curl: "Copy as curl",
    as_curl: "as curl",
    as_curl_text: "The command makes the same job once more.",
    failed: "Failed",
    skipped: "Skipped",
    succeeded: "Succeeded",
    pending: "Pending",
    outcome: "Outcome",
    none_here: "None.",
    its_turn_comes: "Its turn has not come.",
    what: "What",
    check: "Check",
    run: "Run",
    raise_text: "Each instance gets the event, exactly once.",
    restart_same_text: "Each starts anew under its own ID; its history so far goes.",
    reason_hint: "Required to terminate or purge. Kept with the job and in the history.",
    your_name: "Your name",
    your_name_hint: "Shown on the batch jobs that you make. Kept in this browser.",
    by_query: "All that match a query",
    by_ids: "Named one by one",
    query: "Query",
    query_hint: "For example: status:failed name:Order* created:>-24h. Empty means all instances.",
    ids: "Instance IDs",
    ids_hint: "One a line, at most 100,000.",
    say_why: "Say why: the reason is required.",
    bad_rate: "A whole number from 1 to 500, or nothing.",
    bad_stop: "A whole number from 1, or nothing.",
    event_first: "Fill in the event first.",
    ids_first: "Name an instance first.",
    query_first: "Mend the query first.",
    check_first: "Check first what it would do.",
    nothing_to_do: "There is nothing to do.",
    type_number_first: "Type the number of instances.",
    check_now: "Check what it would do",
    check_text: "Nothing is changed.",
    would_be_skipped: "Those that would be skipped, and why",
    rate_hint: "1 to 500. Empty is as fast as the store.",
    stop_hint: "100 when empty.",
    type_number: "Type the number of instances to confirm",
    type_number_hint: "The number that the check found.",
    grace_text: "It begins after 60 seconds. Until then it can be undone.",
    unserved: "Nobody serves these",
    unserved_text: "No connected worker takes this work. It waits until one does.",
    due: "Waiting for a free worker",
    no_workers: "No worker is connected",
    no_workers_text: "Nothing runs until one connects. Start your worker with this server’s address.",
    connected_workers: "Connected workers",
    worker: "Worker",
    takes: "Takes",
    busy: "Busy with",
    connected: "Connected since",
    last_work: "Last given work",
    any_name: "any name",
    orchestrations: "Orchestrations",
    activities: "Activities",
    entities: "Entities",
    no_name: "(no name)",
    time_range: "Time range",
    running: "Running",
    pending_card: "Pending",
    waiting: "Waiting",
    waiting_note: "for an external event",
    failed_card: "Failed",
    last_day: "last 24 hours",
    completed_card: "Completed per minute",
    per_minute_note: "last five minutes",
    slow_card: "Duration, p95",
    over_time: "Over time",
    started: "Started",
    completed: "Completed",
    as_table: "Show as a table",
    attention: "Needs attention",
    all_well: "Nothing needs attention.",
    nobody_serves: "Nobody serves this.",
    other_names: "(other names)",
    by_orchestration: "By orchestration",
    failed_share: "Failed %",
    p50: "p50",
    p95: "p95",
    first_run_text: "This hub is empty. Three steps to see it work; each is ticked as it happens.",
    first_worker: "Connect a worker",
    first_start: "Start an instance",
    first_done: "See it complete",
    first_sample_text: "The built-in sample worker is connected: start one of its orchestrations.",
    first_start_text: "Start the orchestration “hello” with a name in quotes as its input; or run the server with --samples for ready ones.",
    first_done_text: "It appears here, and in the list, by itself.",
    show_overview: "Show the overview",
    programming_language: "Programming language",
    worker_code: "the code",
    hubs_text: "Clients and the command line create hubs; a worker names its hub when it connects.",
    default_hub: "Default",
    default_stays: "This is the default hub, which cannot be deleted. Purge its instances instead.",
    type_name_first: "Type the hub’s name.",
    type_name: "Type the hub’s name to confirm",
    type_name_hint: "As it is spelt in the title.",
    delete_hub: "Delete the hub",
    delete_text: "All its instances, their histories, entities, batch jobs and figures are deleted for good. Workers of the hub are disconnected. This cannot be undone.",
    me_text: "Kept in this browser.",
    time_zone: "Time zone",
    single_keys: "Shortcuts of a single key",
    single_keys_text: "Switch them off when your software types letters by itself, for example speech input. Ctrl K stays.",
    batch_state: |state| match state {
        BatchState::Freezing => "Collecting",
        BatchState::Running => "Running",
        BatchState::Paused => "Paused",
        BatchState::Stopped => "Stopped by failures",
        BatchState::Completed => "Completed",
        BatchState::Cancelled => "Cancelled",
    },
    refusal: |refusal| match refusal {
        Refusal::AlreadyEnded => "Has ended already",
        Refusal::NotEnded => "Has not ended",
        Refusal::AlreadySuspended => "Is suspended already",
        Refusal::NotSuspended => "Is not suspended",
        Refusal::NotFailed => "Has not failed",
        Refusal::NotFound => "Not there any more",
        Refusal::NotPermitted => "Not permitted",
    },
    of_total: |done, total| format!("{done} of {total}"),
    named_ids: |n| {
        format!("{} {}", n.text, if n.one { "named instance" } else { "named instances" })
    },
    per_second: |n| format!("{n}/s"),
    job_title: |action, id| format!("{action} · job {id}"),
    begins_in: |action, time| {
        let verb = match action {
            Action::Terminate => "Terminates",
            Action::Purge => "Purges",
            Action::RaiseEvent
            | Action::Suspend
            | Action::Resume
            | Action::Rewind
            | Action::Restart
            | Action::RestartWithSameId => "Begins",
        };
        format!("{verb} in {time}")
    },
    time_left: |time| format!("{time} left"),
    match_now: |n| {
        format!("{} {} now.", n.text, if n.one { "instance matches" } else { "instances match" })
    },
    at_least_match: |n| format!("At least {} match; the check counts them all.", n.text),
    sample: |n| format!("The newest {n}"),
    would: |action, all, allowed, skipped| {
        let verb = match action {
            Action::RaiseEvent => "get the event",
            Action::Suspend => "be suspended",
            Action::Resume => "be resumed",
            Action::Terminate => "be terminated",
            Action::Rewind => "be rewound",
            Action::Restart | Action::RestartWithSameId => "be restarted",
            Action::Purge => "be purged",
        };
        let matches = if all.one { "matches" } else { "match" };
        format!(
            "{} {matches}. {} will {verb}; {} will be skipped.",
            all.text, allowed.text, skipped.text
        )
    },
    do_to: |action, n| {
        let noun = if n.one { "instance" } else { "instances" };
        match action {
            Action::RaiseEvent => format!("Raise the event to {} {noun}", n.text),
            Action::Suspend => format!("Suspend {} {noun}", n.text),
            Action::Resume => format!("Resume {} {noun}", n.text),
            Action::Terminate => format!("Terminate {} {noun}", n.text),
            Action::Rewind => format!("Rewind {} {noun}", n.text),
            Action::Restart | Action::RestartWithSameId => format!("Restart {} {noun}", n.text),
            Action::Purge => format!("Purge {} {noun}", n.text),
        }
    },
    waits: |kind, n, name, age| {
        let noun = match (kind, n.one) {
            (KindOfWork::Orchestration, true) => "turn",
            (KindOfWork::Orchestration, false) => "turns",
            (KindOfWork::Activity, true) => "activity",
            (KindOfWork::Activity, false) => "activities",
            (KindOfWork::Entity, true) => "operation",
            (KindOfWork::Entity, false) => "operations",
        };
        let verb = if n.one { "waits" } else { "wait" };
        format!("{} {noun} of {name} {verb}, the oldest for {age}", n.text)
    },
    start_worker: |kind, name| {
        let what = match kind {
            KindOfWork::Orchestration => "orchestrator",
            KindOfWork::Activity => "activity",
            KindOfWork::Entity => "entity",
        };
        format!("Start a worker that registers the {what} {name}, or check how the name is spelt.")
    },
    given_back: |n| {
        format!(
            "Workers gave it back, up to {} {}. Look into their logs.",
            n.text,
            if n.one { "time" } else { "times" }
        )
    },
    served_by: |n| {
        format!(
            "{} take it. When it waits for long, start more of them.",
            if n.one {
                format!("{} worker would", n.text)
            } else {
                format!("{} workers would", n.text)
            }
        )
    },
    lost: |n| {
        format!(
            "A worker was lost over it, up to {} {}.",
            n.text,
            if n.one { "time" } else { "times" }
        )
    },
    ago: |time| format!("{time} ago"),
    oldest: |age| format!("oldest {age}"),
    span: |span| match span {
        Span::Hour => "Last hour",
        Span::Day => "Last 24 hours",
        Span::Week => "Last 7 days",
    },
    chart_summary: |from, to, started, completed, failed| {
        format!("From {from} to {to}: {started} started, {completed} completed, {failed} failed.")
    },
    each_step: |time| format!("each point: {time}"),
    stuck: |n| format!("{} {} stuck", n.text, if n.one { "instance is" } else { "instances are" }),
    name_failed: |n, name| format!("{name}: {} failed", n.text),
    start_named: |name| format!("Start {name}"),
    stored_in: |store| format!("Stored in {store}."),
    instances_in_all: |n| format!("{} {}", n.text, if n.one { "instance" } else { "instances" }),
    delete_title: |hub| format!("Delete task hub {hub}"),
    hub_deleted: |hub| format!("Task hub {hub} was deleted."),
    it_is: |time| format!("It is {time}."),
};
