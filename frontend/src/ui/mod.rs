//! Building blocks that know nothing of instances and hubs.

mod browser;
mod copy;
mod dialog;
mod field;
mod heading;
mod icon;
mod window;

pub use browser::{copy_text, focus, from_local_input, save_file};
pub use copy::CopyButton;
pub use dialog::Dialog;
pub use field::{TextArea, TextField};
pub use heading::Heading;
pub use icon::{Glyph, Icon};
pub use window::{RowView, Window};
