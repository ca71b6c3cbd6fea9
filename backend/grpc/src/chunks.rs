//! Answers that come in chunks: older .NET and Java workers split what is larger than about 4 MB.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use taskhub_hub::engine::worker::Token;
use taskhub_proto::OrchestratorResponse;
use taskhub_shared::limits;

/// Most answers that may be under way at once; the oldest gives way, and its work is delivered again.
const ANSWERS: usize = 64;

/// Chunks of answers whose last one has not come.
#[derive(Debug, Default)]
pub(crate) struct Chunks(Mutex<VecDeque<Collected>>);

#[derive(Debug)]
struct Collected {
    token: Token,
    bytes: usize,
    response: OrchestratorResponse,
}

impl Chunks {
    /// Adds a chunk; the whole answer and its size in bytes once its last chunk is there. Most answers are one chunk.
    pub(crate) fn collect(
        &self,
        token: Token,
        chunk: OrchestratorResponse,
        bytes: usize,
    ) -> Option<(OrchestratorResponse, usize)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        #[expect(deprecated, reason = "older .NET and Java workers send it")]
        let is_last = !chunk.is_partial;
        let at = all.iter().position(|collected| collected.token == token);
        let Some(mut collected) = at.and_then(|at| all.remove(at)) else {
            if is_last {
                return Some((chunk, bytes));
            }
            if all.len() >= ANSWERS {
                all.pop_front();
            }
            all.push_back(Collected { token, bytes, response: chunk });
            return None;
        };
        collected.bytes += bytes;
        // The first chunk says how many events were processed and in which trace; the others say nothing of it. An
        // answer past the bound is refused by its size, so nothing more of it has to be kept.
        if collected.bytes <= limits::ANSWER_BYTES {
            collected.response.actions.extend(chunk.actions);
        }
        collected.response.custom_status = chunk.custom_status.or(collected.response.custom_status);
        if is_last {
            return Some((collected.response, collected.bytes));
        }
        all.push_back(collected);
        None
    }
}

#[cfg(test)]
mod tests {
    use taskhub_proto::OrchestratorAction;

    use super::*;

    fn chunk(id: i32, last: bool) -> OrchestratorResponse {
        #[expect(deprecated, reason = "older .NET and Java workers send it")]
        OrchestratorResponse {
            actions: vec![OrchestratorAction { id, ..Default::default() }],
            num_events_processed: (id > 1).then_some(0),
            is_partial: !last,
            ..Default::default()
        }
    }

    #[test]
    fn chunks_are_put_together_in_order_and_apart_by_token() {
        let chunks = Chunks::default();
        let (a, b) = (Token(1), Token(2));
        assert!(chunks.collect(a, chunk(1, false), 1).is_none());
        assert!(chunks.collect(b, chunk(1, true), 1).is_some(), "a whole answer does not wait");
        assert!(chunks.collect(a, chunk(2, false), 1).is_none());
        let (whole, bytes) = chunks.collect(a, chunk(3, true), 1).unwrap();
        assert_eq!(bytes, 3);
        assert_eq!(whole.actions.iter().map(|action| action.id).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(whole.num_events_processed, None, "that of the first chunk");
    }
}
