//! A place in the text of a query, and the words that begin there.

use super::{
    ast::{Order, Span},
    error::{Mistake, QueryError},
    pattern::Pattern,
};

/// Characters that end a value that is not in quotes.
const END: &[char] = &['(', ')', '"', ',', '*'];

/// A place in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

/// What stands between field and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Colon,
    Equal,
    NotEqual,
    Order(Order),
}

/// A value as it is written.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) pattern: Pattern,
    /// Whether a part of it stands in quotes.
    pub(super) quoted: bool,
    pub(super) span: Span,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter: char| !fits(letter)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default()
    }

    /// Takes the word in any case, if it stands here alone.
    pub(super) fn take_keyword(&mut self, keyword: &str) -> bool {
        let mut after = *self;
        let word = after.take_while(|letter| letter.is_ascii_alphabetic());
        let alone = after.peek().is_none_or(|next| next.is_whitespace() || "()".contains(next));
        let found = alone && word.eq_ignore_ascii_case(keyword);
        if found {
            *self = after;
        }
        found
    }

    pub(super) fn operator(&mut self) -> Option<Operator> {
        let order = |cursor: &mut Self| {
            let orders = [Order::AtMost, Order::AtLeast, Order::Less, Order::Greater];
            orders.into_iter().find(|order| cursor.take(order.as_str()))
        };
        if let Some(order) = order(self) {
            return Some(Operator::Order(order));
        }
        if self.take("!=") {
            return Some(Operator::NotEqual);
        }
        if self.take("=") {
            return Some(Operator::Equal);
        }
        if self.take(":") {
            // After a colon the other operators may stand too: `created:>-24h`.
            return Some(match order(self) {
                Some(order) => Operator::Order(order),
                None if self.take("!=") => Operator::NotEqual,
                None if self.take("=") => Operator::Equal,
                None => Operator::Colon,
            });
        }
        None
    }

    /// Reads one value; absent when none stands here.
    pub(super) fn value(&mut self) -> Result<Option<Value>, QueryError> {
        let start = self.at;
        let mut parts = vec![String::new()];
        let mut quoted = false;
        loop {
            let piece = match self.peek() {
                Some('"') => {
                    quoted = true;
                    self.quotes()?
                }
                Some('*') => {
                    self.take("*");
                    parts.push(String::new());
                    continue;
                }
                _ => {
                    let plain = |letter: char| !letter.is_whitespace() && !END.contains(&letter);
                    let piece = self.take_while(plain);
                    if piece.is_empty() {
                        break;
                    }
                    piece.to_owned()
                }
            };
            if let Some(last) = parts.last_mut() {
                last.push_str(&piece);
            }
        }
        let span = Span { start, end: self.at };
        Ok((self.at > start).then(|| Value { pattern: Pattern::of(parts), quoted, span }))
    }

    /// Reads a text in quotes, which begins here.
    pub(super) fn quotes(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        self.take("\"");
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|letter| letter != '"' && letter != '\\'));
            if self.take("\"") {
                return Ok(text);
            }
            if self.take("\\\"") {
                text.push('"');
            } else if self.take("\\\\") || self.take("\\") {
                text.push('\\');
            } else {
                let span = Span { start, end: self.at };
                return Err(self.error(span, Mistake::OpenQuote));
            }
        }
    }

    pub(super) fn error(&self, span: Span, mistake: Mistake) -> QueryError {
        QueryError::new(self.text, span, mistake)
    }

    /// Error at the next character.
    pub(super) fn error_here(&self, mistake: Mistake) -> QueryError {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        self.error(Span { start: self.at, end }, mistake)
    }
}
