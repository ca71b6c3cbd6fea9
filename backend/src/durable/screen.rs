//! What people and scripts get to see.

use std::io::{self, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::Value;

use super::table;

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    // Not the words of the help: with them it would be three times as long.
    Table,
    Json,
    Jsonl,
    Csv,
}

/// Where the output goes. Without a format the texts are those of `func`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    format: Option<Format>,
}

const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

impl Screen {
    pub(crate) fn new(format: Option<Format>) -> Self {
        Self { format }
    }

    pub(crate) fn format(self) -> Option<Format> {
        self.format
    }

    /// A text for people, which stays out of the way of data.
    pub(crate) fn say(self, text: &str) -> io::Result<()> {
        self.styled(Style::new(), text)
    }

    /// Something that may not be what was hoped for.
    pub(crate) fn warn(self, text: &str) -> io::Result<()> {
        self.styled(YELLOW, text)
    }

    /// Something that is not there.
    pub(crate) fn red(self, text: &str) -> io::Result<()> {
        self.styled(RED, text)
    }

    fn styled(self, style: Style, text: &str) -> io::Result<()> {
        match self.format {
            None => {
                let mut out = anstream::stdout().lock();
                writeln!(out, "{style}{text}{style:#}")?;
                out.flush()
            }
            Some(_) => note(style, text),
        }
    }

    /// What happened, as data; nothing when the texts of `func` say it.
    pub(crate) fn record(self, columns: &[&str], record: &Value) -> io::Result<()> {
        match self.format {
            None => Ok(()),
            Some(Format::Json) => print(&pretty(record)),
            Some(format) => print(&table::render(format, columns, std::slice::from_ref(record))),
        }
    }

    /// Rows as data.
    pub(crate) fn rows(self, format: Format, columns: &[&str], rows: &[Value]) -> io::Result<()> {
        print(&table::render(format, columns, rows))
    }

    /// Text as it is.
    pub(crate) fn print(self, text: &str) -> io::Result<()> {
        print(text)
    }
}

/// Tells something on stderr.
pub(crate) fn note(style: Style, text: &str) -> io::Result<()> {
    writeln!(anstream::stderr(), "{style}{text}{style:#}")
}

/// Tells on stderr what the user may want to know.
pub(crate) fn hint(text: &str) {
    // Nobody may read it.
    note(Style::new(), text).ok();
}

/// The same, for a person at a terminal alone.
pub(crate) fn tip(text: &str) {
    if io::stderr().is_terminal() {
        hint(text);
    }
}

/// Tells on stderr why the command failed.
pub(crate) fn complain(text: &str) {
    // There is no other place to say it.
    note(RED, text).ok();
}

/// Writes a text with one line feed at its end.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// JSON with indents.
pub(crate) fn pretty<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
