//! The only module that talks to the server: [`send`] for calls, [`live`] for its news.

mod client;
mod error;
pub mod live;

pub use client::{Abort, fetch, send};
pub use error::Error;
