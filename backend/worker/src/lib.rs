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
//!     .endpoint("http://127.0.0.1:7071")
//!     .task_hub("Default")
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
//! # Failures
//!
//! Orchestrators and activities may return any error. [`Error`] takes any error
//! through `?` and keeps its type, message and causes. A panic is a failure too
//! and never ends the worker. [`RetryPolicy`] tries a call again.
//!
//! Entities are not supported yet.

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
