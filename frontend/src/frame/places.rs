//! Which page each [`Place`] has.

use leptos::prelude::*;

use crate::{
    page::{batches, hubs, overview, workers},
    route::Place,
};

/// The place without what may change on a page that stays.
pub fn same_page(place: Place) -> Place {
    match place {
        Place::Overview { hub, .. } => Place::Overview { hub, range: Default::default() },
        Place::Batch { hub, id, .. } => Place::Batch { hub, id, result: None },
        other @ (Place::Hubs
        | Place::Me
        | Place::Batches { .. }
        | Place::NewBatch { .. }
        | Place::Workers { .. }
        | Place::Danger { .. }) => other,
    }
}

/// The page of a place.
pub fn show(place: Place) -> AnyView {
    match place {
        Place::Hubs => hubs::page(),
        Place::Me => hubs::me_page(),
        Place::Overview { hub, .. } => overview::page(hub),
        Place::Batches { hub } => batches::list_page(hub),
        Place::NewBatch { hub, q, action, ids } => batches::new_page(hub, q, action, &ids),
        Place::Batch { hub, id, .. } => batches::job_page(hub, id),
        Place::Workers { hub } => workers::page(hub),
        Place::Danger { hub } => hubs::danger_page(hub),
    }
}
