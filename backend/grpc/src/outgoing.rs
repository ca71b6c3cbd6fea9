//! Answers that are large: how many bytes of them may be under way at once.
//!
//! A client may ask for many and read none. What it asked for is then not read from the store either.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Response, Status};

/// An answer of at most so many bytes is not counted.
const SMALL: usize = 16 * 1024;

/// Room of an answer, among the extensions of its response. Whoever sends the response keeps it until it is sent.
#[derive(Debug, Clone)]
pub struct Room(
    #[expect(dead_code, reason = "it is given back when it is dropped")] Arc<OwnedSemaphorePermit>,
);

/// Bytes of answers that clients have not taken yet.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    room: Arc<Semaphore>,
    all: usize,
    patience: Duration,
}

impl Outgoing {
    pub(crate) fn new(bytes: usize, patience: Duration) -> Self {
        let all = bytes.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
        Self { room: Arc::new(Semaphore::new(all)), all, patience }
    }

    /// Answers with what was read. While there is no room for it nothing of it is kept: it is read again then.
    pub(crate) async fn answer<R, W, F: Future<Output = Result<R, Status>>>(
        &self,
        read: impl Fn() -> F,
        weight: impl Fn(&R) -> usize,
        wire: impl FnOnce(R) -> W,
    ) -> Result<Response<W>, Status> {
        let mut room: Option<OwnedSemaphorePermit> = None;
        loop {
            let found = read().await?;
            let bytes = weight(&found);
            if bytes <= SMALL {
                return Ok(Response::new(wire(found)));
            }
            // What is larger than all the room has it alone.
            let wanted = bytes.min(self.all);
            if room.as_ref().is_none_or(|room| room.num_permits() < wanted) {
                drop(room.take());
                let permits = u32::try_from(wanted).unwrap_or(u32::MAX);
                match Arc::clone(&self.room).try_acquire_many_owned(permits) {
                    Ok(taken) => room = Some(taken),
                    Err(_) => {
                        drop(found);
                        room = Some(self.wait(permits).await?);
                        continue;
                    }
                }
            }
            let mut response = Response::new(wire(found));
            if let Some(room) = room {
                response.extensions_mut().insert(Room(Arc::new(room)));
            }
            return Ok(response);
        }
    }

    async fn wait(&self, permits: u32) -> Result<OwnedSemaphorePermit, Status> {
        let room = Arc::clone(&self.room).acquire_many_owned(permits);
        match tokio::time::timeout(self.patience, room).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) | Err(_) => Err(Status::unavailable(
                "too many large answers wait for clients that do not read them; try again later",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    async fn ask(outgoing: &Outgoing, bytes: usize) -> Result<Response<Vec<u8>>, Status> {
        outgoing.answer(|| async { Ok(vec![0; bytes]) }, Vec::len, |bytes| bytes).await
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_are_not_taken_leave_no_room_for_others() {
        let outgoing = Outgoing::new(10 * SMALL, Duration::from_secs(10));
        let first = ask(&outgoing, 6 * SMALL).await.unwrap();
        let refused = ask(&outgoing, 6 * SMALL).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        ask(&outgoing, SMALL).await.expect("a small one needs no room");
        let waits = {
            let outgoing = outgoing.clone();
            tokio::spawn(async move { ask(&outgoing, 6 * SMALL).await })
        };
        tokio::task::yield_now().await;
        drop(first);
        let second = waits.await.unwrap().expect("there is room now");
        drop(second);
        ask(&outgoing, 20 * SMALL)
            .await
            .expect("one that is larger than all the room has it alone");
    }
}
