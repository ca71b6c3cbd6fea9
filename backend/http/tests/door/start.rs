//! Start, and start and wait.

use taskhub_shared::failure::FailureDetails;

use crate::support::{BASE, complete, fail, server, server_with};

const LINKS: &str = "taskHub=DurableFunctionsHub&connection=Storage";

#[tokio::test]
async fn the_answer_is_the_links() {
    let server = server().await;
    let answer = server.post(&format!("{BASE}/orchestrators/Order/a%20b+c%26"), "{}").await;
    let one = format!("http://127.0.0.1:7071{BASE}/instances/a+b+c%26");
    let expected = format!(
        "{{\"id\":\"a b c&\",\"statusQueryGetUri\":\"{one}?{LINKS}\",\
         \"sendEventPostUri\":\"{one}/raiseEvent/{{eventName}}?{LINKS}\",\
         \"terminatePostUri\":\"{one}/terminate?reason={{text}}&{LINKS}\",\
         \"rewindPostUri\":\"{one}/rewind?reason={{text}}&{LINKS}\",\
         \"purgeHistoryDeleteUri\":\"{one}?{LINKS}\",\"restartPostUri\":\"{one}/restart?{LINKS}\",\
         \"suspendPostUri\":\"{one}/suspend?reason={{text}}&{LINKS}\",\
         \"resumePostUri\":\"{one}/resume?reason={{text}}&{LINKS}\"}}"
    );
    answer.is(202, &expected);
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("location"), format!("{one}?{LINKS}"));
    assert_eq!(answer.header("retry-after"), "10");
    assert_eq!(answer.header("cache-control"), "no-store");
    // The links lead back.
    assert_eq!(
        server
            .get(answer.header("location").trim_start_matches("http://127.0.0.1:7071"))
            .await
            .status,
        202
    );
}

#[tokio::test]
async fn links_begin_with_the_public_address() {
    let server =
        server_with(|options| options.public_url = Some("https://tasks.example.org/t/".to_owned()))
            .await;
    let answer = server.post("/durabletask/orchestrators/Order/a?taskHub=other", "").await;
    let expected =
        format!("https://tasks.example.org/t{BASE}/instances/a?taskHub=Other&connection=Storage");
    assert_eq!(answer.header("location"), expected);
    assert!(server.hubs.get("Other").unwrap().instance("a").await.unwrap().is_some());
    assert!(server.hub.instance("a").await.unwrap().is_none());
}

#[tokio::test]
async fn bodies_are_stored_to_the_letter() {
    let server = server().await;
    let bodies =
        [r#""{\"a\": 1}""#, r#"{"b":1,  "a":12345678901234567890123}"#, "\"\"", "null", "1e400"];
    for (index, body) in bodies.into_iter().enumerate() {
        let path = format!("{BASE}/orchestrators/Order/i{index}");
        let kind = [("content-type", "application/octet-stream")];
        assert_eq!(server.send_with("POST", &path, body, &kind).await.status, 202);
        let record = server.hub.instance(&format!("i{index}")).await.unwrap().unwrap();
        assert_eq!(record.payloads.input.as_deref(), Some(body));
        let shown = server.get(&format!("{BASE}/instances/i{index}")).await.body;
        assert!(shown.contains(&format!("\"input\":{body},\"customStatus\":null")), "{shown}");
    }
    server.start("none", "").await;
    let record = server.hub.instance("none").await.unwrap().unwrap();
    assert_eq!(record.payloads.input, None);
}

#[tokio::test]
async fn a_new_id_has_32_digits_and_version_and_trace_go_along() {
    let server = server().await;
    let path = format!("{BASE}/Orchestrators/Order/?VERSION=2.0");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [("traceparent", trace), ("tracestate", "a=b")];
    let answer = server.send_with("POST", &path, "1", &headers).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    let (_, work) = server.worker().take().await;
    assert_eq!((work.record.version.as_deref(), &*work.record.name), (Some("2.0"), "Order"));
    let started = format!("{:?}", work.new[1].kind);
    assert!(started.contains(trace) && started.contains("b7ad6b7169203331"), "{started}");
}

#[tokio::test]
async fn one_id_stands_for_one_instance() {
    let server = server().await;
    server.start("a", "1").await;
    let again = server.post(&format!("{BASE}/orchestrators/Order/a"), "2").await;
    again.is(
        409,
        r#"{"Message":"An Orchestration instance with the status Pending already exists."}"#,
    );
    server.worker().turn(vec![complete("1")]).await;
    server.start("a", "3").await;
    let record = server.hub.instance("a").await.unwrap().unwrap();
    assert_eq!(record.payloads.input.as_deref(), Some("3"), "one that has ended is replaced");
}

#[tokio::test]
async fn waiting_ends_with_the_instance() {
    let server = server().await;
    let wait = |id: &str| format!("{BASE}/orchestrators/Order/{id}?timeout=20&pollingInterval=0.5");
    let (path, mut worker) = (wait("a"), server.worker());
    let (answer, ()) =
        tokio::join!(server.post(&path, "1"), worker.turn(vec![complete("{\"n\": 1}")]));
    answer.is(200, "{\"n\": 1}");

    let path = wait("b");
    let failure = FailureDetails::new("ValueError", "no stock");
    let (answer, ()) = tokio::join!(server.post(&path, "1"), worker.turn(vec![fail(failure)]));
    answer.is(
        200,
        r#"{"name":"Order","instanceId":"b","runtimeStatus":"Failed","input":1,"customStatus":null,"output":"Orchestrator function 'Order' failed: no stock","createdTime":"2026-11-23T14:02:11Z","lastUpdatedTime":"2026-11-23T14:02:11Z"}"#,
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_the_time() {
    let server = server().await;
    let answer = server.post(&format!("{BASE}/orchestrators/Order/a?timeout=1.5"), "1").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (202, "10"));
    let began = tokio::time::Instant::now();
    let path = format!("{BASE}/orchestrators/Order/b?timeout=100000");
    assert_eq!(server.post(&path, "1").await.status, 202);
    assert_eq!(began.elapsed().as_secs(), 230, "no request waits for ever");
}

#[tokio::test]
async fn refusals_have_all_keys_of_the_exception() {
    let server = server().await;
    let too_long = "x".repeat(257);
    for (rest, body, message) in [
        ("Order/a", "{\"a\":", "EOF while parsing a value at line 1 column 5"),
        ("Order/a", "'a'", "expected value at line 1 column 1"),
        ("Order/@a@b", "", "instanceId: must not begin with @, which is reserved for entities"),
        ("Order/a%23b", "", "instanceId: must not hold '#'"),
        ("Order/a%3Fb", "", "instanceId: must not hold '?'"),
        ("Order/a%5Cb", "", "instanceId: must not hold '\\\\'"),
        ("Order/a%0Ab", "", "instanceId: must not hold control characters, but has U+000A"),
        (
            &format!("Order/{too_long}"),
            "",
            "instanceId: must have at most 256 characters, but has 257",
        ),
        (&format!("{too_long}/a"), "", "name: must have at most 256 characters, but has 257"),
        (
            "Order/a?timeout=1&pollingInterval=2",
            "",
            "Total timeout 1 should be bigger than retry timeout 2",
        ),
    ] {
        let answer = server.post(&format!("{BASE}/orchestrators/{rest}"), body).await;
        assert_eq!(answer.status, 400, "{rest}");
        let body = answer.json();
        assert_eq!(body["ExceptionMessage"], message, "{rest}");
        for key in ["Message", "ExceptionType", "StackTrace"] {
            assert!(body[key].is_string(), "{rest}: {key}");
        }
    }
    assert_eq!(server.get(&format!("{BASE}/instances")).await.body, "[]", "nothing was started");
    // A slash separates, however it is written.
    server.post(&format!("{BASE}/orchestrators/Order/a%2Fb"), "").await.is(404, "");
}
