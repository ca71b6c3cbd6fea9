//! The console in a real browser.

mod accessibility;
mod actions;
mod batches;
mod hubs;
mod instance;
mod keyboard;
mod list;
mod narrow;
mod page;
mod pages;
mod preferences;
mod query;
mod rows;
mod session;
mod start;

use page::Page;
use session::{Look, with_browser};
