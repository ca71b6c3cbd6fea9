//! Figures of a hub over time.

use chrono::{DateTime, SecondsFormat, Utc};

use super::{ApiRequest, Method};
use crate::{query::encode, statistics::Statistics};

/// `GET /api/v1/hubs/{hub}/statistics`: what was started, how it ended and how long it took, by minute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GetStatistics {
    /// Task hub.
    pub hub: String,
    /// Beginning; an hour before the end when absent. URL: `from`.
    pub from: Option<DateTime<Utc>>,
    /// End, exclusive; now when absent. URL: `to`.
    pub to: Option<DateTime<Utc>>,
    /// Length of a step in seconds, whole minutes; 60 when absent, or more when that gave too many points. URL: `step`.
    pub step: Option<u64>,
}

impl ApiRequest for GetStatistics {
    type Response = Statistics;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/hubs/{hub}/statistics";

    fn segments(&self) -> Vec<&str> {
        vec![&self.hub]
    }

    fn query(&self) -> String {
        let time = |at: DateTime<Utc>| encode(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        let fields = [
            self.from.map(|at| format!("from={}", time(at))),
            self.to.map(|at| format!("to={}", time(at))),
            self.step.map(|step| format!("step={step}")),
        ];
        fields.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}
