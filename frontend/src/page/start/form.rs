//! What the person types into the start form, how it is checked and how it is sent.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use leptos::{prelude::*, task::spawn_local};
use serde_json::value::RawValue;
use taskhub_shared::{
    id::{InstanceId, check_name},
    limits::NAME_CHARS,
    request::{GetInstance, KnownName, ListNames, StartBody, StartInstance},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::{
    api::{self, Error},
    format::middle,
    json,
    page::{
        instance::{Call, call_of_start},
        mistake_sentence,
    },
    route::Route,
    state::{location, notices},
    text::{intl, text},
    ui::from_local_input,
};

/// What the person types and what is wrong with it. Copies of it are the same form.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    hub: StoredValue<String>,
    pub name: RwSignal<String>,
    pub id: RwSignal<String>,
    pub input: RwSignal<String>,
    pub start_at: RwSignal<String>,
    pub version: RwSignal<String>,
    errors: RwSignal<BTreeMap<String, String>>,
    pub sending: RwSignal<bool>,
    pub more: RwSignal<bool>,
    pub known: RwSignal<Vec<KnownName>>,
}

/// Fields in their order on the page, by the names that the server uses, with their ids.
const FIELDS: [(&str, &str); 5] = [
    ("name", "start-name"),
    ("instanceId", "start-id"),
    ("input", "start-input"),
    ("scheduledStartAt", "start-at"),
    ("version", "start-version"),
];
/// Key of an error that belongs to no field.
pub const WHOLE: &str = "";

impl Form {
    /// An empty form with this name.
    pub fn new(hub: String, name: String) -> Self {
        let form = Self {
            hub: StoredValue::new(hub.clone()),
            name: RwSignal::new(name),
            id: RwSignal::default(),
            input: RwSignal::default(),
            start_at: RwSignal::default(),
            version: RwSignal::default(),
            errors: RwSignal::default(),
            sending: RwSignal::new(false),
            more: RwSignal::new(false),
            known: RwSignal::default(),
        };
        spawn_local(async move {
            if let Ok(known) = api::send(&ListNames { hub }, None).await {
                form.known.try_set(known);
            }
        });
        form
    }

    /// Takes name, input and version of another instance.
    pub fn fill_like(self, id: String) {
        let hub = self.hub.get_value();
        spawn_local(async move {
            let answer = api::send(&GetInstance { hub, id }, None).await;
            if self.name.is_disposed() {
                return;
            }
            match answer {
                Ok(like) => {
                    self.name.set(like.summary.name);
                    let large = like.large.iter().find(|large| large.field == "input");
                    let input = match large {
                        Some(large) => api::fetch(&large.link).await.map(Some),
                        None => Ok(like.input),
                    };
                    if self.name.is_disposed() {
                        return;
                    }
                    match input {
                        Ok(input) => self
                            .input
                            .set(input.map(|input| json::pretty(&input)).unwrap_or_default()),
                        // A part of an input must not be taken for all of it.
                        Err(error) => notices::failed(error.sentence()),
                    }
                    self.more.set(like.summary.version.is_some());
                    self.version.set(like.summary.version.unwrap_or_default());
                }
                Err(error) => notices::failed(error.sentence()),
            }
        });
    }

    /// What is wrong with a field, by the server's name of it.
    pub fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| errors.get(field).cloned()))
    }

    /// Lays the input out, or says why it is not JSON.
    pub fn format_input(self) {
        let input = self.input.get_untracked();
        match read_input(&input) {
            Ok(_) => {
                self.errors.update(|errors| {
                    errors.remove("input");
                });
                self.input.set(json::pretty(&input));
            }
            Err(mistake) => self.refuse("input", mistake),
        }
    }

    fn refuse(self, field: &str, sentence: String) {
        self.errors.update(|errors| {
            errors.insert(field.to_owned(), sentence);
        });
        self.focus_first_error();
    }

    /// Puts the focus where the first mistake is.
    fn focus_first_error(self) {
        let first = self.errors.with_untracked(|errors| {
            FIELDS.iter().position(|(field, _)| errors.contains_key(*field))
        });
        let Some(first) = first else { return };
        if first >= 3 {
            self.more.set(true);
        }
        let id = FIELDS.get(first).map_or("", |(_, id)| id);
        request_animation_frame(move || {
            let element = document().get_element_by_id(id);
            if let Some(element) = element.and_then(|one| one.dyn_into::<HtmlElement>().ok()) {
                let _ = element.focus();
            }
        });
    }

    /// The call as the form stands, to be copied; what is wrong in it is left out.
    pub fn call(self) -> Call {
        let filled = |text: RwSignal<String>| {
            Some(text.with(|text| text.trim().to_owned())).filter(|text| !text.is_empty())
        };
        let body = StartBody {
            name: filled(self.name).unwrap_or_default(),
            instance_id: filled(self.id),
            input: self.input.with(|input| json::check(input).ok()),
            version: filled(self.version),
            scheduled_start_at: from_local_input(&self.start_at.get()),
            tags: BTreeMap::new(),
        };
        let origin = window().location().origin().unwrap_or_default();
        call_of_start(&origin, &StartInstance { hub: self.hub.get_value(), body })
    }

    /// Checks the form and starts the instance.
    pub fn submit(self) {
        if self.sending.get_untracked() {
            return;
        }
        let body = match self.read() {
            Ok(body) => body,
            Err(errors) => {
                self.errors.set(errors);
                self.focus_first_error();
                return;
            }
        };
        self.errors.set(BTreeMap::new());
        self.sending.set(true);
        let hub = self.hub.get_value();
        let name = body.name.clone();
        let request = StartInstance { hub: hub.clone(), body };
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if self.sending.is_disposed() {
                return;
            }
            self.sending.set(false);
            match answer {
                Ok(started) => {
                    let again = Route::Start { hub: hub.clone(), name: Some(name), like: None };
                    let message = (text().started)(&middle(&started.instance_id, 36));
                    notices::done(message, Some((text().start_another.to_owned(), again)));
                    location::go(&Route::instance(&hub, &started.instance_id));
                }
                Err(error) => self.take_refusal(&error),
            }
        });
    }

    fn take_refusal(self, error: &Error) {
        let field =
            error.field().filter(|(field, _)| FIELDS.iter().any(|(known, _)| known == field));
        match field {
            Some((field, sentence)) => self.refuse(field, sentence),
            None => self.refuse(WHOLE, error.sentence()),
        }
    }

    /// Reads the form; the errors are by field.
    fn read(self) -> Result<StartBody, BTreeMap<String, String>> {
        let mut errors = BTreeMap::new();
        let mut refuse = |field: &str, sentence: String| {
            errors.insert(field.to_owned(), sentence);
        };
        let name = self.name.get_untracked().trim().to_owned();
        if let Some(sentence) = name_mistake(&name) {
            refuse("name", sentence);
        }
        let id = Some(self.id.get_untracked().trim().to_owned()).filter(|id| !id.is_empty());
        if let Some(sentence) = id.as_deref().and_then(id_mistake) {
            refuse("instanceId", sentence);
        }
        let input = read_input(&self.input.get_untracked()).unwrap_or_else(|sentence| {
            refuse("input", sentence);
            None
        });
        let scheduled_start_at =
            read_time(&self.start_at.get_untracked()).unwrap_or_else(|sentence| {
                refuse("scheduledStartAt", sentence);
                None
            });
        let version = self.version.get_untracked().trim().to_owned();
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(StartBody {
            name,
            instance_id: id,
            input,
            version: Some(version).filter(|version| !version.is_empty()),
            scheduled_start_at,
            tags: BTreeMap::new(),
        })
    }
}

fn read_input(input: &str) -> Result<Option<Box<RawValue>>, String> {
    if input.trim().is_empty() {
        return Ok(None);
    }
    json::check(input).map(Some).map_err(mistake_sentence)
}

fn read_time(value: &str) -> Result<Option<DateTime<Utc>>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    from_local_input(value).map(Some).ok_or_else(|| text().bad_time.to_owned())
}

/// What is wrong with a name, in the chosen language; the rule itself is shared with the server.
pub fn name_mistake(name: &str) -> Option<String> {
    check_name("name", name).err()?;
    Some(if name.is_empty() {
        text().required.to_owned()
    } else if name.chars().count() > NAME_CHARS {
        (text().too_long)(&intl::count(u64::try_from(NAME_CHARS).unwrap_or(u64::MAX)))
    } else {
        text().control_characters.to_owned()
    })
}

fn id_mistake(id: &str) -> Option<String> {
    InstanceId::new(id).err()?;
    Some(name_mistake(id).unwrap_or_else(|| {
        let sentence = if id.starts_with('@') { text().reserved_id } else { text().dot_id };
        sentence.to_owned()
    }))
}

/// A new id of 32 hexadecimal digits, as the server makes them.
pub fn random_id() -> String {
    (0..4)
        .map(|_| {
            let part = js_sys::Math::random() * f64::from(u32::MAX);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to u32::MAX"
            )]
            let part = part as u32;
            format!("{part:08x}")
        })
        .collect()
}
