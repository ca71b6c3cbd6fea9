//! Figures of the reference store.

use std::collections::BTreeMap;

use taskhub_shared::statistics::StatisticKind;

use super::{
    Answer,
    memory::{MemoryStore, ready},
    model::HubId,
    statistics::{Minute, StatisticRow, StatisticsStore, Tally},
};

/// Figures by hub, minute, kind and name.
pub(super) type Rows = BTreeMap<(HubId, Minute, StatisticKind, String), Tally>;

impl StatisticsStore for MemoryStore {
    fn write_statistics(
        &self,
        hub: HubId,
        rows: Vec<StatisticRow>,
        keep_from: Minute,
    ) -> Answer<()> {
        self.with_statistics(|stored| {
            for StatisticRow { minute, kind, name, tally } in rows {
                stored.insert((hub, minute, kind, name), tally);
            }
            stored.retain(|(of, minute, ..), _| *of != hub || *minute >= keep_from);
        });
        ready(Ok(()))
    }

    fn statistics(&self, hub: HubId, from: Minute, to: Minute) -> Answer<Vec<StatisticRow>> {
        let rows = self.with_statistics(|stored| {
            let own = stored
                .iter()
                .filter(|((of, minute, ..), _)| *of == hub && (from..to).contains(minute));
            own.map(|((_, minute, kind, name), tally)| StatisticRow {
                minute: *minute,
                kind: *kind,
                name: name.clone(),
                tally: tally.clone(),
            })
            .collect()
        });
        ready(Ok(rows))
    }
}
