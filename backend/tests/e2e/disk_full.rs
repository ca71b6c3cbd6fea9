//! A full disk: clear refusals, reads go on, and the server recovers by itself.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use taskhub_shared::query::encode;
use tonic::Code;

use crate::world::{
    HUB, Process, Setup, check_instance, check_integrity, eventually, send, start_request, within,
};

/// A small disk in memory, as long as this value lives.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Nothing where mounting is not allowed.
    fn mount(megabytes: usize) -> Option<Self> {
        let folder = tempfile::tempdir().expect("make a folder");
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes space, to be given back.
    fn ballast(&self, megabytes: usize) -> PathBuf {
        let path = self.path().join("ballast");
        std::fs::write(&path, vec![0; megabytes << 20]).expect("write the ballast");
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(self.path()).status().ok();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_clearly_and_loses_nothing() {
    only_when_asked!();
    let Some(disk) = SmallDisk::mount(24) else {
        println!("skipped: this user may not mount a small disk");
        return;
    };
    let ballast = disk.ballast(8);
    let mut server = Setup::new().with_data(disk.path()).start().await;
    let worker = Process::sample_worker(&server);
    server.has_workers(1).await;
    let (api, mut grpc) = (server.api(), server.grpc().await);
    api.start("HelloSequence", "early", Value::Null).await;
    api.reaches("early", "Completed").await;
    api.start("Approval", "waits", Value::Null).await;
    api.reaches("waits", "Running").await;

    let mut acknowledged = Vec::new();
    let load = "x".repeat(200_000);
    let problem = loop {
        assert!(acknowledged.len() < 500, "the disk does not fill");
        let id = format!("fill-{}", acknowledged.len());
        let body = json!({ "name": "Nobody", "instanceId": id, "input": load });
        let answer = api.post(HUB, &body).await;
        if answer.status == 201 {
            acknowledged.push(id);
        } else {
            break answer;
        }
    };
    println!("full after {} instances", acknowledged.len());
    assert!(!problem.header("retry-after").is_empty(), "{:?}", problem.headers);
    problem.expect_problem(503, "TH0007");
    let mut request = start_request("Nobody", "by-grpc");
    request.input = Some(load.clone());
    assert_eq!(grpc.refusal(request).await, Code::Unavailable);

    // Reads go on, and the process lives.
    api.get("/healthz").await.expect(200);
    assert_eq!(api.instance("early").await.expect(200).json()["runtimeStatus"], "Completed");
    api.get(HUB).await.expect(200);
    check_instance(&api, "early").await;
    assert!(grpc.state("waits").await.is_some());
    assert!(!server.has_ended());

    std::fs::remove_file(ballast).expect("remove the ballast");
    let freed = Instant::now();
    let event = json!({ "name": "Approval", "input": { "approved": true } });
    let path = crate::world::Api::path("waits", "/raise-event");
    eventually("it takes writes again", || async {
        let answer = send(api.request(Method::POST, &path).json(&event)).await.expect("post");
        assert!([202, 503].contains(&answer.status.as_u16()), "{answer:?}");
        (answer.status == 202).then_some(())
    })
    .await;
    assert!(freed.elapsed() < Duration::from_secs(5), "it took {:?}", freed.elapsed());
    api.reaches("waits", "Completed").await;
    api.start("HelloSequence", "late", Value::Null).await;
    api.reaches("late", "Completed").await;
    api.get("/readyz").await.expect(200);

    for id in &acknowledged {
        let listed =
            api.get(&format!("{HUB}?idPrefix={}&limit=1000", encode(id))).await.expect(200).json();
        let found = listed["items"]
            .as_array()
            .is_some_and(|items| items.iter().any(|item| item["instanceId"] == **id));
        assert!(found, "{id} was acknowledged and is lost");
        check_instance(&api, id).await;
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
    worker.kill().await;
    server.signal("TERM").await;
    let status = within(Duration::from_secs(15), "the end", server.ended()).await;
    assert_eq!(status.code(), Some(0), "{}", server.log());
    check_integrity(&server.setup().database()).await;
}
