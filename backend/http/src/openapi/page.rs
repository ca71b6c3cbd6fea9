//! The document as one page without a script, for people.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;
use utoipa::openapi::OpenApi;

/// The page has no icon of its own; without this line a browser asks for one that is not there.
const ICON: &str = "<link rel=\"icon\" href=\"data:,\">";
/// Where the page's style is.
const STYLE: &str = "/api/docs.css";
const METHODS: [&str; 3] = ["get", "post", "delete"];

/// The whole page.
///
/// # Errors
/// What cannot be written as JSON, which no part of the document brings about.
pub(super) fn render(document: &OpenApi) -> Result<String, serde_json::Error> {
    let document = serde_json::to_value(document)?;
    let mut page = Page(String::new());
    let info = at(&document, "info");
    let title = format!("{} {}", text(at(info, "title")), text(at(info, "version")));
    page.head(&title);
    page.tag("h1", &title);
    page.tag("p", text(at(info, "description")));
    page.raw("<p><a href=\"/api/openapi.json\">openapi.json</a> is the same for programs.</p>");
    let mut by_tag: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in entries(at(&document, "paths")) {
        for method in METHODS {
            let operation = at(item, method);
            if let Some(tag) = list(at(operation, "tags")).first().and_then(Value::as_str) {
                by_tag.entry(tag).or_default().push((method, path, operation));
            }
        }
    }
    for (tag, operations) in by_tag {
        page.tag("h2", tag);
        for (method, path, operation) in operations {
            page.operation(method, path, operation);
        }
    }
    page.tag("h2", "Types");
    for (name, schema) in entries(at(at(&document, "components"), "schemas")) {
        page.raw(&format!("<h3 id=\"type-{}\">", escaped(name)));
        page.text(name);
        page.raw("</h3>");
        page.tag("p", text(at(schema, "description")));
        page.schema(schema);
    }
    page.raw("</main></body></html>\n");
    Ok(page.0)
}

struct Page(String);

impl Page {
    fn head(&mut self, title: &str) {
        self.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        self.raw("<meta name=\"viewport\" content=\"width=device-width\">");
        self.raw(&format!("<title>{}</title>", escaped(title)));
        self.raw(&format!("<link rel=\"stylesheet\" href=\"{STYLE}\">{ICON}</head><body><main>"));
    }

    fn operation(&mut self, method: &str, path: &str, operation: &Value) {
        let id = escaped(text(at(operation, "operationId")));
        self.raw(&format!("<details id=\"{id}\"><summary>"));
        self.tag("b", &method.to_uppercase());
        self.raw(" ");
        self.tag("code", path);
        self.raw(" ");
        self.text(text(at(operation, "summary")));
        self.raw("</summary>");
        self.tag("p", &format!("Least role: {}", text(at(operation, "x-least-role"))));
        let parameters = list(at(operation, "parameters"));
        if !parameters.is_empty() {
            self.raw("<table><caption>Parameters</caption>");
            for parameter in parameters {
                let needed = if *at(parameter, "required") == true { ", needed" } else { "" };
                let place = format!("{}{needed}", text(at(parameter, "in")));
                let kind = match at(at(parameter, "schema"), "format").as_str() {
                    Some(format) => format,
                    None => text(at(at(parameter, "schema"), "type")),
                };
                let what = text(at(parameter, "description"));
                self.row(&[text(at(parameter, "name")), &place, kind, what], None);
            }
            self.raw("</table>");
        }
        for (kind, content) in entries(at(at(operation, "requestBody"), "content")) {
            self.tag("p", &format!("Body: {kind}"));
            self.schema(at(content, "schema"));
        }
        self.raw("<table><caption>Answers</caption>");
        for (status, answer) in entries(at(operation, "responses")) {
            let content = entries(at(answer, "content")).next();
            let kind = content.map_or("no body", |(kind, _)| kind);
            let schema = content.map(|(_, content)| at(content, "schema"));
            self.row(&[status, text(at(answer, "description")), kind], schema);
        }
        self.raw("</table></details>");
    }

    /// A row; the first cell is its head.
    fn row(&mut self, cells: &[&str], schema: Option<&Value>) {
        self.raw("<tr>");
        for (index, cell) in cells.iter().enumerate() {
            self.tag(if index == 0 { "th" } else { "td" }, cell);
        }
        if let Some(schema) = schema {
            self.raw("<td>");
            self.schema(schema);
            self.raw("</td>");
        }
        self.raw("</tr>");
    }

    /// A link for a reference; otherwise the schema itself, with links in it left as text.
    fn schema(&mut self, schema: &Value) {
        if let Some(name) = at(schema, "$ref").as_str().and_then(|to| to.rsplit('/').next()) {
            self.raw(&format!("<a href=\"#type-{}\">", escaped(name)));
            self.text(name);
            self.raw("</a>");
        } else if schema.as_object().is_some_and(|schema| !schema.is_empty()) {
            self.raw(&format!("<pre>{}</pre>", escaped(&format!("{schema:#}"))));
        } else {
            self.text("any JSON");
        }
    }

    fn tag(&mut self, tag: &str, content: &str) {
        if !content.is_empty() {
            self.raw(&format!("<{tag}>{}</{tag}>", prose(content)));
        }
    }

    fn text(&mut self, text: &str) {
        self.raw(&prose(text));
    }

    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }
}

/// What an object has under this key; null when it has nothing.
fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The text as HTML, with what stands between back-ticks as code.
fn prose(text: &str) -> String {
    let parts: Vec<String> = text.split('`').map(escaped).collect();
    // A last back-tick without another is one of the text.
    let (paired, last) = match parts.split_last() {
        Some((last, paired)) if parts.len().is_multiple_of(2) => (paired, Some(last)),
        Some(_) | None => (parts.as_slice(), None),
    };
    let mut out = String::with_capacity(text.len());
    for (index, part) in paired.iter().enumerate() {
        if index % 2 == 0 {
            out.push_str(part);
        } else {
            write!(out, "<code>{part}</code>").ok();
        }
    }
    if let Some(last) = last {
        out.push('`');
        out.push_str(last);
    }
    out
}

/// The text with everything that HTML would read otherwise written as what it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '<' | '>' | '"' | '\'' => {
                write!(out, "&#{};", u32::from(letter)).ok();
            }
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(escaped("a<b> & \"c\" 'é'"), "a&#60;b&#62; &#38; &#34;c&#34; &#39;é&#39;");
        assert_eq!(
            prose("`a<b>` or `c`, not `d"),
            "<code>a&#60;b&#62;</code> or <code>c</code>, not `d"
        );
        assert_eq!(prose("plain"), "plain");
        let info = utoipa::openapi::Info::new("<script>", "1");
        let page = render(&OpenApi::new(info, utoipa::openapi::Paths::new())).unwrap();
        assert!(page.contains("<title>&#60;script&#62; 1</title>") && !page.contains("<script>"));
    }
}
