//! Failures.

use prost_types::{ListValue, Struct, Value, value::Kind};
use serde_json::{Map, Number};
use taskhub_proto::TaskFailureDetails;
use taskhub_shared::failure::FailureDetails;

/// Deepest chain of causes and nesting of properties that is kept.
const DEPTH: usize = 64;

/// Wire form of a failure.
pub(crate) fn to_wire(failure: &FailureDetails) -> TaskFailureDetails {
    TaskFailureDetails {
        error_type: failure.error_type.clone(),
        error_message: failure.error_message.clone(),
        stack_trace: failure.stack_trace.clone(),
        inner_failure: failure.inner_failure.as_deref().map(|inner| Box::new(to_wire(inner))),
        is_non_retriable: failure.is_non_retriable,
        properties: failure
            .properties
            .iter()
            .map(|(key, value)| (key.clone(), value_to_wire(value)))
            .collect(),
    }
}

/// A failure from the wire.
pub(crate) fn from_wire(failure: TaskFailureDetails) -> FailureDetails {
    from_wire_at(failure, DEPTH)
}

fn from_wire_at(failure: TaskFailureDetails, depth: usize) -> FailureDetails {
    let inner = failure.inner_failure.filter(|_| depth > 0);
    FailureDetails {
        error_type: failure.error_type,
        error_message: failure.error_message,
        stack_trace: failure.stack_trace,
        inner_failure: inner.map(|inner| Box::new(from_wire_at(*inner, depth - 1))),
        is_non_retriable: failure.is_non_retriable,
        properties: failure
            .properties
            .into_iter()
            .map(|(key, value)| (key, value_from_wire(value, DEPTH)))
            .collect(),
    }
}

fn value_to_wire(value: &serde_json::Value) -> Value {
    let kind = match value {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(value) => Kind::BoolValue(*value),
        serde_json::Value::Number(value) => Kind::NumberValue(value.as_f64().unwrap_or_default()),
        serde_json::Value::String(value) => Kind::StringValue(value.clone()),
        serde_json::Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(value_to_wire).collect() })
        }
        serde_json::Value::Object(fields) => Kind::StructValue(Struct {
            fields: fields.iter().map(|(key, value)| (key.clone(), value_to_wire(value))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

fn value_from_wire(value: Value, depth: usize) -> serde_json::Value {
    let Some(depth) = depth.checked_sub(1) else { return serde_json::Value::Null };
    match value.kind {
        None | Some(Kind::NullValue(_)) => serde_json::Value::Null,
        Some(Kind::BoolValue(value)) => value.into(),
        Some(Kind::NumberValue(value)) => {
            Number::from_f64(value).map_or(serde_json::Value::Null, Into::into)
        }
        Some(Kind::StringValue(value)) => value.into(),
        Some(Kind::ListValue(list)) => list
            .values
            .into_iter()
            .map(|value| value_from_wire(value, depth))
            .collect::<Vec<_>>()
            .into(),
        Some(Kind::StructValue(fields)) => fields
            .fields
            .into_iter()
            .map(|(key, value)| (key, value_from_wire(value, depth)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_survives_the_way_there_and_back() {
        let failure = FailureDetails {
            stack_trace: Some("at x".to_owned()),
            inner_failure: Some(Box::new(FailureDetails::new("Inner", ""))),
            is_non_retriable: true,
            properties: serde_json::from_str(r#"{"a":[1.5,null,{"b":true}],"c":"d"}"#).unwrap(),
            ..FailureDetails::new("Outer", "message")
        };
        assert_eq!(from_wire(to_wire(&failure)), failure);
    }
}
