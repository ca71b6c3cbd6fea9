//! Saved views at the store port: [`ViewStore`].

use std::fmt::Debug;

use taskhub_shared::view::View;

use super::{Answer, model::HubId};

/// Keeps the saved views of each hub. Deleting a hub takes its views along.
pub trait ViewStore: Debug + Send + Sync {
    /// Views of the hub, by name, letter by letter.
    fn saved(&self, hub: HubId) -> Answer<Vec<View>>;

    /// Keeps a view; whether it was kept.
    ///
    /// 1. It takes the place of the one with its name, to the letter.
    /// 2. A hub that has `most` others takes no further one.
    /// 3. The answer comes when the change survives the end of the process.
    fn save(&self, hub: HubId, view: View, most: usize) -> Answer<bool>;

    /// Takes a view away; whether it was there.
    fn forget(&self, hub: HubId, name: &str) -> Answer<bool>;
}
