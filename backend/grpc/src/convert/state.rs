//! Instances as clients see them, and queries.

use taskhub_hub::store::model::InstanceRecord;
use taskhub_proto as proto;
use taskhub_shared::{query::InstanceQuery, status::RuntimeStatus};
use tonic::Status;

use super::{events::text, failure, time};

/// Wire form of an instance.
pub(crate) fn to_wire(record: &InstanceRecord, payloads: bool) -> proto::OrchestrationState {
    let stored = &record.payloads;
    proto::OrchestrationState {
        instance_id: record.instance_id.to_string(),
        name: record.name.clone(),
        version: record.version.clone(),
        orchestration_status: record.status.code().into(),
        scheduled_start_timestamp: record.scheduled_start_at.map(time::to_wire),
        created_timestamp: Some(time::to_wire(record.created_at)),
        last_updated_timestamp: Some(time::to_wire(record.updated_at)),
        input: text(&stored.input).filter(|_| payloads),
        output: text(&stored.output).filter(|_| payloads),
        // Small, and SDKs read both without asking for payloads.
        custom_status: text(&stored.custom_status),
        failure_details: stored.failure.as_deref().map(failure::to_wire),
        execution_id: Some(record.execution_id.clone()),
        completed_timestamp: record.completed_at.map(time::to_wire),
        parent_instance_id: record.parent.as_ref().map(|parent| parent.instance_id.clone()),
        tags: record.tags.clone().into_iter().collect(),
    }
}

/// Answer about an instance that exists.
pub(crate) fn found(record: &InstanceRecord, payloads: bool) -> proto::GetInstanceResponse {
    proto::GetInstanceResponse {
        exists: true,
        orchestration_state: Some(to_wire(record, payloads)),
    }
}

/// Statuses from the wire.
pub(crate) fn statuses(field: &str, codes: &[i32]) -> Result<Vec<RuntimeStatus>, Status> {
    codes
        .iter()
        .map(|code| {
            let status = u8::try_from(*code).ok().and_then(RuntimeStatus::from_code);
            status.ok_or_else(|| {
                Status::invalid_argument(format!("{field}: {code} is no orchestration status"))
            })
        })
        .collect()
}

/// A query from the wire.
pub(crate) fn query(query: proto::InstanceQuery) -> Result<InstanceQuery, Status> {
    Ok(InstanceQuery {
        statuses: statuses("runtimeStatus", &query.runtime_status)?,
        id_prefix: query.instance_id_prefix.filter(|prefix| !prefix.is_empty()),
        created_from: time::read("createdTimeFrom", query.created_time_from.as_ref())?,
        created_to: time::read("createdTimeTo", query.created_time_to.as_ref())?,
        limit: usize::try_from(query.max_instance_count).ok().filter(|count| *count > 0),
        cursor: query.continuation_token.filter(|token| !token.is_empty()),
        ..InstanceQuery::default()
    })
}
