//! Dialogs that say what an action does before it is done: suspend, resume, terminate, rewind, restart, purge.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    action::Action,
    request::{
        PurgeInstance, ReasonBody, RestartBody, RestartInstance, ResumeInstance, RewindInstance,
        SuspendInstance, TerminateBody, TerminateInstance,
    },
};

use super::{model::Detail, short_id};
use crate::{
    api::{self, Error},
    route::Route,
    state::{location, notices},
    text::{text, tr},
    ui::{Dialog, Glyph, Icon, TextField},
};

/// The dialog of one action.
#[component]
pub fn Confirm(detail: Detail, action: Action, open: RwSignal<bool>) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let recursive = RwSignal::new(false);
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
    let submit = move || {
        if sending.get_untracked() {
            return;
        }
        sending.set(true);
        error.set(None);
        let reason = reason.get_untracked();
        let recursive = recursive.get_untracked();
        spawn_local(async move {
            let answer = perform(detail, action, reason, recursive).await;
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
    let has_reason =
        matches!(action, Action::Suspend | Action::Resume | Action::Terminate | Action::Rewind);
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
                {has_reason
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
                        view! {
                            <div class="check">
                                <input
                                    type="checkbox"
                                    id="terminate-recursive"
                                    data-testid="terminate-recursive"
                                    aria-describedby="terminate-recursive-hint"
                                    prop:checked=recursive
                                    on:change=move |_| recursive.update(|recursive| *recursive = !*recursive)
                                />
                                <label for="terminate-recursive">{tr(|t| t.terminate_recursive)}</label>
                                <p class="field-hint" id="terminate-recursive-hint">
                                    {tr(|t| t.terminate_not_recursive)}
                                </p>
                            </div>
                        }
                    })}
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

/// Ids on the page, which tests use too.
#[derive(Debug, Clone, Copy)]
struct Ids {
    dialog: &'static str,
    reason: &'static str,
    submit: &'static str,
}

impl Ids {
    fn of(action: Action) -> Self {
        let (dialog, reason, submit) = match action {
            Action::Suspend => ("suspend-dialog", "suspend-reason", "suspend-submit"),
            Action::Resume => ("resume-dialog", "resume-reason", "resume-submit"),
            Action::Terminate => ("terminate-dialog", "terminate-reason", "terminate-submit"),
            Action::Rewind => ("rewind-dialog", "rewind-reason", "rewind-submit"),
            Action::Restart | Action::RestartWithSameId => {
                ("restart-dialog", "restart-reason", "restart-submit")
            }
            Action::Purge => ("purge-dialog", "purge-reason", "purge-submit"),
            Action::RaiseEvent => ("raise-dialog", "raise-reason", "raise-submit"),
        };
        Self { dialog, reason, submit }
    }
}

/// Does it; the id of the instance that it was done to, or that it made.
async fn perform(
    detail: Detail,
    action: Action,
    reason: String,
    recursive: bool,
) -> Result<String, Error> {
    let (hub, id) = (detail.hub(), detail.id());
    let reason = Some(reason).filter(|reason| !reason.trim().is_empty());
    let answer = match action {
        Action::Suspend => {
            api::send(&SuspendInstance { hub, id, body: ReasonBody { reason } }, None).await
        }
        Action::Resume => {
            api::send(&ResumeInstance { hub, id, body: ReasonBody { reason } }, None).await
        }
        Action::Terminate => {
            let body = TerminateBody { reason, recursive };
            api::send(&TerminateInstance { hub, id, body }, None).await
        }
        Action::Rewind => {
            api::send(&RewindInstance { hub, id, body: ReasonBody { reason } }, None).await
        }
        Action::Restart | Action::RestartWithSameId => {
            let same_id = action == Action::RestartWithSameId;
            let body = RestartBody { same_id, ..RestartBody::default() };
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
    notices::done(message, None);
    if action == Action::Purge {
        location::go(&Route::instances(&detail.hub()));
    } else {
        detail.load_soon();
    }
}
