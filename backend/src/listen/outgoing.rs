//! Answers on their way to gRPC clients. A client that does not read a large one loses its connection.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use taskhub_grpc::Room;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit},
    task::AbortHandle,
};

/// How long a client may take to read a large answer.
const READ: Duration = Duration::from_secs(60);

/// A connection, which its answers can end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connection(Arc<Notify>);

impl Connection {
    /// Waits until a client has kept an answer waiting for too long.
    pub(crate) async fn stalled(&self) {
        self.0.notified().await;
    }
}

/// An answer that has what it takes until it is sent.
pub(crate) struct Answer {
    body: Body,
    _call: OwnedSemaphorePermit,
    _room: Option<Room>,
    watch: Option<AbortHandle>,
}

impl Answer {
    /// `room` is that of a large answer.
    pub(crate) fn new(
        body: Body,
        call: OwnedSemaphorePermit,
        room: Option<Room>,
        connection: &Connection,
    ) -> Self {
        // Nobody polls a body whose stream has no window, so the time is watched from outside.
        let watch = room.is_some().then(|| {
            let connection = connection.clone();
            let watch = tokio::spawn(async move {
                tokio::time::sleep(READ).await;
                connection.0.notify_one();
            });
            watch.abort_handle()
        });
        Self { body, _call: call, _room: room, watch }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
