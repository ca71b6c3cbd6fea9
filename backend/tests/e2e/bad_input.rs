//! Requests that are wrong: each gets a clear refusal, and the server goes on.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use taskhub_proto as proto;
use taskhub_shared::query::encode;
use tonic::Code;

use crate::world::{Api, DF, HUB, Server, Setup, send, start_request};

/// Ids that make trouble somewhere in addresses, tables or on screens.
const ODD_IDS: [&str; 15] = [
    "a/b",
    "a/../b",
    "a b",
    " a ",
    "a@b",
    "a%2Fb",
    "100%",
    "a?b#c&d=e",
    "a+b",
    "a\\b",
    "é漢🙂",
    "<script>alert(1)</script>",
    "'; drop table instance; --",
    "\u{202e}right to left",
    "healthz",
];

#[tokio::test]
async fn broken_bodies_are_refused_with_their_field() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let api = server.api();
    for (body, field) in [
        ("", None),
        ("{", None),
        ("nonsense", None),
        ("[]", None),
        ("null", None),
        (r#"{"name":"X"} trailing"#, None),
        (r#"{"name":"X","name":"Y"}"#, None),
        (r#"{"name":"X","typo":1}"#, None),
        (r#"{}"#, None),
        (r#"{"name":7}"#, Some("name")),
        (r#"{"name":""}"#, Some("name")),
        (r#"{"name":"X","instanceId":""}"#, Some("instanceId")),
        (r#"{"name":"X","instanceId":"@counter@1"}"#, Some("instanceId")),
        (r#"{"name":"X","instanceId":"a\nb"}"#, Some("instanceId")),
        (r#"{"name":"X","scheduledStartAt":"tomorrow"}"#, Some("scheduledStartAt")),
        (r#"{"name":"X","tags":{"a":1}}"#, None),
    ] {
        let problem = api.post_text(HUB, body).await.expect_problem(400, "TH0001");
        if let Some(field) = field {
            assert_eq!(problem["field"], field, "{body}: {problem}");
        }
    }
    let deep = format!(r#"{{"name":"X","input":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let answer = api.post_text(HUB, deep).await;
    assert!([201, 400].contains(&answer.status.as_u16()), "{answer:?}");
    let answer = api.post_text(HUB, vec![0xFF, 0xFE, b'{', 0]).await;
    answer.expect_problem(400, "TH0001");
    for query in [
        "status=Done",
        "limit=0",
        "limit=1001",
        "limit=x",
        "createdFrom=yesterday",
        "cursor=zzz",
        "x=1",
    ] {
        api.get(&format!("{HUB}?{query}")).await.expect_problem(400, "TH0001");
    }
    api.get("/healthz").await.expect(200);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[tokio::test]
async fn broken_bodies_are_refused_for_clients_of_durable_functions_too() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let api = server.api();
    let refused =
        api.post_text(&format!("{DF}/orchestrators/HelloWorld"), "{").await.expect(400).json();
    for key in ["Message", "ExceptionMessage", "ExceptionType", "StackTrace"] {
        assert!(refused.get(key).is_some(), "{key} is not in {refused}");
    }
    let long = "x".repeat(257);
    let refused = api
        .post_text(&format!("{DF}/orchestrators/HelloWorld/{long}"), "")
        .await
        .expect(400)
        .json();
    assert!(
        refused["ExceptionMessage"].as_str().is_some_and(|text| text.contains("256")),
        "{refused}"
    );
    api.start("Approval", "df", Value::Null).await;
    let event = format!("{DF}/instances/df/raiseEvent/Approval");
    let plain = api.request(Method::POST, &event).header("content-type", "text/plain").body("1");
    let refused = send(plain).await.expect("post").expect(400).json();
    assert_eq!(refused["Message"], "Only application/json request content is supported");
    api.post_text(&event, "{").await.expect(400);
    api.post_text(&event, "").await.expect(400);
    api.post_text(&event, "1").await.expect(202);
    api.reaches("df", "Completed").await;
    let gone = api.post_text(&event, "1").await.expect(410);
    assert_eq!(gone.text, "");
}

#[tokio::test]
async fn unknown_ids_are_told_by_every_call() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let api = server.api();
    api.instance("nobody").await.expect_problem(404, "TH0002");
    api.get(&Api::path("nobody", "/history?after=0")).await.expect_problem(404, "TH0002");
    api.delete(&Api::path("nobody", "")).await.expect_problem(404, "TH0002");
    let bodies = [
        ("/raise-event", json!({ "name": "E" })),
        ("/terminate", json!({})),
        ("/suspend", json!({})),
        ("/resume", json!({})),
    ];
    for (call, body) in bodies {
        api.post(&Api::path("nobody", call), &body).await.expect_problem(404, "TH0002");
    }
    for (method, path) in [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::POST, "/raiseEvent/E"),
        (Method::POST, "/terminate"),
        (Method::POST, "/suspend"),
        (Method::POST, "/resume"),
    ] {
        let request = api.request(method, &format!("{DF}/instances/nobody{path}")).json(&json!(1));
        let answer = send(request).await.expect("send").expect(404);
        assert_eq!(answer.text, "", "{path}");
    }
}

#[tokio::test]
async fn names_are_taken_up_to_their_bound_and_refused_past_it() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let (api, mut grpc) = (server.api(), server.grpc().await);
    for letter in ["x", "é", "🙂"] {
        let (longest, too_long) = (letter.repeat(256), letter.repeat(257));
        api.start("X", &longest, Value::Null).await;
        api.instance(&longest).await.expect(200);
        assert!(grpc.state(&longest).await.is_some());
        let body = |name: &str, id: &str| json!({ "name": name, "instanceId": id });
        let problem = api.post(HUB, &body("X", &too_long)).await.expect_problem(400, "TH0001");
        assert_eq!(problem["field"], "instanceId");
        let problem = api.post(HUB, &body(&too_long, "y")).await.expect_problem(400, "TH0001");
        assert_eq!(problem["field"], "name");
        let event = json!({ "name": too_long });
        api.post(&Api::path(&longest, "/raise-event"), &event).await.expect_problem(400, "TH0001");
        assert_eq!(grpc.refusal(start_request("X", &too_long)).await, Code::InvalidArgument);
        assert_eq!(grpc.refusal(start_request(&too_long, "y")).await, Code::InvalidArgument);
        let answer = api.instance(&too_long).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{answer:?}");
    }
    // The first belongs to entities; the others cannot stand in an address.
    for id in ["@counter@1", ".", ".."] {
        let problem = api.post(HUB, &json!({ "name": "X", "instanceId": id })).await;
        assert_eq!(problem.expect_problem(400, "TH0001")["field"], "instanceId");
        assert_eq!(grpc.refusal(start_request("X", id)).await, Code::InvalidArgument, "{id}");
    }
    assert_eq!(grpc.refusal(start_request("", "no-name")).await, Code::InvalidArgument);
}

#[tokio::test]
async fn odd_ids_go_through_both_doors() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let (api, mut grpc) = (server.api(), server.grpc().await);
    for (n, id) in ODD_IDS.iter().enumerate() {
        // Started by one door, seen by the other.
        if n % 2 == 0 {
            api.start("Approval", id, Value::Null).await;
        } else {
            grpc.start("Approval", id).await;
        }
        let instance = api.reaches(id, "Running").await;
        assert_eq!(instance["instanceId"], *id);
        assert_eq!(grpc.state(id).await.map(|state| state.instance_id).as_deref(), Some(*id));
        let listed = api.get(&format!("{HUB}?idPrefix={}", encode(id))).await.expect(200).json();
        assert!(
            listed["items"]
                .as_array()
                .is_some_and(|items| items.iter().any(|item| item["instanceId"] == *id))
        );
        let event = json!({ "name": "Approval", "input": id });
        api.post(&Api::path(id, "/raise-event"), &event).await.expect(202);
        let output: Value =
            serde_json::from_str(grpc.ended(id).await.output.as_deref().unwrap_or_default())
                .expect("JSON");
        assert_eq!(output, *id);
        assert!(api.history(id).await.iter().any(|event| event["type"] == "EventRaised"));
        api.delete(&Api::path(id, "")).await.expect(200);
        api.instance(id).await.expect_problem(404, "TH0002");
    }
}

#[tokio::test]
async fn odd_ids_go_through_the_door_of_durable_functions() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let api = server.api();
    for id in ["a b", "a@b", "é漢🙂", "a&b=c", "100%", "a'b"] {
        let path = encode(id);
        let started = api
            .post_text(&format!("{DF}/orchestrators/HelloWorld/{path}"), "")
            .await
            .expect(202)
            .json();
        assert_eq!(started["id"], id);
        api.reaches(id, "Completed").await;
        let status = api.get(&format!("{DF}/instances/{path}")).await.expect(200).json();
        assert_eq!(status["instanceId"], id, "{status}");
        // The link in the answer leads to the same instance.
        let link = started["statusQueryGetUri"]
            .as_str()
            .and_then(|link| link.strip_prefix(server.origin()));
        let status = api.get(link.expect("a link to this server")).await.expect(200).json();
        assert_eq!(status["instanceId"], id, "{status}");
        assert_eq!(
            api.delete(&format!("{DF}/instances/{path}")).await.expect(200).json(),
            json!({ "instancesDeleted": 1 })
        );
    }
    let refused =
        api.post_text(&format!("{DF}/orchestrators/HelloWorld/@counter@1"), "").await.expect(400);
    assert!(refused.json()["ExceptionMessage"].is_string(), "{}", refused.text);
    // A slash would be another path for these clients.
    let answer = api.post_text(&format!("{DF}/orchestrators/HelloWorld/a%2Fb"), "").await;
    assert!([400, 404].contains(&answer.status.as_u16()), "{answer:?}");
}

#[tokio::test]
async fn what_has_ended_takes_nothing_but_its_purge() {
    only_when_asked!();
    let server = Server::with_samples().await;
    let (api, mut grpc) = (server.api(), server.grpc().await);
    api.start("HelloSequence", "ended", Value::Null).await;
    api.reaches("ended", "Completed").await;
    let history = api.history("ended").await;
    let bodies = [
        ("/raise-event", json!({ "name": "E", "input": 1 })),
        ("/terminate", json!({ "reason": "x" })),
        ("/suspend", json!({})),
        ("/resume", json!({})),
    ];
    for (call, body) in bodies {
        let problem =
            api.post(&Api::path("ended", call), &body).await.expect_problem(409, "TH0004");
        assert!(problem["detail"].as_str().is_some_and(|text| text.contains("ended")), "{problem}");
    }
    for call in ["raiseEvent/E", "terminate", "suspend", "resume"] {
        let answer = api.post_text(&format!("{DF}/instances/ended/{call}"), "1").await.expect(410);
        assert_eq!(answer.text, "", "{call}");
    }
    // The SDKs' contract says OK here, and the event is dropped.
    let event = proto::RaiseEventRequest {
        instance_id: "ended".to_owned(),
        name: "E".to_owned(),
        input: None,
    };
    grpc.client.raise_event(event).await.expect("dropped");
    assert_eq!(api.history("ended").await, history, "nothing was added");
    api.start("Approval", "open", Value::Null).await;
    api.delete(&Api::path("open", "")).await.expect_problem(409, "TH0004");
    api.post(&Api::path("open", "/resume"), &json!({})).await.expect_problem(409, "TH0004");
    let answer = api.delete(&format!("{DF}/instances/open")).await.expect(412);
    assert!(answer.json().as_str().is_some_and(|text| text.contains("open")), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_starts_with_one_id_one_wins() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let api = server.api();
    for n in 0..10 {
        let id = format!("race-{n}");
        let body = json!({ "name": "Nobody", "instanceId": id });
        let starts = (0..8).map(|_| {
            let request = api.request(Method::POST, HUB).json(&body);
            tokio::spawn(async move { send(request).await.expect("post").status.as_u16() })
        });
        let starts: Vec<_> = starts.collect();
        let mut count: BTreeMap<u16, usize> = BTreeMap::new();
        for start in starts {
            *count.entry(start.await.expect("a start")).or_default() += 1;
        }
        assert_eq!(count, BTreeMap::from([(201, 1), (409, 7)]));
    }
    let body = json!({ "name": "Nobody", "instanceId": "race-0" });
    api.post(HUB, &body).await.expect_problem(409, "TH0005");
    let refused =
        api.post_text(&format!("{DF}/orchestrators/X/race-0"), "").await.expect(409).json();
    assert_eq!(
        refused["Message"],
        "An Orchestration instance with the status Pending already exists."
    );
    assert_eq!(
        server.grpc().await.refusal(start_request("X", "race-0")).await,
        Code::AlreadyExists
    );
    assert_eq!(api.instance("race-0").await.json()["name"], "Nobody", "the first is untouched");
}

#[tokio::test]
async fn an_answer_for_a_lost_lease_is_refused_and_changes_nothing() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let mut grpc = server.grpc().await;
    let mut first = grpc.work(None).await;
    grpc.start("Slow", "leased").await;
    let old = first.next().await.expect("a work item");
    drop(first);
    let mut second = grpc.work(None).await;
    let new = second.next().await.expect("the work item again");
    assert_ne!(old.completion_token, new.completion_token);
    let refused = grpc.complete(&old, "\"old\"").await.expect_err("the lease is lost");
    assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
    let state = grpc.state("leased").await.expect("it is known");
    assert_ne!(state.orchestration_status(), proto::OrchestrationStatus::Completed);
    grpc.complete(&new, "\"new\"").await.expect("the lease holds");
    assert_eq!(grpc.ended("leased").await.output.as_deref(), Some("\"new\""));
    // Said twice, because the first answer may have been lost; never once more done.
    let again = grpc.complete(&new, "\"again\"").await;
    assert!(again.is_ok() || again.is_err_and(|status| status.code() == Code::NotFound));
    for token in ["", "0", "forged", &"f".repeat(10_000)] {
        let mut forged = new.clone();
        forged.completion_token = token.to_owned();
        let refused = grpc.complete(&forged, "\"forged\"").await.expect_err("a forged token");
        assert!([Code::NotFound, Code::InvalidArgument].contains(&refused.code()), "{refused:?}");
        let activity =
            proto::ActivityResponse { completion_token: token.to_owned(), ..Default::default() };
        let refused =
            grpc.client.complete_activity_task(activity).await.expect_err("a forged token");
        assert!([Code::NotFound, Code::InvalidArgument].contains(&refused.code()), "{refused:?}");
    }
    assert_eq!(grpc.ended("leased").await.output.as_deref(), Some("\"new\""));
    assert_eq!(server.api().history("leased").await.len(), 3);
}

#[tokio::test]
async fn bodies_of_20_mb_are_refused_and_the_server_goes_on() {
    only_when_asked!();
    let server = Setup::new().start().await;
    let (api, mut grpc) = (server.api(), server.grpc().await);
    let large =
        format!(r#"{{"name":"X","instanceId":"large","input":"{}"}}"#, "x".repeat(20_000_000));
    let problem = api.post_text(HUB, large.clone()).await.expect_problem(413, "TH0006");
    assert!(problem["detail"].as_str().is_some_and(|text| text.contains("4 MiB")), "{problem}");
    api.post_text(&format!("{DF}/orchestrators/X/large"), large.clone()).await.expect(413);
    let mut request = start_request("X", "large");
    request.input = Some(large);
    let code = grpc.refusal(request).await;
    assert!([Code::ResourceExhausted, Code::InvalidArgument].contains(&code), "{code:?}");
    assert!(grpc.state("large").await.is_none(), "nothing was stored");
    // The same connections are still good, and what is within the bounds is taken.
    let fits = "x".repeat(3_000_000);
    api.start("X", "fits", json!(fits)).await;
    let state = grpc.state("fits").await.expect("it is known");
    assert_eq!(state.input.map(|input| input.len()), Some(3_000_002));
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_does_no_harm() {
    only_when_asked!();
    use tokio::io::AsyncWriteExt;
    let server = Setup::new().start().await;
    for text in [
        "",
        "GET",
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "POST /api/v1/hubs/DurableFunctionsHub/instances HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\0\0\0\0\0\0\0\0\0",
    ] {
        let mut socket = tokio::net::TcpStream::connect(server.address()).await.expect("connect");
        socket.write_all(text.as_bytes()).await.expect("write");
        drop(socket);
    }
    let api = server.api();
    api.get("/healthz").await.expect(200);
    assert_eq!(api.get(HUB).await.json()["items"], json!([]));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
