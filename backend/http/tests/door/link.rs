//! Where links lead: behind a proxy, with a key, and what a client library is handed.

use crate::support::{BASE, server, server_with};

const FORWARDED: [(&str, &str); 2] =
    [("x-forwarded-host", "tasks.example.org"), ("x-forwarded-proto", "https")];

#[tokio::test]
async fn a_proxy_is_believed_when_the_server_is_told_to() {
    let path = format!("{BASE}/orchestrators/Order/a");
    for (believed, origin) in
        [(false, "http://127.0.0.1:7071"), (true, "https://tasks.example.org")]
    {
        let server = server_with(|options| options.use_forwarded_host = believed).await;
        let answer = server.send_with("POST", &path, "", &FORWARDED).await;
        let links = answer.json();
        for (name, link) in links.as_object().unwrap() {
            assert!(name == "id" || link.as_str().unwrap().starts_with(&format!("{origin}/run")));
        }
        let status = server.send_with("GET", &format!("{BASE}/instances/a"), "", &FORWARDED).await;
        assert_eq!(status.header("location"), format!("{origin}{BASE}/instances/a"));
        let one = server.send_with("POST", &format!("{path}2"), "", &FORWARDED[..1]).await;
        assert!(one.header("location").starts_with("http://127.0.0.1:7071/"), "both are needed");
    }
}

#[tokio::test]
async fn a_key_in_the_query_is_in_the_links_and_no_other_key() {
    let server = server().await;
    let path = format!("{BASE}/orchestrators/Order");
    let query = server.post(&format!("{path}/a?Code=k%26%2B"), "").await;
    let links = query.json();
    let status = format!(
        "http://127.0.0.1:7071{BASE}/instances/a?taskHub=DurableFunctionsHub&connection=Storage&code=k%26%2B"
    );
    assert_eq!(links["statusQueryGetUri"], status.as_str());
    assert!(links["suspendPostUri"].as_str().unwrap().ends_with("&code=k%26%2B"));
    for header in [("x-functions-key", "secret"), ("authorization", "Basic a2V5OnNlY3JldA==")] {
        let answer = server.send_with("POST", &path.clone(), "", &[header]).await;
        assert!(answer.status == 202 && !answer.body.contains("secret"), "{}", answer.body);
        assert!(!answer.body.contains("code="));
    }
}

#[tokio::test]
async fn the_client_binding_has_what_libraries_read() {
    let server = server().await;
    let answer = server.get(&format!("{BASE}/clientBinding?taskHub=other&code=k")).await;
    let base = format!("http://127.0.0.1:7071{BASE}");
    let query = "taskHub=Other&connection=Storage&code=k";
    let create = format!("{base}/orchestrators/{{functionName}}[/{{instanceId}}]?");
    let one = format!("{base}/instances/INSTANCEID");
    let expected = serde_json::json!({
        "taskHubName": "Other",
        "connectionName": "Storage",
        "creationUrls": {
            "createNewInstancePostUri": format!("{create}{query}"),
            "createAndWaitOnNewInstancePostUri":
                format!("{create}timeout={{timeoutInSeconds}}&pollingInterval={{intervalInSeconds}}&{query}"),
        },
        "managementUrls": {
            "id": "INSTANCEID",
            "statusQueryGetUri": format!("{one}?{query}"),
            "sendEventPostUri": format!("{one}/raiseEvent/{{eventName}}?{query}"),
            "terminatePostUri": format!("{one}/terminate?reason={{text}}&{query}"),
            "rewindPostUri": format!("{one}/rewind?reason={{text}}&{query}"),
            "purgeHistoryDeleteUri": format!("{one}?{query}"),
            "restartPostUri": format!("{one}/restart?{query}"),
            "suspendPostUri": format!("{one}/suspend?reason={{text}}&{query}"),
            "resumePostUri": format!("{one}/resume?reason={{text}}&{query}"),
        },
        "baseUrl": base,
        "requiredQueryStringParameters": "code=k",
        "rpcBaseUrl": format!("{base}/"),
        "httpBaseUrl": base,
    });
    assert_eq!(answer.json(), expected);
    let plain = server.get(&format!("{BASE}/clientBinding")).await.json();
    assert_eq!(plain["requiredQueryStringParameters"], "connection=Storage", "never empty");
}
