//! What waits for workers, what nobody serves first; and the workers that are connected.

mod view;

pub use view::{page, parted, sentence};
