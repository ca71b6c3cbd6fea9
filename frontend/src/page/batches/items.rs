//! The instances of a job, by what became of them.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{
    batch::{BatchItem, BatchJob, BatchState, ItemResult},
    page::Page,
    request::ListBatchItems,
};

use super::detail::Job;
use crate::{
    api,
    component::IdText,
    route::{Place, Route},
    state::{location, notices, remote::Remote},
    text::{Words, intl, text, tr},
};

/// Least time between two readings while the job goes on, in milliseconds.
const GAP: f64 = 1000.0;

/// The tabs, what needs somebody first.
const TABS: [(ItemResult, Words); 4] = [
    (ItemResult::Failed, |t| t.admin.failed),
    (ItemResult::Skipped, |t| t.admin.skipped),
    (ItemResult::Succeeded, |t| t.admin.succeeded),
    (ItemResult::Pending, |t| t.admin.pending),
];

fn count(job: &BatchJob, result: ItemResult) -> u64 {
    let counts = job.counts;
    match result {
        ItemResult::Pending => counts.total.saturating_sub(counts.done()),
        ItemResult::Succeeded => counts.succeeded,
        ItemResult::Skipped => counts.skipped,
        ItemResult::Failed => counts.failed,
    }
}

/// The first tab that holds something, when the address names none.
fn usual(job: &BatchJob) -> ItemResult {
    let first = TABS.into_iter().find(|(result, _)| count(job, *result) > 0);
    first.map_or(ItemResult::Pending, |(result, _)| result)
}

/// Tabs and rows.
pub fn view(job: Job) -> AnyView {
    let items: Remote<Page<BatchItem>> = Remote::new();
    let chosen = Memo::new(move |_| {
        let named = if let Route::Place(Place::Batch { result, .. }) = location::route() {
            result
        } else {
            None
        };
        named
            .or_else(|| job.remote.value.with(|job| job.as_ref().map(usual)))
            .unwrap_or(ItemResult::Pending)
    });
    let shown = Memo::new(move |_| {
        job.remote.value.with(|job| job.as_ref().map(|job| (count(job, chosen.get()), job.state)))
    });
    let read_at = StoredValue::new(0.0);
    let request = move |cursor: Option<String>| ListBatchItems {
        hub: job.hub(),
        batch: job.id(),
        result: Some(chosen.get_untracked()),
        cursor,
        limit: None,
    };
    Effect::new(move |before: Option<(ItemResult, Option<BatchState>)>| {
        let now = (chosen.get(), shown.get().map(|(_, state)| state));
        // Whoever has gone on to later pages keeps what they look at.
        let first_page = items
            .value
            .with_untracked(|page| page.as_ref().is_none_or(|page| page.items.len() <= 100));
        let other_tab = before.is_none_or(|before| before.0 != now.0);
        let rested = js_sys::Date::now() - read_at.get_value() >= GAP;
        if other_tab {
            items.value.set(None);
        }
        if other_tab || (first_page && (rested || before != Some(now))) {
            read_at.set_value(js_sys::Date::now());
            items.read(request(None));
        }
        now
    });
    let more = move |_| {
        let Some(cursor) = items.value.with_untracked(|page| page.as_ref()?.next.clone()) else {
            return;
        };
        let request = request(Some(cursor));
        spawn_local(async move {
            match api::send(&request, None).await {
                Ok(next) => {
                    items.value.try_update(|page| {
                        if let Some(page) = page {
                            page.items.extend(next.items);
                            page.next = next.next;
                        }
                    });
                }
                Err(error) => notices::failed(error.sentence()),
            }
        });
    };
    let tab = move |(result, word): (ItemResult, Words)| {
        let place = Place::Batch { hub: job.hub(), id: job.id(), result: Some(result) };
        let number = move || {
            job.remote.value.with(|job| job.as_ref().map(|job| intl::number(count(job, result))))
        };
        view! {
            <a
                class="tab"
                href=place.url()
                aria-current=move || (chosen.get() == result).then_some("true")
                data-testid=format!("tab-{}", result.as_str())
            >
                {tr(word)}
                " "
                <span class="muted">{number}</span>
            </a>
        }
    };
    let rows = move || {
        items.value.with(|page| {
            let page = page.as_ref()?;
            Some(if page.items.is_empty() {
                view! { <p class="muted pad">{tr(|t| t.admin.none_here)}</p> }.into_any()
            } else {
                let rows = page.items.iter().map(|item| row(&job.hub(), item)).collect_view();
                view! {
                    <table class="plain-table stack" data-testid="batch-items" aria-label=tr(|t| t.instances)>
                        <thead>
                            <tr>
                                <th scope="col">{tr(|t| t.instance_id)}</th>
                                <th scope="col">{tr(|t| t.admin.outcome)}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                }
                .into_any()
            })
        })
    };
    let has_more =
        move || items.value.with(|page| page.as_ref().is_some_and(|page| page.next.is_some()));
    view! {
        <nav class="tabs" aria-label=tr(|t| t.admin.outcome)>{TABS.map(tab).collect_view()}</nav>
        <div class="table-box wide" tabindex="0">{rows}</div>
        <Show when=has_more>
            <button type="button" class="button" on:click=more>{tr(|t| t.admin.more)}</button>
        </Show>
    }
    .into_any()
}

fn row(hub: &str, item: &BatchItem) -> AnyView {
    let link = |id: &str| {
        view! {
            <a class="id-link" href=Route::instance(hub, id).url()><IdText id=id.to_owned() /></a>
        }
    };
    let outcome = match item.refusal {
        Some(refusal) => (text().admin.refusal)(refusal).to_owned(),
        None => item.error.clone().unwrap_or_else(|| {
            match item.result {
                ItemResult::Pending => text().admin.its_turn_comes,
                ItemResult::Succeeded => text().admin.done,
                ItemResult::Skipped => text().admin.skipped,
                ItemResult::Failed => text().admin.failed,
            }
            .to_owned()
        }),
    };
    view! {
        <tr>
            <td>{link(&item.instance_id)}</td>
            <td class="break">
                {outcome}
                {item.new_instance_id.as_deref().map(|id| view! { " → " {link(id)} })}
            </td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_shown_first() {
        let job = |counts: &str| -> BatchJob {
            let text = format!(
                r#"{{"id":"1","action":"purge","state":"running","stopAfterFailures":1,
                "createdAt":"2026-11-25T10:00:00Z","counts":{counts}}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let failed = job(r#"{"total":9,"succeeded":5,"skipped":2,"failed":1}"#);
        assert_eq!((usual(&failed), count(&failed, ItemResult::Pending)), (ItemResult::Failed, 1));
        let well = job(r#"{"total":9,"succeeded":5,"skipped":0,"failed":0}"#);
        assert_eq!(usual(&well), ItemResult::Succeeded);
        assert_eq!(
            usual(&job(r#"{"total":9,"succeeded":0,"skipped":0,"failed":0}"#)),
            ItemResult::Pending
        );
    }
}
