//! Which lines the time line shows: rows, and groups of parallel rows that are folded into one until they are opened.

use std::collections::HashSet;

use crate::page::instance::outline::{FOLD, Mark, Outline, Row};

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A row of the outline, perhaps inside an open group.
    Row { row: usize, inside: bool },
    /// A folded or opened group.
    Group { group: usize, open: bool },
}

/// What a group amounts to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Number of rows.
    pub all: usize,
    /// Rows that ended well.
    pub done: usize,
    /// Rows whose last attempt failed.
    pub failed: usize,
    /// Beginning of the first one.
    pub begin: i64,
    /// End of the last one, when all have ended.
    pub end: Option<i64>,
}

/// All lines, in the order in which things began.
pub fn lines(outline: &Outline, opened: &HashSet<usize>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (at, row) in outline.rows.iter().enumerate().filter(|(_, row)| !row.merged) {
        let members = outline.groups.get(row.group).map(|group| group.rows.as_slice());
        let Some(members) = members.filter(|members| members.len() >= FOLD) else {
            lines.push(Line::Row { row: at, inside: false });
            continue;
        };
        if members.first() != Some(&at) {
            continue;
        }
        let open = opened.contains(&row.group);
        lines.push(Line::Group { group: row.group, open });
        if open {
            lines.extend(members.iter().map(|row| Line::Row { row: *row, inside: true }));
        }
    }
    lines
}

/// Sums a group up.
pub fn sum(outline: &Outline, group: usize) -> Sum {
    let rows = members(outline, group);
    let mut sum = Sum { begin: i64::MAX, end: Some(i64::MIN), ..Sum::default() };
    for row in rows {
        sum.all += 1;
        sum.done += usize::from(row.mark() == Mark::Done);
        sum.failed += usize::from(row.mark() == Mark::Failed);
        sum.begin = sum.begin.min(row.begin());
        sum.end = sum.end.zip(row.end()).map(|(last, end)| last.max(end));
    }
    sum
}

/// How far a group had come at each of `steps` places of its time: parts of 0 to 1, with whether any failed.
pub fn progress(outline: &Outline, group: usize, steps: usize, until: i64) -> Vec<(f64, bool)> {
    let sum = sum(outline, group);
    let span = (sum.end.unwrap_or(until) - sum.begin).max(1);
    let mut ended = vec![(0_u32, false); steps];
    for row in members(outline, group) {
        let Some(end) = row.end().filter(|_| matches!(row.mark(), Mark::Done | Mark::Failed))
        else {
            continue;
        };
        let wide = i64::try_from(steps).unwrap_or(i64::MAX);
        let step = (end - sum.begin).saturating_mul(wide) / span;
        let step = usize::try_from(step).unwrap_or(0).min(steps.saturating_sub(1));
        if let Some(place) = ended.get_mut(step) {
            place.0 += 1;
            place.1 |= row.mark() == Mark::Failed;
        }
    }
    let all = f64::from(u32::try_from(sum.all.max(1)).unwrap_or(u32::MAX));
    let mut so_far = 0_u32;
    ended
        .into_iter()
        .map(|(count, failed)| {
            so_far += count;
            (f64::from(so_far) / all, failed)
        })
        .collect()
}

fn members(outline: &Outline, group: usize) -> impl Iterator<Item = &Row> {
    let members = outline.groups.get(group).map(|group| group.rows.as_slice()).unwrap_or_default();
    members.iter().filter_map(|row| outline.rows.get(*row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::instance::outline::tests::{Script, fan_out};

    #[test]
    fn parallel_work_is_folded_until_it_is_opened() {
        let outline = fan_out(4_000).outline();
        assert_eq!(lines(&outline, &HashSet::new()), [Line::Group { group: 0, open: false }]);
        let opened = lines(&outline, &HashSet::from([0]));
        assert_eq!(opened.len(), 4_001);
        assert_eq!(opened[4_000], Line::Row { row: 3_999, inside: true });
        let sum = sum(&outline, 0);
        assert_eq!((sum.all, sum.done, sum.failed), (4_000, 4_000, 0));
        assert_eq!((sum.begin, sum.end), (1, Some(59)));
        let progress = progress(&outline, 0, 10, 0);
        assert!(progress.is_sorted_by(|a, b| a.0 <= b.0) && progress[9] == (1.0, false));
    }

    #[test]
    fn few_rows_stand_alone_and_other_names_do_not_mix() {
        let mut script = Script::started("Mixed");
        for id in 0..5 {
            script.task(1, id, "A");
        }
        for id in 5..11 {
            script.task(1, id, "B");
        }
        let outline = script.outline();
        let lines = lines(&outline, &HashSet::new());
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[5], Line::Group { group: 1, open: false });
        assert_eq!(sum(&outline, 1).end, None);
    }

    #[test]
    fn a_loop_of_a_hundred_thousand_events_is_laid_out_at_once() {
        // One activity after another: every one has a line of its own.
        let mut script = Script::started("Loop");
        for id in 0..33_333 {
            let at = i64::from(id) * 10;
            script.task(at, id, "Poll").turn(at + 5).done(at + 5, id);
        }
        assert!(script.0.len() >= 100_000);
        let outline = script.outline();
        assert_eq!(lines(&outline, &HashSet::new()).len(), 33_333);
    }
}
