//! Figures by minute.

use std::collections::BTreeMap;

use taskhub_shared::statistics::StatisticKind::{self, Activity, Orchestration, Turn};

use super::subject::Subject;
use crate::store::statistics::{Minute, StatisticRow, Tally};

fn row(minute: Minute, kind: StatisticKind, name: &str, started: u64) -> StatisticRow {
    let durations = BTreeMap::from([(3, started), (700, 1)]);
    let tally = Tally { started, durations, ..Tally::default() };
    StatisticRow { minute, kind, name: name.to_owned(), tally }
}

async fn write(subject: &mut Subject, rows: &[StatisticRow], keep_from: Minute) {
    let hub = subject.hub().await;
    let store = subject.shared();
    store.statistics_store().write_statistics(hub, rows.to_vec(), keep_from).await.unwrap();
}

async fn read(subject: &mut Subject, from: Minute, to: Minute) -> Vec<StatisticRow> {
    let hub = subject.hub().await;
    subject.store().statistics_store().statistics(hub, from, to).await.unwrap()
}

/// Figures: what is written comes back by minute, also after reopening.
pub async fn figures_come_back_by_minute(mut subject: Subject) {
    let rows = [
        row(5, Orchestration, "A", 1),
        row(5, Turn, "A", 2),
        row(6, Orchestration, "é", 3),
        row(7, Activity, "", 4),
    ];
    write(&mut subject, &rows, 0).await;
    assert_eq!(read(&mut subject, 0, 100).await, rows);
    assert_eq!(read(&mut subject, 5, 6).await, rows[..2]);
    assert_eq!(read(&mut subject, 8, 9).await, []);
    let other = subject.other_hub("Other").await;
    assert_eq!(subject.store().statistics_store().statistics(other, 0, 100).await.unwrap(), []);
    if subject.reopen().await {
        assert_eq!(read(&mut subject, 0, 100).await, rows);
    }
}

/// Figures: a row replaces the one before, and old ones go.
pub async fn figures_are_replaced_and_go(mut subject: Subject) {
    write(&mut subject, &[row(5, Turn, "A", 1), row(6, Turn, "A", 1)], 0).await;
    let newer = row(6, Turn, "A", 9);
    write(&mut subject, std::slice::from_ref(&newer), 6).await;
    assert_eq!(read(&mut subject, 0, 100).await, [newer]);
}

/// Figures: those of a deleted hub are gone.
pub async fn figures_go_with_their_hub(mut subject: Subject) {
    write(&mut subject, &[row(5, Turn, "A", 1)], 0).await;
    let hub = subject.hub().await;
    subject.store().delete_hub(hub).await.unwrap();
    assert_eq!(read(&mut subject, 0, 100).await, []);
}
