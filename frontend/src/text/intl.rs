//! Numbers, plurals and times in the chosen language, by the browser's `Intl`.

use std::{cell::RefCell, collections::HashMap};

use chrono::{DateTime, Utc};
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::JsValue;

use super::{Count, Language, text};
use crate::{format, state::preferences};

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Style {
    /// Day and time to the second, local.
    Full,
    /// The same in UTC.
    Utc,
    /// Time to the second, local.
    Time,
    /// Time to the millisecond, local.
    Precise,
    /// Day and time to the second without the year, local.
    NoYear,
    /// Day, local.
    Day,
    /// Year, local.
    Year,
}

thread_local! {
    // Formatters are dear to make and a list makes hundreds of calls.
    static TIMES: RefCell<HashMap<(&'static str, Style, bool), Function>> = RefCell::default();
    static NUMBERS: RefCell<HashMap<&'static str, Function>> = RefCell::default();
    static PLURALS: RefCell<HashMap<&'static str, Intl::PluralRules>> = RefCell::default();
}

/// A number with its thousands apart.
pub fn number(value: u64) -> String {
    let tag = preferences::language().tag();
    let format = NUMBERS.with_borrow_mut(|made| {
        let make = || Intl::NumberFormat::new(&Array::of1(&tag.into()), &Object::new()).format();
        made.entry(tag).or_insert_with(make).clone()
    });
    call(&format, &number_value(value)).unwrap_or_else(|| value.to_string())
}

/// A number with what its noun needs.
pub fn count(value: u64) -> Count {
    let tag = preferences::language().tag();
    let form = PLURALS.with_borrow_mut(|made| {
        let make = || Intl::PluralRules::new(&Array::of1(&tag.into()), &Object::new());
        made.entry(tag).or_insert_with(make).select(float(value))
    });
    Count { text: number(value), one: form == "one" }
}

/// Day and time to the second, local.
pub fn full(time: DateTime<Utc>) -> String {
    write(time, Style::Full)
}

/// Day and time to the second, in UTC and with its sign.
pub fn utc(time: DateTime<Utc>) -> String {
    (text().utc)(&write(time, Style::Utc))
}

/// Time of day to the second, local.
pub fn time(time: DateTime<Utc>) -> String {
    write(time, Style::Time)
}

/// Time of day to the millisecond, local.
pub fn precise(time: DateTime<Utc>) -> String {
    write(time, Style::Precise)
}

/// Time of day when it is today, else the day with it, and the year when it is another one.
pub fn short(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let same = |style: Style| write(time, style) == write(now, style);
    if same(Style::Day) {
        write(time, Style::Time)
    } else if same(Style::Year) {
        write(time, Style::NoYear)
    } else {
        write(time, Style::Full)
    }
}

/// A time to the millisecond, or with its date when it is not of the same day as `reference`.
pub fn precise_beside(time: DateTime<Utc>, reference: DateTime<Utc>) -> String {
    if write(time, Style::Day) == write(reference, Style::Day) {
        precise(time)
    } else {
        short(time, reference)
    }
}

/// A duration in milliseconds.
pub fn duration(milliseconds: i64) -> String {
    format::duration(milliseconds, text().decimal_point, text().day_sign)
}

/// A duration that goes on, without tenths.
pub fn ticking(milliseconds: i64) -> String {
    format::ticking(milliseconds, text().day_sign)
}

/// A number of bytes with its unit.
pub fn size(bytes: usize) -> String {
    let size = format::size(bytes, text().decimal_point);
    let join = if size.ends_with('i') { "" } else { "\u{a0}" };
    format!("{size}{join}{}", text().byte_sign)
}

fn write(time: DateTime<Utc>, style: Style) -> String {
    let tag = preferences::language().tag();
    let utc = style == Style::Utc || preferences::utc();
    let format = TIMES.with_borrow_mut(|made| {
        made.entry((tag, style, utc)).or_insert_with(|| formatter(tag, style, utc)).clone()
    });
    let milliseconds = JsValue::from_f64(signed(time.timestamp_millis()));
    call(&format, &Date::new(&milliseconds)).unwrap_or_else(|| time.to_rfc3339())
}

fn formatter(tag: &str, style: Style, utc: bool) -> Function {
    let options = Object::new();
    let set = |key: &str, value: &str| {
        let _ = Reflect::set(&options, &key.into(), &value.into());
    };
    if !matches!(style, Style::Day | Style::Year) {
        for key in ["hour", "minute", "second"] {
            set(key, "2-digit");
        }
        set("hourCycle", "h23");
    }
    if matches!(style, Style::Full | Style::Utc | Style::Day | Style::NoYear) {
        set("day", "numeric");
        set("month", "short");
    }
    if matches!(style, Style::Full | Style::Utc | Style::Day | Style::Year) {
        set("year", "numeric");
    }
    if utc {
        set("timeZone", "UTC");
    }
    if style == Style::Precise {
        let _ = Reflect::set(&options, &"fractionalSecondDigits".into(), &3.into());
    }
    // Plain "en" would write the month first; operators read logs day first or ISO.
    let tag = if tag == Language::English.tag() { "en-GB" } else { tag };
    Intl::DateTimeFormat::new(&Array::of1(&tag.into()), &options).format()
}

fn call(format: &Function, value: &JsValue) -> Option<String> {
    format.call1(&JsValue::UNDEFINED, value).ok()?.as_string()
}

fn number_value(value: u64) -> JsValue {
    JsValue::from_f64(float(value))
}

fn float(value: u64) -> f64 {
    value as f64
}

fn signed(value: i64) -> f64 {
    value as f64
}
