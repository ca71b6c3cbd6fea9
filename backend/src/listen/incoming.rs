//! Messages of gRPC clients on their way in: how many bytes of them may be under way, and how long they may take.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use taskhub_shared::limits;
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};
use tonic::Status;

/// How long a client may be silent in the middle of a message, and how long it may take for all of it.
const IDLE: Duration = Duration::from_secs(15);
const WHOLE: Duration = Duration::from_secs(60);
/// A message of at most so many bytes has room of its own, so that large ones never stand before it.
const SMALL: usize = 64 * 1024;
/// What a call takes beside its message, about.
const CALL: usize = 1024;
/// Bytes before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// What all calls together may take.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Calls at once.
    pub(crate) calls: Arc<Semaphore>,
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            calls: Arc::new(Semaphore::new(limits::GRPC_CALLS)),
            small: Arc::new(Semaphore::new(limits::GRPC_IN_FLIGHT_BYTES / 4)),
            large: Arc::new(Semaphore::new(limits::GRPC_IN_FLIGHT_BYTES)),
        }
    }
}

/// Room of a message; it is kept until the call is answered.
pub(crate) type Room = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

type Wait = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// The body of a call: one message.
pub(crate) struct Message {
    body: Body,
    budget: Arc<Budget>,
    largest: usize,
    room: Room,
    prefix: Vec<u8>,
    /// Bytes of the message that have not come; absent until its length has.
    left: Option<usize>,
    /// Bytes that wait for the room of their message.
    waits: Option<(Bytes, Wait)>,
    end: Instant,
    heard: Instant,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Message {
    pub(crate) fn new(body: Body, budget: Arc<Budget>, largest: usize, room: Room) -> Self {
        let now = Instant::now();
        Self {
            body,
            budget,
            largest,
            room,
            prefix: Vec::new(),
            left: None,
            waits: None,
            end: now + WHOLE,
            heard: now,
            alarm: None,
        }
    }

    /// Takes bytes as they come. Once the length of the message is known, they wait until there is room for all of it.
    fn take(&mut self, bytes: Bytes) -> Result<Option<Bytes>, Status> {
        if let Some(left) = self.left {
            self.left = Some(left.checked_sub(bytes.len()).ok_or_else(more)?);
            return Ok(Some(bytes));
        }
        let missing = PREFIX.saturating_sub(self.prefix.len());
        self.prefix.extend(bytes.iter().take(missing));
        let [_, a, b, c, d] = self.prefix[..] else { return Ok(Some(bytes)) };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length > self.largest {
            return Err(Status::resource_exhausted(format!(
                "the message has {length} bytes; at most {} are allowed",
                self.largest
            )));
        }
        self.left = Some(length.checked_sub(bytes.len() - missing).ok_or_else(more)?);
        let pool = if length <= SMALL { &self.budget.small } else { &self.budget.large };
        let permits = u32::try_from(length + CALL).unwrap_or(u32::MAX);
        match Arc::clone(pool).try_acquire_many_owned(permits) {
            Ok(room) => {
                self.keep(room);
                Ok(Some(bytes))
            }
            Err(_) => {
                let wait = Arc::clone(pool).acquire_many_owned(permits);
                self.waits = Some((bytes, Box::pin(wait)));
                Ok(None)
            }
        }
    }

    fn keep(&self, room: OwnedSemaphorePermit) {
        *self.room.lock().unwrap_or_else(PoisonError::into_inner) = Some(room);
    }

    /// Whether the client has taken too long; wakes the task when it has.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let at = if self.waits.is_some() { self.end } else { self.end.min(self.heard + IDLE) };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if alarm.deadline() != at {
            alarm.as_mut().reset(at);
        }
        alarm.as_mut().poll(context).is_ready()
    }
}

fn more() -> Status {
    Status::invalid_argument("a call has one message, and here is more")
}

impl hyper::body::Body for Message {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            if let Some((_, wait)) = &mut this.waits {
                let Poll::Ready(room) = wait.as_mut().poll(context) else {
                    if this.is_late(context) {
                        return Poll::Ready(Some(Err(Status::unavailable(
                            "too many large messages are under way; try again later",
                        ))));
                    }
                    return Poll::Pending;
                };
                let Some((bytes, _)) = this.waits.take() else { continue };
                match room {
                    Ok(room) => this.keep(room),
                    Err(_) => return Poll::Ready(Some(Err(Status::unavailable("closing")))),
                }
                this.heard = Instant::now();
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            let frame = match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Pending if this.is_late(context) => {
                    return Poll::Ready(Some(Err(Status::deadline_exceeded(
                        "the message did not come in time",
                    ))));
                }
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(Status::from_error(error.into()))));
                }
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            this.heard = Instant::now();
            let bytes = match frame.into_data() {
                Ok(bytes) => bytes,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            };
            match this.take(bytes) {
                Ok(Some(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Ok(None) => {}
                Err(refused) => return Poll::Ready(Some(Err(refused))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waits.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use http_body_util::BodyExt as _;
    use tonic::Code;

    use super::*;

    fn message(length: usize, sent: usize) -> Bytes {
        let mut bytes = vec![0; PREFIX + sent];
        bytes[1..PREFIX].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
        bytes.into()
    }

    /// A body of which so much comes, and then nothing for ever, or its end.
    fn body(bytes: Bytes, stalls: bool) -> Body {
        let first = futures::stream::iter([Ok::<_, std::io::Error>(bytes)]);
        if stalls {
            Body::from_stream(first.chain(futures::stream::pending()))
        } else {
            Body::from_stream(first)
        }
    }

    fn call(budget: &Arc<Budget>, body: Body) -> (Message, Room) {
        let room = Room::default();
        (Message::new(body, Arc::clone(budget), 8 << 20, Arc::clone(&room)), room)
    }

    async fn read(mut message: Message) -> Result<usize, Code> {
        let mut bytes = 0;
        while let Some(frame) = message.frame().await {
            bytes += frame.map_err(|status| status.code())?.into_data().unwrap().len();
        }
        Ok(bytes)
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_stalls_ends_and_gives_its_room_back() {
        let budget = Arc::new(Budget::default());
        let all = budget.large.available_permits();
        let (stalled, room) = call(&budget, body(message(4 << 20, 100), true));
        let began = Instant::now();
        assert_eq!(read(stalled).await, Err(Code::DeadlineExceeded));
        assert_eq!(began.elapsed(), IDLE);
        assert_eq!(budget.large.available_permits(), all - (4 << 20) - CALL, "until the call ends");
        drop(room);
        assert_eq!(budget.large.available_permits(), all);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_of_bytes_does_not_keep_a_message_alive() {
        let budget = Arc::new(Budget::default());
        let drops = futures::stream::iter(0..).then(|n| async move {
            tokio::time::sleep(IDLE / 2).await;
            Ok::<_, std::io::Error>(if n == 0 {
                message(1000, 1)
            } else {
                Bytes::from_static(b"x")
            })
        });
        let (drip, _room) = call(&budget, Body::from_stream(drops));
        let began = Instant::now();
        assert_eq!(read(drip).await, Err(Code::DeadlineExceeded));
        assert_eq!(began.elapsed(), WHOLE);
    }

    #[tokio::test(start_paused = true)]
    async fn large_messages_wait_for_room_and_small_ones_pass_them() {
        let budget = Arc::new(Budget::default());
        let mut held = Vec::new();
        for _ in 0..limits::GRPC_IN_FLIGHT_BYTES / ((8 << 20) + CALL) {
            let (mut stalled, room) = call(&budget, body(message(8 << 20, 1), true));
            stalled.frame().await.unwrap().unwrap();
            held.push((stalled, room));
        }
        let whole = message(8 << 20, 8 << 20);
        let (refused, _room) = call(&budget, body(whole.clone(), false));
        assert_eq!(read(refused).await, Err(Code::Unavailable));
        let (small, _room) = call(&budget, body(message(100, 100), false));
        assert_eq!(read(small).await, Ok(105));
        let (waits, _room) = call(&budget, body(whole, false));
        let waits = tokio::spawn(read(waits));
        tokio::task::yield_now().await;
        held.clear();
        assert_eq!(waits.await.unwrap(), Ok((8 << 20) + PREFIX));
    }

    #[tokio::test]
    async fn a_call_has_one_message_of_a_bounded_size() {
        let budget = Arc::new(Budget::default());
        for (bytes, expected) in [
            (message(8 << 20, 8 << 20), Ok((8 << 20) + PREFIX)),
            (message((8 << 20) + 1, 0), Err(Code::ResourceExhausted)),
            (message(3, 4), Err(Code::InvalidArgument)),
            (Bytes::from_static(&[0, 0]), Ok(2)),
        ] {
            let (message, _room) = call(&budget, body(bytes, false));
            assert_eq!(read(message).await, expected);
        }
    }
}
