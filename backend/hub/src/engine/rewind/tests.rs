use chrono::DateTime;
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::*;

fn events(kinds: Vec<(i32, EventKind)>) -> Vec<Arc<HistoryEvent>> {
    let at = DateTime::UNIX_EPOCH;
    kinds.into_iter().map(|(id, kind)| Arc::new(HistoryEvent::confirming(id, at, kind))).collect()
}

fn turn() -> (i32, EventKind) {
    (-1, EventKind::OrchestratorStarted)
}

fn task(id: i32) -> (i32, EventKind) {
    let name = "T".to_owned();
    let tags = BTreeMap::new();
    (id, EventKind::TaskScheduled { name, version: None, input: None, trace: None, tags })
}

fn failed(scheduled_id: i32) -> (i32, EventKind) {
    let failure = Box::new(FailureDetails::new("F", "f"));
    (-1, EventKind::TaskFailed { scheduled_id, failure })
}

fn end() -> (i32, EventKind) {
    let status = RuntimeStatus::Failed;
    (99, EventKind::ExecutionCompleted { status, result: None, failure: None })
}

fn entity(id: i32, event: EntityEvent) -> (i32, EventKind) {
    (id, EventKind::Entity(Box::new(event)))
}

#[test]
fn a_section_whose_lock_was_never_given_free_is_done_again() {
    let lock = EntityEvent::LockRequested {
        critical_section: "s".to_owned(),
        lock_set: vec!["@e@1".to_owned()],
        position: 0,
        parent: None,
    };
    let granted = EntityEvent::LockGranted { critical_section: "s".to_owned() };
    let unlock = EntityEvent::UnlockSent {
        critical_section: "s".to_owned(),
        parent: None,
        target: Some("@e@1".to_owned()),
    };
    let story = |given_free: bool| {
        let mut story = vec![turn(), entity(1, lock.clone()), turn(), entity(-1, granted.clone())];
        if given_free {
            story.push(entity(2, unlock.clone()));
        }
        story.extend([task(3), turn(), failed(3), end()]);
        rewrite(&events(story)).history.len()
    };
    assert_eq!(story(true), 6, "three turns, the lock, the grant, the unlock");
    assert_eq!(story(false), 3, "the turns alone");
}

#[test]
fn a_history_without_an_end_or_a_failure_keeps_its_results() {
    assert_eq!(rewrite(&[]), Rewound::default());
    let done = (-1, EventKind::TaskCompleted { scheduled_id: 1, result: None });
    let history = events(vec![turn(), task(1), turn(), done, task(2)]);
    let kept: Vec<i32> = rewrite(&history).history.iter().map(|event| event.event_id).collect();
    assert_eq!(kept, [-1, 1, -1, -1], "what has no result is asked for again");
}

#[test]
fn retries_without_a_pause_are_followed_back_to_the_first_attempt() {
    let story = vec![turn(), task(1), turn(), failed(1), task(2), turn(), failed(2), task(3)];
    let story = story.into_iter().chain([turn(), failed(3), end()]).collect();
    let kept = rewrite(&events(story)).history;
    assert!(kept.iter().all(|event| event.kind == EventKind::OrchestratorStarted), "{kept:#?}");
}
