//! Selections, the plain way: look at every row.

use std::{collections::BTreeMap, convert::Infallible};

use super::{Row, State, without_payloads};
use crate::store::{
    model::{HubId, InstanceRecord, RowId},
    select::{
        Group, Place, SelectRequest, Selected, Selection, Tallied, TallyRequest, fits::Outstanding,
        fitting,
    },
};

pub(super) fn select(state: &State, hub: HubId, request: &SelectRequest) -> Selected {
    let descending = request.sort.descending != request.backwards;
    let place = |record: &InstanceRecord| Place::of(request.sort, record);
    let mut rows: Vec<(Place, &InstanceRecord)> = matching(state, hub, &request.selection)
        .map(|record| (place(record), record))
        .filter(|(place, _)| {
            request.after.as_ref().is_none_or(|after| place.compare(after, descending).is_gt())
        })
        .collect();
    rows.sort_by(|(a, _), (b, _)| a.compare(b, descending));
    let scanned = rows.len() as u64;
    let more = rows.len() > request.limit;
    rows.truncate(request.limit);
    let rest = rows.last().filter(|_| more).map(|(place, _)| place.clone());
    let shown = |(_, record): (Place, &InstanceRecord)| {
        if request.payloads { record.clone() } else { without_payloads(record) }
    };
    let mut records = rows.into_iter().map(|row| Ok::<_, Infallible>(shown(row)));
    match fitting(request.sort, &mut records) {
        Ok((records, cut)) => Selected { records, rest: cut.or(rest), scanned },
        Err(never) => match never {},
    }
}

pub(super) fn tally(state: &State, hub: HubId, request: &TallyRequest) -> Tallied {
    let mut groups: BTreeMap<(String, _), u64> = BTreeMap::new();
    for record in matching(state, hub, &request.selection) {
        for value in request.grouping.values(record) {
            *groups.entry((value, record.status)).or_default() += 1;
        }
    }
    let group = |((value, status), count)| Group { value, status, count };
    Tallied { groups: groups.into_iter().map(group).collect(), rest: None }
}

fn matching<'s>(
    state: &'s State,
    hub: HubId,
    selection: &'s Selection,
) -> impl Iterator<Item = &'s InstanceRecord> {
    // Sub-orchestrations by their parent and its generation.
    let mut children: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let rows = || state.rows.values().filter(move |row| row.hub == hub);
    for record in rows().map(|row| &row.record).filter(|record| !record.status.is_terminal()) {
        if let Some(parent) = &record.parent {
            let key = (&*parent.instance_id, &*parent.execution_id);
            children.entry(key).or_default().push(record.name.clone());
        }
    }
    rows()
        .filter(move |row| selection.fits(&row.record, &row.outstanding(&children)))
        .map(|row| &row.record)
}

impl Row {
    fn outstanding(&self, children: &BTreeMap<(&str, &str), Vec<String>>) -> Outstanding {
        let key = (&*self.record.instance_id, &*self.record.execution_id);
        let timer = |(_, timer): (&RowId, &std::sync::Arc<crate::store::model::Timer>)| {
            (timer.fire_at, timer.action.is_some())
        };
        Outstanding {
            messages: !self.inbox.is_empty(),
            activities: self.tasks.values().map(|task| task.name.clone()).collect(),
            children: children.get(&key).cloned().unwrap_or_default(),
            timers: self.timers.iter().map(timer).collect(),
        }
    }
}
