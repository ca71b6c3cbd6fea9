//! How long a hub keeps what has ended.

use super::{ApiRequest, Method, json};
use crate::retention::{Retention, RetentionState};

/// `GET /api/v1/hubs/{hub}/settings/retention`: the rules, and what they did last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetRetention {
    /// Task hub.
    pub hub: String,
}

impl ApiRequest for GetRetention {
    type Response = RetentionState;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/settings/retention";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }
}

/// `POST /api/v1/hubs/{hub}/settings/retention`: other rules from now on; they are applied at once, and then every hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRetention {
    /// Task hub.
    pub hub: String,
    /// The rules.
    pub retention: Retention,
}

impl ApiRequest for SetRetention {
    type Response = RetentionState;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = GetRetention::PATH;

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn body(&self) -> Option<String> {
        json(&self.retention)
    }
}
