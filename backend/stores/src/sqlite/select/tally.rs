//! Numbers of the instances that a query means, in groups.

use std::collections::HashMap;

use rusqlite::{Connection, Row};
use taskhub_hub::store::{
    StoreError,
    model::HubId,
    select::{Group, Grouping, TALLY_ORDER, Tallied, TallyRequest},
};
use taskhub_shared::{query::TimeField, status::RuntimeStatus};

use super::{
    condition::{self, Writer},
    plan::{self, Candidates},
    scan::{OWN, Scan, bind},
};
use crate::sqlite::{
    read::{failed, unless_unreadable},
    rows,
};

pub(in crate::sqlite) fn tally(
    connection: &Connection,
    hub: HubId,
    request: &TallyRequest,
) -> Result<Tallied, StoreError> {
    let read = || {
        let snapshot = connection.unchecked_transaction()?;
        let candidates = Candidates::read(&snapshot, hub, &request.selection)?;
        let counted = match &request.grouping {
            Grouping::Status => Some(false),
            Grouping::Name => Some(true),
            Grouping::Version | Grouping::Tag | Grouping::Error | Grouping::Time { .. } => None,
        };
        if let Some(by_name) = counted.filter(|_| candidates.certain) {
            return Ok(from_counters(&candidates, by_name));
        }
        let value = value(&request.grouping);
        let in_one = condition::is_indexed(&request.selection.query)
            && request.after.is_none()
            && matches!(
                request.grouping,
                Grouping::Status
                    | Grouping::Name
                    | Grouping::Time { field: TimeField::Created, .. }
            );
        if in_one {
            return in_one_statement(&snapshot, hub, request, &candidates, &value);
        }
        let columns = format!(", i.status, {value}");
        let scan = Scan {
            selection: &request.selection,
            sort: TALLY_ORDER,
            descending: true,
            after: request.after.as_ref(),
            columns: &columns,
        };
        let mut groups: HashMap<(String, RuntimeStatus), u64> = HashMap::new();
        let scanned = scan.run(&snapshot, hub, &candidates, |num, row| {
            let read = status(row, OWN)
                .and_then(|status| Ok((status, values_of(&request.grouping, row, OWN + 1)?)));
            if let Some((status, values)) = unless_unreadable("instance", num, read)? {
                for value in values {
                    *groups.entry((value, status)).or_default() += 1;
                }
            }
            Ok(true)
        })?;
        Ok(Tallied { groups: sorted(groups), rest: scanned.rest })
    };
    read().map_err(failed("count instances"))
}

fn from_counters(candidates: &Candidates, by_name: bool) -> Tallied {
    let mut groups: HashMap<(String, RuntimeStatus), u64> = HashMap::new();
    for (name, status, count) in &candidates.pairs {
        let value = if by_name { name.clone() } else { String::new() };
        *groups.entry((value, *status)).or_default() += count;
    }
    Tallied { groups: sorted(groups), rest: None }
}

fn sorted(groups: HashMap<(String, RuntimeStatus), u64>) -> Vec<Group> {
    let group = |((value, status), count)| Group { value, status, count };
    let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
    groups.sort();
    groups
}

/// Groups of all instances at once, for what one index knows: SQLite chooses it.
fn in_one_statement(
    connection: &Connection,
    hub: HubId,
    request: &TallyRequest,
    candidates: &Candidates,
    value: &str,
) -> rusqlite::Result<Tallied> {
    let mut writer = Writer::new(&request.selection);
    let condition = if candidates.everything() { "1".to_owned() } else { writer.query() };
    let statuses =
        condition::codes(|status| candidates.pairs.iter().any(|(_, of, _)| *of == status));
    // The names that can match let the index of names find them, when they are few.
    let names: Vec<String> = candidates.names().into_iter().map(str::to_owned).collect();
    let names = if names.len() <= plan::ARMS {
        let names: Vec<String> = names.into_iter().map(|name| writer.values.add(name)).collect();
        format!("AND i.name IN ({})", names.join(", "))
    } else {
        String::new()
    };
    let names = if candidates.fewer_names() { names } else { String::new() };
    let sql = format!(
        "SELECT i.status, {value}, count(*) FROM instances i
         WHERE i.hub = {} AND i.entity = 0 AND i.status IN ({statuses}) {names} AND {condition} GROUP BY 1, 2",
        hub.0
    );
    let mut statement = connection.prepare_cached(&sql)?;
    bind(&mut statement, &writer.values)?;
    let mut rows = statement.raw_query();
    let mut groups = HashMap::new();
    while let Some(row) = rows.next()? {
        let (status, count): (_, u64) = (status(row, 0)?, row.get(2)?);
        for value in values_of(&request.grouping, row, 1)? {
            *groups.entry((value, status)).or_default() += count;
        }
    }
    Ok(Tallied { groups: sorted(groups), rest: None })
}

/// What the groups have in common, as a column; null for rows that are in no group.
fn value(grouping: &Grouping) -> String {
    match grouping {
        Grouping::Status => "''".to_owned(),
        Grouping::Name => "i.name".to_owned(),
        Grouping::Version => "coalesce(i.version, '')".to_owned(),
        Grouping::Tag => "i.extra".to_owned(),
        Grouping::Error => "i.failure_message".to_owned(),
        Grouping::Time { field, from, step, steps } => {
            let column = match field {
                TimeField::Created => "i.created_at",
                TimeField::Updated => "i.updated_at",
                TimeField::Completed => "i.completed_at",
            };
            let (from, step) = (from.timestamp_micros(), (*step).max(1));
            format!(
                "CASE WHEN {column} >= {from} AND ({column} - {from}) / {step} < {steps}
                 THEN ({column} - {from}) / {step} END"
            )
        }
    }
}

fn values_of(grouping: &Grouping, row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    match grouping {
        Grouping::Tag => {
            let tags = rows::tags(row, column)?;
            Ok(tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect())
        }
        Grouping::Time { .. } => {
            let step: Option<i64> = row.get(column)?;
            Ok(step.map(|step| step.to_string()).into_iter().collect())
        }
        Grouping::Status | Grouping::Name | Grouping::Version | Grouping::Error => {
            let text: Option<String> = row.get(column)?;
            Ok(text.into_iter().collect())
        }
    }
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<RuntimeStatus> {
    let code: u8 = row.get(column)?;
    RuntimeStatus::from_code(code)
        .ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code.into()))
}
