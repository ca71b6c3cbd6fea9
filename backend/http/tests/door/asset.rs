//! The console's files.

use crate::support::{Answer, server};

async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    server().await.send_with(method, path, "", headers).await
}

#[tokio::test]
async fn the_page_is_behind_every_path_of_the_console() {
    for path in ["/", "/h", "/h/Hub/instances/a%2Fb?x=1"] {
        let answer = ask("GET", path, &[]).await;
        answer.is(200, "<!doctype html>");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("etag"), "\"page\"");
    }
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    assert_eq!(ask("GET", "/me", &browser).await.status, 200);
    ask("GET", "/me", &[("accept", "*/*")]).await.is_problem(404, "TH0010", None);
    ask("GET", "/missing-1a2b.js", &[]).await.is_problem(404, "TH0010", None);
    ask("GET", "/../index.html", &[]).await.is_problem(404, "TH0010", None);
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_in_the_best_form() {
    for (accept, encoding, body) in [
        ("", "", "raw code"),
        ("gzip, deflate, br, zstd", "br", "br"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.9", "gzip", "gzip"),
        ("br;q=0, gzip;q=0.001", "gzip", "gzip"),
        ("*", "br", "br"),
        ("br;q=0, *;q=0.5", "gzip", "gzip"),
        ("identity, br;q=0.5", "", "raw code"),
        ("*;q=0", "", "raw code"),
        ("BR", "br", "br"),
        ("zstd", "", "raw code"),
    ] {
        let headers = [("accept-encoding", accept)];
        let answer = ask("GET", "/app-1a2b.js", &headers).await;
        answer.is(200, body);
        assert_eq!(answer.header("content-encoding"), encoding, "{accept}");
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("content-length"), body.len().to_string());
        assert_eq!(answer.header("content-type"), "text/javascript");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let tag = if encoding.is_empty() {
            "\"code\"".to_owned()
        } else {
            format!("\"code-{encoding}\"")
        };
        assert_eq!(answer.header("etag"), tag);
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    for known in ["\"page\"", "W/\"page\"", "\"x\", \"page\"", "*"] {
        let answer = ask("GET", "/", &[("if-none-match", known)]).await;
        answer.is(304, "");
        assert_eq!(answer.header("etag"), "\"page\"");
        assert!(!answer.header("content-security-policy").is_empty());
    }
    let other = [("if-none-match", "\"code\""), ("accept-encoding", "br")];
    assert_eq!(ask("GET", "/app-1a2b.js", &other).await.status, 200, "each form has its own tag");
}

#[tokio::test]
async fn head_tells_the_length_only() {
    let answer = ask("HEAD", "/app-1a2b.js", &[]).await;
    answer.is(200, "");
    assert_eq!(answer.header("content-length"), "8");
    ask("POST", "/app-1a2b.js", &[]).await.is_problem(404, "TH0010", None);
}
