//! The text of a query and how buttons change it. The text is the truth: what a person wrote stays as it was written.
//!
//! Knows no browser.

use taskhub_shared::{
    query::{Condition, Expr, Query, QueryError, Span},
    status::RuntimeStatus,
};

/// A query, with the statuses that the list takes apart so that it counts the others too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// Statuses of the first plain status condition; empty for all.
    pub statuses: Vec<RuntimeStatus>,
    /// Everything else.
    pub rest: Query,
}

/// A condition as a chip shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it stands.
    pub span: Span,
    /// Its text.
    pub text: String,
}

/// Reads a query.
///
/// # Errors
/// [`QueryError`] with the place where it goes wrong.
pub fn read(text: &str) -> Result<Split, QueryError> {
    let query: Query = text.parse()?;
    let Some(expr) = query.expr else { return Ok(Split::default()) };
    let mut parts = match expr {
        Expr::All(parts) => parts,
        other @ (Expr::Any(_) | Expr::Not(_) | Expr::Term(_)) => vec![other],
    };
    let mut statuses = Vec::new();
    if let Some(at) = parts.iter().position(|part| plain_status(part).is_some()) {
        statuses = plain_status(&parts.remove(at)).unwrap_or_default().1;
    }
    Ok(Split { statuses, rest: Query { expr: Expr::all(parts) } })
}

fn plain_status(expr: &Expr) -> Option<(Span, Vec<RuntimeStatus>)> {
    match expr {
        Expr::Term(term) => {
            let Condition::Status(statuses) = &term.condition else { return None };
            Some((term.span, statuses.clone()))
        }
        Expr::All(_) | Expr::Any(_) | Expr::Not(_) => None,
    }
}

/// Where the condition stands that [`read`] takes the statuses from.
fn status_span(text: &str) -> Option<(Span, Vec<RuntimeStatus>)> {
    let query: Query = text.parse().ok()?;
    match query.expr? {
        Expr::All(parts) => parts.iter().find_map(plain_status),
        other @ (Expr::Any(_) | Expr::Not(_) | Expr::Term(_)) => plain_status(&other),
    }
}

/// Conditions that must all hold, as they are written; the whole text when it is joined by `or`, and none when it cannot
/// be read.
pub fn parts(text: &str) -> Vec<Part> {
    let Ok(query) = text.parse::<Query>() else { return Vec::new() };
    let part = |start: usize, end: usize| Part {
        span: Span { start, end },
        text: text.get(start..end).unwrap_or_default().to_owned(),
    };
    match query.expr {
        None => return Vec::new(),
        Some(Expr::Any(_)) => {
            let start = text.len() - text.trim_start().len();
            return vec![part(start, text.trim_end().len())];
        }
        Some(Expr::All(_) | Expr::Not(_) | Expr::Term(_)) => {}
    }
    let mut found: Vec<Part> = Vec::new();
    let mut sign: Option<usize> = None;
    for word in words(text) {
        let written = text.get(word.start..word.end).unwrap_or_default();
        let is_sign = written.chars().all(|letter| letter == '-') || is(written, "not");
        if is_sign {
            sign = sign.or(Some(word.start));
        } else if !is(written, "and") {
            found.push(part(sign.take().unwrap_or(word.start), word.end));
        }
    }
    found
}

fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

/// Stretches without blanks outside of quotes and parentheses; a parenthesis begins one, but behind a sign, and ends one.
fn words(text: &str) -> Vec<Span> {
    let (mut found, mut begin): (Vec<Span>, Option<usize>) = (Vec::new(), None);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut end_at = |begin: &mut Option<usize>, end: usize| {
        found.extend(begin.take().map(|start| Span { start, end }));
    };
    for (at, letter) in text.char_indices() {
        let after = at + letter.len_utf8();
        if escaped {
            escaped = false;
        } else if quoted {
            escaped = letter == '\\';
            quoted = letter != '"';
        } else if letter == '"' {
            quoted = true;
            begin = begin.or(Some(at));
        } else if letter == '(' {
            let before = begin.and_then(|begin| text.get(begin..at)).unwrap_or_default();
            if depth == 0 && !before.chars().all(|letter| letter == '-') {
                end_at(&mut begin, at);
            }
            depth += 1;
            begin = begin.or(Some(at));
        } else if letter == ')' {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                end_at(&mut begin, after);
            }
        } else if letter.is_whitespace() {
            if depth == 0 {
                end_at(&mut begin, at);
            }
        } else {
            begin = begin.or(Some(at));
        }
    }
    end_at(&mut begin, text.len());
    found
}

/// The text without a part.
pub fn without(text: &str, span: Span) -> String {
    replaced(text, span, "")
}

/// The text with another condition that must hold too.
pub fn with(text: &str, part: &str) -> String {
    let text = text.trim();
    let joined = matches!(text.parse(), Ok(Query { expr: Some(Expr::Any(_)) }));
    match (text.is_empty(), joined) {
        (true, _) => part.to_owned(),
        (false, true) => format!("({text}) {part}"),
        (false, false) => format!("{text} {part}"),
    }
}

fn replaced(text: &str, span: Span, by: &str) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let after = text.get(span.end..).unwrap_or_default();
    let after = if by.is_empty() { after.trim_start() } else { after };
    // An `and` that has lost what stood on one side of it.
    let (before, after) = if by.is_empty() {
        (lone_and(before, true), lone_and(after, false))
    } else {
        (before, after)
    };
    let kept = format!("{before}{by}{after}");
    if by.is_empty() { kept.trim().to_owned() } else { kept }
}

fn lone_and(text: &str, at_end: bool) -> &str {
    let blank = char::is_whitespace;
    let rest = if at_end {
        let trimmed = text.trim_end();
        let head = trimmed.len().checked_sub(3).and_then(|at| trimmed.split_at_checked(at));
        head.filter(|(head, word)| is(word, "and") && (head.is_empty() || head.ends_with(blank)))
            .map(|(head, _)| head)
    } else {
        let head = text.split_at_checked(3);
        head.filter(|(word, rest)| is(word, "and") && rest.starts_with(blank))
            .map(|(_, rest)| rest.trim_start())
    };
    rest.unwrap_or(text)
}

/// The text with a status switched on or off.
pub fn toggled(text: &str, status: RuntimeStatus) -> String {
    let word = |status: &RuntimeStatus| status.as_str().to_ascii_lowercase();
    let Some((span, mut statuses)) = status_span(text) else {
        return with(text, &format!("status:{}", word(&status)));
    };
    match statuses.iter().position(|known| *known == status) {
        Some(at) => drop(statuses.remove(at)),
        None => statuses.push(status),
    }
    if statuses.is_empty() {
        return without(text, span);
    }
    let words: Vec<String> = statuses.iter().map(word).collect();
    replaced(text, span, &format!("status:{}", words.join(",")))
}

/// A value as it is written behind an operator: in quotes where it would be read as something else.
pub fn value(text: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_-./@:+".contains(letter);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A query for just these instances.
pub fn of_ids<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    format!("id={}", ids.map(value).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use taskhub_shared::status::RuntimeStatus::{Completed, Failed, Pending};

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        parts(text).into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn a_query_falls_into_its_conditions() {
        for (text, wanted) in [
            ("", &[][..]),
            ("status:failed", &["status:failed"]),
            (" a  name:\"x (y\"*  -is:child ", &["a", "name:\"x (y\"*", "-is:child"]),
            ("not is:child and tag:eu", &["not is:child", "tag:eu"]),
            ("- (a or b) c", &["- (a or b)", "c"]),
            ("-(a or (b c))(d or e)", &["-(a or (b c))", "(d or e)"]),
            ("a or b c", &["a or b c"]),
            ("(a or b)", &["(a or b)"]),
            ("created:2026-11-23 x", &["created:2026-11-23", "x"]),
            ("input.\"a b\"=\"x\\\" y\" z", &["input.\"a b\"=\"x\\\" y\"", "z"]),
            ("stat:x", &[]),
        ] {
            assert_eq!(texts(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_conditions_together_say_what_the_query_says() {
        for text in ["a b", "not a -b", "- not (a or b) c d,e"] {
            let Ok(whole) = text.parse::<Query>() else { continue };
            let each = texts(text).iter().fold(Query::default(), |all, part| {
                let part: Query = part.parse().unwrap();
                let part = match part.expr {
                    Some(any @ Expr::Any(_)) => Query { expr: Some(any) },
                    expr => Query { expr },
                };
                all.and(part)
            });
            assert_eq!(each, whole, "{text}");
        }
    }

    #[test]
    fn a_condition_can_be_taken_away() {
        for (text, at, left) in [
            ("a name:x b", 1, "a b"),
            ("a", 0, ""),
            ("a and b", 0, "b"),
            ("a and b", 1, "a"),
            ("a and b and c", 1, "a and c"),
            ("-(a or b) c", 0, "c"),
            ("not a b", 0, "b"),
        ] {
            let part = parts(text).remove(at);
            let left_over = without(text, part.span);
            assert_eq!(left_over.parse::<Query>(), left.parse::<Query>(), "{text}: {left_over}");
        }
    }

    #[test]
    fn statuses_are_switched_in_the_text() {
        for (text, status, wanted) in [
            ("", Failed, "status:failed"),
            ("name:x", Failed, "name:x status:failed"),
            ("status:failed name:x", Failed, "name:x"),
            ("name:x status:Failed tag:y", Pending, "name:x status:failed,pending tag:y"),
            ("status:failed,pending", Failed, "status:pending"),
            ("a or b", Failed, "(a or b) status:failed"),
            ("-status:failed", Completed, "-status:failed status:completed"),
        ] {
            assert_eq!(toggled(text, status), wanted, "{text}");
        }
    }

    #[test]
    fn statuses_are_taken_apart() {
        let split = read("name:x status:failed,pending -status:running").unwrap();
        assert_eq!(split.statuses, [Failed, Pending]);
        assert_eq!(split.rest.to_string(), "name:x -status:Running");
        assert_eq!(read("status:failed").unwrap().rest, Query::default());
        let either = read("status:failed or tag:x").unwrap();
        assert_eq!((either.statuses.len(), either.rest.conditions().len()), (0, 2));
        assert_eq!(read("a stat:x").unwrap_err().span, Span { start: 2, end: 6 });
    }

    #[test]
    fn values_read_back() {
        for id in ["order-17", "a b", "x\"y\\z", "é,(*)", "a*", "<3", "=x", ""] {
            let query: Query = of_ids([id, "b"].into_iter()).parse().unwrap();
            let Some(Expr::Term(term)) = query.expr else { panic!("{id}") };
            let Condition::Id(patterns) = term.condition else { panic!("{id}") };
            assert_eq!(patterns[0].as_exact(), Some(id), "{id}");
            assert_eq!(patterns.len(), 2);
        }
    }
}
