//! What an orchestrator awaits.
//!
//! A task is asked for when it is made, not when it is first polled: keep two
//! of them and they run at the same time.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use futures::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::mailbox::Wait;
use super::state::{Slot, State};
use crate::failure::TaskError;
use crate::payload;
use crate::registry::Outcome;

/// The coming result of an activity, a sub-orchestration, an entity's operation, an
/// external event or a lock.
#[must_use = "a task that is not awaited still runs, but nobody learns how it ended"]
pub struct Task<T>(LocalBoxFuture<'static, Result<T, TaskError>>);

impl<T> Task<T> {
    pub(super) fn new(future: impl Future<Output = Result<T, TaskError>> + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}

/// A durable timer; dropping it does not stop it, it fires unheard.
#[derive(Debug)]
#[must_use = "a timer does nothing unless it is awaited"]
pub struct Timer(pub(super) End);

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

/// The end of this generation; await it and nothing after it runs.
#[derive(Debug)]
#[must_use = "await it: the generation ends there"]
pub struct ContinueAsNew<T> {
    pub(super) state: Rc<RefCell<State>>,
    pub(super) result: PhantomData<fn() -> T>,
}

impl<T> ContinueAsNew<T> {
    /// Version of the next generation; default that of this one.
    pub fn new_version(self, version: impl Into<String>) -> Self {
        self.state.borrow_mut().next_version = Some(version.into());
        self
    }

    /// Forgets external events nobody took, instead of carrying them over.
    pub fn without_events(self) -> Self {
        self.state.borrow_mut().drops_events = true;
        self
    }
}

impl<T> Future for ContinueAsNew<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        Poll::Pending
    }
}

/// The end of one action, still as JSON text.
#[derive(Debug)]
pub(super) struct End(pub(super) Rc<Slot>);

impl Future for End {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        self.0.take(cx.waker()).map_or(Poll::Pending, Poll::Ready)
    }
}

/// The arrival of one external event.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) state: Rc<RefCell<State>>,
    pub(super) wait: Rc<Wait>,
}

impl Future for Arrival {
    type Output = Option<String>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(letter) = self.wait.take() else {
            *self.wait.waker.borrow_mut() = Some(cx.waker().clone());
            return Poll::Pending;
        };
        Poll::Ready(letter.event.input)
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        // The event came, but a `select` took another branch: it is not lost.
        if let Some(letter) = self.wait.take() {
            let wakers = self.state.borrow_mut().mailbox.put(letter);
            wakers.into_iter().for_each(std::task::Waker::wake);
        }
    }
}

/// Reads a result or an event.
pub(super) fn read<T: DeserializeOwned>(
    what: impl FnOnce() -> String,
    text: Option<&str>,
) -> Result<T, TaskError> {
    payload::decode(text)
        .map_err(|error| TaskError::Payload { what: what(), reason: error.to_string() })
}
