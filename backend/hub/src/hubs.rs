//! [`Hubs`]: the task hubs of one server, by name.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use taskhub_shared::id::TaskHubName;
use tokio::sync::Mutex;

use crate::{
    clock::{Clock, IdSource},
    error::HubError,
    hub::{Hub, HubOptions},
    store::Store,
};

/// How long work that is with workers may still be finished before its hub is deleted.
const PATIENCE: Duration = Duration::from_secs(2);

/// The open hubs of a server. The first one is the default. All copies share them.
#[derive(Debug, Clone)]
pub struct Hubs(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    state: RwLock<State>,
    /// Whether the hubs go on with their batch jobs and their retention.
    jobs: bool,
    /// Held while a hub comes or goes: one at a time.
    changing: Mutex<()>,
}

#[derive(Debug)]
struct State {
    default: Hub,
    /// The others, in the order in which they came.
    others: Vec<Hub>,
    cache_bytes: Option<usize>,
}

/// How a deletion went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// The hub is gone with everything in it.
    Deleted,
    /// There is no such hub.
    NotFound,
    /// It is the hub that is used when nobody names one.
    IsDefault,
}

async fn open_hub(options: HubOptions, jobs: bool) -> Result<Hub, HubError> {
    if jobs { Hub::open(options).await } else { Hub::open_idle(options).await }
}

impl Hubs {
    /// Opens the hubs with these names, without any the default one, and all others that the store has.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn open(
        names: &[TaskHubName],
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, HubError> {
        Self::open_with(names, store, clock, ids, true).await
    }

    /// The same for a command that does one thing and ends: batch jobs and retention wait for a server.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot be read.
    pub async fn open_for_command(
        names: &[TaskHubName],
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, HubError> {
        Self::open_with(names, store, clock, ids, false).await
    }

    async fn open_with(
        names: &[TaskHubName],
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        jobs: bool,
    ) -> Result<Self, HubError> {
        let mut all = names.to_vec();
        if all.is_empty() {
            all.push(TaskHubName::default());
        }
        all.extend(store.hubs().await?);
        let mut open: Vec<Hub> = Vec::new();
        for name in all {
            if open.iter().any(|hub| hub.name().key() == name.key()) {
                continue;
            }
            let (store, clock, ids) = (Arc::clone(&store), Arc::clone(&clock), Arc::clone(&ids));
            open.push(open_hub(HubOptions { name, store, clock, ids }, jobs).await?);
        }
        let mut open = open.into_iter();
        let default =
            open.next().ok_or_else(|| HubError::Internal("no hub was opened".to_owned()))?;
        let state = RwLock::new(State { default, others: open.collect(), cache_bytes: None });
        Ok(Self(Arc::new(Shared { store, clock, ids, state, jobs, changing: Mutex::default() })))
    }

    /// Hub that is used when nobody names one.
    #[must_use]
    pub fn default_hub(&self) -> Hub {
        self.read(|state| state.default.clone())
    }

    /// Hub with this name, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Hub> {
        let key = name.to_ascii_lowercase();
        self.iter().find(|hub| hub.name().key() == key)
    }

    /// All hubs that are open now, the default one first.
    pub fn iter(&self) -> impl Iterator<Item = Hub> + use<> {
        let all: Vec<Hub> = self.read(|state| state.all().cloned().collect());
        all.into_iter()
    }

    /// Makes sure that there is a hub with this name; with `recreate`, one with nothing in it.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot do it.
    pub async fn create(&self, name: TaskHubName, recreate: bool) -> Result<(), HubError> {
        // Runs to its end also when the caller goes away.
        let hubs = self.clone();
        run(async move {
            let _one = hubs.0.changing.lock().await;
            match hubs.get(name.as_str()) {
                Some(_) if !recreate => Ok(()),
                Some(hub) => hubs.replace(&hub).await,
                None => {
                    let hub = hubs.open_one(name).await?;
                    hubs.write(|state| state.others.push(hub));
                    Ok(())
                }
            }
        })
        .await
    }

    /// Deletes the hub with this name and everything in it. Calls that come meanwhile do not find it.
    ///
    /// # Errors
    /// [`HubError::Store`] when the store cannot do it; then the hub is there again.
    pub async fn delete(&self, name: &str) -> Result<Deletion, HubError> {
        let (hubs, name) = (self.clone(), name.to_owned());
        run(async move {
            let _one = hubs.0.changing.lock().await;
            let Some(hub) = hubs.get(&name) else { return Ok(Deletion::NotFound) };
            if hubs.default_hub().name() == hub.name() {
                return Ok(Deletion::IsDefault);
            }
            hubs.write(|state| state.others.retain(|other| other.name() != hub.name()));
            if let Err(error) = hub.delete(PATIENCE).await {
                let again = hubs.open_one(hub.name().clone()).await?;
                hubs.write(|state| state.others.push(again));
                return Err(error);
            }
            Ok(Deletion::Deleted)
        })
        .await
    }

    /// Puts an empty hub in the place of this one.
    async fn replace(&self, hub: &Hub) -> Result<(), HubError> {
        let deleted = hub.delete(PATIENCE).await;
        let again = self.open_one(hub.name().clone()).await?;
        self.write(|state| {
            let old = std::iter::once(&mut state.default).chain(&mut state.others);
            old.filter(|old| old.name() == hub.name()).for_each(|old| *old = again.clone());
        });
        deleted
    }

    async fn open_one(&self, name: TaskHubName) -> Result<Hub, HubError> {
        let Shared { store, clock, ids, .. } = &*self.0;
        let (store, clock, ids) = (Arc::clone(store), Arc::clone(clock), Arc::clone(ids));
        let hub = open_hub(HubOptions { name, store, clock, ids }, self.0.jobs).await?;
        if let Some(bytes) = self.read(|state| state.cache_bytes) {
            hub.set_cache_bytes(bytes);
        }
        Ok(hub)
    }

    /// Bytes of history that idle instances may hold in memory, in each hub; also in those that come later.
    pub fn set_cache_bytes(&self, bytes: usize) {
        self.write(|state| {
            state.cache_bytes = Some(bytes);
            state.all().for_each(|hub| hub.set_cache_bytes(bytes));
        });
    }

    /// Store of the hubs.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// Time of the server.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Drains all hubs. Source: [`Hub::drain`].
    pub async fn drain(&self, patience: Duration) {
        let hubs: Vec<Hub> = self.iter().collect();
        futures::future::join_all(hubs.iter().map(|hub| hub.drain(patience))).await;
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn all(&self) -> impl Iterator<Item = &Hub> {
        std::iter::once(&self.default).chain(&self.others)
    }
}

/// Runs to its end even when the caller goes away.
pub(crate) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, HubError>> + Send + 'static,
) -> Result<T, HubError> {
    tokio::spawn(work).await.map_err(|error| HubError::Internal(error.to_string()))?
}
