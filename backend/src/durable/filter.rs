//! Which instances: by creation and status.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use taskhub_shared::{query::InstanceQuery, status::RuntimeStatus};

use super::value::{self, Statuses};

/// Options that choose instances.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Created {
    /// Only those created at this time or later, ISO 8601, UTC unless it has an offset
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    pub(crate) created_after: Option<DateTime<Utc>>,
    /// Only those created at this time or earlier
    #[arg(long, value_name = "TIME", value_parser = value::time)]
    pub(crate) created_before: Option<DateTime<Utc>>,
}

impl Created {
    /// The filter without a page.
    pub(crate) fn query(&self, statuses: Vec<RuntimeStatus>) -> InstanceQuery {
        InstanceQuery {
            statuses,
            created_from: self.created_after,
            // Inclusive here, exclusive in the query, whose times are in microseconds.
            created_to: self
                .created_before
                .and_then(|to| to.checked_add_signed(TimeDelta::microseconds(1))),
            ..InstanceQuery::default()
        }
    }
}

/// All statuses of `--runtime-status`.
pub(crate) fn flat(statuses: &[Statuses]) -> Vec<RuntimeStatus> {
    let mut all = Vec::new();
    for status in statuses.iter().flat_map(|statuses| &statuses.0) {
        if !all.contains(status) {
            all.push(*status);
        }
    }
    all
}
