//! One module for each screen: it reads the address, loads, and hands values down.

pub mod batches;
pub mod hubs;
pub mod instance;
mod instances;
mod not_found;
pub mod overview;
mod start;
pub mod workers;

pub use instance::InstancePage;
pub use instances::InstancesPage;
pub use not_found::NotFoundPage;
pub use start::StartPage;

use crate::{
    json::Mistake,
    text::{intl, text},
};

/// Where and why text is not JSON, as a sentence.
fn mistake_sentence(mistake: Mistake) -> String {
    let number = |number: usize| intl::number(u64::try_from(number).unwrap_or(u64::MAX));
    let (line, column) = (number(mistake.line), number(mistake.column));
    (text().mistake_at)(&line, &column, (text().mistake)(mistake.kind))
}
