//! How long to wait before the next attempt to reach the server.

use std::time::Duration;

use crate::chance;

/// Delays that double from the smallest to the largest, each cut by up to half
/// at random, so that many workers do not come back at the same instant.
#[derive(Debug)]
pub(crate) struct Backoff {
    smallest: Duration,
    largest: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(smallest: Duration, largest: Duration) -> Self {
        Self { smallest, largest, next: smallest }
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.smallest;
    }

    pub(crate) fn delay(&mut self) -> Duration {
        let delay = self.next;
        self.next = delay.saturating_mul(2).min(self.largest);
        delay.mul_f64(1.0 - chance::fraction() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_largest_and_starts_again() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(50), ms(5000));
        for step in [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000] {
            let delay = backoff.delay();
            assert!(delay >= ms(step) / 2 && delay <= ms(step), "{delay:?} for {step}");
        }
        backoff.reset();
        assert!(backoff.delay() <= ms(50));
    }
}
