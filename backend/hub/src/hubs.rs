//! [`Hubs`]: the task hubs of one server, by name.

use std::{collections::HashMap, sync::Arc, time::Duration};

use taskhub_shared::id::TaskHubName;

use crate::{
    clock::{Clock, IdSource},
    error::HubError,
    hub::{Hub, HubOptions},
    store::Store,
};

/// The open hubs of a server. The first one is the default.
#[derive(Debug, Clone)]
pub struct Hubs {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    default: Hub,
    order: Vec<TaskHubName>,
    hubs: HashMap<String, Hub>,
}

impl Hubs {
    /// Opens the hubs with these names; without any, the default one.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn open(
        names: &[TaskHubName],
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, HubError> {
        let names = if names.is_empty() { &[TaskHubName::default()][..] } else { names };
        let mut order: Vec<TaskHubName> = Vec::new();
        let mut hubs = HashMap::new();
        let mut default = None;
        for name in names {
            if hubs.contains_key(&name.key()) {
                continue;
            }
            let options = HubOptions {
                name: name.clone(),
                store: Arc::clone(&store),
                clock: Arc::clone(&clock),
                ids: Arc::clone(&ids),
            };
            let hub = Hub::open(options).await?;
            default.get_or_insert_with(|| hub.clone());
            hubs.insert(name.key(), hub);
            order.push(name.clone());
        }
        let default = default.ok_or_else(|| HubError::Internal("no hub was opened".to_owned()))?;
        Ok(Self { store, clock, default, order, hubs })
    }

    /// Hub that is used when nobody names one.
    #[must_use]
    pub fn default_hub(&self) -> &Hub {
        &self.default
    }

    /// Hub with this name, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Hub> {
        self.hubs.get(&name.to_ascii_lowercase())
    }

    /// All hubs, the default one first.
    pub fn iter(&self) -> impl Iterator<Item = &Hub> {
        self.order.iter().filter_map(|name| self.hubs.get(&name.key()))
    }

    /// Store of the hubs.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Time of the server.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Drains all hubs. Source: [`Hub::drain`].
    pub async fn drain(&self, patience: Duration) {
        futures::future::join_all(self.iter().map(|hub| hub.drain(patience))).await;
    }
}
