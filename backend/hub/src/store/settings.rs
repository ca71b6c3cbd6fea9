//! Settings of hubs at the store port: [`SettingStore`].

use std::fmt::Debug;

use super::{Answer, model::HubId};

/// Keeps texts by name for each hub. Deleting a hub takes its settings along.
pub trait SettingStore: Debug + Send + Sync {
    /// The text of a name; `None` when there is none.
    fn setting(&self, hub: HubId, name: &str) -> Answer<Option<String>>;

    /// Keeps a text in place of the one with its name.
    ///
    /// 1. The answer comes when the change survives the end of the process.
    fn set(&self, hub: HubId, name: &str, text: String) -> Answer<()>;
}
