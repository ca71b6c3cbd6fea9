//! Files of the console: [`Assets`] tells what there is, this module how it travels.

use std::{fmt::Debug, sync::Arc};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use crate::{door::Door, fault::Fault};

/// Files of the console, by path.
pub trait Assets: Debug + Send + Sync + 'static {
    /// File with this path, which begins without a slash, for example `taskhub-3f2a.js`.
    fn get(&self, path: &str) -> Option<Asset>;

    /// The page that every path of the console shows.
    fn index(&self) -> Option<Asset> {
        self.get("index.html")
    }
}

/// One file in the forms in which it may travel.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Type of the content, for example `text/css; charset=utf-8`.
    pub content_type: &'static str,
    /// Name of this content, without quotes; another content has another.
    pub etag: &'static str,
    /// Whether the path has the content's hash in it, so that it may be kept for ever.
    pub immutable: bool,
    /// The file.
    pub raw: &'static [u8],
    /// The file, compressed by Brotli.
    pub br: Option<&'static [u8]>,
    /// The file, compressed by gzip.
    pub gz: Option<&'static [u8]>,
}

/// Answers a request that no route of the table takes: a file, or a page of the console.
pub(crate) fn serve(door: &Arc<Door>, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    use axum::response::IntoResponse;
    let path = uri.path();
    let api = path == "/api" || path.starts_with("/api/");
    if api || !matches!(*method, Method::GET | Method::HEAD) {
        return Fault::no_route(path).into_response();
    }
    let name = path.trim_start_matches('/');
    let page = path == "/" || path == "/h" || path.starts_with("/h/") || wants_html(headers);
    let asset = door.assets.get(name).filter(|_| !name.is_empty());
    match asset.or_else(|| page.then(|| door.assets.index()).flatten()) {
        Some(asset) => send(&asset, method, headers),
        None if page => Fault::new(
            taskhub_shared::problem::ErrorCode::RouteNotFound,
            "this build of the server has no console; the API is under /api/v1",
        )
        .into_response(),
        None => Fault::no_route(path).into_response(),
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT);
    accept.iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}

fn send(asset: &Asset, method: &Method, request: &HeaderMap) -> Response {
    let (encoding, content) = choose(asset, request);
    let tag = asset.etag.trim_matches('"');
    let tag = match encoding {
        Some(encoding) => format!("\"{tag}-{encoding}\""),
        None => format!("\"{tag}\""),
    };
    let cache = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let unchanged = is_known(&tag, request);
    let body = if unchanged || method == Method::HEAD {
        Body::empty()
    } else {
        Body::from(Bytes::from_static(content))
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if asset.br.is_some() || asset.gz.is_some() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.len()));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether the caller has this content already.
fn is_known(tag: &str, request: &HeaderMap) -> bool {
    let known = request.get_all(header::IF_NONE_MATCH);
    let texts = known.iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

/// The form that the caller likes best; among equals, the smallest.
fn choose(asset: &Asset, request: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let forms = [("br", asset.br), ("gzip", asset.gz)];
    let liked = forms.into_iter().filter_map(|(name, content)| {
        let weight = weight(request, name).unwrap_or(0);
        content.filter(|_| weight > 0).map(|content| (weight, name, content))
    });
    // The first of the heaviest, since `max_by_key` would take the last.
    let best = liked.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let raw = weight(request, "identity").unwrap_or(1);
    match best {
        Some((weight, name, content)) if weight >= raw || raw == 1 => (Some(name), content),
        _ => (None, asset.raw),
    }
}

/// How much the caller likes an encoding, 0 to 1000; `None` when it says nothing about it.
fn weight(request: &HeaderMap, encoding: &str) -> Option<u16> {
    let accept = request.get_all(header::ACCEPT_ENCODING);
    let texts = accept.iter().filter_map(|value| value.to_str().ok());
    let mut any = None;
    for item in texts.flat_map(|text| text.split(',')) {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, per_mille);
        if name.eq_ignore_ascii_case(encoding) {
            return Some(weight);
        }
        if name == "*" {
            any = Some(weight);
        }
    }
    any
}

/// A weight between 0 and 1 in thousandths; what cannot be read is 0.
fn per_mille(text: &str) -> u16 {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let padded = format!("{part:0<3}");
    let part: u16 = padded.get(..3).and_then(|part| part.parse().ok()).unwrap_or(0);
    match whole {
        "1" => 1000,
        "0" => part,
        _ => 0,
    }
}
