//! Figures of a hub over time.

use axum::{Json, extract::RawQuery};
use chrono::{DateTime, Utc};
use taskhub_shared::statistics::Statistics;

use super::extract::{OfHub, once};
use crate::fault::Fault;

/// Source: `request::GetStatistics`.
pub(crate) async fn get_statistics(
    OfHub(hub): OfHub,
    RawQuery(query): RawQuery,
) -> Result<Json<Statistics>, Fault> {
    let (mut from, mut to, mut step) = (None, None, None);
    for (name, value) in once(query.as_deref(), &["from", "to", "step"])? {
        match name.as_str() {
            "from" => from = Some(time(&name, &value)?),
            "to" => to = Some(time(&name, &value)?),
            _ => {
                let wrong = |_| Fault::field("step", format!("{value:?} is no whole number"));
                step = Some(value.parse().map_err(wrong)?);
            }
        }
    }
    Ok(Json(hub.statistics(from, to, step).await?))
}

fn time(field: &str, text: &str) -> Result<DateTime<Utc>, Fault> {
    let wrong = |_| {
        let detail = format!("{text:?} is no time; write it like 2026-11-23T14:02:11Z");
        Fault::field(field, detail)
    };
    Ok(DateTime::parse_from_rfc3339(text).map_err(wrong)?.with_timezone(&Utc))
}
