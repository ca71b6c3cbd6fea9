//! Chance that can be had again: the seed is printed, and `TASKHUB_E2E_SEED` sets it.

use std::{
    env,
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Self {
        let chosen = env::var("TASKHUB_E2E_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = chosen.unwrap_or_else(|| RandomState::new().build_hasher().finish() >> 32);
        println!("TASKHUB_E2E_SEED={seed}");
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`. Source: xorshift64*.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    /// Lets a random time of at most `most` pass, so that a crash hits wherever it hits.
    pub(crate) async fn pause(&mut self, most: Duration) {
        let milliseconds = self.below(u64::try_from(most.as_millis()).unwrap_or(1).max(1));
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
