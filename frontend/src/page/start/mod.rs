//! The screen that starts an instance.

mod form;
mod page;

pub use form::name_mistake;
pub use page::StartPage;
