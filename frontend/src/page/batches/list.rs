//! The list of a hub's batch jobs.

use leptos::{prelude::*, task::spawn_local};
use taskhub_shared::{batch::BatchJob, page::Page, request::ListBatches};

use super::parts::{glyph, progress, rate, state_badge, which};
use crate::{
    api::{self, live::News},
    component::{Time, Trouble},
    route::{Place, Route},
    state::{notices, remote::Remote},
    text::{Words, text, tr},
    ui::{Glyph, Heading, Icon},
};

const COLUMNS: [Words; 7] = [
    |t| t.admin.operation,
    |t| t.admin.state,
    |t| t.admin.progress,
    |t| t.admin.which,
    |t| t.admin.by,
    |t| t.admin.rate,
    |t| t.created,
];

/// The page.
pub fn page(hub: String) -> AnyView {
    let jobs: Remote<Page<BatchJob>> = Remote::new();
    let own = StoredValue::new(hub);
    let hub = move || own.get_value();
    let load = move || jobs.read(ListBatches { hub: hub(), ..ListBatches::default() });
    load();
    api::live::listen(move |news| match news {
        News::Batches(changes) => jobs.value.update(|page| {
            if let Some(page) = page {
                take(&mut page.items, &changes.batches);
            }
        }),
        News::Opened => load(),
        News::Changes(_) | News::Resync(_) => {}
    });
    let more = move |_| {
        let Some(cursor) = jobs.value.with_untracked(|page| page.as_ref()?.next.clone()) else {
            return;
        };
        spawn_local(async move {
            let request = ListBatches { hub: hub(), cursor: Some(cursor), limit: None };
            match api::send(&request, None).await {
                Ok(next) => {
                    jobs.value.try_update(|page| {
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
    let ids = Memo::new(move |_| {
        jobs.value.with(|page| {
            let items = page.as_ref().map(|page| page.items.as_slice()).unwrap_or_default();
            items.iter().map(|job| job.id.clone()).collect::<Vec<_>>()
        })
    });
    let empty =
        Memo::new(move |_| jobs.value.with(|page| page.as_ref().map(|page| page.items.is_empty())));
    let has_more =
        move || jobs.value.with(|page| page.as_ref().is_some_and(|page| page.next.is_some()));
    let new = new_job(&hub());
    view! {
        <div class="page-head">
            <Heading title=Signal::derive(move || format!("{} · {}", text().admin.batches, hub()))>
                {tr(|t| t.admin.batches)}
            </Heading>
            <a class="button primary" href=new data-testid="new-batch">
                <Icon glyph=Glyph::Event />
                {tr(|t| t.admin.new_batch)}
            </a>
        </div>
        <Trouble health=jobs.health again=Callback::new(move |()| load()) />
        <Show when=move || empty.get() == Some(true)>
            <div class="empty" data-testid="no-batches">
                <Icon glyph=Glyph::List />
                <p class="empty-title">{tr(|t| t.admin.no_batches)}</p>
                <p class="muted">{tr(|t| t.admin.no_batches_text)}</p>
            </div>
        </Show>
        <Show when=move || empty.get() == Some(false)>
            <div class="table-box wide" tabindex="0">
                <table class="plain-table stack" aria-label=tr(|t| t.admin.batches) data-testid="batches-table">
                    <thead>
                        <tr>{COLUMNS.map(|label| view! { <th scope="col">{tr(label)}</th> }).collect_view()}</tr>
                    </thead>
                    <tbody>
                        // A row stays the same element while its job goes on, so that the focus stays.
                        <For each=move || ids.get() key=|id| id.clone() let:id>
                            {row(jobs, &hub(), &id)}
                        </For>
                    </tbody>
                </table>
            </div>
            <Show when=has_more>
                <button type="button" class="button" on:click=more>
                    {tr(|t| t.admin.more)}
                </button>
            </Show>
        </Show>
    }
    .into_any()
}

fn new_job(hub: &str) -> String {
    let place =
        Place::NewBatch { hub: hub.to_owned(), q: String::new(), action: None, ids: Vec::new() };
    Route::Place(place).url()
}

fn row(jobs: Remote<Page<BatchJob>>, hub: &str, id: &str) -> AnyView {
    let own = id.to_owned();
    let newest = Memo::new(move |_| {
        jobs.value.with(|page| page.as_ref()?.items.iter().find(|job| job.id == own).cloned())
    });
    let Some(job) = newest.get_untracked() else { return ().into_any() };
    let part =
        move |part: fn(&BatchJob) -> AnyView| move || newest.with(|job| job.as_ref().map(part));
    let place = Place::Batch { hub: hub.to_owned(), id: job.id.clone(), result: None };
    let (action, created) = (job.action, job.created_at);
    let by = job.by.clone().unwrap_or_else(|| "–".to_owned());
    let reason = job.reason.clone().map(|reason| {
        view! { <span class="muted small break block">{reason}</span> }
    });
    view! {
        <tr data-testid="batch-row" data-id=job.id>
            <td>
                <a class="with-icon nowrap" href=place.url() data-row-link="">
                    <Icon glyph=glyph(action) />
                    {move || (text().action)(action)}
                    " "
                    <span class="muted">{id.to_owned()}</span>
                </a>
            </td>
            <td>{part(|job| state_badge(job.state))}</td>
            <td>{part(progress)}</td>
            <td>
                {part(|job| view! { <span class="mono break">{which(job)}</span> }.into_any())}
                {reason}
            </td>
            <td class="break">{by}</td>
            <td class="nowrap">{part(|job| rate(job).into_any())}</td>
            <td class="nowrap">
                <Time at=Signal::stored(created) short=true />
            </td>
        </tr>
    }
    .into_any()
}

/// Takes newer forms of jobs in: those that are known in their place, others before them.
fn take(jobs: &mut Vec<BatchJob>, newer: &[BatchJob]) {
    for job in newer {
        match jobs.iter_mut().find(|known| known.id == job.id) {
            Some(known) => known.clone_from(job),
            None => {
                let number = |job: &BatchJob| job.id.parse::<u64>().unwrap_or(u64::MAX);
                let at = jobs.partition_point(|known| number(known) > number(job));
                // One that is older than all that are shown comes with its own page.
                if at < jobs.len() || jobs.is_empty() {
                    jobs.insert(at, job.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(id: &str, done: u64) -> BatchJob {
        let text = format!(
            r#"{{"id":"{id}","action":"purge","state":"running","stopAfterFailures":1,
            "createdAt":"2026-11-25T10:00:00Z",
            "counts":{{"total":9,"succeeded":{done},"skipped":0,"failed":0}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn newer_forms_take_their_place_and_new_jobs_come_first() {
        let mut jobs = vec![job("9", 0), job("7", 0)];
        take(&mut jobs, &[job("7", 3), job("12", 1), job("8", 2), job("2", 5)]);
        let seen: Vec<(&str, u64)> =
            jobs.iter().map(|job| (&*job.id, job.counts.succeeded)).collect();
        assert_eq!(seen, [("12", 1), ("9", 0), ("8", 2), ("7", 3)]);
        let mut none = Vec::new();
        take(&mut none, &[job("1", 0)]);
        assert_eq!(none.len(), 1);
    }
}
