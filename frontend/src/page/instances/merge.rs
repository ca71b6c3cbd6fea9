//! How the list takes in what the live stream tells, without moving a row.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use taskhub_shared::{
    live::Changes,
    query::{Condition, Expr, Is, Pattern, Query, Sort, SortField, TimeField},
    status::{InstanceSummary, RuntimeStatus},
};

/// What a `changes` event means for the rows that are shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// Positions of shown rows with their newer form.
    pub updated: Vec<(usize, InstanceSummary)>,
    /// Ids that belong into the list and are not there yet.
    pub fresh: Vec<String>,
    /// Ids that were purged.
    pub purged: Vec<String>,
    /// Whether there are changes of which only the server knows whether they belong into the list.
    pub unsure: bool,
}

/// What the list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Statuses, all when empty.
    pub statuses: Vec<RuntimeStatus>,
    /// What else must hold.
    pub rest: Query,
    /// Order.
    pub sort: Sort,
}

/// Sorts changes into updates of shown rows and rows to offer.
///
/// Shown rows are updated even when they no longer match the filter: a row never vanishes under the pointer. Rows beyond
/// the end of what is shown come by themselves when one gets there.
pub fn merge(
    shown: &[InstanceSummary],
    is_whole: bool,
    asked: &Asked,
    changes: &Changes,
    now: DateTime<Utc>,
) -> Merge {
    let positions: HashMap<&str, usize> =
        shown.iter().enumerate().map(|(at, row)| (row.instance_id.as_str(), at)).collect();
    let mut merge = Merge { purged: changes.purged.clone(), ..Merge::default() };
    for row in &changes.rows {
        if let Some(at) = positions.get(row.instance_id.as_str()) {
            let known = shown.get(*at).filter(|known| is_newer(row, known));
            merge.updated.extend(known.map(|_| (*at, row.clone())));
            continue;
        }
        if !is_whole && lies_beyond(shown.last(), row, asked.sort) {
            continue;
        }
        match matches(asked, row, now) {
            Some(true) => merge.fresh.push(row.instance_id.clone()),
            None => merge.unsure = true,
            Some(false) => {}
        }
    }
    merge
}

fn lies_beyond(last: Option<&InstanceSummary>, row: &InstanceSummary, sort: Sort) -> bool {
    let Some(last) = last else { return false };
    let order = match sort.field {
        SortField::Created => row.created_at.cmp(&last.created_at),
        SortField::Updated => row.last_updated_at.cmp(&last.last_updated_at),
        SortField::Name => row.name.cmp(&last.name),
        SortField::Completed | SortField::Duration | SortField::Status => return false,
    };
    if sort.descending { order.is_lt() } else { order.is_gt() }
}

fn is_newer(row: &InstanceSummary, known: &InstanceSummary) -> bool {
    row.revision > known.revision || row.created_at > known.created_at
}

/// Whether a row passes the filter, as the server decides it; absent when only the server can tell.
pub fn matches(asked: &Asked, row: &InstanceSummary, now: DateTime<Utc>) -> Option<bool> {
    if !asked.statuses.is_empty() && !asked.statuses.contains(&row.runtime_status) {
        return Some(false);
    }
    asked.rest.expr.as_ref().map_or(Some(true), |expr| judge(expr, row, now))
}

fn judge(expr: &Expr, row: &InstanceSummary, now: DateTime<Utc>) -> Option<bool> {
    match expr {
        Expr::All(parts) => joined(parts, true, row, now),
        Expr::Any(parts) => joined(parts, false, row, now),
        Expr::Not(inner) => judge(inner, row, now).map(|holds| !holds),
        Expr::Term(term) => holds(&term.condition, row, now),
    }
}

fn joined(parts: &[Expr], all: bool, row: &InstanceSummary, now: DateTime<Utc>) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match judge(part, row, now) {
            Some(value) if value != all => return Some(!all),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(all)
}

fn holds(condition: &Condition, row: &InstanceSummary, now: DateTime<Utc>) -> Option<bool> {
    let any = |patterns: &[Pattern], text: &str| patterns.iter().any(|one| one.matches(text));
    let ended = row.runtime_status.is_terminal();
    let parent = row.parent_instance_id.as_deref();
    Some(match condition {
        Condition::Status(wanted) => wanted.contains(&row.runtime_status),
        Condition::Name(patterns) => any(patterns, &row.name),
        Condition::Id(patterns) => any(patterns, &row.instance_id),
        Condition::Parent(patterns) => parent.is_some_and(|parent| any(patterns, parent)),
        Condition::Version(patterns) => any(patterns, row.version.as_deref().unwrap_or_default()),
        Condition::Word(pattern) => pattern.matches(&row.name) || pattern.matches(&row.instance_id),
        Condition::Tag { key, values } => row.tags.iter().any(|(k, v)| match key {
            Some(key) => key == k && any(values, v),
            None => any(values, k) || any(values, v),
        }),
        Condition::Is(wanted) => {
            let is = |is: &Is| match is {
                Is::Root => parent.is_none(),
                Is::Child => parent.is_some(),
                Is::Active => !ended,
                Is::Ended => ended,
                Is::Stuck => false,
            };
            let found = wanted.iter().any(is);
            if !found && wanted.contains(&Is::Stuck) && !ended {
                return None;
            }
            found
        }
        Condition::Time { field, order, when } => {
            let at = match field {
                TimeField::Created => Some(row.created_at),
                TimeField::Updated => Some(row.last_updated_at),
                TimeField::Completed => row.completed_at,
            };
            at.is_some_and(|at| order.holds(at.cmp(&when.at(now))))
        }
        Condition::Duration { order, millis } => {
            let end = row.completed_at.unwrap_or(now);
            order.holds((end - row.created_at).num_milliseconds().cmp(millis))
        }
        Condition::Wait(_) if ended => false,
        Condition::Error(_) if row.failure_message.is_none() => false,
        Condition::Wait(_)
        | Condition::Error(_)
        | Condition::Text { .. }
        | Condition::Json { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
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

    fn asked(text: &str) -> Asked {
        let split = super::super::query_text::read(text).unwrap();
        Asked { statuses: split.statuses, rest: split.rest, sort: Sort::default() }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn merged(is_whole: bool, asked: &Asked, rows: Vec<InstanceSummary>) -> Merge {
        let shown = [row("b", 20, 5), row("a", 10, 5)];
        merge(&shown, is_whole, asked, &changes(rows), at(60))
    }

    #[test]
    fn known_rows_take_only_newer_forms() {
        let merge = merged(true, &asked(""), vec![row("a", 10, 6), row("b", 20, 4)]);
        assert_eq!(merge.updated, [(1, row("a", 10, 6))]);
        assert!(merge.fresh.is_empty());
        // Also when they no longer match.
        let merge = merged(true, &asked("status:failed"), vec![row("a", 10, 6)]);
        assert_eq!(merge.updated.len(), 1);
    }

    #[test]
    fn a_restarted_id_counts_revisions_from_the_beginning() {
        let merge = merged(true, &asked(""), vec![row("a", 30, 1)]);
        assert_eq!(merge.updated, [(1, row("a", 30, 1))]);
    }

    #[test]
    fn only_rows_that_belong_into_what_is_shown_are_offered() {
        let news = || vec![row("new", 30, 1), row("old", 5, 9)];
        assert_eq!(merged(false, &asked(""), news()).fresh, ["new"]);
        assert_eq!(merged(true, &asked(""), news()).fresh, ["new", "old"]);
        assert!(merged(true, &asked("status:failed"), news()).fresh.is_empty());
        let oldest = Asked { sort: "created".parse().unwrap(), ..asked("") };
        assert_eq!(merged(false, &oldest, vec![row("old", 5, 9)]).fresh, ["old"]);
    }

    #[test]
    fn what_only_the_server_knows_is_left_to_it() {
        let merge = merged(true, &asked("input.a=1"), vec![row("new", 30, 1)]);
        assert!(merge.unsure && merge.fresh.is_empty());
        let merge = merged(true, &asked("input.a=1 is:child"), vec![row("new", 30, 1)]);
        assert!(!merge.unsure, "it is no child, whatever its input");
    }

    #[test]
    fn the_filter_matches_as_on_the_server() {
        let mut order = row("order-17", 10, 1);
        order.tags.insert("region".to_owned(), "eu".to_owned());
        let check = |text: &str| matches(&asked(text), &order, at(60));
        for yes in [
            "",
            "name:Order",
            "name:Or*",
            "id:order-",
            "status:running,failed",
            "name:*",
            "order",
            "Ord",
            "is:root",
            "is:active",
            "tag:eu",
            "tag.region=eu",
            "created:<-30s",
            "duration:>40s",
            "-is:child",
            "is:child or tag:eu",
            "version:\"\"",
            "wait:event or is:root",
        ] {
            assert_eq!(check(yes), Some(true), "{yes}");
        }
        for no in [
            "name:Orde",
            "name:order",
            "id:17",
            "status:failed",
            "created:>-5s",
            "is:ended",
            "completed:>-1h",
            "error:x",
            "tag:us",
            "parent:x",
            "is:child input.a=1",
        ] {
            assert_eq!(check(no), Some(false), "{no}");
        }
        for unsure in ["input:x", "input.a=1", "wait:event", "is:stuck", "-output.a=1"] {
            assert_eq!(check(unsure), None, "{unsure}");
        }
    }
}
