//! Batch jobs over a kill: each instance is dealt with once, and the job goes on by itself.

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use crate::world::{Api, HUB, Process, Setup, check_integrity, eventually};

const BATCHES: &str = "/api/v1/hubs/DurableFunctionsHub/batches";
const INSTANCES: u64 = 600;

async fn create(api: &Api, body: &Value) -> String {
    let made = api.post(BATCHES, body).await.expect(202).json();
    made["batch"]["id"].as_str().expect("a job has an id").to_owned()
}

async fn job(api: &Api, id: &str) -> Value {
    api.get(&format!("{BATCHES}/{id}")).await.expect(200).json()
}

async fn completed(api: &Api, id: &str) -> Value {
    eventually("the job is completed", || async {
        let job = job(api, id).await;
        (job["state"] == "completed").then_some(job)
    })
    .await
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_job_repeats_nothing() {
    only_when_asked!();
    let server = Setup::new().with_fixed_port().start().await;
    let api = server.api();
    stream::iter(0..INSTANCES)
        .for_each_concurrent(32, |n| {
            let api = api.clone();
            async move { api.start("Approval", &format!("a-{n}"), Value::Null).await }
        })
        .await;
    let raise = json!({
        "action": "raiseEvent", "query": "", "eventName": "Approval", "input": true,
        "ratePerSecond": 200,
    });
    let id = create(&api, &raise).await;
    eventually("the middle", || async {
        (job(&api, &id).await["counts"]["succeeded"].as_u64() > Some(100)).then_some(())
    })
    .await;
    let server = server.restart().await;
    let done = job(&api, &id).await["counts"]["succeeded"].as_u64().expect("a number");
    println!("{done} of {INSTANCES} were done when the server was killed");
    assert!(done > 100 && done < INSTANCES, "{done}");
    let all = json!({"total": INSTANCES, "succeeded": INSTANCES, "skipped": 0, "failed": 0});
    assert_eq!(completed(&api, &id).await["counts"], all);
    // No worker has run yet: an event that was raised twice would be in the inbox twice, and then in the history.
    let _worker = Process::sample_worker(&server);
    for n in 0..INSTANCES {
        let id = format!("a-{n}");
        api.reaches(&id, "Completed").await;
        let history = api.history(&id).await;
        let raised = history.iter().filter(|event| event["type"] == "EventRaised").count();
        assert_eq!(raised, 1, "{id}");
    }
    let purge = json!({"action": "purge", "query": "", "reason": "old", "ratePerSecond": 300});
    let id = create(&api, &purge).await;
    eventually("the middle", || async {
        (job(&api, &id).await["counts"]["succeeded"].as_u64() > Some(100)).then_some(())
    })
    .await;
    let server = server.restart().await;
    assert_eq!(completed(&api, &id).await["counts"], all);
    let list = api.get(HUB).await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    check_integrity(&server.setup().database()).await;
}
