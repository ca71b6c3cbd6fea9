//! Deletes a hub: what goes with it, and its name to be typed.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    request::{DeleteHub, HubInfo},
    status::RuntimeStatus,
};

use crate::{
    api,
    component::StatusIcon,
    route::{Place, Route},
    state::{location, notices, session},
    text::{intl, text, tr},
    ui::{Glyph, Heading, Icon, TextField},
};

/// The page.
pub fn page(hub: String) -> AnyView {
    let own = StoredValue::new(hub);
    let hub = move || own.get_value();
    let typed = RwSignal::new(String::new());
    let sending = RwSignal::new(false);
    let error = RwSignal::new(None::<api::Error>);
    let info = Memo::new(move |_| {
        let hubs = session::server()?.hubs;
        hubs.into_iter().enumerate().find(|(_, info)| info.name.eq_ignore_ascii_case(&hub()))
    });
    let refusal = move || {
        let (at, info) = info.get()?;
        if at == 0 {
            Some(text().admin.default_stays)
        } else if typed.get().trim() != info.name {
            Some(text().admin.type_name_first)
        } else {
            None
        }
    };
    let submit = move || {
        if sending.get_untracked() {
            return;
        }
        if let Some(why) = untrack(refusal) {
            notices::announce(why.to_owned());
            return;
        }
        sending.set(true);
        error.set(None);
        spawn_local(async move {
            let answer = api::send(&DeleteHub { hub: hub() }, None).await;
            if sending.is_disposed() {
                return;
            }
            sending.set(false);
            match answer {
                Ok(deleted) => {
                    notices::done((text().admin.hub_deleted)(&deleted.hub), None);
                    location::go(&Route::Place(Place::Hubs));
                }
                Err(refused) => error.set(Some(refused)),
            }
        });
    };
    let title = Signal::derive(move || (text().admin.delete_title)(&hub()));
    view! {
        <div class="page-head"><Heading title>{title}</Heading></div>
        <form
            class="card form danger-zone"
            novalidate=true
            data-testid="danger"
            on:submit=move |event| {
                event.prevent_default();
                submit();
            }
        >
            <p>{tr(|t| t.admin.delete_text)}</p>
            {move || info.get().map(|(_, info)| holds(&info))}
            <TextField
                id="danger-name"
                label=|t| t.admin.type_name
                value=typed
                hint=|t| t.admin.type_name_hint
                mono=true
                required=true
            />
            <div role="alert">
                {move || {
                    error
                        .get()
                        .map(|error| {
                            view! {
                                <p class="banner error">
                                    <Icon glyph=Glyph::Warning />
                                    <span>{error.sentence()}</span>
                                </p>
                            }
                        })
                }}
            </div>
            <div class="job-line">
                <button
                    type="submit"
                    class="button danger-primary"
                    data-testid="danger-delete"
                    aria-disabled=move || (refusal().is_some() || sending.get()).then_some("true")
                    aria-describedby="danger-why"
                >
                    <Icon glyph=Glyph::Trash />
                    {tr(|t| t.admin.delete_hub)}
                </button>
                <span class="muted small" id="danger-why">{refusal}</span>
            </div>
        </form>
    }
    .into_any()
}

/// What the hub holds.
fn holds(info: &HubInfo) -> AnyView {
    let some = RuntimeStatus::ALL.into_iter().filter_map(|status| {
        let count = info.counts.get(&status).copied().filter(|count| *count > 0)?;
        Some(view! {
            <div>
                <dt class="with-icon" data-status=status.as_str()>
                    <StatusIcon status />
                    {(text().status)(status)}
                </dt>
                <dd>{intl::number(count)}</dd>
            </div>
        })
    });
    let some = some.collect_view();
    let total = intl::count(info.counts.values().sum());
    view! {
        <p class="strong">
            {(text().admin.instances_in_all)(&total)} " · " {(text().workers)(&intl::count(info.workers))}
        </p>
        <dl class="facts">{some}</dl>
    }
    .into_any()
}
