//! Looking for instances by the query language: pages both ways, counts, facets, histogram, search, bad input.

use tokio::time::Instant;

use chrono::TimeDelta;
use taskhub_shared::{
    query::InstanceQuery,
    request::{
        ApiRequest, CountInstances, Facet, Found, GetHistogram, ListFacets, ListInstances,
        SearchInstances,
    },
    status::RuntimeStatus::{Completed, Pending, Terminated},
};

use crate::support::{Answer, BASE, Server, server};

const HUB: &str = "DurableFunctionsHub";

/// Twelve instances, one a second; each third is terminated, one has completed.
async fn filled() -> Server {
    let server = server().await;
    server.completed("done", "{\"n\":99}", "\"out\"").await;
    for n in 0..12 {
        server.clock.advance(TimeDelta::seconds(1));
        server.start(&format!("i{n:02}"), &format!("{{\"n\":{n},\"kind\":\"k{}\"}}", n % 2)).await;
        if n % 3 == 0 {
            server.post(&format!("{BASE}/instances/i{n:02}/terminate?reason=x"), "").await;
        }
    }
    server
}

fn query(text: &str) -> InstanceQuery {
    InstanceQuery::parse(text).unwrap()
}

async fn ask<T: ApiRequest>(server: &Server, request: &T) -> T::Response {
    let answer = server.get(&request.url()).await;
    assert_eq!(answer.status, 200, "{}: {}", request.url(), answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

async fn ids(server: &Server, text: &str) -> Vec<String> {
    let list = ListInstances { hub: HUB.to_owned(), query: query(text) };
    ask(server, &list).await.page.items.into_iter().map(|row| row.instance_id).collect()
}

#[tokio::test]
async fn the_list_reads_the_language_and_the_orders() {
    let server = filled().await;
    assert_eq!(ids(&server, "q=input.n%3E9%20-id:done").await, ["i11", "i10"]);
    assert_eq!(ids(&server, "q=created:%3C-10s&sort=created").await, ["done", "i00"]);
    assert_eq!(ids(&server, "q=status:terminated&sort=created&limit=2").await, ["i00", "i03"]);
    assert_eq!(
        ids(&server, "status=Terminated&q=input.kind=k1&sort=-created").await,
        ["i09", "i03"]
    );
    assert_eq!(ids(&server, "q=output=%22out%22").await, ["done"]);
    // Nobody is connected that would take them.
    assert_eq!(ids(&server, "q=is:stuck&sort=created&limit=2").await, ["i01", "i02"]);
    let _worker = server.worker();
    assert_eq!(ids(&server, "q=is:stuck").await, [""; 0]);
    let list =
        ListInstances { hub: HUB.to_owned(), query: query("q=input.kind=k1&status=Terminated") };
    let counts = ask(&server, &list).await.counts;
    assert_eq!((counts[&Terminated], counts[&Pending]), (2, 4), "counts do not mind the status");
}

#[tokio::test]
async fn pages_go_both_ways_in_every_order() {
    let server = filled().await;
    for text in [
        "",
        "sort=created",
        "sort=-updated",
        "sort=name",
        "sort=-status",
        "sort=duration",
        "sort=completed",
        "q=input.n%3E2",
    ] {
        let whole = ids(&server, text).await;
        let mut list = ListInstances { hub: HUB.to_owned(), query: query(text) };
        list.query.limit = Some(5);
        let (mut there, mut back) = (Vec::new(), Vec::new());
        let mut last = None;
        loop {
            let page = ask(&server, &list).await.page;
            there.extend(page.items.iter().map(|row| row.instance_id.clone()));
            list.query.cursor.clone_from(&page.next);
            if page.next.is_none() {
                last = Some(page).or(last);
                break;
            }
        }
        assert_eq!(there, whole, "{text}");
        let mut page = last.unwrap();
        loop {
            let rows = page.items.iter().map(|row| row.instance_id.clone());
            back.splice(0..0, rows);
            let Some(previous) = page.previous else { break };
            list.query.cursor = Some(previous);
            page = ask(&server, &list).await.page;
        }
        assert_eq!(back, whole, "{text} backwards");
    }
}

#[tokio::test]
async fn cursors_of_other_lists_are_refused() {
    let server = filled().await;
    let mut list = ListInstances { hub: HUB.to_owned(), query: query("limit=2&q=is:root") };
    let cursor = ask(&server, &list).await.page.next.unwrap();
    list.query.cursor = Some(cursor.clone());
    ask(&server, &list).await;
    let forged = cursor.replacen(".a.", ".b.", 1);
    for (hub, text, cursor) in [
        ("Other", "limit=2&q=is:root", cursor.as_str()),
        (HUB, "limit=2", &cursor),
        (HUB, "limit=2&q=is:child", &cursor),
        (HUB, "limit=2&q=is:root&sort=created", &cursor),
        (HUB, "limit=2&q=is:root&status=Failed", &cursor),
        (HUB, "limit=2&q=is:root", &cursor[..cursor.len() - 1]),
        (HUB, "limit=2&q=is:root", &cursor[1..]),
        (HUB, "limit=2&q=is:root", &forged),
    ] {
        let query = InstanceQuery { cursor: Some(cursor.to_owned()), ..query(text) };
        for url in [
            ListInstances { hub: hub.to_owned(), query: query.clone() }.url(),
            SearchInstances { hub: hub.to_owned(), query }.url(),
        ] {
            let told = server.get(&url).await.is_problem(400, "TH0001", Some("cursor"));
            assert!(told.contains("no cursor of this list"), "{url}: {told}");
        }
    }
}

#[tokio::test]
async fn counts_are_exact_for_any_filter() {
    let server = filled().await;
    for (text, total, terminated) in [
        ("", 13, 4),
        ("status=Terminated", 4, 4),
        ("q=input.kind=k0", 6, 2),
        ("name=Nothing", 0, 0),
    ] {
        let counts =
            ask(&server, &CountInstances { hub: HUB.to_owned(), query: query(text) }).await;
        assert_eq!((counts.total, counts.complete), (total, true), "{text}");
        assert_eq!(counts.counts.get(&Terminated).copied().unwrap_or(0), terminated, "{text}");
    }
}

#[tokio::test]
async fn facets_come_by_their_number() {
    let server = filled().await;
    let facets =
        |facet, text: &str, top| ListFacets { hub: HUB.to_owned(), query: query(text), facet, top };
    let status = ask(&server, &facets(Facet::Status, "", None)).await;
    let values: Vec<_> = status.values.iter().map(|v| (v.value.as_str(), v.count)).collect();
    assert_eq!(values, [("Pending", 8), ("Terminated", 4), ("Completed", 1)]);
    let names = ask(&server, &facets(Facet::Name, "q=-status:pending", None)).await;
    assert_eq!((&*names.values[0].value, names.values[0].counts[&Completed]), ("Order", 1));
    let top = ask(&server, &facets(Facet::Status, "", Some(1))).await;
    assert_eq!((top.values.len(), top.others, top.complete), (1, 2, true));
    assert_eq!(ask(&server, &facets(Facet::Tag, "", None)).await.values, []);
}

#[tokio::test]
async fn a_histogram_has_steps_of_one_length() {
    let server = filled().await;
    let now = server.hub.now();
    let mut ask_for = GetHistogram {
        hub: HUB.to_owned(),
        query: InstanceQuery::default(),
        field: None,
        from: Some(now - TimeDelta::seconds(11)),
        to: Some(now + TimeDelta::seconds(1)),
        steps: Some(4),
    };
    let histogram = ask(&server, &ask_for).await;
    let sums: Vec<u64> = histogram.steps.iter().map(|step| step.values().sum()).collect();
    assert_eq!(sums, [3, 3, 3, 3]);
    assert_eq!((Some(histogram.from), Some(histogram.to)), (ask_for.from, ask_for.to));
    assert_eq!(histogram.steps[0][&Terminated], 1);
    (ask_for.from, ask_for.to, ask_for.steps) = (None, None, None);
    let day = ask(&server, &ask_for).await;
    assert_eq!((day.steps.len(), day.to - day.from), (60, TimeDelta::days(1)));
}

fn lines(answer: &Answer) -> Vec<Found> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_search_tells_rows_and_its_end() {
    let server = filled().await;
    let search = |text: &str| SearchInstances { hub: HUB.to_owned(), query: query(text) }.url();
    let found = lines(&server.get(&search("q=input.kind=k0&limit=4")).await);
    let last = found.last().unwrap();
    let rows: Vec<_> =
        found.iter().flat_map(|line| &line.items).map(|row| &*row.instance_id).collect();
    assert_eq!(rows, ["i10", "i08", "i06", "i04"]);
    assert!(last.done && last.problem.is_none());
    let cursor = last.next.clone().unwrap();
    let next = InstanceQuery { cursor: Some(cursor), ..query("q=input.kind=k0&limit=4") };
    let found =
        lines(&server.get(&SearchInstances { hub: HUB.to_owned(), query: next }.url()).await);
    let rows: Vec<_> =
        found.iter().flat_map(|line| &line.items).map(|row| &*row.instance_id).collect();
    assert_eq!(rows, ["i02", "i00"]);
    assert_eq!(found.last().unwrap().next, None);
    let none = lines(&server.get(&search("q=input.kind=k7")).await);
    assert!(none.last().unwrap().done && none.iter().all(|line| line.items.is_empty()));
}

#[tokio::test]
async fn bad_input_names_its_parameter_in_bounded_time() {
    let server = filled().await;
    let hub = format!("/api/v1/hubs/{HUB}");
    let terms = format!("q={}", "a+".repeat(10_000));
    let values = format!("q=name:{}x", "x,".repeat(3000));
    let deep = format!("q={}a{}", "(".repeat(3000), ")".repeat(3000));
    let negations = format!("q={}a:b", "-".repeat(8000));
    for path in ["instances", "counts", "facets?facet=name", "histogram", "search"] {
        let join = if path.contains('?') { '&' } else { '?' };
        for (text, field) in [
            ("q=stat:failed", "q"),
            ("q=%FF%00(", "q"),
            ("q=a&q=b", "q"),
            ("name=a&name=b", "name"),
            (&terms, "q"),
            (&values, "q"),
            (&deep, "q"),
            (&negations, "q"),
            ("status=runing", "status"),
            ("status=Failed&status=x", "status"),
            ("createdFrom=yesterday", "createdFrom"),
            ("createdFrom=2026-11-23T14:02:11Z&createdFrom=2026-11-23T14:02:11Z", "createdFrom"),
            ("sort=colour", "sort"),
            ("sort=-", "sort"),
            ("sort=name&sort=name", "sort"),
            ("limit=0", "limit"),
            ("limit=99999999999999999999", "limit"),
            ("colour=red", "query"),
        ] {
            let began = Instant::now();
            let answer = server.get(&format!("{hub}/{path}{join}{text}")).await;
            let told = answer.is_problem(400, "TH0001", Some(field));
            assert!(told.len() < 1000, "{path} {field}: {told}");
            assert!(began.elapsed().as_secs() < 5, "{path} {field}");
        }
        // Empty values count as absent.
        let empty = format!("{hub}/{path}{join}q=&sort=&name=&status=&createdTo=&limit=");
        assert_eq!(server.get(&empty).await.status, 200, "{path}");
    }
    for (path, field) in [
        ("counts?sort=name", "sort"),
        ("counts?limit=5", "limit"),
        ("histogram?cursor=x", "cursor"),
        ("facets", "facet"),
        ("facets?facet=colour", "facet"),
        ("facets?facet=name&facet=tag", "facet"),
        ("facets?facet=name&top=0", "top"),
        ("facets?facet=name&top=1001", "top"),
        ("histogram?steps=0", "steps"),
        ("histogram?steps=1001", "steps"),
        ("histogram?field=started", "field"),
        ("histogram?from=noon", "from"),
        ("histogram?to=noon", "to"),
        ("histogram?from=2026-11-23T14:02:11Z&to=2026-11-23T14:02:11Z", "to"),
        ("search?cursor=x", "cursor"),
    ] {
        server.get(&format!("{hub}/{path}")).await.is_problem(400, "TH0001", Some(field));
    }
    // The message points at the character.
    let told = server.get(&format!("{hub}/instances?q=name:x%20stat:failed")).await;
    let told = told.is_problem(400, "TH0001", Some("q"));
    assert!(told.contains("Did you mean status? (character 8)"), "{told}");
}
