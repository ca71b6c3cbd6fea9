//! Which task hub a call is about.

use taskhub_hub::{Hub, Hubs};
use tonic::{Status, metadata::MetadataMap};

/// Name of the hub in the call's `taskhub` metadata, if it has one.
pub(crate) fn name(metadata: &MetadataMap) -> Result<Option<&str>, Status> {
    let Some(name) = metadata.get("taskhub") else { return Ok(None) };
    let name =
        name.to_str().map_err(|_| Status::invalid_argument("taskhub: not readable as text"))?;
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// Hub that the call names; the default one without a name.
pub(crate) fn hub(hubs: &Hubs, metadata: &MetadataMap) -> Result<Hub, Status> {
    let Some(name) = name(metadata)? else { return Ok(hubs.default_hub()) };
    hubs.get(name).ok_or_else(|| missing(hubs, name))
}

/// There is no such hub.
pub(crate) fn missing(hubs: &Hubs, name: &str) -> Status {
    let known: Vec<String> = hubs.iter().map(|hub| hub.name().to_string()).collect();
    Status::not_found(format!("no task hub {name:?} here; this server has {}", known.join(", ")))
}
