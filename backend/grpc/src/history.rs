//! Histories as streams of chunks.

use std::{pin::Pin, sync::Arc};

use futures::Stream;
use prost::Message;
use taskhub_hub::{Hub, engine::history_event::HistoryEvent};
use taskhub_proto as proto;
use tonic::Status;

use crate::{convert::events, status};

/// Chunks as tonic sends them.
pub(crate) type HistoryStream =
    Pin<Box<dyn Stream<Item = Result<proto::HistoryChunk, Status>> + Send>>;

/// Most bytes of events in a chunk. An event that is larger has a chunk of its own. Source: the .NET sidecar.
const CHUNK_BYTES: usize = 256 * 1024;

/// The history of an instance; for a worker, the past events of the turn that it has.
pub(crate) async fn stream(
    hub: &Hub,
    request: proto::StreamInstanceHistoryRequest,
) -> Result<HistoryStream, Status> {
    let id = request.instance_id;
    let execution = request.execution_id.filter(|execution| !execution.is_empty());
    let of_turn = request.for_work_item_processing.then(|| hub.turn_history(&id)).flatten();
    let (record, history) = match of_turn {
        Some(found) => found,
        None => hub
            .whole_history(&id)
            .await
            .map_err(|error| status::of(&error))?
            .ok_or_else(|| status::no_instance(&id))?,
    };
    if let Some(asked) = execution.filter(|asked| *asked != record.execution_id) {
        return Err(Status::not_found(format!(
            "instance {id:?} has no execution {asked:?} any more"
        )));
    }
    Ok(Box::pin(futures::stream::iter(Chunks { id, history, at: 0 }.map(Ok))))
}

/// Chunks that are made when they are asked for: a client that does not read costs no copy.
struct Chunks {
    id: String,
    history: Vec<Arc<HistoryEvent>>,
    at: usize,
}

impl Iterator for Chunks {
    type Item = proto::HistoryChunk;

    fn next(&mut self) -> Option<proto::HistoryChunk> {
        let mut chunk = proto::HistoryChunk::default();
        let mut bytes = 0;
        while let Some(event) = self.history.get(self.at) {
            let event = events::to_wire(event, &self.id);
            // With the tag and the length that go before it in the message.
            bytes += event.encoded_len() + 6;
            if bytes > CHUNK_BYTES && !chunk.events.is_empty() {
                break;
            }
            chunk.events.push(event);
            self.at += 1;
        }
        (!chunk.events.is_empty()).then_some(chunk)
    }
}
