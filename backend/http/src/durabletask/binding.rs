//! What a Functions host hands to a client library, for programs that have no host: addresses and their query.
//!
//! Source: `BindingHelper` of the durable extension.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::{
    BASE, Call, json,
    link::{CONNECTION, Links, Management},
};
use crate::fault::Fault;

/// Stands for the id in the addresses; clients put theirs in its place.
const PLACEHOLDER: &str = "INSTANCEID";

/// The binding, with addresses in which clients replace what is in braces.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClientBinding)]
pub(crate) struct Binding<'a> {
    task_hub_name: &'a str,
    connection_name: &'a str,
    creation_urls: Creation,
    management_urls: Management<'a>,
    base_url: String,
    required_query_string_parameters: String,
    rpc_base_url: String,
    http_base_url: String,
}

/// Addresses that start orchestrations.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreationUrls)]
struct Creation {
    create_new_instance_post_uri: String,
    create_and_wait_on_new_instance_post_uri: String,
}

/// `GET /clientBinding`.
pub(crate) async fn get(call: Call) -> Result<Response, Fault> {
    let links = Links::of(&call);
    let base_url = format!("{}{BASE}", call.link_base);
    let create = format!("{base_url}/orchestrators/{{functionName}}[/{{instanceId}}]?");
    let (query, required) = (links.query(), links.required());
    let wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}";
    Ok(json(
        StatusCode::OK,
        &Binding {
            task_hub_name: call.hub.name().as_str(),
            connection_name: CONNECTION,
            creation_urls: Creation {
                create_new_instance_post_uri: format!("{create}{query}"),
                create_and_wait_on_new_instance_post_uri: format!("{create}{wait}&{query}"),
            },
            management_urls: links.management(PLACEHOLDER),
            rpc_base_url: format!("{base_url}/"),
            http_base_url: base_url.clone(),
            base_url,
            required_query_string_parameters: required,
        },
    ))
}
