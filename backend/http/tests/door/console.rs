//! The console's API.

use chrono::TimeDelta;
use taskhub_shared::{
    action::{Action, Refusal},
    query::InstanceQuery,
    request::{
        ApiRequest, GetHistory, GetInstance, GetServer, ListInstances, ListNames, Method,
        PurgeInstance, RaiseEvent, RaiseEventBody, ReasonBody, ResumeInstance, StartBody,
        StartInstance, SuspendInstance, TerminateBody, TerminateInstance,
    },
    status::{RuntimeStatus, WaitingFor},
};

use crate::support::{Answer, BASE, START, Server, call, server};

const HUB: &str = "DurableFunctionsHub";

async fn ask<T: ApiRequest>(server: &Server, request: &T) -> Answer {
    let method = match T::METHOD {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    };
    server.send(method, &request.url(), &request.body().unwrap_or_default()).await
}

/// Sends a call of the catalogue and reads its answer by the catalogue.
async fn good<T: ApiRequest>(server: &Server, status: u16, request: &T) -> T::Response {
    let answer = ask(server, request).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    serde_json::from_str(&answer.body).unwrap()
}

fn start(id: Option<&str>, input: &str) -> StartInstance {
    let input = Some(serde_json::value::RawValue::from_string(input.to_owned()).unwrap());
    let instance_id = id.map(str::to_owned);
    let body = StartBody { name: "Order".to_owned(), instance_id, input, ..StartBody::default() };
    StartInstance { hub: HUB.to_owned(), body }
}

fn one(id: &str) -> GetInstance {
    GetInstance { hub: HUB.to_lowercase(), id: id.to_owned() }
}

#[tokio::test]
async fn the_server_tells_about_itself() {
    let server = server().await;
    server.start("a", "").await;
    let _worker = server.worker();
    let info = good(&server, 200, &GetServer).await;
    assert_eq!((&*info.version, &*info.console_build, &*info.store), ("1.2.3", "b1", "memory"));
    assert_eq!(info.now, START.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!(info.grpc_address, "http://127.0.0.1:4001");
    let hubs: Vec<_> = info.hubs.iter().map(|hub| (&*hub.name, hub.workers)).collect();
    assert_eq!(hubs, [(HUB, 1), ("Other", 0)]);
    assert_eq!(info.hubs[0].counts[&RuntimeStatus::Pending], 1);
    let names = good(&server, 200, &ListNames { hub: HUB.to_owned() }).await;
    assert_eq!((&*names[0].name, names[0].instances, names[0].served), ("Order", 1, None));
}

#[tokio::test]
async fn start_keeps_input_and_id_to_the_letter() {
    let server = server().await;
    let id = "a/b @é🙂?#%";
    let input = r#"{"b":1.0,  "a":12345678901234567890123}"#;
    let answer = ask(&server, &start(Some(id), input)).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["instanceId"], id);
    let location = answer.header("location").to_owned();
    let detail: taskhub_shared::status::InstanceDetail =
        serde_json::from_str(&server.get(&location).await.body).unwrap();
    assert_eq!((&*detail.summary.instance_id, detail.input.as_deref()), (id, Some(input)));
    let again = ask(&server, &start(Some(id), "1")).await;
    again.is_problem(409, "TH0005", Some("instanceId"));
    assert_eq!(good(&server, 201, &start(None, "1")).await.instance_id.len(), 32);
}

#[tokio::test]
async fn one_instance_tells_what_may_be_done_and_what_it_waits_for() {
    let server = server().await;
    let mut later = start(Some("later"), "1");
    let at = START.parse::<chrono::DateTime<chrono::Utc>>().unwrap() + TimeDelta::hours(1);
    later.body.scheduled_start_at = Some(at);
    later.body.tags.insert("team".to_owned(), "blue".to_owned());
    good(&server, 201, &later).await;
    let detail = good(&server, 200, &one("later")).await;
    assert_eq!(detail.waiting_for, [WaitingFor::ScheduledStart { at }]);
    assert_eq!(
        (detail.summary.tags["team"].as_str(), detail.summary.scheduled_start_at),
        ("blue", Some(at))
    );

    good(&server, 201, &start(Some("a"), "1")).await;
    server.worker().turn_with(vec![call("Pay", "1")], 0, Some("{\"step\":1}")).await;
    let detail = good(&server, 200, &one("a")).await;
    assert_eq!(detail.actions, Action::capabilities(RuntimeStatus::Running));
    assert_eq!(detail.custom_status.as_deref(), Some("{\"step\":1}"));
    let [WaitingFor::Activity { name, served, .. }] = &detail.waiting_for[..] else {
        panic!("{:?}", detail.waiting_for)
    };
    assert_eq!((&**name, *served), ("Pay", false));
    ask(&server, &one("b")).await.is_problem(404, "TH0002", None);
    let elsewhere = GetInstance { hub: "Nowhere".to_owned(), id: "a".to_owned() };
    let detail = ask(&server, &elsewhere).await.is_problem(404, "TH0003", None);
    assert!(detail.contains("DurableFunctionsHub, Other"), "{detail}");
}

#[tokio::test]
async fn the_list_has_pages_exact_counts_and_a_place_in_the_stream() {
    let server = server().await;
    for id in ["a", "b", "c"] {
        good(&server, 201, &start(Some(id), "1")).await;
        server.clock.advance(TimeDelta::seconds(1));
    }
    server.post(&format!("{BASE}/instances/b/terminate"), "").await;
    let mut list = ListInstances { hub: HUB.to_owned(), query: InstanceQuery::default() };
    list.query.limit = Some(2);
    let ids = |listed: &taskhub_shared::request::ListedInstances| {
        listed.page.items.iter().map(|row| row.instance_id.clone()).collect::<Vec<_>>()
    };
    let first = good(&server, 200, &list).await;
    assert_eq!((ids(&first), first.seq), (vec!["c".to_owned(), "b".to_owned()], server.hub.seq()));
    assert_eq!(first.page.previous, None);
    list.query.cursor = first.page.next.clone();
    let second = good(&server, 200, &list).await;
    assert_eq!((ids(&second), second.page.next.as_ref()), (vec!["a".to_owned()], None));
    list.query.cursor = second.page.previous.clone();
    assert_eq!(ids(&good(&server, 200, &list).await), ids(&first));

    list.query =
        InstanceQuery { statuses: vec![RuntimeStatus::Terminated], ..InstanceQuery::default() };
    let ended = good(&server, 200, &list).await;
    assert_eq!(ids(&ended), ["b"]);
    assert_eq!(ended.counts[&RuntimeStatus::Pending], 2, "counts do not mind the status");
}

#[tokio::test]
async fn history_comes_in_pages() {
    let server = server().await;
    server.completed("a", "{\"x\":1}", "\"done\"").await;
    let mut ask = GetHistory {
        hub: HUB.to_owned(),
        id: "a".to_owned(),
        limit: Some(2),
        ..GetHistory::default()
    };
    let first = good(&server, 200, &ask).await.page;
    let kinds: Vec<_> = first.items.iter().map(|event| (event.seq, event.kind.name())).collect();
    assert_eq!(kinds, [(1, "OrchestratorStarted"), (2, "ExecutionStarted")]);
    assert_eq!(first.next.as_deref(), Some("2"));
    ask.after = first.next.unwrap().parse().unwrap();
    let second = good(&server, 200, &ask).await.page;
    let kinds: Vec<_> = second.items.iter().map(|event| (event.seq, event.kind.name())).collect();
    assert_eq!((kinds, second.next), (vec![(3, "ExecutionCompleted")], None));
    let unknown = server.get(&format!("/api/v1/hubs/{HUB}/instances/b/history")).await;
    unknown.is_problem(404, "TH0002", None);
}

#[tokio::test]
async fn actions_are_accepted_or_refused_with_the_reason() {
    let server = server().await;
    good(&server, 201, &start(Some("a"), "1")).await;
    let (hub, id) = (HUB.to_owned(), "a".to_owned());
    let reason = || ReasonBody { reason: Some("lunch".to_owned()) };
    let suspend = SuspendInstance { hub: hub.clone(), id: id.clone(), body: reason() };
    let resume = ResumeInstance { hub: hub.clone(), id: id.clone(), body: reason() };
    let body = RaiseEventBody { name: "Approval".to_owned(), input: None };
    let event = RaiseEvent { hub: hub.clone(), id: id.clone(), body };
    let body = TerminateBody { reason: Some("not \"wanted\"".to_owned()), recursive: true };
    let terminate = TerminateInstance { hub: hub.clone(), id: id.clone(), body };
    let purge = PurgeInstance { hub, id };
    let refused = |answer: Answer, refusal: Refusal| {
        let detail = answer.is_problem(409, "TH0004", None);
        assert!(detail.ends_with(refusal.text()), "{detail}");
    };

    refused(ask(&server, &resume).await, Refusal::NotSuspended);
    assert_eq!(good(&server, 202, &suspend).await.instance_id, "a");
    refused(ask(&server, &suspend).await, Refusal::AlreadySuspended);
    good(&server, 202, &resume).await;
    good(&server, 202, &event).await;
    refused(ask(&server, &purge).await, Refusal::NotEnded);
    good(&server, 202, &terminate).await;
    let detail = good(&server, 200, &one("a")).await;
    assert_eq!(detail.output.as_deref(), Some(r#""not \"wanted\"""#));
    assert_eq!(
        (detail.waiting_for, detail.summary.runtime_status),
        (vec![], RuntimeStatus::Terminated)
    );
    refused(ask(&server, &terminate).await, Refusal::AlreadyEnded);
    refused(ask(&server, &suspend).await, Refusal::AlreadyEnded);
    refused(ask(&server, &resume).await, Refusal::AlreadyEnded);
    refused(ask(&server, &event).await, Refusal::AlreadyEnded);
    assert_eq!(good(&server, 200, &purge).await.instance_id, "a");
    ask(&server, &purge).await.is_problem(404, "TH0002", None);
    ask(&server, &terminate).await.is_problem(404, "TH0002", None);
}

#[tokio::test]
async fn an_empty_body_asks_for_nothing() {
    let server = server().await;
    server.completed("done", "1", "2").await;
    server.start("a", "").await;
    let path = format!("/api/v1/hubs/{HUB}/instances/a");
    assert_eq!(server.post(&format!("{path}/suspend"), "").await.status, 202);
    assert_eq!(server.post(&format!("{path}/terminate"), "").await.status, 202);
    server.post(&format!("{path}/raise-event"), "").await.is_problem(400, "TH0001", Some("name"));
}
