//! Something that a page has read from the server and reads again now and then.

use std::time::Duration;

use chrono::{DateTime, Utc};
use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::request::ApiRequest;

use super::clock;
use crate::api::{self, Error};

/// An answer of the server with its age, and why it could not be had again. Copies are the same.
#[derive(Debug)]
pub struct Remote<T: Send + Sync + 'static> {
    /// The newest answer.
    pub value: RwSignal<Option<T>>,
    /// How the last reading went.
    pub health: RwSignal<Health>,
    turn: StoredValue<u64>,
}

/// How reading goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Why the last reading failed.
    pub error: Option<Error>,
    /// When the last good answer came.
    pub read_at: Option<DateTime<Utc>>,
}

impl<T: Send + Sync + 'static> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Remote<T> {}

impl<T: Send + Sync + 'static> Remote<T> {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self {
            value: RwSignal::new(None),
            health: RwSignal::default(),
            turn: StoredValue::default(),
        }
    }

    /// Reads. Of several readings under way only the newest counts.
    pub fn read<R: ApiRequest<Response = T> + 'static>(self, request: R) {
        self.read_then(request, |answer| Some(answer));
    }

    /// Reads, and takes what `take` makes of the answer; `None` leaves what is there.
    pub fn read_then<R: ApiRequest + 'static>(
        self,
        request: R,
        take: impl FnOnce(R::Response) -> Option<T> + 'static,
    ) {
        let turn = self.turn.get_value() + 1;
        self.turn.set_value(turn);
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.value.is_disposed() || self.turn.get_value() != turn {
                return;
            }
            match answer {
                Ok(answer) => {
                    if let Some(value) = take(answer) {
                        self.value.set(Some(value));
                    }
                    well(self.health);
                }
                Err(error) => self.health.update(|health| health.error = Some(error)),
            }
        });
    }

    /// Leaves readings that are under way out of account.
    pub fn forget(self) {
        self.turn.update_value(|turn| *turn += 1);
    }
}

fn well(health: RwSignal<Health>) {
    health.set(Health { error: None, read_at: Some(clock::now()) });
}

/// Does something every so many seconds while the page is looked at, and at once when it is looked at again, until the owner
/// of the calling view is gone.
pub fn every(seconds: u64, act: impl Fn() + 'static) {
    let missed = std::rc::Rc::new(std::cell::Cell::new(false));
    let act = std::rc::Rc::new(act);
    let tick = {
        let (missed, act) = (std::rc::Rc::clone(&missed), std::rc::Rc::clone(&act));
        move || {
            if document().hidden() {
                missed.set(true);
            } else {
                act();
            }
        }
    };
    let interval = set_interval_with_handle(tick, Duration::from_secs(seconds));
    let seen = window_event_listener(leptos::ev::visibilitychange, move |_| {
        if !document().hidden() && missed.replace(false) {
            act();
        }
    });
    on_cleanup(move || {
        if let Ok(interval) = interval {
            interval.clear();
        }
        seen.remove();
    });
}
