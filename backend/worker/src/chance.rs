//! The only place of this crate that throws dice.

use uuid::Uuid;

/// A random id; orchestrators never see it.
#[expect(clippy::disallowed_methods, reason = "a worker has no injected source of ids")]
pub(crate) fn new_id() -> Uuid {
    Uuid::new_v4()
}

/// A number from 0 to 1.
pub(crate) fn fraction() -> f64 {
    let (high, _) = new_id().as_u64_pair();
    let [first, second, ..] = high.to_be_bytes();
    f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX)
}
