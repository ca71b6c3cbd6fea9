use chrono::DateTime;
use taskhub_shared::{
    failure::FailureDetails,
    history::{EventKind, HistoryEvent},
    status::RuntimeStatus,
};

use super::*;

/// Histories of tests, written event by event.
#[derive(Default)]
pub struct Script(pub Vec<HistoryEvent>);

impl Script {
    pub fn add(&mut self, at: i64, event_id: i32, kind: EventKind) -> &mut Self {
        let seq = u64::try_from(self.0.len()).unwrap() + 1;
        let timestamp = DateTime::from_timestamp_millis(at).unwrap();
        self.0.push(HistoryEvent { seq, event_id, timestamp, kind, large: None });
        self
    }

    pub fn started(name: &str) -> Self {
        let mut script = Self::default();
        let kind = EventKind::ExecutionStarted {
            name: name.to_owned(),
            version: None,
            input: None,
            parent_instance_id: None,
        };
        script.turn(0).add(0, -1, kind);
        script
    }

    pub fn turn(&mut self, at: i64) -> &mut Self {
        self.add(at, -1, EventKind::OrchestratorStarted)
    }

    pub fn task(&mut self, at: i64, id: i32, name: &str) -> &mut Self {
        let name = name.to_owned();
        self.add(at, id, EventKind::TaskScheduled { name, version: None, input: None })
    }

    pub fn done(&mut self, at: i64, scheduled_id: i32) -> &mut Self {
        self.add(at, -1, EventKind::TaskCompleted { scheduled_id, result: None })
    }

    pub fn failed(&mut self, at: i64, scheduled_id: i32) -> &mut Self {
        let failure = Some(FailureDetails::new("E", "no"));
        self.add(at, -1, EventKind::TaskFailed { scheduled_id, failure })
    }

    pub fn timer(&mut self, at: i64, id: i32, due: i64) -> &mut Self {
        let fire_at = DateTime::from_timestamp_millis(due).unwrap();
        self.add(at, id, EventKind::TimerCreated { fire_at })
    }

    pub fn fired(&mut self, at: i64, timer_id: i32) -> &mut Self {
        let fire_at = DateTime::from_timestamp_millis(at).unwrap();
        self.add(at, -1, EventKind::TimerFired { fire_at, timer_id })
    }

    pub fn raised(&mut self, at: i64, name: &str) -> &mut Self {
        self.add(at, -1, EventKind::EventRaised { name: name.to_owned(), input: None })
    }

    pub fn ends(&mut self, at: i64, status: RuntimeStatus) -> &mut Self {
        self.add(at, -1, EventKind::ExecutionCompleted { status, result: None, failure: None })
    }

    pub fn outline(&self) -> Outline {
        Outline::of(&self.0)
    }
}

/// `count` activities at once, in one turn, with their results: 2 `count` + 4 events.
pub fn fan_out(count: i32) -> Script {
    let mut script = Script::started("FanOut");
    for id in 0..count {
        script.task(1, id, "ChargeCard");
    }
    script.turn(10);
    for id in 0..count {
        script.done(10 + i64::from(id % 50), id);
    }
    script.ends(100, RuntimeStatus::Completed);
    script
}

#[test]
fn attempts_are_segments_of_one_row() {
    let mut script = Script::started("Failing");
    script.task(10, 0, "Pay").turn(50).failed(50, 0).timer(51, 1, 1_051);
    let waiting = script.outline();
    let shown: Vec<&Row> = waiting.rows.iter().filter(|row| !row.merged).collect();
    assert_eq!((shown.len(), shown[0].attempts(), shown[0].mark()), (1, 1, Mark::Pause));
    assert_eq!(waiting.retries(), [(shown[0], 1_051)]);
    script.turn(1_052).fired(1_051, 1).task(1_053, 2, "Pay").turn(1_100).done(1_100, 2);
    let outline = script.outline();
    let rows: Vec<&Row> = outline.rows.iter().filter(|row| !row.merged).collect();
    assert_eq!(rows.len(), 1);
    let marks: Vec<Mark> = rows[0].segments.iter().map(|segment| segment.mark).collect();
    assert_eq!(marks, [Mark::Failed, Mark::Pause, Mark::Done]);
    assert_eq!((rows[0].attempts(), rows[0].telling_event()), (2, 11));
    assert_eq!((outline.pair(9), outline.pair(11), outline.pair(1)), (Some(11), Some(9), None));
    assert!(outline.retries().is_empty());
}

#[test]
fn a_timer_after_a_failure_that_leads_to_something_else_is_a_timer() {
    let mut script = Script::started("Other");
    script.task(10, 0, "Pay").turn(50).failed(50, 0).timer(51, 1, 1_051);
    script.turn(1_052).fired(1_051, 1).task(1_053, 2, "Refund").turn(1_100).done(1_100, 2);
    let outline = script.outline();
    let kinds: Vec<(Kind, bool)> = outline.rows.iter().map(|row| (row.kind, row.merged)).collect();
    assert_eq!(kinds, [(Kind::Activity, false), (Kind::Timer, false), (Kind::Activity, false)]);
    assert_eq!(outline.rows[0].segments.len(), 1);
}

#[test]
fn idle_is_when_only_timers_and_events_are_waited_for() {
    let mut script = Script::started("Wait");
    script.task(10, 0, "Slow").turn(9_000).done(9_000, 0).timer(9_001, 1, 90_000_000);
    script.turn(5_000_000).raised(4_999_990, "Approval");
    let outline = script.outline();
    assert_eq!(outline.idle, [(9_001, 5_000_000)]);
    let event = outline.rows.iter().find(|row| row.kind == Kind::Event).unwrap();
    assert_eq!(event.name, "Approval");
    let timer = outline.outstanding();
    assert_eq!((timer.len(), timer[0].kind, timer[0].due), (1, Kind::Timer, Some(90_000_000)));
}

#[test]
fn a_hundred_thousand_events_make_one_group() {
    let script = fan_out(50_000);
    assert_eq!(script.0.len(), 100_004);
    let outline = script.outline();
    assert_eq!(outline.groups.len(), 1);
    assert_eq!(outline.groups[0].rows.len(), 50_000);
    assert!(outline.outstanding().is_empty());
    assert_eq!(outline.progress(Kind::Activity), (50_000, 50_000));
    assert_eq!(outline.ended, Some((RuntimeStatus::Completed, 100)));
}
