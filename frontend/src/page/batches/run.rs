//! The last step: how fast, until how many failures, and the button.

use leptos::prelude::*;

use super::{
    form::Form,
    model::{self, has_grace, needs_number},
};
use crate::{
    state::notices,
    text::{intl, text, tr},
    ui::{CopyButton, Glyph, Icon, TextField},
};

/// Fields and button.
pub fn view(form: Form) -> AnyView {
    let first = Memo::new(move |_| form.before_run());
    let allowed =
        Memo::new(move |_| form.dry.value.with(|dry| dry.as_ref().map_or(0, |dry| dry.allowed)));
    let grace = move || has_grace(form.action.get());
    let command = Signal::derive(move || {
        // Whatever the form holds goes into it.
        form.dry.value.track();
        for field in [
            form.reason,
            form.by,
            form.rate,
            form.stop_after,
            form.q,
            form.ids,
            form.event,
            form.payload,
        ] {
            field.track();
        }
        form.action.track();
        form.recursive.track();
        let origin = window().location().origin().unwrap_or_default();
        form.json().map(|body| model::curl(&origin, &form.hub(), &body)).unwrap_or_default()
    });
    let error = move || form.error.get().map(|error| error.sentence());
    let click = move |_| {
        if let Some(why) = first.get_untracked() {
            notices::announce(why);
        }
    };
    let word = move || {
        let action = form.action.get();
        match allowed.get() {
            0 => (text().action)(action).to_owned(),
            number => (text().admin.do_to)(action, &intl::count(number)),
        }
    };
    view! {
        <div class="field-pair">
            <TextField
                id="batch-rate"
                label=|t| t.admin.limit
                value=form.rate
                hint=|t| t.admin.rate_hint
                optional=true
                error=Signal::derive(move || form.rate_mistake())
            />
            <TextField
                id="batch-stop"
                label=|t| t.admin.stop_after
                value=form.stop_after
                hint=|t| t.admin.stop_hint
                optional=true
                error=Signal::derive(move || form.stop_mistake())
            />
        </div>
        <Show when=move || needs_number(form.action.get(), allowed.get())>
            <TextField
                id="batch-number"
                label=|t| t.admin.type_number
                value=form.number
                hint=|t| t.admin.type_number_hint
                required=true
            />
        </Show>
        <Show when=grace>
            <p class="with-icon muted">
                <Icon glyph=Glyph::Hourglass />
                {tr(|t| t.admin.grace_text)}
            </p>
        </Show>
        <div role="alert">
            {move || {
                error()
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
        <div class="job-line">
            <button
                type="submit"
                class="button"
                class:primary=move || !grace()
                class:danger-primary=grace
                data-testid="batch-run"
                aria-disabled=move || (first.with(Option::is_some) || form.sending.get()).then_some("true")
                aria-describedby="batch-run-why"
                on:click=click
            >
                {move || if form.sending.get() { text().sending.to_owned() } else { word() }}
            </button>
            <CopyButton value=command what=|t| t.admin.as_curl words=|t| t.admin.copy_curl />
            <span class="muted small" id="batch-run-why" data-testid="batch-run-why">{move || first.get()}</span>
        </div>
    }
    .into_any()
}
