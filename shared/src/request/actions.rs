//! Calls that change an existing instance.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ApiRequest, Method, ReasonBody, instances::Accepted, json};

/// `POST .../raise-event`: sends an external event; 202 when it is durable.
#[derive(Debug, Clone)]
pub struct RaiseEvent {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// The event.
    pub body: RaiseEventBody,
}

/// Body of [`RaiseEvent`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RaiseEventBody {
    /// Event name, 1 to 256 characters; orchestrators compare it without regard to case.
    pub name: String,
    /// Payload, any JSON value; kept to the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<serde_json::Value>))]
    pub input: Option<Box<RawValue>>,
}

impl ApiRequest for RaiseEvent {
    type Response = Accepted;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/raise-event";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// `POST .../terminate`: ends the instance now; 202 when it has ended.
#[derive(Debug, Clone)]
pub struct TerminateInstance {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// Reason and reach.
    pub body: TerminateBody,
}

/// Body of [`TerminateInstance`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TerminateBody {
    /// Why; becomes the instance's output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether its sub-orchestrations are terminated too; default false.
    #[serde(default)]
    pub recursive: bool,
}

impl ApiRequest for TerminateInstance {
    type Response = Accepted;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/terminate";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// `POST .../suspend`: holds the instance; 202.
#[derive(Debug, Clone)]
pub struct SuspendInstance {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// Reason.
    pub body: ReasonBody,
}

impl ApiRequest for SuspendInstance {
    type Response = Accepted;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/suspend";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// `POST .../resume`: lets the instance go on; 202.
#[derive(Debug, Clone)]
pub struct ResumeInstance {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// Reason.
    pub body: ReasonBody,
}

impl ApiRequest for ResumeInstance {
    type Response = Accepted;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/resume";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// `DELETE /api/v1/hubs/{hub}/instances/{id}`: deletes an instance that has ended, with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeInstance {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
}

impl ApiRequest for PurgeInstance {
    type Response = Accepted;
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }
}

/// `POST .../rewind`: lets a failed instance go on from before its failure; 202.
#[derive(Debug, Clone)]
pub struct RewindInstance {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// Reason.
    pub body: ReasonBody,
}

impl ApiRequest for RewindInstance {
    type Response = Accepted;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/rewind";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}

/// `POST .../restart`: starts the instance once more with what it was started with; 202 with the new id.
#[derive(Debug, Clone)]
pub struct RestartInstance {
    /// Task hub.
    pub hub: String,
    /// Instance id.
    pub id: String,
    /// Under which id.
    pub body: RestartBody,
}

/// Body of [`RestartInstance`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestartBody {
    /// Under its own id: it must have ended, and its history goes. Not together with `newInstanceId`.
    #[serde(default)]
    pub same_id: bool,
    /// Id of the new instance; a new one of 32 hexadecimal digits when absent. An instance that has it must have ended,
    /// and goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_instance_id: Option<String>,
    /// Version of the orchestrator, only with `newInstanceId`; that of the instance when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl ApiRequest for RestartInstance {
    type Response = Accepted;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/hubs/{hub}/instances/{id}/restart";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub, &self.id]
    }

    fn body(&self) -> Option<String> {
        json(&self.body)
    }
}
