//! How the list takes in what the live stream tells, without moving a row.

use std::collections::HashMap;

use taskhub_shared::{live::Changes, query::InstanceQuery, status::InstanceSummary};

/// What a `changes` event means for the page that is shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// Positions of shown rows with their newer form.
    pub updated: Vec<(usize, InstanceSummary)>,
    /// Ids that belong on the page and are not there yet.
    pub fresh: Vec<String>,
    /// Ids that were purged.
    pub purged: Vec<String>,
}

/// Sorts changes into updates of shown rows and rows to offer.
///
/// Shown rows are updated even when they no longer match the filter: a row never vanishes under the pointer. New rows
/// are only offered on the first page; on later ones they would stand before it.
pub fn merge(
    shown: &[InstanceSummary],
    is_last_page: bool,
    query: &InstanceQuery,
    changes: &Changes,
) -> Merge {
    let positions: HashMap<&str, usize> =
        shown.iter().enumerate().map(|(at, row)| (row.instance_id.as_str(), at)).collect();
    let mut merge = Merge { purged: changes.purged.clone(), ..Merge::default() };
    for row in &changes.rows {
        if let Some(at) = positions.get(row.instance_id.as_str()) {
            let known = shown.get(*at).filter(|known| is_newer(row, known));
            merge.updated.extend(known.map(|_| (*at, row.clone())));
        } else if query.cursor.is_none() && matches(query, row) {
            let reaches = shown.last().is_none_or(|last| row.created_at >= last.created_at);
            if is_last_page || reaches {
                merge.fresh.push(row.instance_id.clone());
            }
        }
    }
    merge
}

fn is_newer(row: &InstanceSummary, known: &InstanceSummary) -> bool {
    row.revision > known.revision || row.created_at > known.created_at
}

/// Whether a row passes the filter, as the server decides it.
pub fn matches(query: &InstanceQuery, row: &InstanceSummary) -> bool {
    let name = query.name.as_deref().is_none_or(|wanted| match wanted.strip_suffix('*') {
        Some(beginning) => row.name.starts_with(beginning),
        None => row.name == wanted,
    });
    name && (query.statuses.is_empty() || query.statuses.contains(&row.runtime_status))
        && query.id_prefix.as_deref().is_none_or(|prefix| row.instance_id.starts_with(prefix))
        && query.created_from.is_none_or(|from| row.created_at >= from)
        && query.created_to.is_none_or(|to| row.created_at < to)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use taskhub_shared::status::{RuntimeStatus, StatusCounts};

    use super::*;

    fn row(id: &str, created: i64, revision: u64) -> InstanceSummary {
        InstanceSummary {
            instance_id: id.to_owned(),
            execution_id: String::new(),
            name: "Order".to_owned(),
            version: None,
            runtime_status: RuntimeStatus::Running,
            created_at: DateTime::from_timestamp(created, 0).unwrap(),
            last_updated_at: DateTime::from_timestamp(created, 0).unwrap(),
            completed_at: None,
            scheduled_start_at: None,
            parent_instance_id: None,
            tags: Default::default(),
            history_length: 0,
            failure_message: None,
            revision,
        }
    }

    fn changes(rows: Vec<InstanceSummary>) -> Changes {
        Changes { seq: 1, rows, purged: Vec::new(), counts: StatusCounts::new() }
    }

    #[test]
    fn known_rows_take_only_newer_forms() {
        let shown = [row("b", 20, 5), row("a", 10, 5)];
        let query = InstanceQuery::default();
        let merge = merge(&shown, true, &query, &changes(vec![row("a", 10, 6), row("b", 20, 4)]));
        assert_eq!(merge.updated, [(1, row("a", 10, 6))]);
        assert!(merge.fresh.is_empty());
    }

    #[test]
    fn a_restarted_id_counts_revisions_from_the_beginning() {
        let merge = merge(
            &[row("a", 10, 50)],
            true,
            &InstanceQuery::default(),
            &changes(vec![row("a", 30, 1)]),
        );
        assert_eq!(merge.updated, [(0, row("a", 30, 1))]);
    }

    #[test]
    fn only_rows_that_belong_on_this_page_are_offered() {
        let shown = [row("b", 20, 1), row("a", 10, 1)];
        let news = changes(vec![row("new", 30, 1), row("old", 5, 9)]);
        let mut query = InstanceQuery::default();
        assert_eq!(merge(&shown, false, &query, &news).fresh, ["new"]);
        assert_eq!(merge(&shown, true, &query, &news).fresh, ["new", "old"]);
        query.statuses = vec![RuntimeStatus::Failed];
        assert!(merge(&shown, true, &query, &news).fresh.is_empty());
        query = InstanceQuery { cursor: Some("x".to_owned()), ..InstanceQuery::default() };
        assert!(merge(&shown, true, &query, &news).fresh.is_empty());
    }

    #[test]
    fn the_filter_matches_as_on_the_server() {
        let order = row("order-17", 10, 1);
        let check = |query: &str| matches(&InstanceQuery::parse(query).unwrap(), &order);
        for yes in ["name=Order", "name=Or*", "idPrefix=order-", "status=Running,Failed", "name=*"]
        {
            assert!(check(yes), "{yes}");
        }
        for no in [
            "name=Orde",
            "name=order",
            "idPrefix=17",
            "status=Failed",
            "createdFrom=2026-01-01T00:00:00Z",
        ] {
            assert!(!check(no), "{no}");
        }
        assert!(
            check("createdFrom=1970-01-01T00:00:10Z") && !check("createdTo=1970-01-01T00:00:10Z")
        );
    }
}
