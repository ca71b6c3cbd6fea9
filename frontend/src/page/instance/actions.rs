//! The buttons. What is refused now stays visible, can be focused and says why.

use leptos::prelude::*;
use taskhub_shared::{
    action::{Action, Capability},
    status::RuntimeStatus,
};

use super::{confirm::Confirm, model::Detail, raise::Raise};
use crate::{
    route::Route,
    state::notices,
    text::{text, tr},
    ui::{Glyph, Icon},
};

/// The buttons and their dialogs.
#[component]
pub fn Actions(detail: Detail) -> impl IntoView {
    let capabilities = Memo::new(move |_| {
        let instance = detail.instance.read();
        let purged = detail.purged.get();
        instance
            .as_ref()
            .filter(|_| !purged)
            .map(|instance| (instance.summary.runtime_status, instance.actions.clone()))
    });
    // The buttons stay the same elements, so that focus stays on them when the status changes.
    let known = Memo::new(move |_| capabilities.with(Option::is_some));
    let like = Route::Start { hub: detail.hub(), name: None, like: Some(detail.id()) }.url();
    view! {
        <Show when=move || known.get()>
            <div class="actions" role="group" aria-label=tr(|t| t.actions)>
                {Action::ALL
                    .into_iter()
                    .filter(|action| *action != Action::RestartWithSameId)
                    .map(|action| view! { <ActionButton detail action capabilities /> })
                    .collect_view()}
                <a class="button quiet" href=like.clone() data-testid="start-like">
                    <Icon glyph=Glyph::Copy />
                    {tr(|t| t.start_like)}
                </a>
            </div>
        </Show>
    }
}

#[component]
fn ActionButton(
    detail: Detail,
    action: Action,
    capabilities: Memo<Option<(RuntimeStatus, Vec<Capability>)>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let refusal = Memo::new(move |_| {
        capabilities.with(|known| {
            let (status, capabilities) = known.as_ref()?;
            let capability = capabilities.iter().find(|one| one.action == action)?;
            capability.refusal.map(|refusal| (*status, refusal))
        })
    });
    // An action that the server does not know is not shown.
    let offered = Memo::new(move |_| {
        capabilities.with(|known| {
            known.as_ref().is_some_and(|(_, known)| known.iter().any(|one| one.action == action))
        })
    });
    let reason = move || {
        refusal.get().map(|(status, refusal)| {
            let word = (text().status)(status).to_lowercase();
            (text().refused)(action, refusal, &word)
        })
    };
    let (word, glyph) = look(action);
    let tip = format!("action-{word}-why");
    let click = move |_| match untrack(reason) {
        Some(reason) => notices::announce(reason),
        None => open.set(true),
    };
    view! {
        <Show when=move || offered.get()>
            <span class="action">
                <button
                    type="button"
                    class="button"
                    class:danger=matches!(action, Action::Terminate | Action::Purge)
                    data-testid=format!("action-{word}")
                    aria-disabled=move || refusal.with(Option::is_some).then_some("true")
                    aria-describedby=tip.clone()
                    on:click=click
                >
                    <Icon glyph />
                    {move || (text().action)(action)}
                </button>
                <span class="tip" role="tooltip" id=tip.clone()>
                    {reason}
                </span>
            </span>
        </Show>
        {match action {
            Action::RaiseEvent => view! { <Raise detail open /> }.into_any(),
            Action::Suspend
            | Action::Resume
            | Action::Terminate
            | Action::Rewind
            | Action::Restart
            | Action::RestartWithSameId
            | Action::Purge => view! { <Confirm detail action open /> }.into_any(),
        }}
    }
}

/// Word of an action in ids, and its icon.
pub fn look(action: Action) -> (&'static str, Glyph) {
    match action {
        Action::RaiseEvent => ("raise", Glyph::Event),
        Action::Suspend => ("suspend", Glyph::Pause),
        Action::Resume => ("resume", Glyph::Play),
        Action::Terminate => ("terminate", Glyph::Stop),
        Action::Rewind => ("rewind", Glyph::Back),
        Action::Restart | Action::RestartWithSameId => ("restart", Glyph::Play),
        Action::Purge => ("purge", Glyph::Trash),
    }
}
