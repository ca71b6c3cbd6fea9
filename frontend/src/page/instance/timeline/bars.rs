//! What is drawn on a line of the time line, as paths of one drawing: ten thousand units wide, a row high.

use super::{
    lines::{self, Line},
    scale::{Scale, Sight},
};
use crate::page::instance::outline::{Mark, Outline, Row, Segment};

/// Width of a drawing in its own units.
const WIDE: f64 = 10_000.0;
/// Least width of a bar: about three pixels of a thousand.
const LEAST: f64 = 30.0;
/// Steps of a group's progress.
const STEPS: usize = 60;

/// Paths of one line, one for each look; an empty one draws nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bars {
    pub open: String,
    pub done: String,
    pub failed: String,
    pub pause: String,
    pub waits: String,
    pub track: String,
}

/// What a drawing needs to know of the whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub scale: Scale,
    pub sight: Sight,
    /// Where what is still open ends: now, or when the instance ended.
    pub until: i64,
    /// Whether that is now.
    pub runs: bool,
}

impl Frame {
    /// Place of a time in the drawing.
    pub fn x(&self, time: i64) -> f64 {
        self.sight.of(self.scale.place(time)) * WIDE
    }

    /// The line that stands where now is; empty when the instance has ended or now is out of sight.
    pub fn now_line(&self) -> String {
        let x = self.x(self.until) - 12.0;
        let shown = self.runs && (-12.0..=WIDE).contains(&x);
        if shown { format!("M{x:.0} 0h12V30h-12z") } else { String::new() }
    }

    /// A bar between two times, cut at the edges; nothing when it is out of sight.
    pub fn bar(&self, from: i64, to: i64, top: f64, height: f64) -> Option<String> {
        let (left, right) = (self.x(from), self.x(to));
        if right < 0.0 || left > WIDE {
            return None;
        }
        let left = left.max(-LEAST);
        let right = right.min(WIDE + LEAST).max(left + LEAST);
        Some(format!("M{left:.0} {top}H{right:.0}V{}H{left:.0}z", top + height))
    }
}

/// Drawing of a line.
pub fn bars(outline: &Outline, line: Line, frame: &Frame) -> Bars {
    let mut bars = Bars::default();
    match line {
        Line::Row { row, .. } => {
            let Some(row) = outline.rows.get(row) else { return bars };
            for segment in &row.segments {
                draw(&mut bars, row, segment, frame);
            }
        }
        Line::Group { group, .. } => {
            let sum = lines::sum(outline, group);
            let end = sum.end.unwrap_or(frame.until);
            bars.track = frame.bar(sum.begin, end, 7.0, 16.0).unwrap_or_default();
            let progress = lines::progress(outline, group, STEPS, frame.until);
            (bars.done, bars.failed) = area(&progress, sum.begin, end, frame);
        }
    }
    bars
}

fn draw(bars: &mut Bars, row: &Row, segment: &Segment, frame: &Frame) {
    use crate::page::instance::outline::Kind;
    let waits = matches!(row.kind, Kind::Timer | Kind::Event);
    let (path, top, height) = match segment.mark {
        Mark::Pause => (&mut bars.pause, 14.0, 2.0),
        _ if waits => (&mut bars.waits, 11.0, 8.0),
        Mark::Open => (&mut bars.open, 7.0, 16.0),
        Mark::Done => (&mut bars.done, 7.0, 16.0),
        Mark::Failed => (&mut bars.failed, 7.0, 16.0),
    };
    let end = segment.end.unwrap_or(frame.until).max(segment.begin);
    path.push_str(&frame.bar(segment.begin, end, top, height).unwrap_or_default());
}

/// Progress as an area that grows to the right, with a mark above each step in which something failed.
fn area(progress: &[(f64, bool)], begin: i64, end: i64, frame: &Frame) -> (String, String) {
    let steps = i64::try_from(progress.len().max(1)).unwrap_or(1);
    let mut path = String::new();
    let mut failed = String::new();
    let mut last = 0.0;
    for (at, (part, bad)) in (0_i64..).zip(progress) {
        let from = begin + (end - begin) * at / steps;
        let to = begin + (end - begin) * (at + 1) / steps;
        if *part > 0.0 {
            let height = 16.0 * part;
            path.push_str(&frame.bar(from, to, 23.0 - height, height).unwrap_or_default());
        }
        if *bad && *part > last {
            failed.push_str(&frame.bar(from, to, 2.0, 4.0).unwrap_or_default());
        }
        last = *part;
    }
    (path, failed)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::page::instance::outline::tests::{Script, fan_out};

    fn frame(outline: &Outline, sight: Sight) -> Frame {
        let scale = Scale::new(outline.first.unwrap(), outline.last, &outline.idle);
        Frame { scale, sight, until: outline.last, runs: outline.ended.is_none() }
    }

    #[test]
    fn attempts_and_waits_have_their_own_looks() {
        let mut script = Script::started("Failing");
        script.task(0, 0, "Pay").turn(100).failed(100, 0).timer(100, 1, 200);
        script.turn(200).fired(200, 1).task(200, 2, "Pay").turn(1000);
        let outline = script.outline();
        let line = Line::Row { row: 0, inside: false };
        let drawn = bars(&outline, line, &frame(&outline, Sight::ALL));
        assert_eq!(drawn.failed, "M0 7H1000V23H0z");
        assert_eq!(drawn.pause, "M1000 14H2000V16H1000z");
        assert_eq!(drawn.open, "M2000 7H10000V23H2000z");
        assert_eq!(frame(&outline, Sight::ALL).now_line(), "M9988 0h12V30h-12z");
        assert_eq!(frame(&outline, Sight { from: 0.0, to: 0.5 }).now_line(), "");
        let later = frame(&outline, Sight { from: 0.5, to: 1.0 });
        let drawn = bars(&outline, line, &later);
        assert_eq!((drawn.failed.as_str(), drawn.open.as_str()), ("", "M-30 7H10000V23H-30z"));
    }

    #[test]
    fn a_screen_of_a_hundred_thousand_events_is_drawn_from_its_group() {
        let outline = fan_out(50_000).outline();
        let frame = frame(&outline, Sight::ALL);
        let lines = lines::lines(&outline, &HashSet::new());
        let drawn = bars(&outline, lines[0], &frame);
        assert!(!drawn.done.is_empty() && !drawn.track.is_empty() && drawn.failed.is_empty());
        assert!(drawn.done.len() < 4_000, "what is drawn does not grow with the group");
    }
}
