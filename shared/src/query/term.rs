//! Reads a condition on one field: its path, its operator, its values.

use chrono::{DateTime, Days, Utc};

use super::{
    ast::{
        Condition, Is, JsonTest, Literal, Number, Order, PayloadField, Span, Step, TimeField, Wait,
        WaitKind, When,
    },
    cursor::{Cursor, Operator, Value},
    error::{Mistake, QueryError, nearest, shown},
    field::Field,
    pattern::Pattern,
    units,
};

/// Conditions that must all hold, each with whether it is negated.
pub(super) type Conditions = Vec<(Condition, bool)>;

/// How many literals a test has.
pub(super) fn literals(test: &JsonTest) -> usize {
    match test {
        JsonTest::Equals(values) => values.len(),
        JsonTest::Number(..) | JsonTest::Text(..) => 1,
    }
}

/// Reads what stands behind the name of the field, which stands at `name`.
pub(super) fn read(
    cursor: &mut Cursor<'_>,
    field: Field,
    name: Span,
) -> Result<Conditions, QueryError> {
    let path = path(cursor, field, name)?;
    let before = cursor.at;
    let Some(operator) = cursor.operator() else {
        return Err(cursor.error_here(Mistake::NoOperator(field)));
    };
    let span = Span { start: before, end: cursor.at };
    let values = values(cursor, field)?;
    let reader = Reader { cursor: *cursor, field, operator: span };
    let negated = operator == Operator::NotEqual;
    let condition = match field {
        Field::Time(time) => return reader.time(time, operator, &values),
        Field::Duration => reader.duration(operator, &values)?,
        Field::Payload(payload) => reader.payload(payload, path, operator, values)?,
        Field::Status
        | Field::Name
        | Field::Id
        | Field::Parent
        | Field::Version
        | Field::Error
        | Field::Tag
        | Field::Is
        | Field::Wait => {
            if let Operator::Order(order) = operator {
                return Err(cursor.error(span, Mistake::NoOrder(field, order)));
            }
            reader.listed(path, operator == Operator::Colon, values)?
        }
    };
    Ok(vec![(condition, negated)])
}

/// Reads the path behind the field's name.
fn path(cursor: &mut Cursor<'_>, field: Field, name: Span) -> Result<Vec<Step>, QueryError> {
    let mut path = Vec::new();
    loop {
        if cursor.take(".") {
            let key = if cursor.peek() == Some('"') {
                cursor.quotes()?
            } else {
                let plain = |letter: char| letter.is_alphanumeric() || "_-$@".contains(letter);
                let key = cursor.take_while(plain);
                if key.is_empty() {
                    return Err(cursor.error_here(Mistake::NoKey));
                }
                key.to_owned()
            };
            path.push(Step::Key(key));
        } else if cursor.take("[") {
            let index = cursor.take_while(|letter| letter.is_ascii_digit()).parse();
            let (Ok(index), true) = (index, cursor.take("]")) else {
                return Err(cursor.error_here(Mistake::NoIndex));
            };
            path.push(Step::Index(index));
        } else {
            break;
        }
    }
    let fits = match field {
        Field::Payload(_) => true,
        Field::Tag => path.iter().all(|step| matches!(step, Step::Key(_))),
        Field::Status
        | Field::Name
        | Field::Id
        | Field::Parent
        | Field::Version
        | Field::Error
        | Field::Is
        | Field::Wait
        | Field::Time(_)
        | Field::Duration => path.is_empty(),
    };
    if fits {
        return Ok(path);
    }
    Err(cursor.error(Span { start: name.start, end: cursor.at }, Mistake::NoParts(field)))
}

/// Reads values with commas between them.
fn values(cursor: &mut Cursor<'_>, field: Field) -> Result<Vec<Value>, QueryError> {
    let mut values = Vec::new();
    loop {
        let Some(value) = cursor.value()? else {
            return Err(cursor.error_here(Mistake::NoValue(field)));
        };
        values.push(value);
        if !cursor.take(",") {
            return Ok(values);
        }
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    field: Field,
    operator: Span,
}

impl Reader<'_> {
    fn listed(
        &self,
        path: Vec<Step>,
        loose: bool,
        values: Vec<Value>,
    ) -> Result<Condition, QueryError> {
        // Behind a colon a text is a part of what is meant, behind an equals sign the whole.
        let texts = |part: fn(String) -> Pattern| {
            let pattern = |value: Value| match value.pattern.as_exact() {
                Some(text) if loose => part(text.to_owned()),
                _ => value.pattern,
            };
            values.iter().cloned().map(pattern).collect()
        };
        Ok(match self.field {
            Field::Status => Condition::Status(self.words(&values, |word| word.parse().ok())?),
            Field::Is => {
                let read = |word: &str| {
                    Is::ALL.into_iter().find(|is| is.as_str().eq_ignore_ascii_case(word))
                };
                Condition::Is(self.words(&values, read)?)
            }
            Field::Wait => Condition::Wait(values.into_iter().map(wait).collect()),
            Field::Name => Condition::Name(texts(Pattern::exact)),
            Field::Id => Condition::Id(texts(Pattern::prefix)),
            Field::Parent => Condition::Parent(texts(Pattern::exact)),
            Field::Version => Condition::Version(texts(Pattern::exact)),
            Field::Error => Condition::Error(texts(Pattern::contains)),
            // The others are read elsewhere.
            Field::Tag | Field::Time(_) | Field::Duration | Field::Payload(_) => {
                let keys: Vec<String> = path
                    .into_iter()
                    .filter_map(|step| match step {
                        Step::Key(key) => Some(key),
                        Step::Index(_) => None,
                    })
                    .collect();
                let key = (!keys.is_empty()).then(|| keys.join("."));
                Condition::Tag { key, values: texts(Pattern::exact) }
            }
        })
    }

    /// Values of a closed set.
    fn words<T: PartialEq>(
        &self,
        values: &[Value],
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, QueryError> {
        let mut found = Vec::new();
        for value in values {
            let word = value.pattern.to_string();
            let Some(read) = value.pattern.as_exact().and_then(&read) else {
                let near = nearest(&word, self.field.values());
                let mistake = Mistake::UnknownValue(self.field, shown(&word), near);
                return Err(self.cursor.error(value.span, mistake));
            };
            if !found.contains(&read) {
                found.push(read);
            }
        }
        Ok(found)
    }

    fn one<'v>(&self, values: &'v [Value]) -> Result<(&'v str, Span), QueryError> {
        let value = match values {
            [value] => Some(value),
            _ => None,
        };
        let text = value.and_then(|value| Some((value.pattern.as_exact()?, value.span)));
        text.ok_or_else(|| {
            let start = values.first().map_or(self.operator.end, |value| value.span.start);
            self.cursor.error(Span { start, end: self.cursor.at }, Mistake::OneValue(self.field))
        })
    }

    fn time(
        &self,
        field: TimeField,
        operator: Operator,
        values: &[Value],
    ) -> Result<Conditions, QueryError> {
        let (text, span) = self.one(values)?;
        let condition = |order, when| (Condition::Time { field, order, when }, false);
        match operator {
            Operator::Order(order) => {
                let when = when(text)
                    .ok_or_else(|| self.cursor.error(span, Mistake::NoTime(shown(text))))?;
                Ok(vec![condition(order, when)])
            }
            Operator::Colon | Operator::Equal => {
                let day = when(text).filter(|_| text.len() == 10);
                if let Some(When::At(day)) = day
                    && let Some(next) = day.checked_add_days(Days::new(1))
                {
                    return Ok(vec![
                        condition(Order::AtLeast, When::At(day)),
                        condition(Order::Less, When::At(next)),
                    ]);
                }
                Err(self.cursor.error(self.operator, Mistake::NoSide(field)))
            }
            Operator::NotEqual => Err(self.only_orders()),
        }
    }

    fn duration(&self, operator: Operator, values: &[Value]) -> Result<Condition, QueryError> {
        let Operator::Order(order) = operator else { return Err(self.only_orders()) };
        let (text, span) = self.one(values)?;
        match units::read(text).filter(|millis| *millis >= 0) {
            Some(millis) => Ok(Condition::Duration { order, millis }),
            None => Err(self.cursor.error(span, Mistake::NoLength)),
        }
    }

    fn only_orders(&self) -> QueryError {
        self.cursor.error(self.operator, Mistake::OnlyOrders(self.field))
    }

    fn payload(
        &self,
        payload: PayloadField,
        path: Vec<Step>,
        operator: Operator,
        values: Vec<Value>,
    ) -> Result<Condition, QueryError> {
        if path.is_empty() && operator == Operator::Colon {
            let pattern = |value: Value| match value.pattern.as_exact() {
                Some(text) => Pattern::contains(text),
                None => value.pattern,
            };
            return Ok(Condition::Text {
                payload,
                values: values.into_iter().map(pattern).collect(),
            });
        }
        let test = match operator {
            Operator::Colon | Operator::Equal | Operator::NotEqual => {
                JsonTest::Equals(values.into_iter().map(literal).collect())
            }
            Operator::Order(order) => {
                let (text, _) = self.one(&values)?;
                let quoted = values.iter().any(|value| value.quoted);
                match Number::read(text).filter(|_| !quoted) {
                    Some(number) => JsonTest::Number(order, number),
                    None => JsonTest::Text(order, text.to_owned()),
                }
            }
        };
        Ok(Condition::Json { payload, path, test })
    }
}

fn wait(value: Value) -> Wait {
    let kind = value.pattern.as_exact().filter(|_| !value.quoted);
    match kind.and_then(|word| WaitKind::read(&word.to_ascii_lowercase())) {
        Some(kind) => Wait::Kind(kind),
        None => Wait::Name(value.pattern),
    }
}

fn literal(value: Value) -> Literal {
    if value.quoted {
        return Literal::Text(value.pattern);
    }
    match value.pattern.as_exact() {
        None if value.pattern.parts().iter().all(String::is_empty) => Literal::Present,
        Some("null") => Literal::Null,
        Some("true") => Literal::Bool(true),
        Some("false") => Literal::Bool(false),
        Some(text) => Number::read(text).map_or(Literal::Text(value.pattern), Literal::Number),
        None => Literal::Text(value.pattern),
    }
}

/// A time as it is written. Without an offset it is UTC; a day is its beginning.
fn when(text: &str) -> Option<When> {
    if text.eq_ignore_ascii_case("now") {
        return Some(When::FromNow(0));
    }
    if text.starts_with(['-', '+'])
        && let Some(millis) = units::read(text)
    {
        return Some(When::FromNow(millis));
    }
    // One form is read, and what may be left out of it is filled in: other readers would weigh more than the console has
    // room for.
    let at: DateTime<Utc> = ["", "Z", ":00Z", "T00:00:00Z"].into_iter().find_map(|rest| {
        let at = DateTime::parse_from_rfc3339(&format!("{text}{rest}")).ok()?;
        Some(at.with_timezone(&Utc))
    })?;
    // Stores keep microseconds; leap seconds and finer parts would not read back.
    DateTime::from_timestamp_micros(at.timestamp_micros()).map(When::At)
}
