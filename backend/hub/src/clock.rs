//! The only readers of time and randomness: [`Clock`] and [`IdSource`].
//!
//! Everything else takes them injected, so tests move the clock and fix the ids.

use std::{fmt::Debug, sync::Mutex, time::Duration};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use futures::future::BoxFuture;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::watch;

/// Source of the time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now, UTC.
    fn now(&self) -> DateTime<Utc>;

    /// Ends when the clock may have reached `at`. It may end early; the caller looks at the clock again.
    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Longest single sleep: after a jump of the machine's clock, timers are late by at most this.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        // Stores keep microseconds; a finer time would come back changed.
        DateTime::<Utc>::from(std::time::SystemTime::now()).trunc_subsecs(6)
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'static, ()> {
        let wait = (at - self.now()).to_std().unwrap_or(Duration::ZERO).min(LONGEST_SLEEP);
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<DateTime<Utc>>,
}

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>) -> Self {
        Self { now: watch::Sender::new(start) }
    }

    /// Moves the clock forward and wakes every sleeper that is due.
    pub fn advance(&self, by: TimeDelta) {
        self.now.send_modify(|now| *now += by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: DateTime<Utc>) -> BoxFuture<'static, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            // An error means that the clock is gone; then nothing is left to wait for.
            now.wait_for(|now| *now >= at).await.ok();
        })
    }
}

/// Source of ids that nobody can guess.
pub trait IdSource: Debug + Send + Sync + 'static {
    /// 128 random bits.
    fn bits(&self) -> u128;

    /// 32 lower-case hexadecimal digits, the form of execution ids.
    fn hex(&self) -> String {
        format!("{:032x}", self.bits())
    }
}

/// Ids from the operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one source of random ids")]
    fn bits(&self) -> u128 {
        uuid::Uuid::new_v4().as_u128()
    }
}

/// Ids from a seed, the same in each run.
#[derive(Debug)]
pub struct SeededIds(Mutex<StdRng>);

impl SeededIds {
    /// Ids that follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl IdSource for SeededIds {
    fn bits(&self) -> u128 {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).random()
    }
}
