//! What ran when: one line for each activity, timer, event, sub-orchestration and entity call.

mod bars;
mod lines;
mod scale;
mod selected;
mod view;

pub use view::{Timeline, kind_glyph, nothing_words, progress_words, row_name};
