//! Figures as shapes and sums, without a browser.

use taskhub_shared::statistics::{Figures, NamedFigures, StatisticKind, StatisticPoint};

/// Width of the chart in its own units.
pub const WIDTH: u64 = 600;
/// Height of the chart in its own units.
pub const HEIGHT: u64 = 120;

/// A number at or above `value` that reads well at the top of an axis.
pub fn top(value: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for step in [1, 2, 5] {
            let top = unit.saturating_mul(step);
            if top >= value.max(4) {
                // Halves of the axis are whole numbers too.
                return if top % 2 == 0 { top } else { top.saturating_mul(2) };
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// A line through values, from left to right, as the `d` of a path; closed to an area when asked for.
pub fn line(values: &[u64], top: u64, area: bool) -> String {
    let last = u64::try_from(values.len().saturating_sub(1)).unwrap_or(0).max(1);
    let mut d = String::new();
    for (at, value) in (0_u64..).zip(values) {
        let x = at * WIDTH / last;
        let y = HEIGHT - (value * HEIGHT / top.max(1)).min(HEIGHT);
        d.push_str(&format!("{}{x} {y}", if at == 0 { "M" } else { "L" }));
    }
    if area && !values.is_empty() {
        d.push_str(&format!("L{WIDTH} {HEIGHT}L0 {HEIGHT}Z"));
    }
    d
}

/// Figures of all orchestrations of the only step.
pub fn whole(points: &[StatisticPoint]) -> Option<Figures> {
    let busy = |point: &&StatisticPoint| point.orchestrations != Figures::default();
    points.iter().find(busy).or_else(|| points.first()).map(|point| point.orchestrations)
}

/// Orchestrations by name, the busiest first.
pub fn by_name(names: &[NamedFigures]) -> Vec<&NamedFigures> {
    let mut names: Vec<&NamedFigures> =
        names.iter().filter(|one| one.kind == StatisticKind::Orchestration).collect();
    let ended = |one: &NamedFigures| one.figures.completed + one.figures.failed;
    names.sort_by_key(|one| std::cmp::Reverse(one.figures.started.max(ended(one))));
    names
}

/// Orchestrations that failed, most failures first.
pub fn failing(names: &[NamedFigures]) -> Vec<&NamedFigures> {
    let mut names: Vec<&NamedFigures> =
        by_name(names).into_iter().filter(|one| one.figures.failed > 0).collect();
    names.sort_by_key(|one| std::cmp::Reverse(one.figures.failed));
    names
}

/// Failures among those that ended, in tenths of a per cent.
pub fn failed_share(figures: &Figures) -> Option<u64> {
    let ended = figures.completed + figures.failed + figures.terminated;
    figures.failed.saturating_mul(1000).checked_div(ended)
}

/// A name in a query, whatever stands in it.
pub fn named(name: &str) -> String {
    format!("name=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use taskhub_shared::query::Query;

    use super::*;

    fn point(completed: u64) -> StatisticPoint {
        StatisticPoint {
            at: "2026-11-25T10:00:00Z".parse().unwrap(),
            orchestrations: Figures { completed, ..Figures::default() },
            turns: 0,
            activities: Figures::default(),
        }
    }

    #[test]
    fn the_axis_ends_at_a_round_even_number() {
        for (value, end) in
            [(0, 10), (3, 10), (5, 10), (11, 20), (21, 50), (51, 100), (100, 100), (1001, 2000)]
        {
            assert_eq!(top(value), end, "{value}");
        }
    }

    #[test]
    fn lines_stay_inside() {
        assert_eq!(line(&[0, 5, 10], 10, false), "M0 120L300 60L600 0");
        assert_eq!(line(&[99], 10, false), "M0 0");
        assert_eq!(line(&[1, 1], 1, true), "M0 0L600 0L600 120L0 120Z");
        assert_eq!(line(&[], 10, true), "");
    }

    #[test]
    fn shares_and_names() {
        let figures = Figures { completed: 6, failed: 1, terminated: 1, ..Figures::default() };
        assert_eq!(failed_share(&figures), Some(125));
        assert_eq!(failed_share(&Figures::default()), None);
        for name in ["Order", "a \"b\" \\c", "x y:z"] {
            assert!(named(name).parse::<Query>().is_ok(), "{name}");
        }
        assert_eq!(whole(&[point(0), point(3)]).map(|one| one.completed), Some(3));
    }
}
