//! What the whole console knows, one module for each thing.
//!
//! Each module keeps its signals in the page's one thread, so they live as long as the page and need no context.

pub mod clock;
pub mod location;
pub mod notices;
pub mod preferences;
pub mod remote;
pub mod session;
