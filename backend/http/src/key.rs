//! The key that a caller presents. Nobody checks it yet; how it is read is fixed here.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, header};
use taskhub_shared::query::pairs;

/// Header of Functions hosts.
const HEADER: HeaderName = HeaderName::from_static("x-functions-key");
/// Query parameter of Functions hosts.
pub(crate) const PARAMETER: &str = "code";
/// Longest text that is taken for a key; links repeat it.
const LONGEST: usize = 512;

/// A key as it came with a request. It is in no log: its debug form does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key {
    secret: String,
    from: Place,
}

/// Where a key was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the header `x-functions-key`.
    Header,
    /// In the query.
    Query,
    /// The password of basic authentication, which clients make of `http://key:SECRET@host/`.
    Basic,
}

impl Key {
    /// Key of a request; the header before the query, and the query before basic authentication. Blank is none.
    pub(crate) fn of(headers: &HeaderMap, query: &str) -> Option<Self> {
        let found = |secret: Option<String>, from| {
            let secret = secret?.trim().to_owned();
            (!secret.is_empty() && secret.len() <= LONGEST).then_some(Self { secret, from })
        };
        let named = headers.get(HEADER).and_then(|key| key.to_str().ok()).map(str::to_owned);
        let code = || {
            let is_code =
                |(name, _): &(String, String)| name.trim().eq_ignore_ascii_case(PARAMETER);
            pairs(query).into_iter().find(is_code).map(|(_, value)| value)
        };
        found(named, Place::Header)
            .or_else(|| found(code(), Place::Query))
            .or_else(|| found(password(headers), Place::Basic))
    }

    /// The key, when the caller writes it into addresses itself; then links in the answer have it too. A key that came
    /// in a header stays out of them, since addresses end in logs.
    pub(crate) fn for_links(&self) -> Option<&str> {
        match self.from {
            Place::Query => Some(&self.secret),
            Place::Header | Place::Basic => None,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("from", &self.from).finish_non_exhaustive()
    }
}

fn password(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = text.split_once(' ')?;
    let rest = rest.trim();
    let decoded = STANDARD.decode(rest).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(headers: &[(&'static str, &str)], query: &str) -> Option<(String, Place)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Key::of(&map, query).map(|key| (key.secret, key.from))
    }

    #[test]
    fn it_is_read_from_three_places() {
        let found = |secret: &str, from| Some((secret.to_owned(), from));
        assert_eq!(key(&[], "a=1&CODE=s%2B1"), found("s+1", Place::Query));
        assert_eq!(key(&[("x-functions-key", " s ")], "code=t"), found("s", Place::Header));
        let basic = ("authorization", "basic a2V5OnM6MQ==");
        assert_eq!(key(&[basic], ""), found("s:1", Place::Basic));
        assert_eq!(key(&[basic], "code=t"), found("t", Place::Query));
        assert_eq!(key(&[], &format!("code={}", "x".repeat(513))), None);
        for none in ["Basic", "Basic ???", "Basic a2V5", "Bearer a2V5OnM6MQ==", "Basic a2V5Og=="] {
            assert_eq!(key(&[("authorization", none)], "code=&x=y"), None, "{none}");
        }
    }

    #[test]
    fn it_stays_out_of_logs_and_mostly_out_of_links() {
        let header = HeaderMap::from_iter([(HEADER, "secret".parse().unwrap())]);
        let key = Key::of(&header, "").unwrap();
        assert!(!format!("{key:?}").contains("secret"));
        assert_eq!(key.for_links(), None);
        let key = Key::of(&HeaderMap::new(), "code=secret").unwrap();
        assert_eq!(key.for_links(), Some("secret"));
    }
}
