//! An instance with a long history, beside others that should not notice it.

use std::time::Duration;

use anyhow::{Context, Result};
use futures::TryStreamExt;
use serde_json::{Value, json};
use taskhub_proto::{
    ActivityFilter, ActivityResponse, GetWorkItemsRequest, OrchestrationFilter, OrchestratorAction,
    OrchestratorRequest, OrchestratorResponse, RaiseEventRequest, ScheduleTaskAction,
    StreamInstanceHistoryRequest, WorkItem, WorkItemFilters, WorkerCapability,
    orchestrator_action::OrchestratorActionType as Kind, work_item::Request as Work,
};
use tokio::{sync::watch, time::Instant};

use crate::{
    figures::round,
    measure::{many, progress},
    peer::{self, Client, Server},
};

/// Activities of the long instance: each leaves two events.
const ACTIVITIES: i32 = 25_000;
/// How often the long instance gets an event in the last part.
const PAUSE: Duration = Duration::from_millis(250);

/// `sequence3` alone, beside an instance with 50,000 events that rests, and beside one that gets an event four times a
/// second and reads its history each time, as workers do.
pub(crate) async fn long(count: usize, inflight: usize) -> Result<Value> {
    let server = Server::with_worker().await?;
    let alone = rate(&server, count, inflight).await?;
    let (tell, mut turns) = watch::channel(0);
    let worker = tokio::spawn(work(server.client.clone(), tell));
    let id = peer::start(&mut server.client.clone(), "Long", None).await?;
    // One turn for the start, and one at least for the results.
    let events = i64::from(ACTIVITIES) * 2;
    turns.wait_for(|events_seen| *events_seen >= events).await.context("the long instance")?;
    progress(&format!("long: its history has {} events", *turns.borrow()));
    let resting = rate(&server, count, inflight).await?;
    let raise = tokio::spawn(raise(server.client.clone(), id));
    let busy = rate(&server, count, inflight).await?;
    raise.abort();
    worker.abort();
    let again = rate(&server, count, inflight).await?;
    let alone = f64::midpoint(alone, again);
    Ok(json!({
        "bench": "long",
        "events": events,
        "alone_per_s": round(alone),
        "resting_share": round(resting / alone),
        "busy_share": round(busy / alone),
    }))
}

async fn rate(server: &Server, count: usize, inflight: usize) -> Result<f64> {
    let began = Instant::now();
    many(server, count, inflight).await?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let per_s = count as f64 / began.elapsed().as_secs_f64();
    Ok(per_s)
}

async fn raise(mut client: Client, instance_id: String) -> Result<()> {
    loop {
        let event = RaiseEventRequest {
            instance_id: instance_id.clone(),
            name: "Tick".to_owned(),
            input: None,
        };
        client.raise_event(event).await?;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Serves the long instance: its first turn schedules the activities, the later ones only read.
async fn work(mut client: Client, tell: watch::Sender<i64>) -> Result<()> {
    let orchestration = OrchestrationFilter { name: "Long".to_owned(), versions: Vec::new() };
    let activity = ActivityFilter { name: "LongStep".to_owned(), versions: Vec::new() };
    let request = GetWorkItemsRequest {
        max_concurrent_orchestration_work_items: 1,
        max_concurrent_activity_work_items: 100,
        capabilities: vec![WorkerCapability::HistoryStreaming.into()],
        work_item_filters: Some(WorkItemFilters {
            orchestrations: vec![orchestration],
            activities: vec![activity],
            entities: Vec::new(),
        }),
        ..GetWorkItemsRequest::default()
    };
    let items = client.get_work_items(request).await?.into_inner();
    items
        .map_err(anyhow::Error::from)
        .try_for_each_concurrent(100, |item| answer(client.clone(), item, &tell))
        .await
}

async fn answer(mut client: Client, item: WorkItem, tell: &watch::Sender<i64>) -> Result<()> {
    let completion_token = item.completion_token;
    match item.request {
        Some(Work::ActivityRequest(activity)) => {
            let response = ActivityResponse {
                instance_id: activity.orchestration_instance.unwrap_or_default().instance_id,
                task_id: activity.task_id,
                completion_token,
                ..ActivityResponse::default()
            };
            client.complete_activity_task(response).await?;
        }
        Some(Work::OrchestratorRequest(turn)) => {
            let is_first = turn.past_events.is_empty() && !turn.requires_history_streaming;
            let seen = if is_first { 0 } else { read(&mut client, &turn).await? };
            let response = OrchestratorResponse {
                instance_id: turn.instance_id,
                actions: if is_first { schedule() } else { Vec::new() },
                completion_token,
                ..OrchestratorResponse::default()
            };
            client.complete_orchestrator_task(response).await?;
            tell.send_replace(seen);
        }
        Some(Work::EntityRequest(_) | Work::EntityRequestV2(_) | Work::HealthPing(_)) | None => {}
    }
    Ok(())
}

fn schedule() -> Vec<OrchestratorAction> {
    let step = |id| OrchestratorAction {
        id,
        orchestrator_action_type: Some(Kind::ScheduleTask(ScheduleTaskAction {
            name: "LongStep".to_owned(),
            ..ScheduleTaskAction::default()
        })),
    };
    (0..ACTIVITIES).map(step).collect()
}

/// Number of events in a turn's history.
async fn read(client: &mut Client, turn: &OrchestratorRequest) -> Result<i64> {
    let mut seen = turn.past_events.len() + turn.new_events.len();
    if turn.requires_history_streaming {
        let request = StreamInstanceHistoryRequest {
            instance_id: turn.instance_id.clone(),
            for_work_item_processing: true,
            ..StreamInstanceHistoryRequest::default()
        };
        let chunks = client.stream_instance_history(request).await?.into_inner();
        let lengths: Vec<usize> = chunks.map_ok(|chunk| chunk.events.len()).try_collect().await?;
        seen += lengths.iter().sum::<usize>();
    }
    Ok(i64::try_from(seen)?)
}
