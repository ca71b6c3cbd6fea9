//! What the sentences of "waiting for" say, before they are put into words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use taskhub_shared::status::WaitingFor;

use super::outline::{Kind, Outline};

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// A turn is due: the orchestrator's name, and whether a connected worker takes it.
    Worker { name: String, served: bool },
    /// One activity.
    Activity { name: String, since: DateTime<Utc>, served: bool },
    /// Several activities: how many of how many have ended, and the one that has been under way longest.
    Activities { done: usize, all: usize, slowest: String, since: DateTime<Utc> },
    /// Activities of this name that no connected worker takes.
    Unserved { name: String, count: usize, since: DateTime<Utc> },
    /// One sub-orchestration.
    Child { name: String, id: String, since: DateTime<Utc> },
    /// Several sub-orchestrations, likewise.
    Children { done: usize, all: usize, name: String, id: String, since: DateTime<Utc> },
    /// An activity or sub-orchestration that failed is tried again: how many attempts failed, and when the next is due.
    Retry { name: String, attempts: usize, at: DateTime<Utc> },
    /// A timer; with an event beside it, when that times out.
    Timer { at: DateTime<Utc> },
    /// Perhaps an event from outside, and when that times out.
    Event { since: DateTime<Utc>, times_out: Option<DateTime<Utc>> },
    /// Operations of entities: how many, and the oldest.
    Entity { operation: String, id: String, since: DateTime<Utc> },
    /// Somebody who resumes it.
    Resume { since: DateTime<Utc> },
    /// Its scheduled start.
    Start { at: DateTime<Utc> },
}

/// The sentences for what the server says. `outline` adds what only the history tells, once it is there.
pub fn clauses(waiting: &[WaitingFor], outline: Option<&Outline>) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut tasks: Vec<(&String, DateTime<Utc>)> = Vec::new();
    let mut unserved: BTreeMap<&String, (usize, DateTime<Utc>)> = BTreeMap::new();
    let mut children: Vec<(&String, &String, DateTime<Utc>)> = Vec::new();
    let mut timers: Vec<DateTime<Utc>> = Vec::new();
    let mut event = None;
    for one in waiting {
        match one {
            WaitingFor::Worker { name, served } => {
                clauses.push(Clause::Worker { name: name.clone(), served: *served });
            }
            WaitingFor::Activity { name, since, served } => {
                tasks.push((name, *since));
                if !served {
                    let entry = unserved.entry(name).or_insert((0, *since));
                    *entry = (entry.0 + 1, entry.1.min(*since));
                }
            }
            WaitingFor::SubOrchestration { name, instance_id, since } => {
                children.push((name, instance_id, *since));
            }
            WaitingFor::Timer { fire_at } => timers.push(*fire_at),
            WaitingFor::ExternalEvent { since } => event = Some(*since),
            WaitingFor::Resume { since } => clauses.push(Clause::Resume { since: *since }),
            WaitingFor::ScheduledStart { at } => clauses.push(Clause::Start { at: *at }),
        }
    }
    // The server names twenty at most; the history knows them all.
    let counted = |kind: Kind, known: usize| {
        let (done, all) = outline.map_or((0, 0), |outline| outline.progress(kind));
        if all - done >= known { (done, all) } else { (0, known) }
    };
    tasks.sort_by_key(|(_, since)| *since);
    match tasks.as_slice() {
        [] => {}
        [(name, since)] => {
            let served = unserved.is_empty();
            clauses.push(Clause::Activity { name: (*name).clone(), since: *since, served });
        }
        [(slowest, since), ..] => {
            let (done, all) = counted(Kind::Activity, tasks.len());
            let slowest = (*slowest).clone();
            clauses.push(Clause::Activities { done, all, slowest, since: *since });
            clauses.extend(unserved.into_iter().map(|(name, (count, since))| Clause::Unserved {
                name: name.clone(),
                count,
                since,
            }));
        }
    }
    children.sort_by_key(|(.., since)| *since);
    match children.as_slice() {
        [] => {}
        [(name, id, since)] => {
            let (name, id) = ((*name).clone(), (*id).clone());
            clauses.push(Clause::Child { name, id, since: *since });
        }
        [(name, id, since), ..] => {
            let (done, all) = counted(Kind::Child, children.len());
            let (name, id) = ((*name).clone(), (*id).clone());
            clauses.push(Clause::Children { done, all, name, id, since: *since });
        }
    }
    clauses.extend(from_history(outline, &mut timers, &mut event));
    timers.sort_unstable();
    if let Some(since) = event {
        clauses.push(Clause::Event { since, times_out: timers.first().copied() });
    } else {
        clauses.extend(timers.into_iter().map(|at| Clause::Timer { at }));
    }
    clauses
}

/// Retries and calls of entities, which the server's list shows as timers and events.
fn from_history(
    outline: Option<&Outline>,
    timers: &mut Vec<DateTime<Utc>>,
    event: &mut Option<DateTime<Utc>>,
) -> Vec<Clause> {
    let Some(outline) = outline else { return Vec::new() };
    let time = |at: i64| DateTime::from_timestamp_millis(at).unwrap_or_default();
    let mut clauses = Vec::new();
    for (row, due) in outline.retries() {
        let Some(timer) = timers.iter().position(|timer| timer.timestamp_millis() == due) else {
            continue;
        };
        let at = timers.remove(timer);
        clauses.push(Clause::Retry { name: row.name.clone(), attempts: row.attempts(), at });
    }
    if event.is_some() {
        let outstanding = outline.outstanding();
        let call = outstanding.iter().find(|row| matches!(row.kind, Kind::Entity | Kind::Lock));
        if let Some(call) = call {
            clauses.push(Clause::Entity {
                operation: if call.kind == Kind::Lock { String::new() } else { call.name.clone() },
                id: call.target.clone().unwrap_or_else(|| call.name.clone()),
                since: time(call.begin()),
            });
        }
        // With one of these outstanding, nothing says that it waits for somebody outside.
        if !clauses.is_empty() {
            *event = None;
        }
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::instance::{outline::tests::Script, snapshot};

    fn time(at: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(at).unwrap()
    }

    #[test]
    fn an_event_and_a_timer_are_one_sentence() {
        let waiting = [
            WaitingFor::ExternalEvent { since: time(0) },
            WaitingFor::Timer { fire_at: time(900) },
        ];
        let expected = Clause::Event { since: time(0), times_out: Some(time(900)) };
        assert_eq!(clauses(&waiting, None), [expected]);
    }

    #[test]
    fn a_retry_is_told_as_one() {
        let mut script = Script::started("Failing");
        script.task(10, 0, "Pay").turn(50).failed(50, 0).timer(51, 1, 1_051);
        let state = snapshot::at(&script.0, 6).unwrap();
        let expected = Clause::Retry { name: "Pay".to_owned(), attempts: 1, at: time(1_051) };
        assert_eq!(clauses(&state.waiting, Some(&state.outline)), [expected]);
        // Before the history is there, a timer is all that is known.
        let plain = clauses(&state.waiting, None);
        assert!(matches!(plain[..], [Clause::Event { .. }]), "{plain:?}");
    }

    #[test]
    fn many_activities_are_counted_and_the_slowest_is_named() {
        let mut script = Script::started("FanOut");
        for id in 0..40 {
            script.task(i64::from(id), id, if id == 3 { "Slow" } else { "Quick" });
        }
        script.turn(50);
        for id in (0..40).filter(|id| *id < 3 || *id > 30) {
            script.done(50, id);
        }
        let seq = u64::try_from(script.0.len()).unwrap();
        let state = snapshot::at(&script.0, seq).unwrap();
        let expected =
            Clause::Activities { done: 12, all: 40, slowest: "Slow".to_owned(), since: time(3) };
        // The server tells twenty of them.
        assert_eq!(clauses(&state.waiting[..20], Some(&state.outline)), [expected]);
    }

    #[test]
    fn names_that_nobody_takes_are_said_apart() {
        let activity = |name: &str, since, served| WaitingFor::Activity {
            name: name.to_owned(),
            since: time(since),
            served,
        };
        let waiting = [activity("A", 5, true), activity("B", 9, false), activity("B", 7, false)];
        let told = clauses(&waiting, None);
        let unserved = Clause::Unserved { name: "B".to_owned(), count: 2, since: time(7) };
        assert_eq!(told.len(), 2);
        assert_eq!(told[1], unserved);
        let one = clauses(&waiting[1..2], None);
        assert!(matches!(&one[..], [Clause::Activity { served: false, .. }]), "{one:?}");
    }
}
