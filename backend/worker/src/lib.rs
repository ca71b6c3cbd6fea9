//! Write Durable Task orchestrations in Rust.
//!
//! A worker connects to a task hub over gRPC, takes the work whose functions it
//! has, and answers with what they did. It speaks the protocol that the .NET,
//! Python, JavaScript, Java and Go SDKs speak, so it works with any server of
//! that protocol.
//!
//! ```no_run
//! use taskhub_worker::{ActivityContext, OrchestrationContext, Result, Worker};
//!
//! async fn hello(ctx: OrchestrationContext, name: Option<String>) -> Result<String> {
//!     let name = name.unwrap_or_else(|| "World".to_owned());
//!     Ok(ctx.call_activity("SayHello", name).await?)
//! }
//!
//! async fn say_hello(_: ActivityContext, name: String) -> Result<String> {
//!     Ok(format!("Hello {name}!"))
//! }
//!
//! # async fn run() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let worker = Worker::builder()
//!     .endpoint("http://127.0.0.1:4001")
//!     .orchestrator("Hello", hello)
//!     .activity("SayHello", say_hello)
//!     .build()?;
//! worker.run_until(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! # Orchestrators
//!
//! An orchestrator is an async function that is run again from the start, fed
//! with its history, every time something happened. So it must ask for the same
//! things in the same order each time:
//!
//! - await only what the [`OrchestrationContext`] gives, alone or joined with
//!   the combinators of [`futures`];
//! - take time, ids and randomness from the context;
//! - when two futures may be ready at once, choose with
//!   [`futures::future::select`] or [`futures::select_biased!`], which look at
//!   them in order; `futures::select!` and `tokio::select!` throw dice;
//! - do everything else in activities.
//!
//! Its future need not be `Send`. Tasks are asked for when they are made, not
//! when they are awaited: make many, then join them, and they run at once.
//!
//! ```
//! use futures::future::{Either, select, try_join_all};
//! use std::time::Duration;
//! use taskhub_worker::{OrchestrationContext, Result};
//!
//! /// Squares many numbers at once, then waits at most a day for a yes.
//! async fn square_and_ask(ctx: OrchestrationContext, n: u64) -> Result<Option<u64>> {
//!     let squares = (1..=n).map(|i| ctx.call_activity::<u64>("Square", i));
//!     let sum = try_join_all(squares).await?.into_iter().sum();
//!
//!     let approval = ctx.wait_for_event::<bool>("Approval");
//!     let deadline = ctx.create_timer(Duration::from_secs(24 * 60 * 60));
//!     Ok(match select(approval, deadline).await {
//!         Either::Left((approved, _)) => approved?.then_some(sum),
//!         Either::Right(((), _)) => None,
//!     })
//! }
//! ```
//!
//! # When code and history differ
//!
//! If a changed orchestrator meets a history it did not write, its instance
//! fails with the error type `NonDeterminismError`. The message says at which
//! event, what the history has there, what the code asks for, and what usually
//! causes that: a changed order, name or kind, a call that is missing or one too
//! many. Code that has not run yet may change at any time. For other changes
//! register the new code with [`Builder::orchestrator_version`] beside the old,
//! or give workers a [`Versioning`].
//!
//! # Failures
//!
//! Orchestrators and activities may return any error. [`Error`] takes any error
//! through `?` and keeps its type, message and causes. A panic is a failure too
//! and never ends the worker. [`RetryPolicy`] tries a call again.
//!
//! | error type | what failed |
//! |---|---|
//! | name of your error's type | your code returned it |
//! | `Panic` | your code panicked |
//! | `TaskFailedError` | an orchestrator returned the [`TaskError`] of a task; the inner failure says which |
//! | `InvalidInputError`, `InvalidOutputError` | a payload is not what the types say |
//! | `OrchestratorNotFound`, `ActivityNotFound`, `EntityTaskNotFound`, `OperationNotFound` | nothing of this name and version is registered |
//! | `VersionMismatch` | the worker's [`Versioning`] refuses the instance |
//! | `NonDeterminismError` | code and history differ |
//! | `NotDurableError` | an orchestrator awaits what its context did not give |
//! | `OrchestrationStateError` | the server sent a history without a start |
//! | `EntityRefusedError` | an orchestrator signalled an entity whose lock it holds, or an id that names nothing |
//! | `InvalidStateError`, `InvalidEntityId` | an entity's state or id cannot be read |
//!
//! All but the first three rows are not retriable.
//!
//! # Entities
//!
//! An entity is a small state with a name, changed by one operation at a time.
//! An [`Entity`] says which operations there are; orchestrators signal, call and
//! lock entities by their [`EntityId`], and clients signal and look at them.
//!
//! ```
//! use taskhub_worker::{Entity, EntityId, OrchestrationContext, Result, Worker};
//!
//! async fn order(ctx: OrchestrationContext, n: u64) -> Result<u64> {
//!     let stock = EntityId::new("Stock", "apples");
//!     Ok(ctx.call_entity(&stock, "take", n).await?)
//! }
//!
//! let stock = Entity::<u64>::new().operation("take", |ctx, n: u64| {
//!     let left = ctx.state_or_default();
//!     *left = left.saturating_sub(n);
//!     Ok(*left)
//! });
//! let builder = Worker::builder().orchestrator("Order", order).entity("Stock", stock);
//! ```
//!
//! # Clients
//!
//! A [`Client`] starts orchestrations, waits for them, raises events and looks
//! for instances; [`Worker::client`] gives one for the worker's own hub.
//!
//! # What goes over the wire
//!
//! Payloads are JSON by serde. Nothing (`()`, `None`) is sent as an absent
//! payload, as the other SDKs do, and an absent one reads as `null`. Times are
//! UTC, to the nanosecond, up to the year 9999. A message may have at most
//! 64 MiB; servers accept less.

/// Compiles the code of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod activity;
mod backoff;
mod builder;
mod chance;
mod client;
mod connection;
mod dispatch;
mod entity;
mod failure;
mod orchestration;
mod payload;
mod properties;
mod registry;
mod retry;
pub mod samples;
mod time;
mod version;
mod worker;

pub use activity::ActivityContext;
pub use builder::{BuildError, Builder};
pub use client::{
    Children, Client, ClientBuilder, ClientError, EntityInfo, EntityQuery, Instance, InstanceQuery,
    InstanceStatus, Page, Payload, PurgeFilter, StartOptions,
};
pub use entity::{Entity, EntityContext, EntityId, InvalidEntityId, NewInstanceOptions};
pub use failure::{Error, Failure, Result, TaskError};
pub use futures;
pub use orchestration::{
    ActivityOptions, ContinueAsNew, EntityLock, OrchestrationContext, SubOrchestratorOptions, Task,
    Timer,
};
pub use retry::{Attempt, RetryPolicy};
pub use version::{MatchStrategy, MismatchAction, Versioning};
pub use worker::Worker;
