//! What waits, by name and version, as lines for Prometheus. Names come from workers and clients: a recorder would keep
//! each of them for ever, so that they are written down at the moment of asking and forgotten.

use std::fmt::Write as _;

use taskhub_shared::request::{KindOfWork, WaitingWork};

/// Most names and versions of a hub that have lines, those that have waited longest.
const LINES: usize = 1000;

/// Figures of what waits, by hub.
pub(super) fn render(hubs: &[(String, Vec<WaitingWork>)]) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, value: &dyn Fn(&WaitingWork) -> f64| {
        writeln!(text, "# TYPE {name} gauge").ok();
        for (hub, waiting) in hubs {
            for work in waiting.iter().take(LINES) {
                writeln!(text, "{name}{{{}}} {}", labels(hub, work), value(work)).ok();
            }
        }
        text.push('\n');
    };
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    {
        metric("taskhub_queue_depth", &|work| work.depth as f64);
        metric("taskhub_queue_oldest_age_seconds", &|work| work.oldest_age_ms as f64 / 1000.0);
    }
    metric("taskhub_queue_unserved", &|work| if work.workers == 0 { 1.0 } else { 0.0 });
    metric("taskhub_queue_most_losses", &|work| work.lost.into());
    metric("taskhub_queue_most_refusals", &|work| work.refused.into());
    text.push_str("# TYPE taskhub_queue_names_left_out gauge\n");
    for (hub, waiting) in hubs {
        let left_out = waiting.len().saturating_sub(LINES);
        writeln!(text, "taskhub_queue_names_left_out{{hub=\"{}\"}} {left_out}", escaped(hub)).ok();
    }
    text
}

fn labels(hub: &str, work: &WaitingWork) -> String {
    let kind = match work.kind {
        KindOfWork::Orchestration => "orchestration",
        KindOfWork::Activity => "activity",
        KindOfWork::Entity => "entity",
    };
    let version = work.version.as_deref().unwrap_or_default();
    format!(
        "hub=\"{}\",kind=\"{kind}\",name=\"{}\",version=\"{}\"",
        escaped(hub),
        escaped(&work.name),
        escaped(version)
    )
}

/// A label's value, as the text format wants it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(name: &str, workers: u64) -> WaitingWork {
        WaitingWork {
            name: name.to_owned(),
            version: None,
            kind: KindOfWork::Activity,
            depth: 3,
            oldest_age_ms: 1500,
            workers,
            lost: 2,
            refused: 4,
        }
    }

    #[test]
    fn what_waits_has_its_lines_and_what_waits_no_more_has_none() {
        let text = render(&[("h".to_owned(), vec![work("A\"\\\n", 0)])]);
        let labels = r#"{hub="h",kind="activity",name="A\"\\\n",version=""}"#;
        for line in [
            format!("taskhub_queue_depth{labels} 3"),
            format!("taskhub_queue_oldest_age_seconds{labels} 1.5"),
            format!("taskhub_queue_unserved{labels} 1"),
            format!("taskhub_queue_most_losses{labels} 2"),
            format!("taskhub_queue_most_refusals{labels} 4"),
            "taskhub_queue_names_left_out{hub=\"h\"} 0".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
        assert!(!render(&[("h".to_owned(), vec![])]).contains("name="));
    }

    #[test]
    fn the_number_of_lines_is_bounded() {
        let waiting = (0..LINES + 7).map(|n| work(&n.to_string(), 1)).collect();
        let text = render(&[("h".to_owned(), waiting)]);
        assert_eq!(
            text.lines().filter(|line| line.starts_with("taskhub_queue_depth{")).count(),
            LINES
        );
        assert!(text.contains("taskhub_queue_names_left_out{hub=\"h\"} 7\n"));
    }
}
