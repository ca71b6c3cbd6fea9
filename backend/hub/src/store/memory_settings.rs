//! Settings of the reference store.

use std::collections::BTreeMap;

use super::{
    Answer,
    memory::{MemoryStore, ready},
    model::HubId,
    settings::SettingStore,
};

/// Texts by hub and name.
pub(super) type Rows = BTreeMap<(HubId, String), String>;

impl SettingStore for MemoryStore {
    fn setting(&self, hub: HubId, name: &str) -> Answer<Option<String>> {
        let name = name.to_owned();
        ready(Ok(self.with_settings(|stored| stored.get(&(hub, name)).cloned())))
    }

    fn set(&self, hub: HubId, name: &str, text: String) -> Answer<()> {
        self.with_settings(|stored| stored.insert((hub, name.to_owned()), text));
        ready(Ok(()))
    }
}
