//! How much happened: a simulation in which nothing happens shows nothing.

use std::ops::AddAssign;

macro_rules! figures {
    ($($name:ident >= $share:literal,)+) => {
        /// How often things happened.
        #[derive(Debug, Default, Clone, PartialEq, Eq)]
        pub(super) struct Figures {
            $(pub(super) $name: u64,)+
        }

        impl AddAssign for Figures {
            fn add_assign(&mut self, other: Self) {
                $(self.$name += other.$name;)+
            }
        }

        impl Figures {
            /// Stops when too little happened for so many seeds: for each thing, at least so often in a hundred.
            pub(super) fn require(&self, seeds: u64) {
                $(
                    let least = seeds * $share / 100;
                    assert!(
                        self.$name >= least,
                        "only {} {} in {seeds} seeds, {least} are needed", self.$name, stringify!($name)
                    );
                )+
            }
        }
    };
}

figures! {
    started >= 300,
    replaced >= 50,
    raised >= 150,
    turns >= 2000,
    partial_turns >= 10,
    activities >= 400,
    repeated >= 80,
    stale >= 200,
    lies >= 100,
    signaled >= 70,
    batches >= 300,
    cleaned >= 5,
    suspended >= 40,
    resumed >= 5,
    terminated >= 40,
    purged >= 10,
    rewound >= 2,
    restarted >= 4,
    abandoned >= 60,
    vanished >= 200,
    crashes >= 100,
    drains >= 30,
    refused_calls >= 100,
    failed_commits >= 100,
    overdue >= 15,
    generations >= 100,
    ended >= 400,
    stored >= 5000,
    notices >= 3000,
    answers >= 5000,
}
