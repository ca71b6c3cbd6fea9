//! A call as text to paste: for a shell, the command line, Python, JavaScript and C#. Pure functions.
//!
//! The HTTP forms are made of the call itself, so they cannot say anything but what the console would send.

use taskhub_shared::request::{ApiRequest, Method};

/// A language to copy a call in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `curl` in a POSIX shell.
    Curl,
    /// `taskhub durable`.
    Cli,
    /// Python, with nothing to install.
    Python,
    /// JavaScript, with nothing to install.
    JavaScript,
    /// C#, with nothing to install.
    CSharp,
}

/// A call, ready to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Whole address.
    pub url: String,
    /// JSON body.
    pub body: Option<String>,
    /// Words of the command line behind `taskhub durable`, without server and hub.
    pub command: Vec<String>,
    /// Address of the server.
    pub origin: String,
    /// Task hub.
    pub hub: String,
}

impl Form {
    /// All forms, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Curl, Self::Cli, Self::Python, Self::JavaScript, Self::CSharp];

    /// Its name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Cli => "CLI",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::CSharp => "C#",
        }
    }

    /// Writes a call in this form.
    pub fn write(self, call: &Call) -> String {
        match self {
            Self::Curl => curl(call),
            Self::Cli => cli(call),
            Self::Python => python(call),
            Self::JavaScript => java_script(call),
            Self::CSharp => c_sharp(call),
        }
    }
}

impl Call {
    /// The call of a request. `command` holds the words of the command line.
    pub fn new<R: ApiRequest>(request: &R, origin: &str, hub: &str, command: &[&str]) -> Self {
        Self {
            method: R::METHOD,
            url: format!("{origin}{}", request.url()),
            body: request.body(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            origin: origin.to_owned(),
            hub: hub.to_owned(),
        }
    }
}

fn method(call: &Call) -> &'static str {
    match call.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    }
}

/// `curl` for any address; the HTTP management addresses use it too.
pub fn curl_line(method: &str, url: &str, body: Option<&str>) -> String {
    let get = if method == "GET" { String::new() } else { format!(" -X {method}") };
    let body = body
        .map(|body| format!(" -H 'Content-Type: application/json' -d {}", quoted(body)))
        .unwrap_or_default();
    format!("curl{get} {}{body}", quoted(url))
}

fn curl(call: &Call) -> String {
    curl_line(method(call), &call.url, call.body.as_deref())
}

fn cli(call: &Call) -> String {
    let words: Vec<String> = call.command.iter().map(|word| shell_word(word)).collect();
    let (server, hub) = (shell_word(&call.origin), shell_word(&call.hub));
    format!("taskhub durable {} --server {server} --task-hub-name {hub}", words.join(" "))
}

fn python(call: &Call) -> String {
    let data = call.body.as_ref().map(|body| format!("{}.encode()", literal(body)));
    let data = data.unwrap_or_else(|| "None".to_owned());
    format!(
        "from urllib.request import Request, urlopen\n\n\
         request = Request(\n    {},\n    method=\"{}\",\n    data={data},\n    \
         headers={{\"Content-Type\": \"application/json\"}},\n)\n\
         with urlopen(request) as response:\n    print(response.read().decode())",
        literal(&call.url),
        method(call),
    )
}

fn java_script(call: &Call) -> String {
    let body = call.body.as_ref().map(|body| format!("\n  body: {},", literal(body)));
    format!(
        "const response = await fetch({}, {{\n  method: \"{}\",\n  \
         headers: {{ \"Content-Type\": \"application/json\" }},{}\n}});\n\
         console.log(response.status, await response.text());",
        literal(&call.url),
        method(call),
        body.unwrap_or_default(),
    )
}

fn c_sharp(call: &Call) -> String {
    let content = call.body.as_ref().map(|body| {
        format!(
            "\n{{\n    Content = new StringContent({}, System.Text.Encoding.UTF8, \"application/json\"),\n}}",
            literal(body)
        )
    });
    let name = match call.method {
        Method::Get => "Get",
        Method::Post => "Post",
        Method::Delete => "Delete",
    };
    format!(
        "using var client = new HttpClient();\n\
         using var request = new HttpRequestMessage(HttpMethod.{name}, {}){};\n\
         using var response = await client.SendAsync(request);\n\
         Console.WriteLine(await response.Content.ReadAsStringAsync());",
        literal(&call.url),
        content.unwrap_or_default(),
    )
}

/// One word of a POSIX shell, in quotes only where it needs them.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { quoted(word) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Text in double quotes as Python, JavaScript and C# read it alike.
fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Line ends of JavaScript and C# too.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskhub_shared::request::{PurgeInstance, TerminateBody, TerminateInstance};

    fn terminate() -> Call {
        let body = TerminateBody { reason: Some("it's \"late\"\n".to_owned()), recursive: true };
        let request = TerminateInstance { hub: "H".to_owned(), id: "a/b é".to_owned(), body };
        let command = ["terminate", "--id", "a/b é", "--reason", "it's \"late\"\n", "--recursive"];
        Call::new(&request, "http://127.0.0.1:7071", "H", &command)
    }

    #[test]
    fn a_shell_reads_back_what_is_meant() {
        assert_eq!(
            Form::Curl.write(&terminate()),
            r#"curl -X POST 'http://127.0.0.1:7071/api/v1/hubs/H/instances/a%2Fb%20%C3%A9/terminate' -H 'Content-Type: application/json' -d '{"reason":"it'\''s \"late\"\n","recursive":true}'"#
        );
        assert_eq!(
            Form::Cli.write(&terminate()),
            "taskhub durable terminate --id 'a/b é' --reason 'it'\\''s \"late\"\n' --recursive --server http://127.0.0.1:7071 --task-hub-name H"
        );
    }

    #[test]
    fn code_has_the_body_as_one_literal() {
        let body = r#""{\"reason\":\"it's \\\"late\\\"\\n\",\"recursive\":true}""#;
        for form in [Form::Python, Form::JavaScript, Form::CSharp] {
            let text = form.write(&terminate());
            assert!(text.contains(body), "{text}");
            assert!(text.contains("/terminate\""), "{text}");
        }
        assert!(Form::Python.write(&terminate()).contains("method=\"POST\""));
        assert!(Form::CSharp.write(&terminate()).contains("HttpMethod.Post"));
    }

    #[test]
    fn a_call_without_a_body_sends_none() {
        let request = PurgeInstance { hub: "H".to_owned(), id: "x".to_owned() };
        let call = Call::new(&request, "http://h", "H", &["purge", "--id", "x"]);
        assert_eq!(Form::Curl.write(&call), "curl -X DELETE 'http://h/api/v1/hubs/H/instances/x'");
        assert!(Form::Python.write(&call).contains("data=None"));
        assert!(!Form::JavaScript.write(&call).contains("body"));
        assert!(!Form::CSharp.write(&call).contains("Content ="));
    }

    #[test]
    fn literals_hold_no_line_end() {
        assert_eq!(literal("a\u{2028}b\0"), "\"a\\u2028b\\u0000\"");
    }
}
