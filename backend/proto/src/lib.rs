//! The Durable Task protocol, generated from `orchestrator_service.proto`.
//!
//! The messages are at the top of the crate, the variants of a `oneof` in a
//! module named after their message (`history_event::EventType`), the client in
//! [`task_hub_sidecar_service_client`] and the trait a server implements in
//! [`task_hub_sidecar_service_server`].
//! Knows the wire, does not know what any of it means.
//!
//! The code is committed: `tests/bootstrap.rs` fails when it is not what the
//! `.proto` generates, and says how to generate it again.

#[expect(
    missing_docs,
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    clippy::clone_on_ref_ptr,
    clippy::doc_markdown,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "generated code"
)]
#[path = "generated/taskhub.rs"]
#[rustfmt::skip]
mod generated;

pub use generated::*;
