//! The dialog that sends an external event.

use leptos::{html, prelude::*, task::spawn_local};
use serde_json::value::RawValue;
use taskhub_shared::request::{RaiseEvent, RaiseEventBody};

use super::{
    copy_view::{CopyAs, call_of_event},
    model::Detail,
    short_id,
};
use crate::{
    api::{self, Error},
    json,
    page::{mistake_sentence, start::name_mistake},
    state::{notices, preferences},
    text::{text, tr},
    ui::{Dialog, Glyph, Icon, TextArea, TextField},
};

/// Where the name that was used last for an orchestrator is kept.
const LAST_NAME: &str = "taskhub.event.";

/// The dialog.
#[component]
pub fn Raise(detail: Detail, open: RwSignal<bool>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let payload = RwSignal::new(String::new());
    let name_error = RwSignal::new(None::<String>);
    let payload_error = RwSignal::new(None::<String>);
    let other_error = RwSignal::new(None::<String>);
    let sending = RwSignal::new(false);
    let name_ref = NodeRef::<html::Input>::new();
    let payload_ref = NodeRef::<html::Textarea>::new();
    // The dialog is filled as it opens, unless something was typed before.
    Effect::new(move || {
        if open.get()
            && name.with_untracked(String::is_empty)
            && let Some(likely) = likely_name(detail)
        {
            name.set(likely);
        }
    });
    let refuse = move |refused: &Error| match refused.field() {
        Some(("name", sentence)) => name_error.set(Some(sentence)),
        Some(("input", sentence)) => payload_error.set(Some(sentence)),
        _ => other_error.set(Some(refused.sentence())),
    };
    let submit = move || {
        if sending.get_untracked() {
            return;
        }
        other_error.set(None);
        let event = name.get_untracked().trim().to_owned();
        name_error.set(name_mistake(&event));
        let input = read_payload(&payload.get_untracked());
        payload_error.set(input.as_ref().err().cloned());
        if name_error.with_untracked(Option::is_some) {
            let _ = name_ref.get_untracked().map(|input| input.focus());
            return;
        }
        let Ok(input) = input else {
            let _ = payload_ref.get_untracked().map(|area| area.focus());
            return;
        };
        sending.set(true);
        let body = RaiseEventBody { name: event.clone(), input };
        let request = RaiseEvent { hub: detail.hub(), id: detail.id(), body };
        spawn_local(async move {
            let answer = api::send(&request, None).await;
            if sending.is_disposed() {
                return;
            }
            sending.set(false);
            match answer {
                Ok(_) => {
                    open.set(false);
                    remember_name(detail, &event);
                    payload.set(String::new());
                    notices::done((text().done_raised)(&event), None);
                    detail.load_soon();
                }
                Err(refused) => refuse(&refused),
            }
        });
    };
    let title = Signal::derive(move || (text().raise_title)(&short_id(detail)));
    let call = Signal::derive(move || {
        let input = payload.with(|payload| json::check(payload).ok());
        let body = RaiseEventBody { name: name.get().trim().to_owned(), input };
        let origin = window().location().origin().unwrap_or_default();
        let request = RaiseEvent { hub: detail.hub(), id: detail.id(), body };
        open.get().then(|| call_of_event(&origin, &request))
    });
    view! {
        <Dialog open title id="raise-dialog">
            <form
                method="dialog"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    submit();
                }
            >
                <TextField
                    id="raise-name"
                    label=|t| t.event_name
                    value=name
                    hint=|t| t.event_name_hint
                    error=name_error
                    required=true
                    autofocus=true
                    input_ref=name_ref
                />
                <TextArea
                    id="raise-payload"
                    label=|t| t.payload
                    value=payload
                    hint=|t| t.payload_hint
                    optional=true
                    error=payload_error
                    area_ref=payload_ref
                />
                <CopyAs id="raise-copy" call />
                <div role="alert">
                    {move || {
                        other_error
                            .get()
                            .map(|sentence| {
                                view! {
                                    <p class="banner error">
                                        <Icon glyph=Glyph::Warning />
                                        <span>{sentence}</span>
                                    </p>
                                }
                            })
                    }}
                </div>
                <div class="dialog-foot">
                    <button type="button" class="button" on:click=move |_| open.set(false)>
                        {tr(|t| t.cancel)}
                    </button>
                    <button
                        type="submit"
                        class="button primary"
                        data-testid="raise-submit"
                        aria-disabled=move || sending.get().then_some("true")
                    >
                        {move || if sending.get() { text().sending } else { text().raise_submit }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// Payload as JSON text; empty text is no payload.
fn read_payload(payload: &str) -> Result<Option<Box<RawValue>>, String> {
    if payload.trim().is_empty() {
        return Ok(None);
    }
    json::check(payload).map(Some).map_err(mistake_sentence)
}

/// The name that was used last for this orchestrator, or what its custom status speaks of.
fn likely_name(detail: Detail) -> Option<String> {
    let instance = detail.instance.read_untracked();
    let instance = instance.as_ref()?;
    let last = preferences::stored(&format!("{LAST_NAME}{}", instance.summary.name));
    let speaks = |text: &str| text.to_lowercase().contains("approval");
    let approval = instance.custom_status.as_deref().is_some_and(speaks);
    last.or_else(|| approval.then(|| "Approval".to_owned()))
}

fn remember_name(detail: Detail, event: &str) {
    let instance = detail.instance.read_untracked();
    if let Some(instance) = instance.as_ref() {
        preferences::store(&format!("{LAST_NAME}{}", instance.summary.name), event);
    }
}
