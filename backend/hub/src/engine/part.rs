//! Answers that come in parts: older .NET and Java workers split what is larger than about 4 MB.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use taskhub_shared::limits;

use super::action::TurnResponse;

/// A worker's answer to a turn, or a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Which part it is, from 0; absent when the worker does not say, and then it follows the parts that have come.
    pub index: Option<usize>,
    /// Whether more parts follow.
    pub more: bool,
    /// Size of the part as it came.
    pub bytes: usize,
    /// What it says.
    pub response: TurnResponse,
}

impl From<TurnResponse> for Part {
    fn from(response: TurnResponse) -> Self {
        Self { response, ..Self::default() }
    }
}

/// What becomes of a part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Collected {
    /// The answer is whole. Its parts are kept: a worker that is told of a fault sends the last one again.
    Whole(TurnResponse),
    /// The rest is still to come, or the part has come before.
    Kept,
    /// A part before it is missing, or there is no room for it: the answer cannot become whole.
    Broken,
    /// The answer is larger than allowed.
    TooLarge {
        /// Its bytes so far.
        bytes: usize,
    },
}

/// Parts of the answer to one delivery. They go with its lease.
#[derive(Debug)]
pub(crate) struct Parts {
    response: TurnResponse,
    count: usize,
    whole: bool,
    room: Room,
}

impl Parts {
    /// Takes a part of the answer whose parts so far are in `held`.
    pub(crate) fn collect(held: &mut Option<Box<Self>>, part: Part, room: &Bytes) -> Collected {
        let index = part.index.unwrap_or_else(|| held.as_ref().map_or(0, |parts| parts.count));
        let bytes = held.as_ref().map_or(0, |parts| parts.room.bytes).saturating_add(part.bytes);
        match held {
            None if bytes > limits::ANSWER_BYTES => Collected::TooLarge { bytes },
            // Nearly every answer is one part.
            None if index == 0 && !part.more => Collected::Whole(part.response),
            None if index == 0 => match room.take(bytes) {
                None => Collected::Broken,
                Some(room) => {
                    let parts = Self { response: part.response, count: 1, whole: false, room };
                    *held = Some(Box::new(parts));
                    Collected::Kept
                }
            },
            None => Collected::Broken,
            Some(parts) if index < parts.count => parts.again(index, part.more),
            Some(parts) if index > parts.count || parts.whole => Collected::Broken,
            Some(_) if bytes > limits::ANSWER_BYTES => Collected::TooLarge { bytes },
            Some(parts) => parts.add(part, room),
        }
    }

    fn add(&mut self, part: Part, room: &Bytes) -> Collected {
        if !self.room.grow(part.bytes, room) {
            return Collected::Broken;
        }
        // The first part says how many events were processed and in which trace; the others say nothing of it.
        let TurnResponse { actions, custom_status, events_processed: _, trace: _ } = part.response;
        self.response.actions.extend(actions);
        self.response.custom_status = custom_status.or(self.response.custom_status.take());
        self.count += 1;
        self.whole = !part.more;
        if self.whole { Collected::Whole(self.response.clone()) } else { Collected::Kept }
    }

    /// A part that has come before: its worker did not hear that it was taken.
    fn again(&self, index: usize, more: bool) -> Collected {
        let was_last = self.whole && index + 1 == self.count;
        match (was_last, more) {
            (true, false) => Collected::Whole(self.response.clone()),
            (false, true) => Collected::Kept,
            (true, true) | (false, false) => Collected::Broken,
        }
    }
}

/// Bytes that all parts of a hub take, with a bound.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bytes(Arc<AtomicUsize>);

impl Bytes {
    fn take(&self, bytes: usize) -> Option<Room> {
        let mut room = Room { bytes: 0, all: self.clone() };
        room.grow(bytes, self).then_some(room)
    }

    /// Whether so much is left.
    pub(crate) fn has(&self, bytes: usize) -> bool {
        self.0.load(Ordering::Relaxed).saturating_add(bytes) <= limits::PARTS_BYTES
    }
}

/// Bytes of one answer; given back when it goes.
#[derive(Debug)]
struct Room {
    bytes: usize,
    all: Bytes,
}

impl Room {
    /// Whether there was room for so much more. Called under the lock of the hub, so that nobody comes between.
    fn grow(&mut self, bytes: usize, all: &Bytes) -> bool {
        if !all.has(bytes) {
            return false;
        }
        all.0.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        true
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::engine::action::{Action, ActionKind};

    fn part(index: Option<usize>, id: i32, more: bool, bytes: usize) -> Part {
        let kind = ActionKind::CreateTimer { fire_at: DateTime::UNIX_EPOCH };
        let actions = vec![Action { id, kind }];
        let events_processed = (id > 1).then_some(0);
        Part {
            index,
            more,
            bytes,
            response: TurnResponse { actions, events_processed, ..TurnResponse::default() },
        }
    }

    fn ids(collected: Collected) -> Vec<i32> {
        let Collected::Whole(response) = collected else { panic!("{collected:?}") };
        assert_eq!(response.events_processed, None, "that of the first part");
        response.actions.iter().map(|action| action.id).collect()
    }

    #[test]
    fn parts_count_once_and_the_last_one_may_come_again() {
        let (all, mut held) = (Bytes::default(), None);
        assert_eq!(ids(Parts::collect(&mut held, part(None, 1, false, 9), &all)), [1]);
        assert!(held.is_none(), "a whole answer is not kept");
        for _ in 0..2 {
            assert_eq!(Parts::collect(&mut held, part(Some(0), 1, true, 1), &all), Collected::Kept);
        }
        for _ in 0..2 {
            assert_eq!(Parts::collect(&mut held, part(Some(1), 2, true, 1), &all), Collected::Kept);
        }
        for _ in 0..2 {
            assert_eq!(ids(Parts::collect(&mut held, part(Some(2), 3, false, 1), &all)), [1, 2, 3]);
        }
        let beyond = Parts::collect(&mut held, part(Some(3), 4, false, 1), &all);
        assert_eq!(beyond, Collected::Broken, "nothing follows the last one");
        held = None;
        assert!(all.has(limits::PARTS_BYTES), "the room was given back; {held:?}");
    }

    #[test]
    fn a_part_whose_predecessor_is_missing_is_never_an_answer() {
        let (all, mut held) = (Bytes::default(), None);
        let last = Parts::collect(&mut held, part(Some(1), 2, false, 1), &all);
        assert_eq!(last, Collected::Broken);
        Parts::collect(&mut held, part(Some(0), 1, true, 1), &all);
        let gap = Parts::collect(&mut held, part(Some(2), 3, true, 1), &all);
        assert_eq!(gap, Collected::Broken);
        let other = Parts::collect(&mut held, part(Some(0), 1, false, 1), &all);
        assert_eq!(other, Collected::Broken, "it was not the last one before");
    }

    #[test]
    fn parts_are_bounded_each_and_together() {
        let (all, mut held) = (Bytes::default(), None);
        let most = limits::ANSWER_BYTES;
        assert_eq!(Parts::collect(&mut held, part(None, 1, true, most), &all), Collected::Kept);
        let more = Parts::collect(&mut held, part(None, 2, false, 1), &all);
        assert_eq!(more, Collected::TooLarge { bytes: most + 1 });
        let mut others = Vec::new();
        for _ in 1..limits::PARTS_BYTES / most {
            let mut other = None;
            let kept = Parts::collect(&mut other, part(None, 1, true, most), &all);
            assert_eq!(kept, Collected::Kept);
            others.push(other);
        }
        let full = Parts::collect(&mut None, part(None, 1, true, 1), &all);
        assert_eq!(full, Collected::Broken);
        others.pop();
        let again = Parts::collect(&mut None, part(None, 1, true, 1), &all);
        assert_eq!(again, Collected::Kept);
    }
}
