//! Histories in chunks, for clients and for workers.

use prost::Message;
use taskhub_proto::{self as proto, WorkerCapability, history_event::EventType, work_item};
use tonic::{Code, Status};

use crate::support::{Server, server};

/// Events that make a history of more than 1 MiB.
const EVENTS: usize = 6;
const EVENT_BYTES: usize = 200 * 1024;

async fn read(
    server: &mut Server,
    request: proto::StreamInstanceHistoryRequest,
) -> Result<Vec<proto::HistoryEvent>, Status> {
    let mut chunks = server.client.stream_instance_history(request).await?.into_inner();
    let mut events = Vec::new();
    while let Some(chunk) = chunks.message().await? {
        assert!(chunk.encoded_len() <= 256 * 1024, "{} bytes", chunk.encoded_len());
        events.extend(chunk.events);
    }
    Ok(events)
}

fn of(id: &str, for_work_item_processing: bool) -> proto::StreamInstanceHistoryRequest {
    let instance_id = id.to_owned();
    proto::StreamInstanceHistoryRequest {
        instance_id,
        execution_id: None,
        for_work_item_processing,
    }
}

fn streaming() -> proto::GetWorkItemsRequest {
    let capabilities = vec![WorkerCapability::HistoryStreaming.into()];
    proto::GetWorkItemsRequest { capabilities, ..Default::default() }
}

async fn raise(server: &mut Server, bytes: usize) {
    let event = proto::RaiseEventRequest {
        instance_id: "x".to_owned(),
        name: "E".to_owned(),
        input: Some(format!("\"{}\"", "x".repeat(bytes))),
    };
    server.client.raise_event(event).await.unwrap();
}

/// An instance with a long history.
async fn long() -> Server {
    let mut server = server().await;
    server.start("x", None).await;
    for _ in 0..EVENTS {
        raise(&mut server, EVENT_BYTES).await;
    }
    let mut worker = server.worker(Default::default()).await;
    // They are more than one turn takes.
    worker.answer(vec![]).await;
    worker.answer(vec![]).await;
    server
}

#[tokio::test]
async fn a_history_comes_in_small_chunks() {
    let mut server = long().await;
    let events = read(&mut server, of("x", false)).await.unwrap();
    assert_eq!(events.len(), EVENTS + 3);
    assert!(matches!(events[0].event_type, Some(EventType::OrchestratorStarted(_))));
    // Without a turn that is out, a worker is told the same.
    assert_eq!(read(&mut server, of("x", true)).await.unwrap(), events);
    let unknown = read(&mut server, of("y", false)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let execution_id = Some("another".to_owned());
    let other = proto::StreamInstanceHistoryRequest { execution_id, ..of("x", false) };
    assert_eq!(read(&mut server, other).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_worker_that_can_reads_a_long_history_by_itself() {
    let mut server = long().await;
    raise(&mut server, 1).await;
    let mut worker = server.worker(streaming()).await;
    let (_, request) = worker.turn().await;
    assert!(request.requires_history_streaming);
    assert_eq!((request.past_events.len(), request.new_events.len()), (0, 2));
    // What comes meanwhile is not part of it.
    raise(&mut server, 1).await;
    let asked = proto::StreamInstanceHistoryRequest {
        execution_id: request.execution_id.clone(),
        ..of("x", true)
    };
    let past = read(&mut server, asked).await.unwrap();
    assert_eq!(past.len(), EVENTS + 3);
    drop(worker);
    let mut plain = server.worker(Default::default()).await;
    let (_, request) = plain.turn().await;
    assert!(!request.requires_history_streaming);
    assert_eq!(request.past_events, past, "the same turn with its whole history");
}

#[tokio::test]
async fn a_short_history_goes_with_its_work_item() {
    let mut server = server().await;
    server.start("x", None).await;
    let mut worker = server.worker(streaming()).await;
    worker.answer(vec![]).await;
    raise(&mut server, 1).await;
    let (_, request) = worker.turn().await;
    assert!(!request.requires_history_streaming);
    assert_eq!(request.past_events.len(), 2);
}

#[tokio::test]
async fn past_the_limit_only_a_worker_that_streams_goes_on() {
    for streams in [true, false] {
        let mut server = server().await;
        server.start("x", None).await;
        let request = if streams { streaming() } else { Default::default() };
        let mut worker = server.worker(request).await;
        worker.answer(vec![]).await;
        for _ in 0..3 {
            raise(&mut server, 1800 * 1024).await;
            if !streams && server.state("x").await.completed_timestamp.is_some() {
                break;
            }
            let (token, item) = tokio::select! {
                item = worker.next() => item,
                // The work item that was too large is not sent.
                () = server.ended("x") => break,
            };
            let work_item::Request::OrchestratorRequest(request) = item else { panic!("{item:?}") };
            worker.answer_to(token, &request.instance_id, vec![]).await;
        }
        let state = server.state("x").await;
        let failure = state.failure_details.map(|failure| failure.error_type);
        let expected = (!streams).then(|| "WorkItemTooLarge".to_owned());
        assert_eq!(failure, expected);
    }
}

#[tokio::test]
async fn new_events_that_do_not_fit_beside_a_short_history_come_without_it() {
    let mut server = server().await;
    server.start("x", None).await;
    raise(&mut server, 900 * 1024).await;
    let mut worker = server.worker(streaming()).await;
    worker.answer(vec![]).await;
    raise(&mut server, 3500 * 1024).await;
    let (token, request) = worker.turn().await;
    assert!(request.requires_history_streaming);
    assert_eq!((request.past_events.len(), request.new_events.len()), (0, 2));
    worker.answer_to(token, "x", vec![]).await;
    // Two of them never fit into one work item.
    let suspend = proto::SuspendRequest { instance_id: "x".to_owned(), reason: None };
    server.client.suspend_instance(suspend).await.unwrap();
    raise(&mut server, 3000 * 1024).await;
    raise(&mut server, 3000 * 1024).await;
    let resume = proto::ResumeRequest { instance_id: "x".to_owned(), reason: None };
    server.client.resume_instance(resume).await.unwrap();
    for _ in 0..2 {
        let (token, request) = worker.turn().await;
        assert_eq!(request.new_events.len(), 2);
        worker.answer_to(token, "x", vec![]).await;
    }
    assert_eq!(server.state("x").await.failure_details, None);
}
