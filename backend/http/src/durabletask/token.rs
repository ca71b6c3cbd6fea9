//! Continuation tokens: a place in one list of one hub, of no use in another.

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::fault::Fault;

pub(super) const HEADER: HeaderName = HeaderName::from_static("x-ms-continuation-token");

const NAME: &str = "x-ms-continuation-token";
/// Longest token that is looked at.
const LONGEST: usize = 4096;
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A list as its filter makes it, whatever the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    hub: String,
    /// What is listed, and which of it.
    what: String,
}

impl List {
    /// A list of this hub; `what` says which, in the same words for the same list.
    pub(super) fn new(hub: &str, what: String) -> Self {
        Self { hub: hub.to_ascii_lowercase(), what }
    }

    /// Where the caller wants to go on; `None` for the beginning.
    ///
    /// # Errors
    /// A fault for a token of another list, and for one that is no token.
    pub(super) fn place(&self, headers: &HeaderMap) -> Result<Option<String>, Fault> {
        let Some(token) = headers.get(HEADER) else { return Ok(None) };
        let refused = || {
            Fault::field(
                NAME,
                "this is no token of this list; repeat the filters and the task hub of the page that it came with, \
                 or leave it out",
            )
        };
        let token = token.to_str().map_err(|_| refused())?.trim();
        if token.is_empty() {
            return Ok(None);
        }
        let cursor = || {
            let (seal, cursor) = token.split_once('-').filter(|_| token.len() <= LONGEST)?;
            let cursor = percent_decode_str(cursor).decode_utf8().ok()?;
            (self.seal(&cursor) == seal).then(|| cursor.into_owned())
        };
        cursor().map(Some).ok_or_else(refused)
    }

    /// Token for a place in this list; the empty one tells that nothing follows.
    pub(super) fn token(&self, next: Option<&str>) -> HeaderValue {
        let token =
            next.map(|next| format!("{}-{}", self.seal(next), utf8_percent_encode(next, PLAIN)));
        let token = HeaderValue::try_from(token.unwrap_or_default());
        token.unwrap_or(HeaderValue::from_static(""))
    }

    /// Sum of list and place. It keeps nothing secret: whoever makes one up gets no further than with a filter.
    ///
    /// Source: FNV-1a, 64 bits.
    fn seal(&self, cursor: &str) -> String {
        let parts = [&self.hub, &self.what, cursor];
        let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0xFF]));
        let sum = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{sum:016x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(list: &List, token: &str) -> Option<Option<String>> {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_str(token).unwrap())]);
        list.place(&headers).ok()
    }

    #[test]
    fn a_token_is_good_for_its_list_only() {
        let list = List::new("Hub", "instances?status=Failed".to_owned());
        let token = list.token(Some("o12.3 é"));
        let token = token.to_str().unwrap();
        assert_eq!(place(&list, token), Some(Some("o12.3 é".to_owned())));
        assert_eq!(place(&List::new("hub", list.what.clone()), token), place(&list, token));
        assert_eq!(place(&List::new("Other", list.what.clone()), token), None);
        assert_eq!(place(&List::new("Hub", "instances?".to_owned()), token), None);
        assert_eq!(place(&List::new("Hub", "entities?".to_owned()), token), None);
        for end in 1..token.len() {
            assert_eq!(place(&list, token.get(..end).unwrap()), None, "cut at {end}");
        }
        let forged = [token.replace('3', "4"), format!("{token}0"), token.replacen('-', "", 1)];
        for forged in forged {
            assert_eq!(place(&list, &forged), None, "{forged}");
        }
        for bad in ["x", "-", "0000000000000000-o1.2", "eyJhIjoxfQ==", "%", &"x".repeat(20_000)] {
            assert_eq!(place(&list, bad), None);
        }
        assert_eq!(place(&list, " "), Some(None));
        assert_eq!(list.token(None), "");
    }
}
