//! A failure's properties: values of the protocol and values of `serde_json`.

use std::collections::{BTreeMap, HashMap};

use prost_types::value::Kind;
use prost_types::{ListValue, Struct};
use serde_json::Value;

/// Whole numbers up to this are exact as a protobuf number, which is a float.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

pub(crate) fn from_proto(
    properties: HashMap<String, prost_types::Value>,
) -> BTreeMap<String, Value> {
    properties.into_iter().map(|(key, value)| (key, read(value))).collect()
}

pub(crate) fn to_proto(properties: BTreeMap<String, Value>) -> HashMap<String, prost_types::Value> {
    properties.into_iter().map(|(key, value)| (key, write(value))).collect()
}

fn read(value: prost_types::Value) -> Value {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(is)) => Value::Bool(is),
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::NumberValue(number)) => read_number(number),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(read).collect(),
        Some(Kind::StructValue(fields)) => {
            fields.fields.into_iter().map(|(key, value)| (key, read(value))).collect()
        }
    }
}

/// A whole number reads as one, so that `7` does not come back as `7.0`.
fn read_number(number: f64) -> Value {
    if number.fract() == 0.0
        && number.abs() <= MAX_EXACT
        && let Ok(whole) = format!("{number}").parse::<i64>()
    {
        return whole.into();
    }
    number.into()
}

fn write(value: Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(is) => Kind::BoolValue(is),
        Value::String(text) => Kind::StringValue(text),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::Array(values) => {
            Kind::ListValue(ListValue { values: values.into_iter().map(write).collect() })
        }
        Value::Object(fields) => Kind::StructValue(Struct {
            fields: fields.into_iter().map(|(key, value)| (key, write(value))).collect(),
        }),
    };
    prost_types::Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_comes_back() {
        let value = json!({
            "nothing": null, "yes": true, "text": "t", "whole": -7, "part": 1.5,
            "list": [1, "two", [3]], "object": { "deep": {} },
        });
        let properties = BTreeMap::from([("p".to_owned(), value)]);
        assert_eq!(from_proto(to_proto(properties.clone())), properties);
    }

    #[test]
    fn what_json_cannot_say_is_null_or_a_float() {
        let number = |number| read(prost_types::Value { kind: Some(Kind::NumberValue(number)) });
        assert_eq!(number(f64::NAN), Value::Null);
        assert_eq!(number(f64::INFINITY), Value::Null);
        assert_eq!(number(1e300), json!(1e300));
        assert_eq!(read(prost_types::Value { kind: None }), Value::Null);
    }
}
