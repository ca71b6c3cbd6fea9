//! What the compatible surface answers to the letter, in `tests/golden`, one file for each subject.
//!
//! A run with `TASKHUB_GOLDEN=write` writes the files anew; what changed then shows in the difference. Clock and ids of
//! the server are the test's, so times are the same in every run; ids that the server makes are masked.

mod scene;

use std::{fmt::Write as _, path::PathBuf};

use crate::support::{Answer, BASE, Server, server};

/// Headers that belong to the contract.
const HEADERS: [&str; 5] =
    ["content-type", "location", "retry-after", "x-ms-continuation-token", "allow"];

/// A server, and what was asked and answered so far.
struct Play {
    server: Server,
    transcript: String,
}

impl Play {
    async fn new() -> Self {
        Self { server: server().await, transcript: String::new() }
    }

    /// Sends a request below the base and writes down what came of it.
    async fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.send_with(method, path, body, &[]).await
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "").await
    }

    async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.send("POST", path, body).await
    }

    async fn send_with(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        // A colon stands before a path that begins at the top level.
        let full = path.strip_prefix(':').map_or_else(|| format!("{BASE}{path}"), str::to_owned);
        let answer = self.server.send_with(method, &full, body, headers).await;
        let out = &mut self.transcript;
        writeln!(out, "{method} {full}").unwrap();
        for (name, value) in headers {
            writeln!(out, "{}", shown(name, value)).unwrap();
        }
        if !body.is_empty() {
            writeln!(out, "\n{body}").unwrap();
        }
        writeln!(out, "---\n{}", answer.status.as_u16()).unwrap();
        for name in HEADERS.iter().filter(|name| answer.headers.contains_key(**name)) {
            writeln!(out, "{}", shown(name, answer.header(name))).unwrap();
        }
        if !answer.body.is_empty() {
            writeln!(out, "\n{}", answer.body).unwrap();
        }
        out.push_str("===\n");
        answer
    }

    /// Compares with the file of this name.
    fn check(self, name: &str) {
        let found = masked(&self.transcript);
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
        let file = folder.join(format!("{name}.txt"));
        if std::env::var("TASKHUB_GOLDEN").is_ok_and(|word| word == "write") {
            std::fs::write(&file, &found).unwrap();
            return;
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        for (number, (found, written)) in found.lines().zip(written.lines()).enumerate() {
            assert_eq!(found, written, "{name}.txt, line {}", number + 1);
        }
        assert_eq!(found.lines().count(), written.lines().count(), "{name}.txt has other lines");
    }
}

/// A header, whose token is nobody's business but the server's.
fn shown(name: &str, value: &str) -> String {
    let value =
        if name == "x-ms-continuation-token" && !value.is_empty() { "<token>" } else { value };
    format!("{name}: {value}").trim_end().to_owned()
}

/// The text with each id of 32 hexadecimal digits replaced by its number in the order of first sight.
fn masked(text: &str) -> String {
    let (mut out, mut seen, mut word) = (String::new(), Vec::new(), String::new());
    let mut flush = |word: &mut String, out: &mut String| {
        let is_id =
            word.len() == 32 && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_id {
            let at = seen.iter().position(|known| known == word).unwrap_or_else(|| {
                seen.push(word.clone());
                seen.len() - 1
            });
            write!(out, "<id {}>", at + 1).unwrap();
        } else {
            out.push_str(word);
        }
        word.clear();
    };
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            word.push(letter);
        } else {
            flush(&mut word, &mut out);
            out.push(letter);
        }
    }
    flush(&mut word, &mut out);
    out
}

#[test]
fn ids_are_masked_and_nothing_else() {
    let (a, b) = ("0123456789abcdef".repeat(2), "f".repeat(32));
    let text = format!("{a} x{a} {b},{a}? {}", "F".repeat(32));
    assert_eq!(masked(&text), format!("<id 1> x{a} <id 2>,<id 1>? {}", "F".repeat(32)));
}

macro_rules! scenes {
    ($($name:ident),+ $(,)?) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                let mut play = Play::new().await;
                scene::$name(&mut play).await;
                play.check(stringify!($name));
            }
        )+

        #[test]
        fn every_file_has_a_scene() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
            let mut files: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort_unstable();
            let mut scenes = vec![$(concat!(stringify!($name), ".txt")),+];
            scenes.sort_unstable();
            assert_eq!(files, scenes);
        }
    };
}

scenes!(
    case_and_verbs,
    start,
    start_and_wait,
    status,
    history,
    list,
    purge_one,
    purge_many,
    raise_event,
    terminate_suspend_resume,
    rewind,
    restart,
    entities,
    refusals,
    samples,
);
