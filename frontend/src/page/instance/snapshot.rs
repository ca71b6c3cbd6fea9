//! How an instance stood after one of its events, worked out from the history alone.

use chrono::DateTime;
use taskhub_shared::{
    history::{EventKind, HistoryEvent},
    status::{RuntimeStatus, WaitingFor},
};

use super::outline::{Kind, Outline, Row};

/// How an instance stood.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Position of the event.
    pub seq: u64,
    /// Status after it.
    pub status: RuntimeStatus,
    /// What it waited for then, as the server would have said it.
    pub waiting: Vec<WaitingFor>,
    /// The outline up to then.
    pub outline: Outline,
}

/// State after event `seq`; absent when the events do not reach so far.
pub fn at(events: &[HistoryEvent], seq: u64) -> Option<Snapshot> {
    let until = usize::try_from(seq).ok().filter(|until| *until > 0)?;
    let outline = Outline::of(events.get(..until)?);
    let status = match (outline.ended, outline.suspended, outline.started) {
        (Some((status, _)), ..) => status,
        (None, Some(_), _) => RuntimeStatus::Suspended,
        (None, None, true) => RuntimeStatus::Running,
        (None, None, false) => RuntimeStatus::Pending,
    };
    // Until the next turn begins, what stands there is of the turn that is under way.
    let in_turn =
        events.get(until).is_some_and(|next| !matches!(next.kind, EventKind::OrchestratorStarted));
    let waiting = waiting(&outline, status, in_turn);
    Some(Snapshot { seq, status, waiting, outline })
}

fn waiting(outline: &Outline, status: RuntimeStatus, in_turn: bool) -> Vec<WaitingFor> {
    if status.is_terminal() {
        return Vec::new();
    }
    let time = |at: i64| DateTime::from_timestamp_millis(at).unwrap_or_default();
    if let Some(since) = outline.suspended {
        return vec![WaitingFor::Resume { since: time(since) }];
    }
    let outstanding = outline.outstanding();
    let mut all: Vec<WaitingFor> = Vec::new();
    let since = |row: &Row| time(row.segments.last().map_or(0, |segment| segment.begin));
    for row in &outstanding {
        let name = row.name.clone();
        match row.kind {
            // Which workers there were then, the history does not tell.
            Kind::Activity => {
                all.push(WaitingFor::Activity { name, since: since(row), served: true });
            }
            Kind::Child => all.push(WaitingFor::SubOrchestration {
                name,
                instance_id: row.target.clone().unwrap_or_default(),
                since: since(row),
            }),
            Kind::Timer | Kind::Event | Kind::Entity | Kind::Lock | Kind::Sent => {}
        }
    }
    if all.is_empty() && !in_turn {
        all.push(WaitingFor::ExternalEvent { since: time(outline.last) });
    }
    let timers = outstanding.iter().filter(|row| row.kind == Kind::Timer);
    all.extend(
        timers.map(|row| WaitingFor::Timer { fire_at: time(row.due.unwrap_or(row.begin())) }),
    );
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::instance::outline::tests::{Script, fan_out};

    #[test]
    fn every_event_has_its_state() {
        let mut script = Script::started("Order");
        script.task(10, 0, "Pay").timer(10, 1, 60_000).turn(50).done(50, 0);
        script.turn(90).raised(90, "Approval").ends(91, RuntimeStatus::Completed);
        let state = |seq| at(&script.0, seq).unwrap();
        assert_eq!(state(1).status, RuntimeStatus::Pending);
        assert_eq!(state(2).status, RuntimeStatus::Running);
        let busy = state(4);
        assert!(matches!(&busy.waiting[0], WaitingFor::Activity { name, .. } if name == "Pay"));
        assert!(matches!(&busy.waiting[1], WaitingFor::Timer { .. }));
        let waits = state(6).waiting;
        assert!(matches!(waits[0], WaitingFor::ExternalEvent { .. }), "{waits:?}");
        // The event has come, and its turn is under way.
        let turn = state(8).waiting;
        assert!(matches!(turn[..], [WaitingFor::Timer { .. }]), "{turn:?}");
        let end = state(9);
        assert_eq!((end.status, end.waiting.len()), (RuntimeStatus::Completed, 0));
        assert!(at(&script.0, 10).is_none() && at(&script.0, 0).is_none());
    }

    #[test]
    fn the_middle_of_a_large_history() {
        let script = fan_out(20_000);
        // All are scheduled, and half have ended.
        let half = at(&script.0, 2 + 20_000 + 1 + 10_000).unwrap();
        assert_eq!(half.waiting.len(), 10_000);
        assert_eq!(half.outline.progress(Kind::Activity), (10_000, 20_000));
    }
}
