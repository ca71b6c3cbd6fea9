//! What may stand at a place in the text of a query, for a box that completes it.

use super::{ast::Span, field::Field};

/// What may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The part of the text that a word of these would replace.
    pub replace: Span,
    /// Field whose values stand here; absent when a field is to be written.
    pub field: Option<Field>,
    /// Words that begin like what stands there. Names, versions and tags are not among them: those are the server's to
    /// tell, as facets.
    pub words: Vec<String>,
}

/// What may stand at byte `at` of the text.
#[must_use]
pub fn complete(text: &str, at: usize) -> Completion {
    let before = text.get(..at).unwrap_or(text);
    let begin = word_begin(before);
    let word = before.get(begin..).unwrap_or_default();
    let sign = usize::from(word.starts_with('-'));
    let start = begin + sign;
    let word = word.get(sign..).unwrap_or_default();
    let split = word.find([':', '=', '<', '>']);
    let field = split.and_then(|split| Field::read(word.get(..split)?));
    if split.is_some() {
        let value = word.rfind([':', ',', '=']).map_or(0, |before| before + 1);
        let written = word.get(value..).unwrap_or_default();
        let values = field.map(Field::values).unwrap_or_default();
        let replace = Span { start: start + value, end: before.len() };
        return Completion { replace, field, words: beginning(values.into_iter(), written) };
    }
    let mut words = beginning(Field::ALL.into_iter().map(Field::as_str), word);
    for field in &mut words {
        let path = matches!(Field::read(field), Some(Field::Payload(_)));
        field.push(if path { '.' } else { ':' });
    }
    Completion { replace: Span { start, end: before.len() }, field: None, words }
}

fn beginning<'a>(words: impl Iterator<Item = &'a str>, written: &str) -> Vec<String> {
    let fits = |word: &&str| {
        word.get(..written.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(written))
    };
    words.filter(fits).map(str::to_owned).collect()
}

/// Where the word begins that the text ends with: behind the last blank or parenthesis outside of quotes.
fn word_begin(text: &str) -> usize {
    let (mut begin, mut quoted, mut escaped) = (0, false, false);
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if quoted {
            escaped = letter == '\\';
            quoted = letter != '"';
        } else if letter == '"' {
            quoted = true;
        } else if letter.is_whitespace() || letter == '(' || letter == ')' {
            begin = at + letter.len_utf8();
        }
    }
    begin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        complete(text, text.len()).words
    }

    #[test]
    fn fields_and_closed_values_are_offered() {
        assert_eq!(words("stat"), ["status:"]);
        assert_eq!(words("name:x (-in"), ["input."]);
        assert_eq!(words("status:failed,pe"), ["Pending"]);
        assert_eq!(words("is:"), ["root", "child", "active", "ended", "stuck"]);
        assert_eq!(words("error:\"a st"), [""; 0]);
        assert_eq!(words("").len(), Field::ALL.len());
        let text = "id:a status:fa";
        let found = complete(text, text.len());
        assert_eq!(
            (found.replace, found.field),
            (Span { start: 12, end: 14 }, Some(Field::Status))
        );
        assert_eq!(complete("name:é", 4).words, ["name:"]);
    }
}
