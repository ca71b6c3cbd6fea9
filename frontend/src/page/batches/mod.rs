//! Batch jobs: the list, one job, and the form for a new one.

mod check;
mod create;
mod detail;
mod form;
mod items;
mod list;
mod model;
mod parts;
mod run;

pub use create::page as new_page;
pub use detail::page as job_page;
pub use list::page as list_page;
