//! The routes of the server itself and of `/api/v1` in words.

use taskhub_shared::{
    batch::{BatchItem, BatchJob},
    page::Page,
    request::{
        Accepted, Counts, CreateBatchBody, CreatedBatch, DeletedHub, DeletedView, FacetValues,
        Histogram, HistoryPage, HubWork, KnownName, ListedInstances, RaiseEventBody, ReasonBody,
        RestartBody, ServerInfo, StartBody, Started, TerminateBody,
    },
    retention::{Retention, RetentionState},
    statistics::Statistics,
    status::InstanceDetail,
    view::View,
};

use super::shape::{
    Answer, Body,
    Content::{Json, Problem, Text},
    Described,
    Kind::{Text as Words, Time, Whole},
    Param, answer, listed, of, param,
};

const TEXT: &str = "text/plain";

/// A route that reads and takes no query.
const fn read(route: &'static str, summary: &'static str, answers: &'static [Answer]) -> Described {
    Described { route, summary, query: &[], body: Body::None, answers }
}

/// A route that changes an instance.
const fn write(route: &'static str, summary: &'static str, body: Body) -> Described {
    Described { route, summary, query: &[], body, answers: CHANGED }
}

/// A route that changes a batch job.
const fn control(route: &'static str, summary: &'static str) -> Described {
    Described { route, summary, query: &[], body: Body::None, answers: CONTROLLED }
}

const FILE: &[Answer] = &[answer(200, "The stored text.", super::shape::Content::File)];

const CONTROLLED: &[Answer] = &[
    answer(200, "It stands so now.", Json(of::<BatchJob>)),
    answer(409, "The job's state does not allow it.", Problem),
];

const CHANGED: &[Answer] = &[
    answer(202, "The change is durable.", Json(of::<Accepted>)),
    answer(409, "The instance's status does not allow it.", Problem),
];

/// The filter of the list without order and pages, and further parameters.
macro_rules! filtered {
    ($($other:expr),* $(,)?) => {
        &[
            param("status", Words, "Statuses, repeated or comma-separated."),
            param("name", Words, "Orchestrator name, or its beginning when it ends with `*`."),
            param("idPrefix", Words, "Beginning of the instance id."),
            param("createdFrom", Time, "Earliest creation, inclusive."),
            param("createdTo", Time, "Latest creation, exclusive."),
            param("q", Words, "What else must hold, in the query language of docs/queries.md."),
            $($other),*
        ]
    };
}

const SORT: Param = param(
    "sort",
    Words,
    "`created`, `updated`, `completed`, `duration`, `name` or `status`; with `-` before it the largest first.",
);
const LIMIT: Param = param("limit", Whole, "Most rows, 1 to 1000; 100 unless it is given.");
const CURSOR: Param = param(
    "cursor",
    Words,
    "Where the page lies: `next` or `previous` of another page of the same list.",
);
const COLS: Param = param(
    "cols",
    Words,
    "Columns, comma-separated, at most 20: `status`, `input.orderId`, `tag.region` and so on.",
);

const LIST: &[Param] = filtered!(SORT, LIMIT, CURSOR);
const LISTED: &[Param] = filtered!(SORT, LIMIT, CURSOR, COLS);

#[rustfmt::skip]
pub(super) static ROUTES: &[Described] = &[
    read("healthz", "The process lives.", &[answer(200, "It does.", Text(TEXT))]),
    read("readyz", "The server takes work.", &[
        answer(200, "It does.", Text(TEXT)),
        answer(503, "It drains, or its store cannot write.", Text(TEXT)),
    ]),
    read("metrics", "Figures for Prometheus.", &[answer(200, "The figures.", Text(TEXT))]),
    read("error-page", "What an error code means.", &[answer(200, "The page, Markdown.", Text(TEXT))]),
    read("openapi", "This document.", &[answer(200, "OpenAPI 3.1.", super::shape::Content::Any)]),
    read("api-docs", "This document for people.", &[answer(200, "A page.", Text("text/html"))]),
    read("api-docs-style", "The style of that page.", &[answer(200, "The style.", Text("text/css"))]),

    read("get-server", "What this server is, and its task hubs.", &[answer(200, "The server.", Json(of::<ServerInfo>))]),
    Described {
        route: "delete-hub",
        summary: "Deletes a task hub with everything in it.",
        query: &[],
        body: Body::None,
        answers: &[
            answer(200, "It is gone.", Json(of::<DeletedHub>)),
            answer(409, "It is the default one.", Problem),
        ],
    },
    read("list-names", "Orchestrator names that the hub knows.", &[answer(200, "The names.", Json(listed::<Vec<KnownName>, KnownName>))]),
    read("get-work", "What waits for workers, and the workers.", &[answer(200, "Both.", Json(of::<HubWork>))]),
    Described {
        route: "list-instances",
        summary: "One page of the instances, with exact counts by status.",
        query: LISTED,
        body: Body::None,
        answers: &[answer(200, "The page.", Json(of::<ListedInstances>))],
    },
    Described {
        route: "export-instances",
        summary: "All instances that match, as a file that is written while it is read.",
        query: filtered!(
            Param { required: true, ..param("format", Words, "`csv` (RFC 4180; cells that a spreadsheet would take for formulas begin with `'`) or `jsonl`.") },
            SORT,
            COLS,
        ),
        body: Body::None,
        answers: &[answer(200, "The file. The connection breaks off when it cannot be finished.", Text("text/csv, application/x-ndjson"))],
    },
    read("list-views", "The saved views of the list, by name.", &[answer(200, "The views.", Json(listed::<Vec<View>, View>))]),
    Described {
        route: "save-view",
        summary: "Keeps a view of the list in place of the one with its name.",
        query: &[],
        body: Body::Json(of::<View>),
        answers: &[answer(200, "It is durable.", Json(of::<View>))],
    },
    Described {
        route: "delete-view",
        summary: "Takes a saved view away.",
        query: &[],
        body: Body::None,
        answers: &[answer(200, "It is gone.", Json(of::<DeletedView>))],
    },
    Described {
        route: "count-instances",
        summary: "How many instances match, by status.",
        query: filtered!(),
        body: Body::None,
        answers: &[answer(200, "The numbers.", Json(of::<Counts>))],
    },
    Described {
        route: "list-facets",
        summary: "The most frequent values of a field among the instances that match.",
        query: filtered!(
            Param { required: true, ..param("facet", Words, "`status`, `name`, `version`, `tag` or `error`.") },
            param("top", Whole, "Most values, 1 to 1000; 20 unless it is given."),
        ),
        body: Body::None,
        answers: &[answer(200, "The values, the most frequent first.", Json(of::<FacetValues>))],
    },
    Described {
        route: "get-histogram",
        summary: "How many instances that match began or ended when, by status.",
        query: filtered!(
            param("field", Words, "`created`, `updated` or `completed`; `created` unless it is given."),
            param("from", Time, "Beginning of the first step; a day before the end unless it is given."),
            param("to", Time, "End of the last step; now unless it is given."),
            param("steps", Whole, "How many steps, 1 to 1000; 60 unless it is given."),
        ),
        body: Body::None,
        answers: &[answer(200, "The steps, the earliest first.", Json(of::<Histogram>))],
    },
    Described {
        route: "search-instances",
        summary: "The list as it is found: each line is one JSON object; closing the connection ends the search.",
        query: LIST,
        body: Body::None,
        answers: &[answer(200, "Lines until the limit or the end of the list.", Text("application/x-ndjson"))],
    },
    read("get-instance", "One instance with its payloads.", &[answer(200, "The instance.", Json(of::<InstanceDetail>))]),
    Described {
        route: "get-history",
        summary: "Events of an instance between two positions, from either end.",
        query: &[
            param("after", Whole, "Only events after this position."),
            param("before", Whole, "Only events before this position."),
            param("order", Words, "`asc`, or `desc` for the newest first."),
            param("inline", Whole, "Bytes past which a payload comes cut, with a link to the whole."),
            param("limit", Whole, "Most events, 1 to 1000; 500 unless it is given."),
        ],
        body: Body::None,
        answers: &[answer(200, "The events.", Json(of::<HistoryPage>))],
    },
    Described {
        route: "start-instance",
        summary: "Starts an orchestration.",
        query: &[],
        body: Body::Json(of::<StartBody>),
        answers: &[
            answer(201, "It is durable.", Json(of::<Started>)),
            answer(409, "An instance of this id has not ended.", Problem),
        ],
    },
    read("get-event-payload", "The payload of one event, as a file.", FILE),
    read("get-input", "The input of an instance, as a file.", FILE),
    read("get-output", "The output of an instance, as a file.", FILE),
    read("get-custom-status", "The custom status of an instance, as a file.", FILE),
    write("raise-event", "Raises an external event.", Body::Json(of::<RaiseEventBody>)),
    write("terminate-instance", "Ends the instance.", Body::Json(of::<TerminateBody>)),
    write("suspend-instance", "Holds the instance.", Body::Json(of::<ReasonBody>)),
    write("resume-instance", "Lets the instance go on.", Body::Json(of::<ReasonBody>)),
    write("rewind-instance", "Lets a failed instance go on from before its failure.", Body::Json(of::<ReasonBody>)),
    write("restart-instance", "Starts the instance once more.", Body::Json(of::<RestartBody>)),
    Described {
        route: "purge-instance",
        summary: "Deletes an instance that has ended.",
        query: &[],
        body: Body::None,
        answers: &[
            answer(200, "It is gone.", Json(of::<Accepted>)),
            answer(409, "It has not ended.", Problem),
        ],
    },
    read("get-retention", "How long the hub keeps what has ended, and what the rules did last.", &[answer(200, "The rules.", Json(of::<RetentionState>))]),
    Described {
        route: "set-retention",
        summary: "Puts other rules in place; they are applied at once, and then every hour.",
        query: &[],
        body: Body::Json(of::<Retention>),
        answers: &[answer(200, "They are durable.", Json(of::<RetentionState>))],
    },
    Described {
        route: "get-statistics",
        summary: "What was started, how it ended and how long it took, by minute.",
        query: &[
            param("from", Time, "Beginning; an hour before the end unless it is given."),
            param("to", Time, "End, exclusive; now unless it is given."),
            param("step", Whole, "Length of a step in seconds, whole minutes."),
        ],
        body: Body::None,
        answers: &[answer(200, "The figures.", Json(of::<Statistics>))],
    },
    Described {
        route: "create-batch",
        summary: "Makes a batch job, or tells what it would do.",
        query: &[],
        body: Body::Json(of::<CreateBatchBody>),
        answers: &[
            answer(200, "What it would do.", Json(of::<CreatedBatch>)),
            answer(202, "The job is durable.", Json(of::<CreatedBatch>)),
            answer(409, "Too many jobs have not ended.", Problem),
        ],
    },
    Described {
        route: "list-batches",
        summary: "One page of the batch jobs, newest first.",
        query: &[
            param("cursor", Words, "`next` of the page before."),
            param("limit", Whole, "Most rows, 1 to 100; 100 unless it is given."),
        ],
        body: Body::None,
        answers: &[answer(200, "The page.", Json(listed::<Page<BatchJob>, BatchJob>))],
    },
    read("get-batch", "One batch job.", &[answer(200, "The job.", Json(of::<BatchJob>))]),
    Described {
        route: "list-batch-items",
        summary: "One page of the instances of a batch job, with what became of them.",
        query: &[
            param("result", Words, "Only these: `pending`, `succeeded`, `skipped` or `failed`."),
            param("cursor", Words, "`next` of the page before."),
            param("limit", Whole, "Most rows, 1 to 1000; 100 unless it is given."),
        ],
        body: Body::None,
        answers: &[answer(200, "The page.", Json(listed::<Page<BatchItem>, BatchItem>))],
    },
    control("pause-batch", "Holds a batch job."),
    control("resume-batch", "Lets a batch job go on."),
    control("cancel-batch", "Ends a batch job; what was done stays done."),
    control("retry-batch", "Does once more what failed in a batch job."),
    Described {
        route: "live",
        summary: "What changes in the hub, as server-sent events.",
        query: &[param("after", Whole, "Number of the newest change that the caller has.")],
        body: Body::None,
        answers: &[answer(200, "The stream, until the caller goes.", Text("text/event-stream"))],
    },
];
