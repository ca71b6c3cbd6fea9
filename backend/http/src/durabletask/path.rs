//! Paths of the original: decoded as a whole before they are matched, literals compared without regard to case.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use taskhub_shared::request::Method;

use super::BASE;
use crate::route::Route;

/// Bases under which the routes are reached: the host's, its first version's, and the one of the listener for SDKs in
/// other processes.
const BASES: [&str; 3] = [BASE, "/admin/extensions/DurableTaskExtension", "/durabletask"];
/// Beginning of the samples' paths, which have no base.
const SAMPLES: &str = "/orchestrators";

/// Values of a route's parameters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Params(Vec<(&'static str, String)>);

impl Params {
    /// Value of a parameter; `None` when it is left out.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// A path of this surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest<'a> {
    /// What its rows in the table begin with.
    base: &'static str,
    /// What follows.
    path: &'a str,
}

/// Segments of a decoded path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segments {
    base: &'static str,
    segments: Vec<String>,
}

/// The path without its base; `None` for a path of another surface.
pub(crate) fn rest(path: &str) -> Option<Rest<'_>> {
    let after = |base: &str| {
        let (head, rest) = path.split_at_checked(base.len())?;
        let fits = head.eq_ignore_ascii_case(base) && (rest.is_empty() || rest.starts_with('/'));
        fits.then_some(rest)
    };
    let based = BASES.into_iter().find_map(after).map(|path| Rest { base: BASE, path });
    based.or_else(|| after(SAMPLES).map(|_| Rest { base: "", path }))
}

impl Rest<'_> {
    /// Segments; `None` when they are not UTF-8. An encoded slash separates like any other.
    pub(super) fn decode(self) -> Option<Segments> {
        let blanks = self.path.replace('+', " ");
        let decoded: Cow<'_, str> = percent_decode_str(&blanks).decode_utf8().ok()?;
        let segments = decoded.trim_matches('/').split('/').map(str::to_owned).collect();
        Some(Segments { base: self.base, segments })
    }
}

/// Parameters, when the route takes this method and these segments.
pub(super) fn matched(
    route: &'static Route,
    method: &http::Method,
    given: &Segments,
) -> Option<Params> {
    let verb = match route.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Delete => http::Method::DELETE,
    };
    let is_sample = !route.path.starts_with(BASE);
    if verb != *method || is_sample != given.base.is_empty() {
        return None;
    }
    let template = route.path.strip_prefix(given.base)?;
    let mut params = Params::default();
    let mut given = given.segments.iter();
    for part in template.trim_start_matches('/').split('/') {
        let value = given.next();
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            value.filter(|value| value.eq_ignore_ascii_case(part))?;
            continue;
        };
        match (name.strip_suffix('?'), value) {
            (_, Some(value)) if value.is_empty() => return None,
            (optional, Some(value)) => {
                params.0.push((optional.unwrap_or(name), value.clone()));
            }
            (Some(_), None) => {}
            (None, None) => return None,
        }
    }
    given.next().is_none().then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::{ROUTES, Serve};

    fn check(method: &http::Method, path: &str, expected: Option<(&str, &[(&str, &str)])>) {
        let segments = rest(path).and_then(Rest::decode);
        let found = segments.and_then(|segments| {
            ROUTES
                .iter()
                .filter(|route| matches!(route.serve, Serve::Durabletask(_)))
                .find_map(|route| Some((route.name, matched(route, method, &segments)?)))
        });
        let expected = expected.map(|(name, params)| {
            (
                name,
                params.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>(),
            )
        });
        assert_eq!(found.map(|(name, params)| (name, params.0)), expected, "{method} {path}");
    }

    #[test]
    fn paths_are_decoded_and_compared_as_the_original_does() {
        use http::Method;
        let (get, post) = (&Method::GET, &Method::POST);
        let one: &[(&str, &str)] = &[("instanceId", "a b")];
        check(get, "/runtime/webhooks/durabletask/instances/a%20b", Some(("df-status", one)));
        check(get, "/RUNTIME/Webhooks/DurableTask/INSTANCES/a+b/", Some(("df-status", one)));
        check(get, "/durabletask/instances/A", Some(("df-status", &[("instanceId", "A")])));
        check(get, "/durabletask//instances//", Some(("df-list", &[])));
        check(get, "/durabletask/instances/a%2Fb", None);
        check(get, "/durabletask/instances/%FF", None);
        check(get, "/durabletask/instances//a", None);
        check(get, "/durabletask", None);
        check(get, "/durabletasks/instances", None);
        check(get, "/durabletask/instances/a/terminate", None);
        check(&Method::HEAD, "/durabletask/instances/a", None);
        check(&Method::PUT, "/durabletask/instances/a", None);
        check(
            post,
            "/durabletask/instances/%F0%9F%99%82/RAISEEVENT/Approval",
            Some(("df-raise-event", &[("instanceId", "🙂"), ("eventName", "Approval")])),
        );
        check(post, "/durabletask/orchestrators/F", Some(("df-start", &[("functionName", "F")])));
        check(
            post,
            "/durabletask/orchestrators/F/i",
            Some(("df-start", &[("functionName", "F"), ("instanceId", "i")])),
        );
        check(post, "/durabletask/orchestrators", None);
        check(post, "/durabletask/orchestrators/F/i/j", None);
        let old = "/ADMIN/extensions/durabletaskextension/instances/A";
        check(get, old, Some(("df-status", &[("instanceId", "A")])));
        let name: &[(&str, &str)] = &[("functionName", "F")];
        check(post, "/orchestrators/F", Some(("sample-start", name)));
        check(post, "/Orchestrators/F/WAIT/", Some(("sample-wait", name)));
        check(post, "/orchestrators/F/i", None);
        check(post, "/orchestrators", None);
        check(get, "/orchestrators/F", None);
    }
}
