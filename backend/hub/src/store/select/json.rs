//! Values within a JSON text, found without reading the rest of it into memory.

use std::{cmp::Ordering, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use taskhub_shared::query::{JsonTest, Literal, Number, Step};

/// Whether the value at the path passes the test. A text that is no JSON has no values.
#[must_use]
pub fn passes(text: &str, path: &[Step], test: &JsonTest) -> bool {
    find(text, path).is_some_and(|value| holds(&value, test))
}

/// Value at the path; of equal keys the first counts.
#[must_use]
pub fn find(text: &str, path: &[Step]) -> Option<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = At(path).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    found
}

fn holds(value: &Value, test: &JsonTest) -> bool {
    match test {
        JsonTest::Equals(literals) => literals.iter().any(|literal| equals(value, literal)),
        JsonTest::Number(order, wanted) => match value {
            Value::Number(number) => {
                compare(number, wanted).is_some_and(|ordering| order.holds(ordering))
            }
            Value::Null
            | Value::Bool(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => false,
        },
        JsonTest::Text(order, wanted) => {
            value.as_str().is_some_and(|text| order.holds(text.cmp(wanted)))
        }
    }
}

fn equals(value: &Value, literal: &Literal) -> bool {
    match literal {
        Literal::Present => true,
        Literal::Null => value.is_null(),
        Literal::Bool(wanted) => value.as_bool() == Some(*wanted),
        Literal::Number(wanted) => match value {
            Value::Number(number) => compare(number, wanted) == Some(Ordering::Equal),
            Value::String(text) => text == wanted.as_str(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
        },
        Literal::Text(pattern) => value.as_str().is_some_and(|text| pattern.matches(text)),
    }
}

/// Whole numbers of 64 bits compare exactly, others as the numbers of JavaScript.
fn compare(number: &serde_json::Number, wanted: &Number) -> Option<Ordering> {
    let wanted: serde_json::Number = serde_json::from_str(wanted.as_str()).ok()?;
    match (number.as_i128(), wanted.as_i128()) {
        (Some(number), Some(wanted)) => Some(number.cmp(&wanted)),
        _ => number.as_f64()?.partial_cmp(&wanted.as_f64()?),
    }
}

/// Reads the value at a path and skips the rest.
struct At<'p>(&'p [Step]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<Value>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Option<Value>, D::Error> {
        if self.0.is_empty() {
            return serde::Deserialize::deserialize(reader).map(Some);
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Value>, A::Error> {
        let mut found = None;
        let Some((step, rest)) = self.0.split_first() else { return Ok(None) };
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let wanted = matches!(step, Step::Key(wanted) if *wanted == key);
            if wanted && found.is_none() {
                found = map.next_value_seed(At(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<Value>, A::Error> {
        let mut found = None;
        let Some((step, rest)) = self.0.split_first() else { return Ok(None) };
        let wanted = match step {
            Step::Index(index) => Some(*index),
            // `items.0` is how some write `items[0]`.
            Step::Key(key) => key.parse().ok(),
        };
        let mut at = 0_u32;
        loop {
            if wanted == Some(at) {
                match seq.next_element_seed(At(rest))? {
                    Some(value) => found = value,
                    None => return Ok(found),
                }
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            at = at.saturating_add(1);
        }
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Option<Value>, E> {
        Ok(None)
    }
    fn visit_i64<E>(self, _value: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }
    fn visit_u64<E>(self, _value: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }
    fn visit_f64<E>(self, _value: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }
    fn visit_str<E>(self, _value: &str) -> Result<Option<Value>, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use taskhub_shared::query::{Condition, Expr, Query};

    use super::*;

    fn check(condition: &str, text: &str) -> bool {
        let query: Query = condition.parse().unwrap();
        let Some(Expr::Term(term)) = query.expr else { panic!("{condition}") };
        let Condition::Json { path, test, .. } = term.condition else { panic!("{condition}") };
        passes(text, &path, &test)
    }

    #[test]
    fn values_are_found_and_compared() {
        let text = r#"{"a":{"b c":[1,{"d":"x"},"17"],"n":null},"t":true,"f":2.5,"big":9007199254740993,"a":3,"é":"ü"}"#;
        for (condition, holds) in [
            ("input.a.\"b c\"[0]=1", true),
            ("input.a.\"b c\".0=1", true),
            ("input.a.\"b c\"[0]=1.0", true),
            ("input.a.\"b c\"[1].d=x", true),
            ("input.a.\"b c\"[1].d=y,x", true),
            ("input.a.\"b c\"[1].d=X", false),
            ("input.a.\"b c\"[2]=17", true),
            ("input.a.\"b c\"[2]=\"17\"", true),
            ("input.a.\"b c\"[0]=\"1\"", false),
            ("input.a.\"b c\"[3]=*", false),
            ("input.a.n=null", true),
            ("input.a.n=*", true),
            ("input.a.m=*", false),
            ("input.a=*", true),
            ("input=*", true),
            ("input.t=true", true),
            ("input.t=\"true\"", false),
            ("input.f>2", true),
            ("input.f>2.5", false),
            ("input.f>=2.5", true),
            ("input.big=9007199254740993", true),
            ("input.big=9007199254740992", false),
            ("input.big>9007199254740992", true),
            ("input.é=ü", true),
            ("input.é>\"t\"", true),
            ("input.t>0", false),
            ("input.t.x=1", false),
        ] {
            assert_eq!(check(condition, text), holds, "{condition}");
        }
    }

    #[test]
    fn what_is_no_json_has_no_values() {
        for text in ["", "order 17", "{\"a\":1", "{\"a\":1} x", "NaN"] {
            assert!(!check("input.a=*", text), "{text}");
            assert!(!check("input=*", text), "{text}");
        }
        assert!(check("input=\"a\"", "\"a\""));
        assert!(!check("input.a=1", &"[".repeat(10_000)));
    }
}
