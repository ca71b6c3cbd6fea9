//! Reads a query: conditions side by side, `or`, `-` and `not`, parentheses.

use std::str::FromStr;

use super::{
    ast::{Condition, Expr, Query, Span, Term},
    cursor::Cursor,
    error::{Mistake, QueryError, nearest, shown},
    field::Field,
    pattern::Pattern,
    term,
};
use crate::limits::{QUERY_BYTES, QUERY_DEPTH, QUERY_TERMS};

impl FromStr for Query {
    type Err = QueryError;

    /// Reads a query; an empty text means all instances. Takes time in proportion to the text.
    fn from_str(text: &str) -> Result<Self, QueryError> {
        if text.len() > QUERY_BYTES {
            let mut start = QUERY_BYTES;
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            return Err(QueryError::new(
                text,
                Span { start, end: text.len() },
                Mistake::TooLong(text.len()),
            ));
        }
        let mut parser = Parser { cursor: Cursor { text, at: 0 }, terms: 0, depth: 0 };
        parser.cursor.skip_blanks();
        if parser.cursor.peek().is_none() {
            return Ok(Self::default());
        }
        let expr = parser.any()?;
        if parser.cursor.peek().is_some() {
            return Err(parser.unexpected());
        }
        Ok(Self { expr })
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    terms: usize,
    depth: usize,
}

impl Parser<'_> {
    /// Conditions with `or` between them.
    fn any(&mut self) -> Result<Option<Expr>, QueryError> {
        let mut parts: Vec<Expr> = self.all()?.into_iter().collect();
        while self.cursor.take_keyword("or") {
            self.cursor.skip_blanks();
            parts.extend(self.all()?);
        }
        Ok(Expr::any(parts))
    }

    /// Conditions side by side.
    fn all(&mut self) -> Result<Option<Expr>, QueryError> {
        let mut parts = vec![self.one()?];
        loop {
            self.cursor.skip_blanks();
            if self.cursor.take_keyword("and") {
                self.cursor.skip_blanks();
                parts.push(self.one()?);
                continue;
            }
            let mut ahead = self.cursor;
            let ends = matches!(ahead.peek(), None | Some(')' | ',')) || ahead.take_keyword("or");
            if ends {
                return Ok(Expr::all(parts));
            }
            parts.push(self.one()?);
        }
    }

    /// One condition or a parenthesis, perhaps negated.
    fn one(&mut self) -> Result<Expr, QueryError> {
        let mut negated = false;
        while self.cursor.take("-") || self.cursor.take_keyword("not") {
            negated = !negated;
            self.cursor.skip_blanks();
        }
        let expr = if self.cursor.peek() == Some('(') { self.parenthesis()? } else { self.term()? };
        Ok(if negated { expr.negated() } else { expr })
    }

    fn parenthesis(&mut self) -> Result<Expr, QueryError> {
        let open = Span { start: self.cursor.at, end: self.cursor.at + 1 };
        if self.depth == QUERY_DEPTH {
            return Err(self.cursor.error(open, Mistake::TooDeep));
        }
        self.cursor.take("(");
        self.cursor.skip_blanks();
        self.depth += 1;
        let inner = self.any()?;
        self.depth -= 1;
        if !self.cursor.take(")") {
            if self.cursor.peek().is_some() {
                return Err(self.unexpected());
            }
            return Err(self.cursor.error(open, Mistake::NotClosed));
        }
        inner.ok_or_else(|| self.cursor.error(open, Mistake::EmptyParenthesis))
    }

    fn term(&mut self) -> Result<Expr, QueryError> {
        let mut ahead = self.cursor;
        if matches!(ahead.peek(), None | Some(')' | ',')) {
            return Err(self.missing());
        }
        if ahead.take_keyword("or") || ahead.take_keyword("and") {
            return Err(self.missing());
        }
        let start = self.cursor.at;
        let expr = self.field()?;
        let span = Span { start, end: self.cursor.at };
        self.terms += expr.iter().map(|(condition, _)| values(condition)).sum::<usize>();
        if self.terms > QUERY_TERMS {
            return Err(self.cursor.error(span, Mistake::TooMany));
        }
        let parts = expr.into_iter().map(|(condition, negated)| {
            let term = Expr::Term(Term { condition, span });
            if negated { term.negated() } else { term }
        });
        Expr::all(parts.collect()).ok_or_else(|| self.missing())
    }

    /// A field with its operator and values, or a bare word. Each condition with whether it is negated.
    fn field(&mut self) -> Result<Vec<(Condition, bool)>, QueryError> {
        let start = self.cursor.at;
        let mut ahead = self.cursor;
        let word = ahead.take_while(|letter| letter.is_alphanumeric() || letter == '_');
        let span = Span { start, end: ahead.at };
        let field = Field::read(word);
        let dotted = matches!(ahead.peek(), Some('.' | '['));
        if let (Some(field), true) = (field, dotted || ahead.clone().operator().is_some()) {
            self.cursor = ahead;
            return term::read(&mut self.cursor, field, span);
        }
        if !word.is_empty() && ahead.clone().operator().is_some() {
            return Err(self.cursor.error(span, unknown(word)));
        }
        self.bare()
    }

    /// A word without a field: the beginning of an id or a name.
    fn bare(&mut self) -> Result<Vec<(Condition, bool)>, QueryError> {
        let Some(value) = self.cursor.value()? else { return Err(self.missing()) };
        let found = match value.pattern.as_exact() {
            Some(text) => Pattern::prefix(text),
            None => value.pattern,
        };
        Ok(vec![(Condition::Word(found), false)])
    }

    fn missing(&self) -> QueryError {
        self.cursor.error_here(Mistake::NoCondition)
    }

    fn unexpected(&self) -> QueryError {
        match self.cursor.peek() {
            Some(')') => self.cursor.error_here(Mistake::NotOpened),
            _ => self.cursor.error_here(Mistake::BareComma),
        }
    }
}

/// How much of the bound a condition takes.
fn values(condition: &Condition) -> usize {
    match condition {
        Condition::Status(values) => values.len(),
        Condition::Name(values)
        | Condition::Id(values)
        | Condition::Parent(values)
        | Condition::Version(values)
        | Condition::Error(values)
        | Condition::Tag { values, .. }
        | Condition::Text { values, .. } => values.iter().map(|value| value.parts().len()).sum(),
        Condition::Is(values) => values.len(),
        Condition::Wait(values) => values.len(),
        Condition::Json { path, test, .. } => path.len() + term::literals(test),
        Condition::Word(_) | Condition::Time { .. } | Condition::Duration { .. } => 1,
    }
}

fn unknown(word: &str) -> Mistake {
    Mistake::UnknownField(shown(word), nearest(word, Field::ALL.map(Field::as_str)))
}
