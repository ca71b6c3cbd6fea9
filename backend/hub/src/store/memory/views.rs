//! Saved views.

use taskhub_shared::view::View;

use super::{MemoryStore, ready};
use crate::store::{Answer, model::HubId, views::ViewStore};

impl ViewStore for MemoryStore {
    fn saved(&self, hub: HubId) -> Answer<Vec<View>> {
        let state = self.state();
        let of_hub = state.views.iter().filter(|((of, _), _)| *of == hub);
        ready(Ok(of_hub.map(|(_, view)| view.clone()).collect()))
    }

    fn save(&self, hub: HubId, view: View, most: usize) -> Answer<bool> {
        let mut state = self.state();
        let others = state.views.keys().filter(|(of, name)| *of == hub && *name != view.name);
        let fits = others.count() < most;
        if fits {
            state.views.insert((hub, view.name.clone()), view);
        }
        ready(Ok(fits))
    }

    fn forget(&self, hub: HubId, name: &str) -> Answer<bool> {
        ready(Ok(self.state().views.remove(&(hub, name.to_owned())).is_some()))
    }
}
