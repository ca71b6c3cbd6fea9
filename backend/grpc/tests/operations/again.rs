//! Restart and rewind.

use taskhub_proto::{self as proto, OrchestrationStatus, history_event::EventType};
use tonic::Code;

use crate::support::{done, failed, server};

fn restart(id: &str, new: bool) -> proto::RestartInstanceRequest {
    let (instance_id, restart_with_new_instance_id) = (id.to_owned(), new);
    proto::RestartInstanceRequest { instance_id, restart_with_new_instance_id }
}

fn rewind(id: &str) -> proto::RewindInstanceRequest {
    let reason = Some("mended".to_owned());
    proto::RewindInstanceRequest { instance_id: id.to_owned(), reason }
}

#[tokio::test]
async fn restart_answers_with_the_id_that_runs() {
    let mut server = server().await;
    server.start("x", Some("1")).await;
    let new = server.client.restart_instance(restart("x", true)).await.unwrap().into_inner();
    assert_ne!(new.instance_id, "x");
    assert_eq!(server.state(&new.instance_id).await.input.as_deref(), Some("1"));
    let refused = server.client.restart_instance(restart("x", false)).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    for new in [true, false] {
        let refused = server.client.restart_instance(restart("no", new)).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound);
    }
    let mut worker = server.worker(Default::default()).await;
    worker.answer(vec![done("2")]).await;
    worker.answer(vec![done("2")]).await;
    let same = server.client.restart_instance(restart("x", false)).await.unwrap().into_inner();
    assert_eq!(same.instance_id, "x");
    assert_eq!(server.state("x").await.orchestration_status(), OrchestrationStatus::Pending);
}

#[tokio::test]
async fn a_rewound_turn_is_a_plain_replay() {
    let mut server = server().await;
    server.start("x", None).await;
    let refused = server.client.rewind_instance(rewind("x")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let mut worker = server.worker(Default::default()).await;
    let first = worker.answer(vec![failed("no luck")]).await;
    assert!(server.state("x").await.failure_details.is_some());
    server.client.rewind_instance(rewind("x")).await.unwrap();
    let state = server.state("x").await;
    assert_eq!(state.orchestration_status(), OrchestrationStatus::Running);
    assert_eq!((state.failure_details, state.completed_timestamp), (None, None));
    let request = worker.answer(vec![done("1")]).await;
    assert_ne!(request.execution_id, first.execution_id);
    let kinds: Vec<EventType> =
        request.new_events.into_iter().map(|event| event.event_type.unwrap()).collect();
    let [EventType::OrchestratorStarted(_), EventType::ExecutionRewound(event)] = &kinds[..] else {
        panic!("exactly these two, not {kinds:?}")
    };
    assert_eq!(event.reason.as_deref(), Some("mended"));
    let ended = |event: &proto::HistoryEvent| {
        matches!(event.event_type, Some(EventType::ExecutionCompleted(_)))
    };
    assert!(!request.past_events.iter().any(ended));
    assert_eq!(server.state("x").await.output.as_deref(), Some("1"));
}
