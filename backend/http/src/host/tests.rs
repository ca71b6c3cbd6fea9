use http::HeaderValue;
use tokio::sync::watch;

use super::*;
use crate::door::Metrics;

fn hosts(public_url: Option<&str>, allowed: &[&str], insecure_open: bool) -> Hosts {
    Hosts::new(&HttpOptions {
        public_url: public_url.map(str::to_owned),
        allowed_hosts: allowed.iter().map(|host| (*host).to_owned()).collect(),
        use_forwarded_host: false,
        insecure_open,
        version: String::new(),
        console_build: String::new(),
        grpc_address: String::new(),
        metrics: Metrics::new(String::new),
        ready: watch::channel(true).1,
    })
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
        .collect()
}

fn answers(hosts: &Hosts, host: &'static str) -> bool {
    hosts.check(&Uri::from_static("/"), &headers(&[("host", host)])).is_ok()
}

#[test]
fn loopback_is_answered_at_any_port() {
    let hosts = hosts(None, &[], false);
    for good in [
        "localhost",
        "LocalHost:1",
        "127.0.0.1:7071",
        "127.3.2.1",
        "[::1]:8080",
        "[::ffff:127.0.0.1]",
    ] {
        assert!(answers(&hosts, good), "{good}");
    }
    for bad in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "a@localhost",
        "",
        "a b",
    ] {
        assert!(!answers(&hosts, bad), "{bad}");
    }
}

#[test]
fn one_host_must_be_named_and_the_target_counts() {
    let hosts = hosts(None, &[], false);
    assert!(hosts.check(&Uri::from_static("/"), &headers(&[])).is_err());
    let mut two = headers(&[("host", "localhost")]);
    two.append("host", HeaderValue::from_static("evil.example"));
    assert!(hosts.check(&Uri::from_static("/"), &two).is_err());
    let target = Uri::from_static("http://evil.example/");
    assert!(hosts.check(&target, &headers(&[("host", "localhost")])).is_err());
}

#[test]
fn allowed_hosts_and_the_public_one() {
    let open = hosts(None, &[], true);
    assert!(answers(&open, "evil.example"));
    let hosts = hosts(Some("https://tasks.example.org/t/"), &["build", "ci:8080"], false);
    for good in ["tasks.example.org", "tasks.example.org:7071", "BUILD:1", "ci:8080"] {
        assert!(answers(&hosts, good), "{good}");
    }
    assert!(!answers(&hosts, "ci:8081"));
    let own = "localhost:1".parse().unwrap();
    assert_eq!(hosts.base(&own), "https://tasks.example.org/t");
}

#[test]
fn foreign_pages_do_not_write() {
    let hosts = hosts(Some("https://tasks.example.org"), &[], false);
    let check = |own: &str, pairs: &[(&'static str, &'static str)]| {
        hosts.check_origin(&own.parse().unwrap(), None, &headers(pairs)).is_ok()
    };
    assert!(check("127.0.0.1:7071", &[]));
    assert!(check(
        "127.0.0.1:7071",
        &[("origin", "http://127.0.0.1:7071"), ("sec-fetch-site", "same-origin")]
    ));
    assert!(check("proxied.example", &[("origin", "https://proxied.example")]));
    assert!(check("127.0.0.1:7071", &[("origin", "https://tasks.example.org")]));
    assert!(check("127.0.0.1:7071", &[("sec-fetch-site", "none")]));
    for origin in [
        "http://evil.example",
        "http://127.0.0.1:7072",
        "http://localhost:7071",
        "null",
        "file://127.0.0.1:7071",
    ] {
        assert!(!check("127.0.0.1:7071", &[("origin", origin)]), "{origin}");
    }
    for site in ["cross-site", "same-site", "SAME-ORIGIN"] {
        assert!(!check("127.0.0.1:7071", &[("sec-fetch-site", site)]), "{site}");
    }
}

#[test]
fn a_proxy_is_believed_only_when_asked_to() {
    let forwarded = [("x-forwarded-host", "Tasks.example.org, b"), ("x-forwarded-proto", "HTTPS")];
    let mut hosts = hosts(Some("http://inner:81/t"), &[], false);
    assert_eq!(hosts.forwarded(&headers(&forwarded)), None);
    hosts.trusts_forwarded = true;
    let told = hosts.forwarded(&headers(&forwarded)).unwrap();
    assert_eq!(hosts.forwarded_base(&told), "https://Tasks.example.org/t");
    let own = Authority::from_static("10.0.0.1:7071");
    let page = |origin| headers(&[("origin", origin)]);
    let good = page("https://tasks.example.org");
    assert!(hosts.check_origin(&own, Some(&told), &good).is_ok());
    assert!(hosts.check_origin(&own, None, &good).is_err());
    for bad in ["http://tasks.example.org", "https://evil.example", "null"] {
        assert!(hosts.check_origin(&own, Some(&told), &page(bad)).is_err(), "{bad}");
    }
    for bad in [
        &forwarded[..1],
        &forwarded[1..],
        &[("x-forwarded-host", "a b"), ("x-forwarded-proto", "https")],
        &[("x-forwarded-host", "u@a"), ("x-forwarded-proto", "https")],
        &[("x-forwarded-host", "a"), ("x-forwarded-proto", "javascript")],
    ] {
        assert_eq!(hosts.forwarded(&headers(bad)), None, "{bad:?}");
    }
    hosts.public = None;
    assert_eq!(hosts.forwarded_base(&told), "https://Tasks.example.org");
}
