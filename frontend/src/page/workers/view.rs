//! What waits for workers, what nobody serves first; and the workers that are connected.

use leptos::prelude::*;
use taskhub_shared::request::{GetWork, HubWork, KindOfWork, WaitingWork, WorkerInfo};

use crate::{
    api::{self, live::News},
    component::{Elapsed, Time, Trouble},
    state::{
        clock,
        remote::{Remote, every},
    },
    text::{Words, intl, text, tr},
    ui::{Glyph, Heading, Icon},
};

/// Seconds between two readings; this does not come by the stream.
const EVERY: u64 = 5;

/// The page.
pub fn page(hub: String) -> AnyView {
    let work: Remote<HubWork> = Remote::new();
    let own = StoredValue::new(hub);
    let load = move || work.read(GetWork { hub: own.get_value() });
    load();
    every(EVERY, load);
    api::live::listen(move |news| match news {
        News::Opened => load(),
        News::Changes(_) | News::Batches(_) | News::Resync(_) => {}
    });
    let title = Signal::derive(move || format!("{} · {}", text().admin.workers, own.get_value()));
    view! {
        <div class="page-head">
            <Heading title>{tr(|t| t.admin.workers)}</Heading>
        </div>
        <Trouble health=work.health again=Callback::new(move |()| load()) />
        {move || work.value.with(|work| work.as_ref().map(shown))}
    }
    .into_any()
}

fn shown(work: &HubWork) -> AnyView {
    let (vain, due) = parted(&work.waiting);
    let list = |items: Vec<&WaitingWork>| {
        let rows = items.into_iter().map(waiting).collect_view();
        view! { <ul class="card lines">{rows}</ul> }.into_any()
    };
    let unserved = (!vain.is_empty()).then(|| {
        view! {
            <section class="part" data-testid="unserved">
                <h2 class="with-icon bad"><Icon glyph=Glyph::Warning />{tr(|t| t.admin.unserved)}</h2>
                <p class="muted">{tr(|t| t.admin.unserved_text)}</p>
                {list(vain)}
            </section>
        }
    });
    let due = (!due.is_empty()).then(|| {
        view! {
            <section class="part" data-testid="due">
                <h2>{tr(|t| t.admin.due)}</h2>
                {list(due)}
            </section>
        }
    });
    let nobody = work.workers.is_empty();
    let workers = if nobody {
        view! {
            <div class="empty" data-testid="no-workers">
                <p class="empty-title">{tr(|t| t.admin.no_workers)}</p>
                <p class="muted">{tr(|t| t.admin.no_workers_text)}</p>
            </div>
        }
        .into_any()
    } else {
        const COLUMNS: [Words; 5] = [
            |t| t.admin.worker,
            |t| t.admin.takes,
            |t| t.admin.busy,
            |t| t.admin.connected,
            |t| t.admin.last_work,
        ];
        let head = COLUMNS.map(|word| view! { <th scope="col">{tr(word)}</th> }).collect_view();
        let rows = work.workers.iter().map(worker).collect_view();
        view! {
            <div class="table-box wide" tabindex="0">
                <table class="plain-table stack" aria-label=tr(|t| t.admin.connected_workers) data-testid="workers-table">
                    <thead><tr>{head}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        {unserved}
        {due}
        <section class="part">
            <h2>{tr(|t| t.admin.connected_workers)}</h2>
            {workers}
        </section>
    }
    .into_any()
}

/// What waits in vain, and what somebody serves; the oldest first in both.
pub fn parted(waiting: &[WaitingWork]) -> (Vec<&WaitingWork>, Vec<&WaitingWork>) {
    waiting.iter().partition(|one| one.workers == 0)
}

/// One name as a sentence.
pub fn sentence(one: &WaitingWork) -> String {
    let age = intl::ticking(i64::try_from(one.oldest_age_ms).unwrap_or(i64::MAX));
    let name = match &one.version {
        Some(version) => format!("{} ({version})", one.name),
        None => one.name.clone(),
    };
    (text().admin.waits)(one.kind, &intl::count(one.depth), &name, &age)
}

fn waiting(one: &WaitingWork) -> AnyView {
    let advice = if one.workers == 0 && one.refused > 0 {
        (text().admin.given_back)(&intl::count(u64::from(one.refused)))
    } else if one.workers == 0 {
        (text().admin.start_worker)(one.kind, &one.name)
    } else {
        (text().admin.served_by)(&intl::count(one.workers))
    };
    let lost = (one.lost > 0).then(|| (text().admin.lost)(&intl::count(u64::from(one.lost))));
    view! {
        <li>
            <p class="strong break">{sentence(one)}</p>
            <p class="muted break">{advice} {lost.map(|lost| format!(" {lost}"))}</p>
        </li>
    }
    .into_any()
}

fn worker(one: &WorkerInfo) -> AnyView {
    let takes = one.takes.iter().map(|takes| {
        let names = match &takes.names {
            Some(names) if names.is_empty() => text().none.to_owned(),
            Some(names) => names.join(", "),
            None => text().admin.any_name.to_owned(),
        };
        let kind: Words = match takes.kind {
            KindOfWork::Orchestration => |t| t.admin.orchestrations,
            KindOfWork::Activity => |t| t.admin.activities,
            KindOfWork::Entity => |t| t.admin.entities,
        };
        view! { <div class="break"><span class="muted">{kind(text())}": "</span>{names}</div> }
    });
    let takes = takes.collect_view();
    let sum = |pick: fn(&taskhub_shared::request::WorkerTakes) -> u64| {
        one.takes.iter().map(pick).sum::<u64>()
    };
    let busy = (text().admin.of_total)(
        &intl::number(sum(|takes| takes.outstanding)),
        &intl::number(sum(|takes| takes.limit)),
    );
    let id = if one.id.is_empty() { text().admin.no_name.to_owned() } else { one.id.clone() };
    let connected = one.connected_at;
    let last = one.last_work_at.map(|at| {
        let now = clock::now();
        let words = intl::ticking((now - at).num_milliseconds());
        view! { <span title=intl::utc(at)>{(text().admin.ago)(&words)}</span> }
    });
    view! {
        <tr>
            <td class="break">{id}</td>
            <td>{takes}</td>
            <td class="nowrap">{busy}</td>
            <td class="nowrap">
                <Time at=Signal::stored(connected) short=true />
                " · "
                <span class="muted"><Elapsed from=Signal::stored(connected) to=Signal::stored(None) /></span>
            </td>
            <td class="nowrap">{last.map_or_else(|| text().admin.never.into_any(), IntoAny::into_any)}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_serves_comes_apart() {
        let work = |name: &str, workers: u64| WaitingWork {
            name: name.to_owned(),
            version: None,
            kind: KindOfWork::Activity,
            depth: 1,
            oldest_age_ms: 5,
            workers,
            lost: 0,
            refused: 0,
        };
        let all = [work("a", 1), work("b", 0), work("c", 2), work("d", 0)];
        let names =
            |list: Vec<&WaitingWork>| list.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        let (vain, due) = parted(&all);
        assert_eq!(
            (names(vain), names(due)),
            (vec!["b".to_owned(), "d".to_owned()], vec!["a".to_owned(), "c".to_owned()])
        );
    }
}
