//! Which hosts the server answers to, and whose pages may write: the guard against rebound names and foreign pages.

use std::net::IpAddr;

use http::{HeaderMap, Uri, header, uri::Authority};

use crate::door::HttpOptions;

/// Hosts that the server answers to.
#[derive(Debug)]
pub(crate) struct Hosts {
    allowed: Vec<(String, Option<u16>)>,
    open: bool,
    public: Option<PublicUrl>,
    /// Whether a proxy is believed that tells which address it was asked for.
    trusts_forwarded: bool,
}

/// The address that a proxy was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Forwarded {
    scheme: &'static str,
    authority: Authority,
}

/// The address under which people and clients reach the server.
#[derive(Debug)]
struct PublicUrl {
    /// Scheme, host and path, without a slash at the end.
    base: String,
    scheme: String,
    authority: Authority,
}

impl Hosts {
    pub(crate) fn new(options: &HttpOptions) -> Self {
        let public = options.public_url.as_deref().and_then(|url| {
            let parsed = parse_public(url);
            if parsed.is_none() {
                tracing::warn!(url, "the public URL cannot be read and is left out");
            }
            parsed
        });
        let read = |entry: &String| {
            let authority: Option<Authority> = entry.parse().ok();
            if authority.is_none() {
                tracing::warn!(host = entry, "the allowed host cannot be read and is left out");
            }
            authority.map(|authority| (host_of(&authority), authority.port_u16()))
        };
        let mut allowed: Vec<_> = options.allowed_hosts.iter().filter_map(read).collect();
        allowed.extend(public.as_ref().map(|public| (host_of(&public.authority), None)));
        let trusts_forwarded = options.use_forwarded_host;
        Self { allowed, open: options.insecure_open, public, trusts_forwarded }
    }

    /// Host that the request names, if the server answers to it.
    ///
    /// # Errors
    /// What is wrong with the host.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<Authority, String> {
        let authority = named(uri, headers)?;
        let (host, port) = (host_of(&authority), authority.port_u16());
        let listed = || {
            self.allowed
                .iter()
                .any(|(allowed, at)| *allowed == host && (at.is_none() || *at == port))
        };
        if self.open || is_loopback(&host) || listed() {
            return Ok(authority);
        }
        Err(format!(
            "this server does not answer to the host {authority:?}; set --public-url or add it to the allowed hosts"
        ))
    }

    /// Whether a page that may write sent the request, or no page at all.
    ///
    /// # Errors
    /// What gives the page away.
    pub(crate) fn check_origin(
        &self,
        own: &Authority,
        forwarded: Option<&Forwarded>,
        headers: &HeaderMap,
    ) -> Result<(), String> {
        let site = headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes);
        if !matches!(site, None | Some(b"none" | b"same-origin")) {
            return Err("a page of another site must not write here".to_owned());
        }
        for origin in headers.get_all(header::ORIGIN) {
            let text = String::from_utf8_lossy(origin.as_bytes());
            if !self.is_own(own, forwarded, &text) {
                return Err(format!("a page of {text:?} must not write here"));
            }
        }
        Ok(())
    }

    fn is_own(&self, own: &Authority, forwarded: Option<&Forwarded>, origin: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        let same = |other: &Authority, other_scheme: &str| {
            host_of(&authority) == host_of(other)
                && port_of(&authority, scheme) == port_of(other, other_scheme)
        };
        // Behind a proxy that ends TLS, the Host has no port and means that of the page's scheme.
        matches!(scheme, "http" | "https") && same(own, scheme)
            || forwarded.is_some_and(|f| f.scheme == scheme && same(&f.authority, scheme))
            || self
                .public
                .as_ref()
                .is_some_and(|public| public.scheme == scheme && same(&public.authority, scheme))
    }

    /// Beginning of every link for a request that came to this host, without a slash at the end.
    pub(crate) fn base(&self, own: &Authority) -> String {
        match &self.public {
            Some(public) => public.base.clone(),
            None => format!("http://{own}"),
        }
    }

    /// Address that a proxy was asked for, if it says so in both headers and is believed. Of several, the first.
    ///
    /// Source: `useForwardedHost` of the durable extension.
    pub(crate) fn forwarded(&self, headers: &HeaderMap) -> Option<Forwarded> {
        if !self.trusts_forwarded {
            return None;
        }
        let first = |name: &str| {
            let text = headers.get(name)?.to_str().ok()?;
            text.split(',').next().map(str::trim)
        };
        let authority: Authority = first("x-forwarded-host")?.parse().ok()?;
        let proto = first("x-forwarded-proto")?.to_ascii_lowercase();
        let scheme = ["http", "https"].into_iter().find(|scheme| *scheme == proto)?;
        is_plain(&authority).then_some(Forwarded { scheme, authority })
    }

    /// Beginning of every link for a request that came by a proxy; a path of the public address stays.
    pub(crate) fn forwarded_base(&self, forwarded: &Forwarded) -> String {
        let path = self
            .public
            .as_ref()
            .map_or("", |public| public.base.splitn(4, '/').nth(3).map_or("", |path| path));
        let slash = if path.is_empty() { "" } else { "/" };
        format!("{}://{}{slash}{path}", forwarded.scheme, forwarded.authority)
    }
}

fn parse_public(url: &str) -> Option<PublicUrl> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority().filter(|authority| is_plain(authority))?.clone();
    let path = uri.path().trim_end_matches('/');
    Some(PublicUrl { base: format!("{scheme}://{authority}{path}"), scheme, authority })
}

/// The one host that the request names.
fn named(uri: &Uri, headers: &HeaderMap) -> Result<Authority, String> {
    // HTTP/2 and requests to a proxy have it in the target, which then counts.
    let authority = match uri.authority() {
        Some(authority) => authority.clone(),
        None => {
            let mut hosts = headers.get_all(header::HOST).iter();
            let (host, more) = (hosts.next(), hosts.next());
            let host = host.filter(|_| more.is_none()).ok_or("the request must name one host")?;
            Authority::try_from(host.as_bytes()).map_err(|_| "the Host header cannot be read")?
        }
    };
    if is_plain(&authority) { Ok(authority) } else { Err("the host cannot be read".to_owned()) }
}

fn is_plain(authority: &Authority) -> bool {
    !authority.as_str().contains('@') && !authority.host().is_empty()
}

fn host_of(authority: &Authority) -> String {
    authority.host().to_ascii_lowercase()
}

fn port_of(authority: &Authority, scheme: &str) -> u16 {
    authority.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests;
