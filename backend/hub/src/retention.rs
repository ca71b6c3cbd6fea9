//! Retention: purges what has ended long ago, as the hub's rules say.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use taskhub_shared::{
    query::Query,
    retention::{
        LONGEST_HOURS, MOST_RULES, Retention, RetentionRule, RetentionRun, RetentionState,
    },
};
use tokio::sync::Notify;

use crate::{
    error::HubError,
    hub::{Hub, Inner},
};

/// Names of the settings.
const RULES: &str = "retention";
const LAST_RUN: &str = "retention-run";

/// How often the rules are applied.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// When they are applied after something kept them from it, and after the hub was opened.
const SOON: TimeDelta = TimeDelta::minutes(1);

/// The rules of a hub as memory knows them.
#[derive(Debug, Default)]
pub(crate) struct Keeping {
    state: Mutex<RetentionState>,
    changed: Notify,
    /// Held while rules are stored, so that memory and store follow each other.
    storing: tokio::sync::Mutex<()>,
}

impl Keeping {
    fn state(&self) -> MutexGuard<'_, RetentionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Takes the rules up.
    pub(crate) async fn open_retention(&self) -> Result<(), HubError> {
        let inner = &self.inner;
        let Retention { rules } = read(inner, RULES).await?.unwrap_or_default();
        let last_run: Option<RetentionRun> = read(inner, LAST_RUN).await?;
        let now = inner.clock.now();
        let next = last_run.as_ref().map_or(now, |run| run.at + EVERY).max(now + SOON);
        let next_run_at = (!rules.is_empty()).then_some(next);
        *inner.keeping.state() = RetentionState { rules, last_run, next_run_at };
        self.run_beside(apply_now_and_then(Arc::clone(inner)));
        Ok(())
    }

    /// The rules, and what they did last.
    #[must_use]
    pub fn retention(&self) -> RetentionState {
        self.inner.keeping.state().clone()
    }

    /// Puts other rules in place. They are applied at once, and then every hour.
    ///
    /// # Errors
    /// [`HubError::InvalidInput`] that names the field, [`HubError::Store`] when they are not stored.
    pub async fn set_retention(&self, retention: Retention) -> Result<RetentionState, HubError> {
        let inner = &self.inner;
        let now = inner.clock.now();
        check(&retention, now)?;
        let _one = inner.keeping.storing.lock().await;
        inner.refuse_if_closed()?;
        inner.store.settings().set(inner.id, RULES, text(&retention)?).await?;
        let state = {
            let mut state = inner.keeping.state();
            state.next_run_at = (!retention.rules.is_empty()).then_some(now);
            state.rules = retention.rules;
            state.clone()
        };
        inner.keeping.changed.notify_one();
        Ok(state)
    }

    /// Applies these rules; how many instances went. It ends early when other rules come.
    async fn apply(&self, rules: &[RetentionRule]) -> (u64, Option<HubError>) {
        let mut purged = 0;
        for rule in rules {
            let query = match meant(rule, self.inner.clock.now()) {
                Ok(query) => query,
                Err(error) => return (purged, Some(error)),
            };
            let goes_on =
                || !self.inner.core().draining && self.inner.keeping.state().rules == rules;
            if let Err(error) = self.purge_by_query(query, &mut purged, goes_on).await {
                return (purged, Some(error));
            }
        }
        (purged, None)
    }
}

async fn apply_now_and_then(inner: Arc<Inner>) {
    let keeping = &inner.keeping;
    loop {
        let (next, rules) = {
            let state = keeping.state();
            (state.next_run_at, state.rules.clone())
        };
        let changed = keeping.changed.notified();
        let Some(next) = next else {
            changed.await;
            continue;
        };
        tokio::select! {
            () = inner.clock.sleep_until(next) => {}
            () = changed => continue,
        }
        if inner.core().draining {
            return;
        }
        let at = inner.clock.now();
        let (purged, error) = Hub::visitor(Arc::clone(&inner)).apply(&rules).await;
        let hub = &inner.name;
        match &error {
            None if purged == 0 => {}
            None => tracing::info!(hub = %hub, purged, "the rules of retention were applied"),
            Some(error) => {
                tracing::warn!(hub = %hub, purged, error = %error, "the rules of retention wait");
            }
        }
        metrics::counter!("taskhub_retention_purged_total", "hub" => hub.to_string())
            .increment(purged);
        let pause = if error.is_some() { SOON } else { EVERY };
        let run = RetentionRun { at, purged, error: error.map(|error| error.to_string()) };
        let stored = match text(&run) {
            Ok(text) => {
                inner.store.settings().set(inner.id, LAST_RUN, text).await.map_err(Into::into)
            }
            Err(error) => Err(error),
        };
        if let Err::<(), HubError>(error) = stored {
            tracing::warn!(hub = %hub, error = %error, "the last run of retention is not stored");
        }
        let mut state = keeping.state();
        state.last_run = Some(run);
        // Rules that came meanwhile have said when they begin.
        if state.rules == rules {
            state.next_run_at = Some(inner.clock.now() + pause);
        }
    }
}

/// What is stored by a name. What cannot be read is left alone and told of: nothing is purged by a guess.
async fn read<T: serde::de::DeserializeOwned>(
    inner: &Inner,
    name: &str,
) -> Result<Option<T>, HubError> {
    let Some(text) = inner.store.settings().setting(inner.id, name).await? else { return Ok(None) };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => {
            tracing::error!(hub = %inner.name, setting = name, error = %error, "a setting is damaged");
            Ok(None)
        }
    }
}

fn text<T: serde::Serialize>(value: &T) -> Result<String, HubError> {
    serde_json::to_string(value)
        .map_err(|error| HubError::InvalidInput { field: "rules", reason: error.to_string() })
}

/// The instances that a rule means now.
fn meant(rule: &RetentionRule, now: DateTime<Utc>) -> Result<Query, HubError> {
    let ended = now - TimeDelta::hours(rule.after_hours.into());
    let ended = ended.to_rfc3339_opts(SecondsFormat::Millis, true);
    let query = match rule.query.trim() {
        "" => format!("completed:<{ended}"),
        query => format!("({query}) completed:<{ended}"),
    };
    query.parse().map_err(|error: taskhub_shared::query::QueryError| invalid(&error.to_string()))
}

fn check(retention: &Retention, now: DateTime<Utc>) -> Result<(), HubError> {
    if retention.rules.len() > MOST_RULES {
        return Err(invalid(&format!("there may be at most {MOST_RULES}")));
    }
    for (number, rule) in (1..).zip(&retention.rules) {
        let wrong = |what: &str| invalid(&format!("rule {number}: {what}"));
        if !(1..=LONGEST_HOURS).contains(&rule.after_hours) {
            let what = format!("\"afterHours\" must be from 1 to {LONGEST_HOURS}");
            return Err(wrong(&what));
        }
        if let Err(error) = rule.query.parse::<Query>() {
            return Err(wrong(&format!("\"query\": {error}")));
        }
        meant(rule, now).map_err(|error| wrong(&error.to_string()))?;
    }
    Ok(())
}

fn invalid(reason: &str) -> HubError {
    HubError::InvalidInput { field: "rules", reason: reason.to_owned() }
}
