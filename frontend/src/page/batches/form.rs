//! What the form for a new job holds, and what it asks the server.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use serde_json::value::RawValue;
use taskhub_shared::{
    action::{Action, Refusal},
    batch::{DryRun, MOST_PER_SECOND},
    query::{InstanceQuery, Query},
    request::{CreateBatch, CreateBatchBody, ListInstances, ListedInstances},
};

use super::model::{
    GRACE_SECONDS, filter, has_grace, ids_of, is_number, needs_number, needs_reason,
    statuses_refused,
};
use crate::{
    api::{self, Error},
    json::check,
    page::mistake_sentence,
    route::{Place, Route},
    state::{location, preferences, remote::Remote},
    text::text,
};

/// Instances of the sample.
const SAMPLE: usize = 20;
/// How long typing rests before the server is asked.
const REST: Duration = Duration::from_millis(400);

/// The form. Copies are the same form.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    hub: StoredValue<String>,
    pub action: RwSignal<Action>,
    pub reason: RwSignal<String>,
    pub by: RwSignal<String>,
    pub recursive: RwSignal<bool>,
    pub event: RwSignal<String>,
    pub payload: RwSignal<String>,
    /// Whether instances are named one by one.
    pub named: RwSignal<bool>,
    pub q: RwSignal<String>,
    pub ids: RwSignal<String>,
    /// How many match, with a sample.
    pub sample: Remote<ListedInstances>,
    /// What the job would do; it is of the form as it stands, or absent.
    pub dry: Remote<DryRun>,
    /// Reason to which the refused that are listed are narrowed.
    pub only: RwSignal<Option<Refusal>>,
    pub rate: RwSignal<String>,
    pub stop_after: RwSignal<String>,
    pub number: RwSignal<String>,
    pub sending: RwSignal<bool>,
    pub error: RwSignal<Option<Error>>,
    turn: StoredValue<u64>,
}

impl Form {
    /// The form as the address fills it in.
    pub fn new(hub: String, q: String, action: Option<Action>, ids: &[String]) -> Self {
        let form = Self {
            hub: StoredValue::new(hub),
            action: RwSignal::new(action.unwrap_or(Action::Terminate)),
            reason: RwSignal::default(),
            by: RwSignal::new(preferences::person()),
            recursive: RwSignal::default(),
            event: RwSignal::default(),
            payload: RwSignal::default(),
            named: RwSignal::new(!ids.is_empty()),
            q: RwSignal::new(q),
            ids: RwSignal::new(ids.join("\n")),
            sample: Remote::new(),
            dry: Remote::new(),
            only: RwSignal::default(),
            rate: RwSignal::default(),
            stop_after: RwSignal::default(),
            number: RwSignal::default(),
            sending: RwSignal::default(),
            error: RwSignal::default(),
            turn: StoredValue::default(),
        };
        Effect::new(move || {
            let (named, q) = (form.named.get(), form.q.get());
            if !named && q.parse::<Query>().is_ok() {
                form.sample_soon();
            }
        });
        // A check is of what was checked.
        Effect::new(move |before: Option<()>| {
            form.action.track();
            form.named.track();
            form.q.track();
            form.ids.track();
            if before.is_some() {
                form.dry.forget();
                form.dry.value.set(None);
                form.only.set(None);
                form.number.set(String::new());
            }
        });
        form
    }

    pub fn hub(self) -> String {
        self.hub.get_value()
    }

    fn sample_soon(self) {
        let turn = self.turn.get_value() + 1;
        self.turn.set_value(turn);
        set_timeout(
            move || {
                if self.turn.try_get_value() == Some(turn) {
                    // What cannot be read has no sample; the field says what is wrong.
                    let Ok(q) = self.q.get_untracked().parse() else { return };
                    let query =
                        InstanceQuery { q, limit: Some(SAMPLE), ..InstanceQuery::default() };
                    self.sample.read(ListInstances { hub: self.hub(), query });
                }
            },
            REST,
        );
    }

    /// Why the query cannot be read.
    pub fn query_mistake(self) -> Option<String> {
        if self.named.get() {
            return None;
        }
        let mistake = self.q.with(|q| q.parse::<Query>().err())?;
        Some((text().query_mistake)(&mistake.mistake, mistake.character))
    }

    /// Why the reason is not enough.
    pub fn reason_mistake(self) -> Option<&'static str> {
        let blank = self.reason.with(|reason| reason.trim().is_empty());
        (needs_reason(self.action.get()) && blank).then(|| text().admin.say_why)
    }

    /// Why the payload is not one.
    pub fn payload_mistake(self) -> Option<String> {
        let payload = self.payload.get();
        if payload.trim().is_empty() || self.action.get() != Action::RaiseEvent {
            return None;
        }
        check(&payload).err().map(mistake_sentence)
    }

    /// Why the limit is none.
    pub fn rate_mistake(self) -> Option<String> {
        let rate = self.rate.get();
        let good = rate.trim().is_empty()
            || rate.trim().parse::<u32>().is_ok_and(|rate| (1..=MOST_PER_SECOND).contains(&rate));
        (!good).then(|| text().admin.bad_rate.to_owned())
    }

    /// Why the number of failures is none.
    pub fn stop_mistake(self) -> Option<String> {
        let stop = self.stop_after.get();
        let good = stop.trim().is_empty() || stop.trim().parse::<u64>().is_ok_and(|stop| stop > 0);
        (!good).then(|| text().admin.bad_stop.to_owned())
    }

    /// What must be done before the check.
    pub fn before_check(self) -> Option<&'static str> {
        let event = self.event.with(|event| event.trim().is_empty());
        let nobody = self.named.get() && self.ids.with(|ids| ids_of(ids).is_empty());
        if self.action.get() == Action::RaiseEvent && (event || self.payload_mistake().is_some()) {
            Some(text().admin.event_first)
        } else if nobody {
            Some(text().admin.ids_first)
        } else if self.query_mistake().is_some() {
            Some(text().admin.query_first)
        } else {
            None
        }
    }

    /// What must be done before it can run.
    pub fn before_run(self) -> Option<String> {
        if let Some(first) = self.before_check() {
            return Some(first.to_owned());
        }
        let action = self.action.get();
        let Some(allowed) = self.dry.value.with(|dry| dry.as_ref().map(|dry| dry.allowed)) else {
            return Some(text().admin.check_first.to_owned());
        };
        let typed = self.number.with(|number| is_number(number, allowed));
        if allowed == 0 {
            Some(text().admin.nothing_to_do.to_owned())
        } else if let Some(why) = self.reason_mistake() {
            Some(why.to_owned())
        } else if needs_number(action, allowed) && !typed {
            Some(text().admin.type_number_first.to_owned())
        } else {
            self.rate_mistake().or_else(|| self.stop_mistake())
        }
    }

    /// The job as the form describes it.
    fn body(self) -> CreateBatchBody {
        let action = self.action.get_untracked();
        let named = self.named.get_untracked();
        let some = |text: RwSignal<String>| {
            Some(text.get_untracked().trim().to_owned()).filter(|text| !text.is_empty())
        };
        let is = |wanted| action == wanted;
        CreateBatchBody {
            action,
            query: (!named).then(|| filter(&self.q.get_untracked(), &[])),
            ids: named.then(|| self.ids.with_untracked(|ids| ids_of(ids))),
            reason: some(self.reason),
            by: some(self.by),
            rate_per_second: some(self.rate).and_then(|rate| rate.parse().ok()),
            stop_after_failures: some(self.stop_after).and_then(|stop| stop.parse().ok()),
            recursive: is(Action::Terminate) && self.recursive.get_untracked(),
            event_name: some(self.event).filter(|_| is(Action::RaiseEvent)),
            input: some(self.payload)
                .filter(|_| is(Action::RaiseEvent))
                .and_then(|payload| RawValue::from_string(payload).ok()),
            hold: false,
            start_after_seconds: has_grace(action).then_some(GRACE_SECONDS),
            dry_run: false,
            cursor: None,
            limit: None,
        }
    }

    /// The job as text, for commands.
    pub fn json(self) -> Option<String> {
        serde_json::to_string(&self.body()).ok()
    }

    /// Asks what the job would do. Narrowed to a reason, or behind a page, only the list of the refused changes.
    pub fn check(self, only: Option<Refusal>, cursor: Option<String>) {
        let mut body = CreateBatchBody { dry_run: true, cursor: cursor.clone(), ..self.body() };
        body.start_after_seconds = None;
        // Whatever is still missing is asked for before it runs.
        body.reason = body.reason.or_else(|| Some("-".to_owned()));
        if let (Some(refusal), false) = (only, self.named.get_untracked()) {
            let statuses = statuses_refused(body.action, refusal);
            body.query = Some(filter(&self.q.get_untracked(), &statuses));
        }
        self.only.set(only);
        let request = CreateBatch { hub: self.hub(), body };
        self.dry.read_then(request, move |created| {
            let mut told = created.dry_run?;
            let known = self.dry.value.get_untracked();
            if let (Some(known), true) = (known, only.is_some() || cursor.is_some()) {
                if cursor.is_some() {
                    let items = std::mem::replace(&mut told.items.items, known.items.items);
                    told.items.items.extend(items);
                }
                (told.total, told.allowed, told.refused) =
                    (known.total, known.allowed, known.refused);
            }
            Some(told)
        });
    }

    /// Makes the job and goes to its page.
    pub fn run(self) {
        if self.sending.get_untracked() || untrack(|| self.before_run()).is_some() {
            return;
        }
        self.sending.set(true);
        self.error.set(None);
        preferences::set_person(&self.by.get_untracked());
        let request = CreateBatch { hub: self.hub(), body: self.body() };
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.sending.is_disposed() {
                return;
            }
            self.sending.set(false);
            match answer {
                Ok(created) => {
                    let id = created.batch.map(|job| job.id).unwrap_or_default();
                    let place = Place::Batch { hub: self.hub(), id, result: None };
                    location::go(&Route::Place(place));
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }
}
