//! Ids by their end, and ends without grace.

use taskhub_proto::{self as proto, OrchestrationStatus};
use tonic::Code;

use crate::support::{done, server};

#[tokio::test]
async fn ids_come_page_by_page_until_there_is_no_key() {
    let mut server = server().await;
    let mut worker = server.worker(Default::default()).await;
    for number in 0..5 {
        server.start(&format!("i{number}"), None).await;
        worker.answer(vec![done("1")]).await;
    }
    server.start("active", None).await;
    let mut seen = Vec::new();
    // The first page is asked for with an empty key, as .NET does.
    let mut key = Some(String::new());
    while let Some(last_instance_key) = key {
        let request = proto::ListInstanceIdsRequest {
            page_size: 2,
            last_instance_key: Some(last_instance_key),
            ..Default::default()
        };
        let page = server.client.list_instance_ids(request).await.unwrap().into_inner();
        seen.extend(page.instance_ids);
        key = page.last_instance_key;
    }
    assert_eq!(seen, ["i0", "i1", "i2", "i3", "i4"]);
    let failed = proto::ListInstanceIdsRequest {
        runtime_status: vec![OrchestrationStatus::Failed.into()],
        ..Default::default()
    };
    let page = server.client.list_instance_ids(failed).await.unwrap().into_inner();
    assert_eq!((page.instance_ids.len(), page.last_instance_key), (0, None));
    for bad in [
        proto::ListInstanceIdsRequest {
            last_instance_key: Some("x".to_owned()),
            ..Default::default()
        },
        proto::ListInstanceIdsRequest { runtime_status: vec![99], ..Default::default() },
        proto::ListInstanceIdsRequest {
            completed_time_from: Some(prost_types::Timestamp { seconds: 0, nanos: -1 }),
            ..Default::default()
        },
    ] {
        let refused = server.client.list_instance_ids(bad).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
}

fn skip(ids: &[&str]) -> proto::SkipGracefulOrchestrationTerminationsRequest {
    let instance_ids = ids.iter().map(|id| (*id).to_owned()).collect();
    proto::SkipGracefulOrchestrationTerminationsRequest {
        instance_batch: Some(proto::InstanceBatch { instance_ids }),
        reason: Some("\"why\"".to_owned()),
    }
}

#[tokio::test]
async fn terminations_without_grace_tell_whom_they_missed() {
    let mut server = server().await;
    server.start("a", None).await;
    server.start("b", None).await;
    let request = skip(&["a", "unknown", "b"]);
    let answer = server.client.skip_graceful_orchestration_terminations(request).await.unwrap();
    assert_eq!(answer.into_inner().unterminated_instance_ids, ["unknown"]);
    let state = server.state("a").await;
    assert_eq!(state.orchestration_status(), OrchestrationStatus::Terminated);
    assert_eq!(state.output.as_deref(), Some("\"why\""));
    let again = server.client.skip_graceful_orchestration_terminations(skip(&["a"])).await.unwrap();
    assert_eq!(again.into_inner().unterminated_instance_ids, ["a"]);
    let many = skip(&["x"; 501]);
    let refused = server.client.skip_graceful_orchestration_terminations(many).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
