//! Percentiles.

use std::time::Duration;

/// Milliseconds below which `percent` of the samples lie, rounded to a hundredth.
pub(crate) fn percentile(samples: &mut [Duration], percent: usize) -> f64 {
    samples.sort_unstable();
    let last = samples.len().saturating_sub(1);
    let at = (samples.len() * percent / 100).min(last);
    let sample = samples.get(at).copied().unwrap_or_default();
    round(sample.as_secs_f64() * 1000.0)
}

/// To a hundredth.
pub(crate) fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_hundred_samples() {
        let mut samples: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert!((percentile(&mut samples, 50) - 51.0).abs() < 0.001);
        assert!((percentile(&mut samples, 99) - 100.0).abs() < 0.001);
        assert!(percentile(&mut [], 50).abs() < 0.001);
    }
}
