//! Lists and groups of the instances that a query means.

mod condition;
mod function;
mod plan;
mod scan;
mod tally;

use rusqlite::Connection;
use taskhub_hub::store::{
    StoreError,
    model::{HubId, InstanceRecord, RowId},
    select::{SelectRequest, Selected, fitting},
};

use self::{plan::Candidates, scan::Scan};
use super::{
    read::{failed, unless_unreadable},
    rows::{self, COLUMNS, PAYLOAD_COLUMNS},
};

pub(super) use function::register;
pub(super) use tally::tally;

pub(super) fn select(
    connection: &Connection,
    hub: HubId,
    request: &SelectRequest,
) -> Result<Selected, StoreError> {
    let read = || {
        // One snapshot for both readings.
        let snapshot = connection.unchecked_transaction()?;
        let candidates = Candidates::read(&snapshot, hub, &request.selection)?;
        let scan = Scan {
            selection: &request.selection,
            sort: request.sort,
            descending: request.sort.descending != request.backwards,
            after: request.after.as_ref(),
            columns: "",
        };
        let mut found: Vec<RowId> = Vec::new();
        let scanned = scan.run(&snapshot, hub, &candidates, |num, _| {
            found.push(num);
            Ok(found.len() < request.limit)
        })?;
        let readable = |num: &RowId| {
            unless_unreadable("instance", *num, record(&snapshot, *num, request.payloads))
                .transpose()
        };
        let mut records = found.iter().filter_map(readable);
        let (records, cut) = fitting(request.sort, &mut records)?;
        Ok(Selected { records, rest: cut.or(scanned.rest), scanned: scanned.rows })
    };
    read().map_err(failed("list instances"))
}

fn record(connection: &Connection, num: RowId, payloads: bool) -> rusqlite::Result<InstanceRecord> {
    if payloads {
        let sql = format!(
            "SELECT {COLUMNS}, {PAYLOAD_COLUMNS} FROM instances i LEFT JOIN payloads p ON p.num = i.num
             WHERE i.num = ?1"
        );
        return connection.prepare_cached(&sql)?.query_row([num], rows::full_record);
    }
    let sql = format!("SELECT {COLUMNS} FROM instances i WHERE i.num = ?1");
    connection.prepare_cached(&sql)?.query_row([num], rows::record)
}
