//! Whole messages, which the test then spoils: a caller's of each rpc, and a worker's answers with all that they may hold.

use prost::Message;
use prost_types::{Duration, Timestamp};
use taskhub_proto::{
    self as proto, OrchestrationStatus, orchestrator_action::OrchestratorActionType as Kind,
};

fn at(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 5 })
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What clients send: the rpc with its message.
pub(crate) fn of_clients() -> Vec<(&'static str, Vec<u8>)> {
    let nobody = || "nobody".to_owned();
    let bystander = || "bystander".to_owned();
    let get = proto::GetInstanceRequest { instance_id: bystander(), get_inputs_and_outputs: true };
    let range = proto::InstanceQuery {
        runtime_status: vec![1, 2],
        created_time_from: at(1),
        created_time_to: at(4_000_000_000),
        max_instance_count: 3,
        instance_id_prefix: text("b"),
        fetch_inputs_and_outputs: true,
        ..Default::default()
    };
    let filter = proto::PurgeInstanceFilter {
        created_time_from: at(1),
        created_time_to: at(2),
        runtime_status: vec![1],
        timeout: Some(Duration { seconds: 1, nanos: 0 }),
    };
    vec![
        ("StartInstance", start("made", "Nobody").encode_to_vec()),
        ("GetInstance", get.encode_to_vec()),
        ("WaitForInstanceStart", get.encode_to_vec()),
        ("WaitForInstanceCompletion", get.encode_to_vec()),
        ("QueryInstances", proto::QueryInstancesRequest { query: Some(range) }.encode_to_vec()),
        (
            "ListInstanceIds",
            proto::ListInstanceIdsRequest {
                runtime_status: vec![1],
                completed_time_from: at(1),
                page_size: 2,
                last_instance_key: text("bystander"),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "RaiseEvent",
            proto::RaiseEventRequest { instance_id: nobody(), name: nobody(), input: text("{}") }
                .encode_to_vec(),
        ),
        (
            "RestartInstance",
            proto::RestartInstanceRequest {
                instance_id: nobody(),
                restart_with_new_instance_id: true,
            }
            .encode_to_vec(),
        ),
        (
            "SignalEntity",
            proto::SignalEntityRequest {
                instance_id: "@counter@x".to_owned(),
                name: "add".to_owned(),
                input: text("1"),
                request_id: "r".to_owned(),
                scheduled_time: at(4_000_000_000),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "GetEntity",
            proto::GetEntityRequest { instance_id: "@counter@x".to_owned(), include_state: true }
                .encode_to_vec(),
        ),
        (
            "StreamInstanceHistory",
            proto::StreamInstanceHistoryRequest { instance_id: bystander(), ..Default::default() }
                .encode_to_vec(),
        ),
        (
            "GetWorkItems",
            proto::GetWorkItemsRequest {
                max_concurrent_orchestration_work_items: 1,
                max_concurrent_activity_work_items: 1,
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        ("CompleteActivityTask", activity("no token").encode_to_vec()),
        ("CompleteOrchestratorTask", turn("nobody", "no token").encode_to_vec()),
        (
            "CompleteEntityTask",
            proto::EntityBatchResult {
                entity_state: text("1"),
                completion_token: "no token".to_owned(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "PurgeInstances",
            proto::PurgeInstancesRequest {
                recursive: true,
                is_orchestration: true,
                request: Some(proto::purge_instances_request::Request::PurgeInstanceFilter(filter)),
            }
            .encode_to_vec(),
        ),
    ]
}

/// The start of an instance, with all that it may have.
pub(crate) fn start(id: &str, name: &str) -> proto::CreateInstanceRequest {
    proto::CreateInstanceRequest {
        instance_id: id.to_owned(),
        name: name.to_owned(),
        version: text("1.0"),
        input: text(r#"{"a":[1,2]}"#),
        tags: [("tag".to_owned(), "value".to_owned())].into(),
        request_time: at(1),
        ..Default::default()
    }
}

/// A worker's answer to a turn, with an action of each kind.
pub(crate) fn turn(id: &str, token: &str) -> proto::OrchestratorResponse {
    let task = proto::ScheduleTaskAction {
        name: "Work".to_owned(),
        version: text("1.0"),
        input: text("1"),
        ..Default::default()
    };
    let child = proto::CreateSubOrchestrationAction {
        instance_id: format!("{id}-child"),
        name: "Child".to_owned(),
        input: text("2"),
        ..Default::default()
    };
    let event = proto::SendEventAction {
        instance: Some(proto::OrchestrationInstance {
            instance_id: "nobody".to_owned(),
            execution_id: None,
        }),
        name: "E".to_owned(),
        data: text("3"),
    };
    let end = proto::CompleteOrchestrationAction {
        orchestration_status: OrchestrationStatus::Completed.into(),
        result: text("4"),
        ..Default::default()
    };
    let actions = [
        Kind::ScheduleTask(task),
        Kind::CreateSubOrchestration(child),
        Kind::CreateTimer(proto::CreateTimerAction { fire_at: at(4_000_000_000) }),
        Kind::SendEvent(event),
        Kind::CompleteOrchestration(end),
    ];
    let action =
        |(id, kind)| proto::OrchestratorAction { id, orchestrator_action_type: Some(kind) };
    proto::OrchestratorResponse {
        instance_id: id.to_owned(),
        actions: (1..).zip(actions).map(action).collect(),
        custom_status: text(r#""half""#),
        completion_token: token.to_owned(),
        ..Default::default()
    }
}

/// A worker's answer to an activity.
pub(crate) fn activity(token: &str) -> proto::ActivityResponse {
    proto::ActivityResponse {
        instance_id: "nobody".to_owned(),
        task_id: 1,
        result: text("5"),
        completion_token: token.to_owned(),
        ..Default::default()
    }
}
