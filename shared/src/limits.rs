//! Sizes and counts that every door enforces, in one place.
//!
//! Source: docs/decisions/0002-limits.md.

/// Longest instance id, orchestration name or event name, in characters.
pub const NAME_CHARS: usize = 256;
/// Longest task hub name, in characters.
pub const TASK_HUB_CHARS: usize = 64;
/// Largest HTTP request body, in bytes.
pub const HTTP_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Largest input, event payload or reason of a client, in bytes. It leaves room in a work item for the rest of it.
pub const PAYLOAD_BYTES: usize = WORK_ITEM_BYTES - 256 * 1024;
/// Largest tags of an orchestration, in bytes of all names and values.
pub const TAGS_BYTES: usize = 64 * 1024;
/// Largest trace context of a request, in bytes of all its fields.
pub const TRACE_BYTES: usize = 8 * 1024;
/// Largest answer of a worker that is taken, in bytes. A larger one fails the activity or the instance.
pub const ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of answers of which only parts have come, in each task hub. An answer for which there is no room has to be
/// given again.
pub const PARTS_BYTES: usize = 16 * ANSWER_BYTES;
/// Largest gRPC message of a client that is read, in bytes.
pub const GRPC_REQUEST_BYTES: usize = 16 * 1024 * 1024;
/// Largest request of a worker for its work, in bytes: its names are kept for as long as its stream lives.
pub const FILTER_BYTES: usize = 256 * 1024;
/// gRPC calls under way at once, over all connections.
pub const GRPC_CALLS: usize = 65_536;
/// Bytes of gRPC messages that come in, and of large answers that go out, at once, over all connections.
pub const GRPC_IN_FLIGHT_BYTES: usize = 256 * 1024 * 1024;
/// Largest answer of a worker that is read at all, in bytes: what is past [`ANSWER_BYTES`] must be read to know whose it
/// is, because most workers do not send an answer again.
pub const GRPC_MESSAGE_BYTES: usize = 64 * 1024 * 1024;
/// Largest work item that is sent to a worker, in bytes: the receive limit of the SDKs' gRPC libraries.
pub const WORK_ITEM_BYTES: usize = 4 * 1024 * 1024;
/// Largest state of an entity, in bytes of JSON text. It leaves room in a work item for the operations.
pub const ENTITY_STATE_BYTES: usize = 2 * 1024 * 1024;
/// Largest custom status, in bytes of JSON text.
pub const CUSTOM_STATUS_BYTES: usize = 64 * 1024;
/// Largest number of events in the history of one generation; past it the instance fails.
pub const HISTORY_EVENTS: usize = 51_200;
/// Largest size of the history of one generation, in bytes; past it the instance fails.
pub const HISTORY_BYTES: usize = 50 * 1024 * 1024;
/// Bytes of a list page, but for its first row: the SDKs receive 4 MiB, and a page with more must have a next one.
pub const PAGE_BYTES: usize = 3 * 1024 * 1024;
/// Rows of a list page when the caller names no number.
pub const PAGE_DEFAULT: usize = 100;
/// Most rows of a list page.
pub const PAGE_MAX: usize = 1000;
/// Longest query text, in bytes.
pub const QUERY_BYTES: usize = 8 * 1024;
/// Most conditions and values of a query.
pub const QUERY_TERMS: usize = 200;
/// Most parentheses that stand in each other in a query.
pub const QUERY_DEPTH: usize = 32;
/// Most columns of a list.
pub const COLUMNS: usize = 20;
/// Longest text of a column, in bytes.
pub const COLUMN_BYTES: usize = 300;
/// Characters of a value that a list shows of a column; an export has the whole.
pub const CELL_CHARS: usize = 200;
/// Most saved views of a task hub.
pub const VIEWS: usize = 100;
/// Longest name of a saved view, in characters.
pub const VIEW_NAME_CHARS: usize = 60;
