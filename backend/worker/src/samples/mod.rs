//! Small orchestrations that show what there is, ready to run.
//!
//! | orchestrator | input | shows |
//! |---|---|---|
//! | `HelloWorld` | a name, default `"World"` | one activity |
//! | `HelloSequence`, `E1_HelloSequence` | none | activities one after another |
//! | `FanOutFanIn` | `{"count": 10}` | many activities at once |
//! | `Monitor` | `{"checks": 3, "interval_seconds": 2, "deadline_seconds": 3600}` | durable timers, custom status |
//! | `Approval` | `{"timeout_seconds": 86400}` | an external event, a deadline |
//! | `Failing` | none | retries, and a failure with causes |
//! | `Counter` | `{"count": 0, "until": 5}` | continue-as-new |
//!
//! The entity `Counter` has the operations `add` (a whole number), `get`, `reset` and `delete`.
//!
//! Every field of an input may be left out, and so may the whole input.

mod approval;
mod counter;
mod failing;
mod fan_out;
mod hello;
mod monitor;
#[cfg(test)]
mod tests;

use std::fmt::Display;

use crate::{Builder, Error};

/// Adds all samples to a worker.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use taskhub_worker::{Worker, samples};
///
/// let worker = samples::register(Worker::builder()).build();
/// # assert!(worker.is_ok());
/// # }
/// ```
#[must_use]
pub fn register(builder: Builder) -> Builder {
    let builder = hello::register(builder);
    let builder = fan_out::register(builder);
    let builder = monitor::register(builder);
    let builder = approval::register(builder);
    let builder = failing::register(builder);
    counter::register(builder)
}

/// `value` when it is within the bounds, else an error that names the field.
fn within<T>(field: &str, value: T, min: T, max: T) -> Result<T, Error>
where
    T: PartialOrd + Display + Copy,
{
    if value >= min && value <= max {
        return Ok(value);
    }
    let message = format!("input: field {field:?}: {value} is not between {min} and {max}");
    Err(Error::new("InvalidInputError", message).non_retriable())
}
