//! When a failed call is tried again.
//!
//! Knows delays and failures, does not know how to wait durably.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::Failure;

type Predicate = Rc<dyn Fn(&Failure) -> bool>;
type Handler = Rc<dyn Fn(&Attempt<'_>) -> Option<Duration>>;

/// One attempt that failed, as a handler of [`RetryPolicy::from_fn`] sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// How many attempts there were, this one included; at least 1.
    pub number: u32,
    /// Time since the first attempt, by the orchestration's own clock.
    pub elapsed: Duration,
    /// What this attempt failed with.
    pub failure: &'a Failure,
}

/// How often and after which delays a failed call is tried again.
///
/// The delays are durable timers: they survive the worker and cost nothing.
/// A failure that says it is not retriable is never tried again.
///
/// ```
/// # use std::time::Duration;
/// # use taskhub_worker::RetryPolicy;
/// // After 1, 2, 4, 8, 10, 10 ... seconds, for an hour, and only when busy.
/// let policy = RetryPolicy::new(1_000, Duration::from_secs(1))
///     .backoff_coefficient(2.0)
///     .max_interval(Duration::from_secs(10))
///     .retry_timeout(Duration::from_secs(3_600))
///     .retry_if(|failure| failure.error_type == "Busy");
/// ```
#[derive(Clone)]
pub struct RetryPolicy(Rule);

#[derive(Clone)]
enum Rule {
    Backoff(Backoff),
    Handler(Handler, Option<Predicate>),
}

#[derive(Clone)]
struct Backoff {
    max_attempts: u32,
    first_interval: Duration,
    coefficient: f64,
    max_interval: Option<Duration>,
    timeout: Option<Duration>,
    retry_if: Option<Predicate>,
}

impl RetryPolicy {
    /// At most `max_attempts` attempts (the first one counts, 0 means 1), with
    /// `first_interval` before every further one.
    #[must_use]
    pub fn new(max_attempts: u32, first_interval: Duration) -> Self {
        Self(Rule::Backoff(Backoff {
            max_attempts,
            first_interval,
            coefficient: 1.0,
            max_interval: None,
            timeout: None,
            retry_if: None,
        }))
    }

    /// Asks `handler` after every failed attempt: the delay before the next one,
    /// or `None` to give up.
    ///
    /// It runs on every replay and must be deterministic. It is not asked about
    /// a failure that is not retriable. Of the other methods only
    /// [`retry_if`](Self::retry_if) has an effect on such a policy.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use taskhub_worker::RetryPolicy;
    /// // Throttled calls wait a minute, others get three quick attempts.
    /// let policy = RetryPolicy::from_fn(|attempt| match attempt.failure.error_type.as_str() {
    ///     "Throttled" => Some(Duration::from_secs(60)),
    ///     _ => (attempt.number < 3).then_some(Duration::from_secs(1)),
    /// });
    /// ```
    #[must_use]
    pub fn from_fn(handler: impl Fn(&Attempt<'_>) -> Option<Duration> + 'static) -> Self {
        Self(Rule::Handler(Rc::new(handler), None))
    }

    /// Multiplies the delay after every attempt; default 1, less counts as 1.
    #[must_use]
    pub fn backoff_coefficient(self, coefficient: f64) -> Self {
        self.with(|backoff| backoff.coefficient = coefficient)
    }

    /// Largest delay; default none.
    #[must_use]
    pub fn max_interval(self, interval: Duration) -> Self {
        self.with(|backoff| backoff.max_interval = Some(interval))
    }

    /// Gives up at the first failure that comes this long or longer after the
    /// first attempt; default never. An attempt that runs is not cut short.
    #[must_use]
    pub fn retry_timeout(self, timeout: Duration) -> Self {
        self.with(|backoff| backoff.timeout = Some(timeout))
    }

    /// Tries again only failures for which `predicate` says yes; the last one
    /// given counts.
    ///
    /// The predicate runs on every replay and must be deterministic.
    #[must_use]
    pub fn retry_if(mut self, predicate: impl Fn(&Failure) -> bool + 'static) -> Self {
        match &mut self.0 {
            Rule::Backoff(Backoff { retry_if, .. }) | Rule::Handler(_, retry_if) => {
                *retry_if = Some(Rc::new(predicate));
            }
        }
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Backoff)) -> Self {
        match &mut self.0 {
            Rule::Backoff(backoff) => change(backoff),
            Rule::Handler(..) => {}
        }
        self
    }

    /// How long to wait after an attempt failed; `None` when it was the last one.
    pub(crate) fn delay_after(&self, attempt: &Attempt<'_>) -> Option<Duration> {
        let (Rule::Backoff(Backoff { retry_if, .. }) | Rule::Handler(_, retry_if)) = &self.0;
        let is_refused = retry_if.as_ref().is_some_and(|predicate| !predicate(attempt.failure));
        if attempt.failure.is_non_retriable || is_refused {
            return None;
        }
        match &self.0 {
            Rule::Backoff(backoff) => backoff.delay_after(attempt),
            Rule::Handler(handler, _) => handler(attempt),
        }
    }
}

impl Backoff {
    fn delay_after(&self, attempt: &Attempt<'_>) -> Option<Duration> {
        let is_late = self.timeout.is_some_and(|timeout| attempt.elapsed >= timeout);
        if attempt.number >= self.max_attempts || is_late {
            return None;
        }
        let power = i32::try_from(attempt.number.saturating_sub(1)).unwrap_or(i32::MAX);
        let factor = self.coefficient.max(1.0).powi(power);
        let delay = Duration::try_from_secs_f64(self.first_interval.as_secs_f64() * factor)
            .unwrap_or(Duration::MAX);
        Some(self.max_interval.map_or(delay, |max| delay.min(max)))
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule::Backoff(backoff) = &self.0 else {
            return f.debug_struct("RetryPolicy").finish_non_exhaustive();
        };
        f.debug_struct("RetryPolicy")
            .field("max_attempts", &backoff.max_attempts)
            .field("first_interval", &backoff.first_interval)
            .field("backoff_coefficient", &backoff.coefficient)
            .field("max_interval", &backoff.max_interval)
            .field("retry_timeout", &backoff.timeout)
            .field("retry_if", &backoff.retry_if.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delay(policy: &RetryPolicy, number: u32, failure: &Failure) -> Option<Duration> {
        policy.delay_after(&Attempt { number, elapsed: Duration::from_secs(9), failure })
    }

    #[test]
    fn delays_grow_to_the_largest_and_then_stop() {
        let policy = RetryPolicy::new(5, Duration::from_secs(1))
            .backoff_coefficient(3.0)
            .max_interval(Duration::from_secs(10));
        let failure = Failure::new("E", "m");
        let delays: Vec<_> =
            (1..=5).map(|n| delay(&policy, n, &failure).map(|d| d.as_secs())).collect();
        assert_eq!(delays, [Some(1), Some(3), Some(9), Some(10), None]);
    }

    #[test]
    fn some_failures_are_never_tried_again() {
        let policies = [
            RetryPolicy::new(9, Duration::ZERO).retry_if(|f| f.error_type == "Busy"),
            RetryPolicy::from_fn(|_| Some(Duration::ZERO)).retry_if(|f| f.error_type == "Busy"),
        ];
        for policy in policies {
            assert!(delay(&policy, 1, &Failure::new("Busy", "")).is_some());
            assert!(delay(&policy, 1, &Failure::new("Busy", "").non_retriable()).is_none());
            assert!(delay(&policy, 1, &Failure::new("Wrong", "")).is_none());
        }
        let once = RetryPolicy::new(0, Duration::ZERO);
        assert!(delay(&once, 1, &Failure::new("", "")).is_none());
    }

    #[test]
    fn the_timeout_counts_from_the_first_attempt() {
        let policy = |seconds| {
            RetryPolicy::new(9, Duration::ZERO).retry_timeout(Duration::from_secs(seconds))
        };
        assert!(delay(&policy(10), 1, &Failure::new("", "")).is_some());
        assert!(delay(&policy(9), 1, &Failure::new("", "")).is_none());
    }

    #[test]
    fn a_handler_sees_the_attempt() {
        let policy = RetryPolicy::from_fn(|attempt| {
            (attempt.number < 2).then_some(attempt.elapsed + Duration::from_secs(1))
        });
        assert_eq!(delay(&policy, 1, &Failure::new("", "")), Some(Duration::from_secs(10)));
        assert_eq!(delay(&policy, 2, &Failure::new("", "")), None);
    }

    #[test]
    fn an_absurd_policy_does_not_panic() {
        let policy = RetryPolicy::new(u32::MAX, Duration::MAX).backoff_coefficient(f64::INFINITY);
        assert_eq!(delay(&policy, 7, &Failure::new("", "")), Some(Duration::MAX));
        let policy = RetryPolicy::new(u32::MAX, Duration::ZERO).backoff_coefficient(f64::NAN);
        assert_eq!(delay(&policy, 7, &Failure::new("", "")), Some(Duration::ZERO));
    }
}
