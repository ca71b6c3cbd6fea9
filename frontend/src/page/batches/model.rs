//! What is told of a batch job, without a browser: progress, pace, requests to repeat.

use chrono::{DateTime, Utc};
use taskhub_shared::{
    action::{Action, Refusal},
    batch::{BatchJob, BatchState},
    query::encode,
    status::RuntimeStatus,
};

/// Seconds in which a job that cannot be undone later can still be undone.
pub const GRACE_SECONDS: u32 = 60;
/// Terminating so many instances takes a number to be typed.
const MANY: u64 = 100;

/// A moment in the work of a job, to measure its pace from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// When it was.
    pub at: DateTime<Utc>,
    /// How many had been dealt with.
    pub done: u64,
}

impl Mark {
    /// The mark to measure from once the job stands like this: a job that was held is measured anew.
    pub fn follow(before: Option<Self>, job: &BatchJob, now: DateTime<Utc>) -> Option<Self> {
        let done = job.counts.done();
        let fresh = Self { at: now, done };
        (job.state == BatchState::Running)
            .then(|| before.filter(|mark| mark.done <= done).unwrap_or(fresh))
    }
}

/// Instances a second since a mark, in tenths; absent as long as there is too little to tell.
pub fn pace(since: Mark, done: u64, now: DateTime<Utc>) -> Option<u64> {
    let elapsed = u64::try_from((now - since.at).num_milliseconds()).ok()?;
    (elapsed >= 1000).then(|| done.saturating_sub(since.done).saturating_mul(10_000) / elapsed)
}

/// Milliseconds until all is done at this pace.
pub fn time_left(job: &BatchJob, tenths_per_second: u64) -> Option<i64> {
    let left = job.counts.total.saturating_sub(job.counts.done());
    i64::try_from(left.saturating_mul(10_000).checked_div(tenths_per_second)?).ok()
}

/// Pace of the whole work until now, for rows of the list; in tenths.
pub fn mean_pace(job: &BatchJob, now: DateTime<Utc>) -> Option<u64> {
    let since = Mark { at: job.started_at?, done: 0 };
    pace(since, job.counts.done(), job.ended_at.unwrap_or(now))
}

/// Seconds until the job begins by itself.
pub fn begins_in(job: &BatchJob, now: DateTime<Utc>) -> Option<i64> {
    let waits = matches!(job.state, BatchState::Paused | BatchState::Freezing);
    let at = job.start_at.filter(|_| waits)?;
    Some(((at - now).num_milliseconds().max(0) + 999) / 1000)
}

/// Whether an action is only begun after a time in which it can be undone.
pub fn has_grace(action: Action) -> bool {
    needs_reason(action)
}

/// Whether an action needs to be given a reason.
pub fn needs_reason(action: Action) -> bool {
    match action {
        Action::Terminate | Action::Purge => true,
        Action::RaiseEvent
        | Action::Suspend
        | Action::Resume
        | Action::Rewind
        | Action::Restart
        | Action::RestartWithSameId => false,
    }
}

/// Whether the number must be typed before so many are dealt with.
pub fn needs_number(action: Action, allowed: u64) -> bool {
    match action {
        Action::Purge => allowed > 0,
        Action::Terminate => allowed >= MANY,
        Action::RaiseEvent
        | Action::Suspend
        | Action::Resume
        | Action::Rewind
        | Action::Restart
        | Action::RestartWithSameId => false,
    }
}

/// Whether typed text is this number; blanks and thousands' signs do not count.
pub fn is_number(text: &str, number: u64) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let others =
        text.chars().any(|one| !one.is_ascii_digit() && !" ,.\u{a0}\u{202f}".contains(one));
    !others && digits.parse() == Ok(number)
}

/// The statuses for which an action is refused for this reason.
pub fn statuses_refused(action: Action, refusal: Refusal) -> Vec<RuntimeStatus> {
    let refused = |status: &RuntimeStatus| action.check(*status) == Err(refusal);
    RuntimeStatus::ALL.into_iter().filter(refused).collect()
}

/// A query, perhaps of some statuses only.
pub fn filter(q: &str, statuses: &[RuntimeStatus]) -> String {
    let q = q.trim();
    if statuses.is_empty() {
        return q.to_owned();
    }
    let words: Vec<&str> = statuses.iter().map(|status| status.as_str()).collect();
    let status = format!("status:{}", words.join(","));
    if q.is_empty() { status } else { format!("({q}) {status}") }
}

/// Ids of a text: one a line, each once, in order.
pub fn ids_of(text: &str) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    let ids = text.lines().map(str::trim).filter(|id| !id.is_empty());
    ids.filter(|id| seen.insert(*id)).map(str::to_owned).collect()
}

/// A `curl` command that sends a body.
pub fn curl(origin: &str, hub: &str, body: &str) -> String {
    let body = body.replace('\'', "'\\''");
    let url = format!("{origin}/api/v1/hubs/{}/batches", encode(hub));
    format!("curl -X POST '{url}' -H 'content-type: application/json' -d '{body}'")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn job(text: &str) -> BatchJob {
        let base = r#"{"id":"1","action":"terminate","state":"running","stopAfterFailures":1,
            "createdAt":"2026-11-25T10:00:00Z","startedAt":"2026-11-25T10:00:00Z",
            "counts":{"total":1000,"succeeded":90,"skipped":10,"failed":0}}"#;
        let mut value: serde_json::Value = serde_json::from_str(base).unwrap();
        let more: serde_json::Value = serde_json::from_str(text).unwrap();
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(value).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        "2026-11-25T10:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
    }

    #[test]
    fn pace_and_time_left() {
        let running = job("{}");
        assert_eq!(mean_pace(&running, at(10)), Some(100));
        assert_eq!(time_left(&running, 100), Some(90_000));
        assert_eq!(time_left(&running, 0), None);
        let mark = Mark { at: at(0), done: 100 };
        assert_eq!(pace(mark, 100, at(0)), None);
        assert_eq!(pace(mark, 101, at(4)), Some(2));
        let held = job(r#"{"state":"paused"}"#);
        assert_eq!(Mark::follow(Some(mark), &held, at(5)), None);
        assert_eq!(Mark::follow(Some(mark), &running, at(5)), Some(mark));
        assert_eq!(Mark::follow(None, &running, at(5)), Some(Mark { at: at(5), done: 100 }));
    }

    #[test]
    fn a_grace_period_counts_down_to_nothing() {
        let waits = job(r#"{"state":"paused","startAt":"2026-11-25T10:01:00Z"}"#);
        assert_eq!(begins_in(&waits, at(2)), Some(58));
        assert_eq!(begins_in(&waits, at(99)), Some(0));
        assert_eq!(begins_in(&job("{}"), at(2)), None);
    }

    #[test]
    fn numbers_are_typed_as_people_write_them() {
        assert!(needs_number(Action::Purge, 1) && !needs_number(Action::Purge, 0));
        assert!(needs_number(Action::Terminate, 100) && !needs_number(Action::Terminate, 99));
        for text in ["1284", "1,284", "1 284", "1\u{202f}284"] {
            assert!(is_number(text, 1284), "{text}");
        }
        for text in ["", "1283", "1284x", "-1284"] {
            assert!(!is_number(text, 1284), "{text}");
        }
    }

    #[test]
    fn a_query_is_narrowed_as_a_whole() {
        let statuses = statuses_refused(Action::Rewind, Refusal::NotFailed);
        let text = filter(" name:a or name:b ", &statuses);
        assert!(text.starts_with("(name:a or name:b) status:Running,Completed,"), "{text}");
        assert!(text.parse::<taskhub_shared::query::Query>().is_ok(), "{text}");
        assert!(filter("", &statuses).starts_with("status:Running"));
        assert_eq!(filter(" is:root ", &[]), "is:root");
        assert_eq!(ids_of("a\n b \n\na\n"), ["a", "b"]);
    }

    #[test]
    fn a_command_can_be_pasted_whatever_stands_in_it() {
        let text = curl("http://h:1", "A B", r#"{"reason":"it's"}"#);
        assert_eq!(
            text,
            "curl -X POST 'http://h:1/api/v1/hubs/A%20B/batches' -H 'content-type: application/json' \
             -d '{\"reason\":\"it'\\''s\"}'"
        );
    }
}
