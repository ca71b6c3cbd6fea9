//! Functions that SQL calls for what only Rust knows: whether a text fits a condition, and when a timer is due.

use std::sync::Arc;

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    types::ValueRef,
};
use taskhub_hub::store::{model::Timer, select::fits};
use taskhub_shared::query::{Condition, Query};

/// `taskhub_fits(condition, text)`: 1 when the text fits the condition, which is a query of one condition; 0 for no
/// text.
pub(super) const FITS: &str = "taskhub_fits";
/// `taskhub_due(timer, now)`: 1 when the timer is due, 0 when it is not; null when it is not and no code set it.
pub(super) const DUE: &str = "taskhub_due";

/// Makes the functions known to a connection.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function(FITS, 2, flags, fits_text)?;
    connection.create_scalar_function(DUE, 2, flags, due)
}

fn fits_text(context: &mut Context<'_>) -> rusqlite::Result<bool> {
    // The condition is the same for all rows of a statement, so it is read once.
    let condition: Arc<Condition> = context.get_or_create_aux(0, |value| {
        let text = value.as_str().map_err(|error| Box::new(error) as Failure)?;
        let query: Query = text.parse().map_err(|error| Box::new(error) as Failure)?;
        fits::single(query).ok_or_else(|| Failure::from("not one condition"))
    })?;
    Ok(match context.get_raw(1) {
        // A text that is no UTF-8 is damage, which the row's reader tells of.
        ValueRef::Text(bytes) => {
            std::str::from_utf8(bytes).is_ok_and(|text| fits::in_text(&condition, text))
        }
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => false,
    })
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn due(context: &mut Context<'_>) -> rusqlite::Result<Option<bool>> {
    let (text, now): (String, i64) = (context.get(0)?, context.get(1)?);
    // What cannot be read is told of when the instance is loaded.
    let Ok(timer) = serde_json::from_str::<Timer>(&text) else { return Ok(None) };
    let due = timer.fire_at.timestamp_micros() <= now;
    Ok((due || timer.action.is_some()).then_some(due))
}
