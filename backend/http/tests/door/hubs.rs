//! Task hubs that are deleted.

use crate::support::server;

#[tokio::test]
async fn a_hub_is_deleted_with_everything_in_it_but_not_the_default_one() {
    let server = server().await;
    let path = "/api/v1/hubs/other";
    let started = server.post(&format!("{path}/instances"), r#"{"name":"Order"}"#).await;
    assert_eq!(started.status, 201, "{}", started.body);
    let deleted = server.send("DELETE", path, "").await;
    assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (200, r#"{"hub":"Other"}"#));
    let again = server.send("DELETE", path, "").await;
    assert_eq!(again.status, 404);
    assert!(again.body.contains("TH0003"), "{}", again.body);
    assert_eq!(server.get(&format!("{path}/instances")).await.status, 404);

    let refused = server.send("DELETE", "/api/v1/hubs/DurableFunctionsHub", "").await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("default task hub"), "{}", refused.body);
    assert!(refused.body.contains("TH0004"), "{}", refused.body);
    assert_eq!(server.get("/api/v1/hubs/DurableFunctionsHub/instances").await.status, 200);
    let refused = server.send("DELETE", "/api/v1/hubs/DurableFunctionsHub?x=1", "").await;
    assert_eq!(refused.status, 400, "{}", refused.body);
}
