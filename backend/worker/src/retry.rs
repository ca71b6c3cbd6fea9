//! When a failed call is tried again.
//!
//! Knows delays and failures, does not know how to wait durably.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::Failure;

type Predicate = Rc<dyn Fn(&Failure) -> bool>;

/// How often and after which delays a failed call is tried again.
///
/// The delays are durable timers: they survive the worker and cost nothing.
/// A failure that says it is not retriable is never tried again.
#[derive(Clone)]
pub struct RetryPolicy {
    max_attempts: u32,
    first_interval: Duration,
    backoff_coefficient: f64,
    max_interval: Option<Duration>,
    retry_if: Option<Predicate>,
}

impl RetryPolicy {
    /// At most `max_attempts` attempts (the first one counts, 0 means 1), with
    /// `first_interval` before every further one.
    #[must_use]
    pub fn new(max_attempts: u32, first_interval: Duration) -> Self {
        Self {
            max_attempts,
            first_interval,
            backoff_coefficient: 1.0,
            max_interval: None,
            retry_if: None,
        }
    }

    /// Multiplies the delay after every attempt; default 1, less counts as 1.
    #[must_use]
    pub fn backoff_coefficient(mut self, coefficient: f64) -> Self {
        self.backoff_coefficient = coefficient;
        self
    }

    /// Largest delay; default none.
    #[must_use]
    pub fn max_interval(mut self, interval: Duration) -> Self {
        self.max_interval = Some(interval);
        self
    }

    /// Tries again only failures for which `predicate` says yes.
    ///
    /// The predicate runs on every replay and must be deterministic.
    #[must_use]
    pub fn retry_if(mut self, predicate: impl Fn(&Failure) -> bool + 'static) -> Self {
        self.retry_if = Some(Rc::new(predicate));
        self
    }

    /// How long to wait after attempt number `attempt` (from 1) failed; `None`
    /// when it was the last one.
    pub(crate) fn delay_after(&self, attempt: u32, failure: &Failure) -> Option<Duration> {
        let is_refused = self.retry_if.as_ref().is_some_and(|predicate| !predicate(failure));
        if attempt >= self.max_attempts || failure.is_non_retriable || is_refused {
            return None;
        }
        let power = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let factor = self.backoff_coefficient.max(1.0).powi(power);
        let delay = Duration::try_from_secs_f64(self.first_interval.as_secs_f64() * factor)
            .unwrap_or(Duration::MAX);
        Some(self.max_interval.map_or(delay, |max| delay.min(max)))
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("max_attempts", &self.max_attempts)
            .field("first_interval", &self.first_interval)
            .field("backoff_coefficient", &self.backoff_coefficient)
            .field("max_interval", &self.max_interval)
            .field("retry_if", &self.retry_if.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_largest_and_then_stop() {
        let policy = RetryPolicy::new(5, Duration::from_secs(1))
            .backoff_coefficient(3.0)
            .max_interval(Duration::from_secs(10));
        let failure = Failure::new("E", "m");
        let delays: Vec<_> =
            (1..=5).map(|n| policy.delay_after(n, &failure).map(|d| d.as_secs())).collect();
        assert_eq!(delays, [Some(1), Some(3), Some(9), Some(10), None]);
    }

    #[test]
    fn some_failures_are_never_tried_again() {
        let policy = RetryPolicy::new(9, Duration::ZERO).retry_if(|f| f.error_type == "Busy");
        assert!(policy.delay_after(1, &Failure::new("Busy", "")).is_some());
        assert!(policy.delay_after(1, &Failure::new("Busy", "").non_retriable()).is_none());
        assert!(policy.delay_after(1, &Failure::new("Wrong", "")).is_none());
        assert!(
            RetryPolicy::new(0, Duration::ZERO).delay_after(1, &Failure::new("", "")).is_none()
        );
    }

    #[test]
    fn an_absurd_policy_does_not_panic() {
        let policy = RetryPolicy::new(u32::MAX, Duration::MAX).backoff_coefficient(f64::INFINITY);
        assert_eq!(policy.delay_after(7, &Failure::new("", "")), Some(Duration::MAX));
        let policy = RetryPolicy::new(u32::MAX, Duration::ZERO).backoff_coefficient(f64::NAN);
        assert_eq!(policy.delay_after(7, &Failure::new("", "")), Some(Duration::ZERO));
    }
}
