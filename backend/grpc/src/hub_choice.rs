//! Which task hub a call is about.

use taskhub_hub::{Hub, Hubs};
use tonic::{Status, metadata::MetadataMap};

/// Hub that the call's `taskhub` metadata names; the default one without it.
pub(crate) fn hub<'a>(hubs: &'a Hubs, metadata: &MetadataMap) -> Result<&'a Hub, Status> {
    let Some(name) = metadata.get("taskhub") else { return Ok(hubs.default_hub()) };
    let name =
        name.to_str().map_err(|_| Status::invalid_argument("taskhub: not readable as text"))?;
    if name.is_empty() {
        return Ok(hubs.default_hub());
    }
    hubs.get(name).ok_or_else(|| {
        let known: Vec<String> = hubs.iter().map(|hub| hub.name().to_string()).collect();
        Status::not_found(format!(
            "no task hub {name:?} here; this server has {}",
            known.join(", ")
        ))
    })
}
