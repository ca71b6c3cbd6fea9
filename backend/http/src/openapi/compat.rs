//! The routes of the management API of Durable Functions in words.

use super::shape::{
    Answer, Body,
    Content::{Any, Json, None as Empty},
    Described,
    Kind::{Flag, Seconds, Text, Time, Whole},
    Param, answer, inline, listed, of, param,
};
use crate::durabletask::{
    binding::Binding,
    entities::Row,
    error::{Thrown, Told},
    link::Management,
    list::Listed,
    purge::Purged,
    status::Status,
};

const REASON: &[Param] = &[param("reason", Text, "Why, for the history.")];
const TIMEOUT: Param =
    param("timeout", Seconds, "How long to wait for the end; without it, nobody waits.");
const INTERVAL: Param =
    param("pollingInterval", Seconds, "Not needed; must not be above `timeout`.");
const GONE: Answer = answer(410, "The instance has ended.", Empty);
const LINKS: Answer = answer(202, "Links to the instance.", Json(of::<Management<'static>>));
const IN_TIME: Answer =
    answer(200, "The output, or the status when the instance did not complete.", Any);
const BARE: Answer =
    answer(412, "The instance's status does not allow it.", Json(inline::<String>));
/// What changes an instance that goes on.
const CONTROL: &[Answer] = &[answer(202, "It is done.", Empty), GONE];

const FROM: Param = param("createdTimeFrom", Time, "Earliest creation, inclusive.");
const TO: Param = param("createdTimeTo", Time, "Latest creation, inclusive.");
const STATUSES: Param = param("runtimeStatus", Text, "Statuses, repeated or comma-separated.");
const INPUT: Param = param("showInput", Flag, "Whether inputs are shown; true unless it is given.");
const TOP: Param = param("top", Whole, "Most rows; 100 unless it is given, at most 1000.");

/// Taken by every route.
pub(super) const EVERYWHERE: &[Param] = &[
    param("taskHub", Text, "Task hub; the default one unless it is given."),
    param("connection", Text, "Not looked at."),
    param("code", Text, "Key of the caller."),
];
/// Answers of every route.
pub(super) const ALWAYS: &[Answer] = &[
    answer(400, "The request is wrong.", Json(inline::<Refused>)),
    answer(403, "Host or Origin is not allowed.", Json(of::<Told<'static>>)),
    // Compat: mostly without a body, which a document cannot tell beside one with a body.
    answer(
        404,
        "There is no such thing; or no such task hub, and then a message names those there are.",
        Empty,
    ),
    answer(413, "Too large.", Json(of::<Told<'static>>)),
    answer(414, "Path and query have more than 16 KiB.", Empty),
    answer(500, "Something went wrong.", Json(of::<Thrown<'static>>)),
    answer(
        503,
        "The store cannot do it, or the server is shutting down.",
        Json(of::<Told<'static>>),
    ),
];

/// A refusal: a message, a message with an exception, or a bare text.
#[derive(utoipa::ToSchema)]
#[schema(as = Refused)]
#[expect(dead_code, reason = "it is the schema of bodies that are written by other types")]
#[serde(untagged)]
enum Refused {
    Thrown(Thrown<'static>),
    Told(Told<'static>),
    Text(String),
}

const fn control(route: &'static str, summary: &'static str) -> Described {
    Described { route, summary, query: REASON, body: Body::None, answers: CONTROL }
}

#[rustfmt::skip]
pub(super) static ROUTES: &[Described] = &[
    Described {
        route: "df-start",
        summary: "Starts an orchestration; its input is the body.",
        query: &[
            TIMEOUT,
            INTERVAL,
            param("version", Text, "Version of the orchestrator."),
        ],
        body: Body::Any,
        answers: &[LINKS, IN_TIME, answer(409, "An instance of this id has not ended.", Json(of::<Told<'static>>))],
    },
    Described {
        route: "df-list",
        summary: "One page of the instances, newest first; `x-ms-continuation-token` leads on.",
        query: &[
            param("instanceIdPrefix", Text, "Beginning of the instance id."),
            FROM, TO, STATUSES, INPUT, TOP,
            param("sort", Text, "`created`, `updated`, `completed`, `duration`, `name` or `status`; with `-` before it the largest first; ours."),
            param("countOnly", Flag, "Whether numbers by status are answered instead of rows; ours."),
        ],
        body: Body::None,
        answers: &[answer(200, "The page, or the numbers.", Json(of::<Listed<'static>>))],
    },
    Described {
        route: "df-status",
        summary: "Status of one instance.",
        query: &[
            param("showHistory", Flag, "Whether the history is shown; false unless it is given."),
            param("showHistoryOutput", Flag, "Whether it has results; false unless it is given."),
            INPUT,
            param("returnInternalServerErrorOnFailure", Flag, "Whether a failed instance is answered with 500."),
        ],
        body: Body::None,
        answers: &[
            answer(200, "It has ended.", Json(of::<Status<'static>>)),
            answer(202, "It goes on; `Location` is where to ask again.", Json(of::<Status<'static>>)),
            answer(500, "It has failed, and the caller wants to be told so.", Any),
        ],
    },
    Described {
        route: "df-raise-event",
        summary: "Raises an external event; its payload is the body, of the type application/json.",
        query: &[],
        body: Body::AnyRequired,
        answers: CONTROL,
    },
    control("df-terminate", "Ends the instance; the reason becomes its output."),
    control("df-suspend", "Holds the instance."),
    control("df-resume", "Lets the instance go on."),
    Described {
        route: "df-purge",
        summary: "Deletes an instance that has ended, or an entity.",
        query: &[],
        body: Body::None,
        answers: &[answer(200, "It is gone.", Json(of::<Purged>)), BARE],
    },
    Described {
        route: "df-rewind",
        summary: "Lets a failed instance go on from before its failure.",
        query: REASON,
        body: Body::None,
        answers: &[answer(202, "It goes on.", Empty), BARE],
    },
    Described {
        route: "df-restart",
        summary: "Starts the instance once more.",
        query: &[
            param("restartWithNewInstanceId", Flag, "Whether it gets a new id; true unless it is given."),
            TIMEOUT,
            INTERVAL,
        ],
        body: Body::None,
        answers: RESTARTED,
    },
    Described {
        route: "df-restart-with-options",
        summary: "Starts the instance once more, under an id that the caller gives.",
        query: &[
            param("newInstanceId", Text, "The id; it is needed."),
            param("version", Text, "Version of the orchestrator; that of the instance unless it is given."),
            TIMEOUT,
            INTERVAL,
        ],
        body: Body::None,
        answers: RESTARTED,
    },
    Described {
        route: "df-purge-many",
        summary: "Deletes the instances that match and have ended. What cannot be read is refused.",
        query: &[Param { required: true, ..FROM }, TO, STATUSES],
        body: Body::None,
        answers: &[answer(200, "How many are gone.", Json(of::<Purged>))],
    },
    Described {
        route: "df-list-entities",
        summary: "One page of the entities, newest first; `x-ms-continuation-token` leads on.",
        query: &[
            param("lastOperationTimeFrom", Time, "Earliest change, inclusive."),
            param("lastOperationTimeTo", Time, "Latest change, inclusive."),
            param("fetchState", Flag, "Whether states are shown; false unless it is given."),
            TOP,
        ],
        body: Body::None,
        answers: &[answer(200, "The page.", Json(listed::<Vec<Row>, Row>))],
    },
    Described {
        route: "df-get-entity",
        summary: "State of an entity; the key `$` stands for the empty one.",
        query: &[],
        body: Body::None,
        answers: &[answer(200, "The state.", Any)],
    },
    Described {
        route: "df-signal-entity",
        summary: "Signals an entity; the input is the body.",
        query: &[Param { required: true, ..param("op", Text, "Name of the operation.") }],
        body: Body::Any,
        answers: &[answer(202, "The signal is durable.", Empty)],
    },
    Described {
        route: "df-delete-entity",
        summary: "Signals the operation `delete`.",
        query: &[],
        body: Body::None,
        answers: &[answer(202, "The signal is durable.", Empty)],
    },
    Described {
        route: "df-client-binding",
        summary: "What a Functions host hands to a client library.",
        query: &[],
        body: Body::None,
        answers: &[answer(200, "The binding.", Json(of::<Binding<'static>>))],
    },
    Described {
        route: "df-make-primary",
        summary: "There are no app leases: always 400.",
        query: &[],
        body: Body::None,
        answers: &[],
    },
    Described {
        route: "sample-start",
        summary: "The sample's start: starts an orchestration; its input is the body.",
        query: &[],
        body: Body::Any,
        answers: &[LINKS],
    },
    Described {
        route: "sample-wait",
        summary: "The sample's start with a wait.",
        query: &[
            param("timeout", Seconds, "How long to wait for the end; 30 unless it is given."),
            param("retryInterval", Seconds, "Not needed; must not be above `timeout`."),
        ],
        body: Body::Any,
        answers: &[LINKS, IN_TIME],
    },
];

const RESTARTED: &[Answer] = &[
    LINKS,
    IN_TIME,
    answer(409, "An instance of this id has not ended.", Json(of::<Thrown<'static>>)),
];
