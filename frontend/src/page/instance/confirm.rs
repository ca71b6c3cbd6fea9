//! Dialogs that say what an action does before it is done: suspend, resume, terminate, rewind, restart, purge.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    action::Action,
    request::{
        PurgeInstance, ReasonBody, RestartBody, RestartInstance, ResumeInstance, RewindInstance,
        SuspendInstance, TerminateBody, TerminateInstance,
    },
};

use super::{
    copy_view::{CopyAs, Wish, call_of, has_reason},
    model::Detail,
    short_id,
};
use crate::{
    api::{self, Error},
    route::Route,
    state::{location, notices},
    text::{Words, text, tr},
    ui::{Dialog, Glyph, Icon, TextField},
};

/// The dialog of one action.
#[component]
pub fn Confirm(detail: Detail, action: Action, open: RwSignal<bool>) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let recursive = RwSignal::new(false);
    let same_id = RwSignal::new(false);
    let sending = RwSignal::new(false);
    let error = RwSignal::new(None::<Error>);
    let title = Signal::derive(move || {
        let id = short_id(detail);
        match action {
            Action::Suspend => (text().suspend_title)(&id),
            Action::Resume => (text().resume_title)(&id),
            Action::Terminate => (text().terminate_title)(&id),
            Action::Rewind => (text().rewind_title)(&id),
            Action::Restart | Action::RestartWithSameId => (text().restart_title)(&id),
            Action::Purge | Action::RaiseEvent => (text().purge_title)(&id),
        }
    });
    let consequences = move || match action {
        Action::Suspend => text().suspend_text,
        Action::Resume => text().resume_text,
        Action::Terminate => text().terminate_text,
        Action::Rewind => text().rewind_text,
        Action::Restart | Action::RestartWithSameId => text().restart_text,
        Action::Purge | Action::RaiseEvent => text().purge_text,
    };
    let wish =
        move || Wish { reason: reason.get(), recursive: recursive.get(), same_id: same_id.get() };
    let call = Signal::derive(move || {
        let origin = window().location().origin().unwrap_or_default();
        open.get().then(|| call_of(&origin, &detail.hub(), &detail.id(), action, &wish()))
    });
    // Under its own id it starts again only once it has ended; until then the box says so.
    let refused = Memo::new(move |_| {
        let status = detail.instance.with(|one| Some(one.as_ref()?.summary.runtime_status))?;
        let refusal = Action::RestartWithSameId.check(status).err()?;
        Some((status, refusal))
    });
    let submit = move || {
        if sending.get_untracked() {
            return;
        }
        sending.set(true);
        error.set(None);
        let wish = untrack(wish);
        spawn_local(async move {
            let answer = perform(detail, action, &wish).await;
            if sending.is_disposed() {
                return;
            }
            sending.set(false);
            match answer {
                Ok(instance) => {
                    open.set(false);
                    succeed(detail, action, &instance);
                }
                Err(refused) => error.set(Some(refused)),
            }
        });
    };
    let ids = Ids::of(action);
    let reason_error = Signal::derive(move || {
        error.with(|error| {
            let (field, sentence) = error.as_ref()?.field()?;
            (field == "reason").then_some(sentence)
        })
    });
    let other_error = move || {
        let is_other = reason_error.with(Option::is_none);
        error.with(|error| error.as_ref().filter(|_| is_other).map(Error::sentence))
    };
    view! {
        <Dialog open title id=ids.dialog>
            <form
                method="dialog"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    submit();
                }
            >
                <p>{consequences}</p>
                {has_reason(action)
                    .then(|| {
                        view! {
                            <TextField
                                id=ids.reason
                                label=|t| t.reason
                                value=reason
                                hint=|t| t.reason_hint
                                optional=true
                                error=reason_error
                                autofocus=true
                            />
                        }
                    })}
                {(action == Action::Terminate)
                    .then(|| {
                        let off = Signal::stored(None);
                        let hint = Signal::derive(|| text().terminate_not_recursive.to_owned());
                        view! { <Check id="terminate-recursive" on=recursive label=|t| t.terminate_recursive hint off /> }
                    })}
                {(action == Action::Restart)
                    .then(|| {
                        let off = Signal::derive(move || {
                            let (status, refusal) = refused.get()?;
                            let word = (text().status)(status).to_lowercase();
                            Some((text().refused)(Action::RestartWithSameId, refusal, &word))
                        });
                        let hint = Signal::derive(|| text().inst.same_id_hint.to_owned());
                        view! { <Check id="restart-same-id" on=same_id label=|t| t.inst.same_id hint off /> }
                    })}
                <CopyAs id=ids.copy call />
                <div role="alert">
                    {move || {
                        other_error()
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
                        {move || if action == Action::Terminate { text().keep } else { text().cancel }}
                    </button>
                    <button
                        type="submit"
                        class="button"
                        class:primary=!matches!(action, Action::Terminate | Action::Purge)
                        class:danger-primary=matches!(action, Action::Terminate | Action::Purge)
                        data-testid=ids.submit
                        aria-disabled=move || sending.get().then_some("true")
                    >
                        {move || if sending.get() { text().sending } else { (text().action)(action) }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// A box to tick, with what it does; where it is off, why.
#[component]
fn Check(
    id: &'static str,
    on: RwSignal<bool>,
    label: Words,
    hint: Signal<String>,
    off: Signal<Option<String>>,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    view! {
        <div class="check">
            <input
                type="checkbox"
                id=id
                data-testid=id
                aria-describedby=hint_id.clone()
                aria-disabled=move || off.with(Option::is_some).then_some("true")
                prop:checked=on
                on:click=move |event| {
                    if off.with_untracked(Option::is_some) {
                        event.prevent_default();
                    }
                }
                on:change=move |_| on.update(|on| *on = !*on)
            />
            <label for=id>{tr(label)}</label>
            <p class="field-hint" id=hint_id>
                {move || off.get().unwrap_or_else(|| hint.get())}
            </p>
        </div>
    }
}

/// Ids on the page, which tests use too.
#[derive(Debug, Clone, Copy)]
struct Ids {
    dialog: &'static str,
    reason: &'static str,
    submit: &'static str,
    copy: &'static str,
}

impl Ids {
    fn of(action: Action) -> Self {
        let (dialog, reason, submit, copy) = match action {
            Action::Suspend => {
                ("suspend-dialog", "suspend-reason", "suspend-submit", "suspend-copy")
            }
            Action::Resume => ("resume-dialog", "resume-reason", "resume-submit", "resume-copy"),
            Action::Terminate => {
                ("terminate-dialog", "terminate-reason", "terminate-submit", "terminate-copy")
            }
            Action::Rewind => ("rewind-dialog", "rewind-reason", "rewind-submit", "rewind-copy"),
            Action::Restart | Action::RestartWithSameId => {
                ("restart-dialog", "restart-reason", "restart-submit", "restart-copy")
            }
            Action::Purge => ("purge-dialog", "purge-reason", "purge-submit", "purge-copy"),
            Action::RaiseEvent => ("raise-dialog", "raise-reason", "raise-submit", "raise-copy"),
        };
        Self { dialog, reason, submit, copy }
    }
}

/// Does it; the id of the instance that it was done to, or that it made.
async fn perform(detail: Detail, action: Action, wish: &Wish) -> Result<String, Error> {
    let (hub, id) = (detail.hub(), detail.id());
    let reason = wish.reason();
    let answer = match action {
        Action::Suspend => {
            api::send(&SuspendInstance { hub, id, body: ReasonBody { reason } }, None).await
        }
        Action::Resume => {
            api::send(&ResumeInstance { hub, id, body: ReasonBody { reason } }, None).await
        }
        Action::Terminate => {
            let body = TerminateBody { reason, recursive: wish.recursive };
            api::send(&TerminateInstance { hub, id, body }, None).await
        }
        Action::Rewind => {
            api::send(&RewindInstance { hub, id, body: ReasonBody { reason } }, None).await
        }
        Action::Restart | Action::RestartWithSameId => {
            let body = RestartBody { same_id: wish.same_id, ..RestartBody::default() };
            api::send(&RestartInstance { hub, id, body }, None).await
        }
        Action::Purge | Action::RaiseEvent => api::send(&PurgeInstance { hub, id }, None).await,
    };
    answer.map(|accepted| accepted.instance_id)
}

fn succeed(detail: Detail, action: Action, instance: &str) {
    let message = match action {
        Action::Suspend => text().done_suspended.to_owned(),
        Action::Resume => text().done_resumed.to_owned(),
        Action::Terminate => text().done_terminated.to_owned(),
        Action::Rewind => text().done_rewound.to_owned(),
        Action::Restart | Action::RestartWithSameId => (text().done_restarted)(instance),
        Action::Purge | Action::RaiseEvent => (text().done_purged)(&short_id(detail)),
    };
    let new = (action == Action::Restart && instance != detail.id())
        .then(|| (text().inst.open.to_owned(), Route::instance(&detail.hub(), instance)));
    notices::done(message, new);
    if action == Action::Purge {
        location::go(&Route::instances(&detail.hub()));
    } else {
        detail.load_soon();
    }
}
