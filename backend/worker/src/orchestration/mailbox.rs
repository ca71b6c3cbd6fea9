//! Events from outside, kept until the code asks for them by name.
//!
//! Rules: names match without regard to case; the first event of a name goes to
//! the first wait for it; a wait that was dropped takes nothing, and an event it
//! was given but never returned goes back to its place; what nobody asked for is
//! carried over to the next generation.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::task::Waker;

use taskhub_proto::{EventRaisedEvent, HistoryEvent, history_event::EventType};

#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Place in the order of arrival.
    place: u64,
    key: String,
    pub(super) event: EventRaisedEvent,
}

/// One `wait_for_event`.
#[derive(Debug)]
pub(super) struct Wait {
    key: String,
    letter: RefCell<Option<Letter>>,
    pub(super) waker: RefCell<Option<Waker>>,
}

impl Wait {
    pub(super) fn take(&self) -> Option<Letter> {
        self.letter.borrow_mut().take()
    }
}

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    next_place: u64,
    letters: BTreeMap<u64, Letter>,
    waits: Vec<Weak<Wait>>,
}

impl Mailbox {
    /// Takes in an event; wake what is returned once nothing is borrowed.
    pub(super) fn deliver(&mut self, event: EventRaisedEvent) -> Vec<Waker> {
        let letter = Letter { place: self.next_place, key: event.name.to_lowercase(), event };
        self.next_place += 1;
        self.put(letter)
    }

    /// Takes back an event that a dropped wait had been given.
    pub(super) fn put(&mut self, letter: Letter) -> Vec<Waker> {
        self.letters.insert(letter.place, letter);
        self.hand_out()
    }

    pub(super) fn wait(&mut self, name: &str) -> Rc<Wait> {
        let wait = Rc::new(Wait {
            key: name.to_lowercase(),
            letter: RefCell::default(),
            waker: RefCell::default(),
        });
        self.waits.push(Rc::downgrade(&wait));
        // A new wait has no waker yet.
        self.hand_out();
        wait
    }

    /// Whether the code waits for an event that did not come yet.
    pub(super) fn is_awaited(&self) -> bool {
        self.waits.iter().any(|wait| wait.strong_count() > 0)
    }

    /// All events nobody took, in order of arrival.
    pub(super) fn carry_over(&mut self) -> Vec<HistoryEvent> {
        std::mem::take(&mut self.letters)
            .into_values()
            .map(|letter| HistoryEvent {
                event_id: -1,
                timestamp: None,
                event_type: Some(EventType::EventRaised(letter.event)),
            })
            .collect()
    }

    fn hand_out(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        let letters = &mut self.letters;
        self.waits.retain(|weak| {
            let Some(wait) = weak.upgrade() else { return false };
            let place = letters.values().find(|l| l.key == wait.key).map(|l| l.place);
            let Some(letter) = place.and_then(|place| letters.remove(&place)) else {
                return true;
            };
            *wait.letter.borrow_mut() = Some(letter);
            wakers.extend(wait.waker.borrow_mut().take());
            false
        });
        wakers
    }
}
