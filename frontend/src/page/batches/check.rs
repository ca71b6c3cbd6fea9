//! The third step: what the job would do, without doing it.

use leptos::prelude::*;
use taskhub_shared::{action::Refusal, batch::DryRun};

use super::form::Form;
use crate::{
    component::{StatusBadge, Trouble},
    state::notices,
    text::{intl, text, tr},
    ui::{Glyph, Icon},
};

/// The button and its answer.
pub fn view(form: Form) -> AnyView {
    let first = Memo::new(move |_| form.before_check());
    view! {
        <div class="job-line">
            <button
                type="button"
                class="button"
                data-testid="batch-check"
                aria-disabled=move || first.get().map(|_| "true")
                aria-describedby="batch-check-why"
                on:click=move |_| match first.get_untracked() {
                    Some(why) => notices::announce(why.to_owned()),
                    None => form.check(None, None),
                }
            >
                <Icon glyph=Glyph::Search />
                {tr(|t| t.admin.check_now)}
            </button>
            <span class="muted small" id="batch-check-why">
                {move || first.get().unwrap_or(text().admin.check_text)}
            </span>
        </div>
        <Trouble health=form.dry.health again=Callback::new(move |()| form.check(None, None)) />
        <div role="status">{move || sentence(form)}</div>
        {move || refused(form)}
    }
    .into_any()
}

fn sentence(form: Form) -> Option<AnyView> {
    form.dry.value.with(|dry| {
        let dry = dry.as_ref()?;
        let skipped = dry.total.saturating_sub(dry.allowed);
        let words = (text().admin.would)(
            form.action.get(),
            &intl::count(dry.total),
            &intl::count(dry.allowed),
            &intl::count(skipped),
        );
        Some(view! { <p class="strong" data-testid="batch-dry-run">{words}</p> }.into_any())
    })
}

/// Those that would be skipped, by reason.
fn refused(form: Form) -> Option<AnyView> {
    form.dry.value.with(|dry| {
        let dry = dry.as_ref().filter(|dry| !dry.refused.is_empty())?;
        let chip = |only: Option<Refusal>, words: String, count: u64| {
            view! {
                <button
                    type="button"
                    class="button small"
                    aria-pressed=move || (form.only.get() == only).to_string()
                    on:click=move |_| form.check(only, None)
                >
                    {words}
                    " "
                    <span class="muted">{intl::number(count)}</span>
                </button>
            }
        };
        let all = chip(None, text().admin.all.to_owned(), dry.refused.values().sum());
        let chips = dry.refused.iter().map(|(refusal, count)| {
            chip(Some(*refusal), (text().admin.refusal)(*refusal).to_owned(), *count)
        });
        let chips = chips.collect_view();
        let next = dry.items.next.clone();
        Some(
            view! {
                <details class="more" data-testid="batch-refused" prop:open=move || form.only.get().is_some()>
                    <summary>{tr(|t| t.admin.would_be_skipped)}</summary>
                    <div class="job-line">{all} {chips}</div>
                    <ul class="sample">{rows(form, dry)}</ul>
                    {next
                        .map(|next| {
                            view! {
                                <button
                                    type="button"
                                    class="button small"
                                    on:click=move |_| form.check(form.only.get_untracked(), Some(next.clone()))
                                >
                                    {tr(|t| t.admin.more)}
                                </button>
                            }
                        })}
                </details>
            }
            .into_any(),
        )
    })
}

fn rows(form: Form, dry: &DryRun) -> AnyView {
    let only = form.only.get_untracked();
    let shown = dry.items.items.iter().filter(|item| only.is_none_or(|only| item.refusal == only));
    let rows = shown.map(|item| {
        let badge = item.runtime_status.map(|status| {
            view! { <StatusBadge status=Signal::stored(status) /> }
        });
        view! {
            <li>
                {badge}
                <span class="mono break">{item.instance_id.clone()}</span>
                <span class="muted">{(text().admin.refusal)(item.refusal)}</span>
            </li>
        }
    });
    rows.collect_view().into_any()
}
