//! The little that has to be known of HTML: the tags of our own page, and what a strict page may not have.
//!
//! The server sends `script-src 'self' 'wasm-unsafe-eval'; style-src 'self'`, so one inline script or style would
//! mean a blank page. Finding it here is cheaper than finding it in a browser.

use std::ops::Range;

use anyhow::{Context, Result, bail};

use crate::digest;
use crate::dist::Files;

/// One start tag.
#[derive(Debug)]
struct Tag {
    /// Where it stands, from `<` to `>`.
    at: Range<usize>,
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The file of ours that the tag loads.
    fn target(&self) -> Option<&str> {
        match self.name.as_str() {
            "link" => self.get("href"),
            "script" | "img" => self.get("src"),
            _ => None,
        }
    }
}

/// Takes the one inline module script out of the page and puts `<script src="/name">` in its place.
pub(crate) fn take_module_script(page: &str, name: &str) -> Result<(String, Option<String>)> {
    let tags = tags(page)?;
    let mut inline = tags.iter().filter(|tag| tag.name == "script" && tag.get("src").is_none());
    let Some(tag) = inline.next() else { return Ok((page.to_owned(), None)) };
    if inline.next().is_some() || tag.get("type") != Some("module") {
        bail!(
            "index.html has an inline script of its own: move it to a file, the page's policy refuses inline scripts"
        );
    }
    let rest = page.get(tag.at.end..).unwrap_or("");
    let length = rest.find("</script>").context("index.html: <script> without </script>")?;
    let script = format!("{}\n", rest.get(..length).unwrap_or("").trim());
    let (before, after) =
        (page.get(..tag.at.start).unwrap_or(""), rest.get(length..).unwrap_or(""));
    Ok((format!("{before}<script type=\"module\" src=\"/{name}\">{after}"), Some(script)))
}

/// Sets `integrity` on stylesheets, scripts and module preloads, and removes it from the rest.
///
/// Browsers do not check it on other preloads, and complain about the attempt.
pub(crate) fn add_integrity(page: &str, files: &Files) -> Result<String> {
    let mut out = page.to_owned();
    for tag in tags(page)?.iter().rev() {
        let checked =
            tag.name == "script" || matches!(tag.get("rel"), Some("stylesheet" | "modulepreload"));
        let mut text = page.get(tag.at.clone()).unwrap_or("").to_owned();
        if let Some(old) = tag.get("integrity") {
            text = text.replace(&format!(" integrity=\"{old}\""), "");
        }
        if let Some(bytes) = tag
            .target()
            .filter(|_| checked)
            .and_then(|path| files.get(path.trim_start_matches('/')))
        {
            let end = if text.ends_with("/>") { text.len() - 2 } else { text.len() - 1 };
            text.insert_str(end, &format!(" integrity=\"{}\"", digest::integrity(bytes)));
        }
        out.replace_range(tag.at.clone(), &text);
    }
    Ok(out)
}

/// Refuses a page that the content security policy would break, or that names files that are not there.
pub(crate) fn check(page: &str, files: &Files) -> Result<()> {
    for tag in tags(page)? {
        if tag.name == "style" {
            bail!(
                "index.html has a <style> element: the page's policy refuses it, use a stylesheet"
            );
        }
        if tag.name == "script" {
            let body = page.get(tag.at.end..).unwrap_or("");
            let body = body.get(..body.find("</script>").unwrap_or(0)).unwrap_or("");
            if tag.get("src").is_none() || !body.trim().is_empty() {
                bail!("index.html has an inline script: the page's policy refuses it");
            }
        }
        if let Some((name, _)) =
            tag.attributes.iter().find(|(name, _)| name == "style" || name.starts_with("on"))
        {
            bail!(
                "index.html has <{} {name}=...>: the page's policy refuses inline styles and handlers",
                tag.name
            );
        }
        if let Some(target) = tag.target() {
            let inside = target.strip_prefix('/').filter(|path| !path.starts_with('/'));
            match inside {
                Some(path) if files.contains_key(path) => {}
                Some(path) => bail!("index.html names {path}, which is not in dist/"),
                None => bail!(
                    "index.html loads {target}: only files of our own, from the root, are allowed"
                ),
            }
        }
    }
    Ok(())
}

/// All start tags outside comments and scripts.
fn tags(page: &str) -> Result<Vec<Tag>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = page.get(at..).and_then(|rest| rest.find('<')).map(|offset| at + offset)
    {
        let rest = page.get(start..).unwrap_or("");
        if rest.starts_with("<!--") {
            at = start + rest.find("-->").context("index.html: comment without end")? + 3;
        } else if rest.starts_with("</") || rest.starts_with("<!") {
            at = start + rest.find('>').context("index.html: tag without end")? + 1;
        } else {
            let tag = tag(rest, start)?;
            at = tag.at.end;
            if tag.name == "script" {
                let body = page.get(at..).unwrap_or("");
                at += body.find("</script>").context("index.html: <script> without </script>")?;
            }
            found.push(tag);
        }
    }
    Ok(found)
}

fn tag(text: &str, start: usize) -> Result<Tag> {
    let end_of = |what: &str| {
        format!(
            "index.html: {what} without end near `{}`",
            text.chars().take(40).collect::<String>()
        )
    };
    let name: String = text.chars().skip(1).take_while(char::is_ascii_alphanumeric).collect();
    let mut at = 1 + name.len();
    let mut attributes = Vec::new();
    loop {
        let rest = text.get(at..).unwrap_or("");
        let skipped =
            rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        at += rest.len() - skipped.len();
        if skipped.starts_with('>') {
            return Ok(Tag {
                at: start..start + at + 1,
                name: name.to_ascii_lowercase(),
                attributes,
            });
        }
        let length = skipped
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '=' | '>' | '/'))
            .filter(|length| *length > 0)
            .with_context(|| end_of("tag"))?;
        let key = skipped.get(..length).unwrap_or("").to_ascii_lowercase();
        at += length;
        let mut value = String::new();
        if let Some(after) = skipped.get(length..).and_then(|rest| rest.strip_prefix('=')) {
            let quote = after.chars().next().filter(|letter| matches!(letter, '"' | '\''));
            let (open, close) = match quote {
                Some(quote) => {
                    (1, after.get(1..).and_then(|rest| rest.find(quote)).map(|length| length + 1))
                }
                None => (0, after.find(|letter: char| letter.is_whitespace() || letter == '>')),
            };
            let close = close.with_context(|| end_of("attribute"))?;
            after.get(open..close).unwrap_or("").clone_into(&mut value);
            at += 1 + close + open;
        }
        attributes.push((key, value));
    }
}

#[cfg(test)]
mod tests {
    use super::{add_integrity, check, tags, take_module_script};
    use crate::dist::Files;

    fn files() -> Files {
        Files::from([("a.css".to_owned(), b"x".to_vec()), ("b.wasm".to_owned(), b"y".to_vec())])
    }

    fn refused(page: &str, because: &str) {
        let error = check(page, &files()).expect_err(page).to_string();
        assert!(error.contains(because), "{page}: {error}");
    }

    #[test]
    fn what_the_policy_would_break_is_refused() {
        refused("<script>1</script>", "inline script");
        refused("<script src=\"/a.css\">1</script>", "inline script");
        refused("<style>a{}</style>", "<style>");
        refused("<body style='color: red'>", "body style");
        refused("<body onload=go()>", "body onload");
        refused("<link rel=icon href=/gone.svg>", "gone.svg");
        refused("<link rel=icon href=a.css>", "from the root");
        refused("<link rel=icon href=//elsewhere/a.css>", "from the root");
        check("<!-- <style> --><html lang=en><link rel=x href='/a.css'/></html>", &files())
            .unwrap();
    }

    #[test]
    fn integrity_follows_the_file() {
        let page = "<link rel=\"stylesheet\" href=\"/a.css\" integrity=\"sha384-old\"/><link rel=\"preload\" href=\"/b.wasm\" integrity=\"z\">";
        let page = add_integrity(page, &files()).unwrap();
        assert_eq!(page.matches("integrity").count(), 1, "{page}");
        assert!(page.contains(&crate::digest::integrity(b"x")), "{page}");
    }

    #[test]
    fn a_second_inline_script_is_refused() {
        let page = "<script type=module>a</script><script>b</script>";
        assert!(take_module_script(page, "start.js").is_err());
        assert!(take_module_script("<script>b</script>", "start.js").is_err());
    }

    #[test]
    fn attributes_of_every_spelling() {
        let tags = tags("<a b c='d e' f=g h=\"i>j\"/><p>").unwrap();
        let [a, p] = tags.as_slice() else { panic!("{tags:?}") };
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(
            a.attributes,
            [pair("b", ""), pair("c", "d e"), pair("f", "g"), pair("h", "i>j")]
        );
        assert_eq!(p.name, "p");
    }
}
