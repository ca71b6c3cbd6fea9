//! Bugs that a test can plant in the engine, to see that the simulation finds them.
//!
//! The switch is a field of the engine's state that exists only with the feature `test-support`, which only the tests
//! of other crates turn on. Without it `planted!` is the word `false`: the compiler takes the branch away, and neither
//! the field nor this list is in a release. A feature of its own for each bug would need a build for each bug.

#[cfg(feature = "test-support")]
mod bug {
    /// A bug to plant.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Bug {
        /// The answer to an old delivery of a turn counts for the turn that is out now.
        StaleTurn,
        /// A second result of an activity counts.
        StaleActivity,
        /// An answer goes out before its commit is stored.
        EarlyAnswer,
        /// An activity goes out before its commit is stored.
        EarlyActivity,
        /// News goes out of commits that failed.
        NewsOfNothing,
        /// A message for another instance is dropped.
        LostMessage,
        /// A message is kept in memory and not in the store.
        UnstoredMessage,
        /// The result of an activity is delivered twice.
        ResultTwice,
        /// Timers fire ten seconds early.
        EarlyTimer,
        /// A scheduled start is not waited for.
        EarlyStart,
        /// Continuing as new loses what nobody has consumed.
        LostInbox,
        /// A parent does not hear of the end of its child.
        SilentChild,
        /// A child takes the place of an instance that runs.
        ChildOverActive,
        /// The record keeps its status when the history changes it.
        StatusBehind,
        /// The position of the last event is used again.
        PositionReused,
        /// Terminating leaves the turn to the worker that has it.
        TurnOutlivesEnd,
        /// An instance whose commit failed goes on from memory.
        PoisonKept,
        /// Resuming forgets what came while the instance was suspended.
        ResumeForgets,
        /// Consumed messages stay in the store.
        ConsumedTwice,
        /// Activities are not handed out once they are stored.
        ActivityForgotten,
        /// Timers are not set again when their instance is read.
        TimersForgotten,
        /// Purging leaves an instance's place in memory.
        PurgeForgets,
        /// A commit does not name what it relies on of other instances, and an entity is cleaned though what memory
        /// knows of it may come to nothing.
        Carefree,
    }

    impl Bug {
        /// All of them.
        pub const ALL: [Self; 23] = [
            Self::StaleTurn,
            Self::StaleActivity,
            Self::EarlyAnswer,
            Self::EarlyActivity,
            Self::NewsOfNothing,
            Self::LostMessage,
            Self::UnstoredMessage,
            Self::ResultTwice,
            Self::EarlyTimer,
            Self::EarlyStart,
            Self::LostInbox,
            Self::SilentChild,
            Self::ChildOverActive,
            Self::StatusBehind,
            Self::PositionReused,
            Self::TurnOutlivesEnd,
            Self::PoisonKept,
            Self::ResumeForgets,
            Self::ConsumedTwice,
            Self::ActivityForgotten,
            Self::TimersForgotten,
            Self::PurgeForgets,
            Self::Carefree,
        ];
    }

    impl crate::hub::Hub {
        /// Plants a bug in this hub, or takes it out.
        pub fn plant(&self, bug: Option<Bug>) {
            self.inner.core().bug = bug;
        }

        /// Panics under the lock, in the middle of a look at instances, as a bug of the engine would.
        pub fn panic(&self) {
            self.inner.core().panic_while_settling();
        }
    }
}

#[cfg(feature = "test-support")]
pub use bug::Bug;

/// Whether one of these bugs is planted in this engine.
#[cfg(feature = "test-support")]
macro_rules! planted {
    ($core:expr, $($bug:ident)|+) => {
        matches!($core.bug, $(Some($crate::planted::Bug::$bug))|+)
    };
}

/// Nothing is planted in a release.
#[cfg(not(feature = "test-support"))]
macro_rules! planted {
    ($core:expr, $($bug:ident)|+) => {
        false
    };
}
