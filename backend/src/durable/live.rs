//! The live stream, event by event.

use axum::body::Body;
use http_body_util::BodyExt as _;

/// Where the bytes come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A server.
    Remote(Box<reqwest::Response>),
    /// An engine in this process.
    Inside(Body),
}

/// One event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An open stream.
#[derive(Debug)]
pub(crate) struct Live {
    source: Source,
    lines: Lines,
}

impl Live {
    pub(crate) fn new(source: Source) -> Self {
        Self { source, lines: Lines::default() }
    }

    /// The next event; `None` when the stream has ended, for whatever reason.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.lines.event() {
                return Some(event);
            }
            match &mut self.source {
                Source::Remote(response) => {
                    let chunk = response.chunk().await.ok().flatten()?;
                    self.lines.add(&chunk);
                }
                Source::Inside(body) => {
                    let frame = body.frame().await?.ok()?;
                    if let Some(data) = frame.data_ref() {
                        self.lines.add(data);
                    }
                }
            }
        }
    }
}

/// Bytes of a `text/event-stream` that have not become events.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    event: Event,
}

impl Lines {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn event(&mut self) -> Option<Event> {
        while let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                let event = std::mem::take(&mut self.event);
                if event != Event::default() {
                    return Some(event);
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut self.event.name),
                "data" => {
                    if !self.event.data.is_empty() {
                        self.event.data.push('\n');
                    }
                    self.event.data.push_str(value);
                }
                // Comments, ids and the time to wait.
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_in_pieces() {
        let text = "retry: 2000\nevent: changes\r\nid: 7\ndata: {\"a\":\ndata: 1}\n\n: x\n\nevent:ping\ndata:{}\n\nevent: cut";
        let mut lines = Lines::default();
        let mut events = Vec::new();
        for byte in text.as_bytes() {
            lines.add(&[*byte]);
            events.extend(lines.event());
        }
        let event = |name: &str, data: &str| Event { name: name.to_owned(), data: data.to_owned() };
        assert_eq!(events, [event("changes", "{\"a\":\n1}"), event("ping", "{}")]);
    }
}
