//! Where a time lies on the time line: idle stretches are collapsed, and a window of the whole is shown.

/// Idle time shorter than this is shown as it is, in milliseconds.
const SHORTEST: i64 = 250;
/// Times narrower than this cannot be zoomed into, as a part of the whole.
const NARROWEST: f64 = 1e-7;

/// An idle stretch that is shown shorter than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// When it began, in milliseconds since 1970.
    pub from: i64,
    /// When it ended.
    pub to: i64,
}

/// Times and their places, 0 at the left and 1 at the right.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scale {
    /// Times at which the pace changes, with their places.
    points: Vec<(i64, f64)>,
    /// Collapsed stretches, oldest first.
    pub gaps: Vec<Gap>,
}

/// The part of the whole that is in sight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// Left edge, 0 to 1.
    pub from: f64,
    /// Right edge, 0 to 1.
    pub to: f64,
}

impl Scale {
    /// Scale from `first` to `last`. An idle stretch is collapsed when it is more than twice as long as what lies between
    /// two of them.
    pub fn new(first: i64, last: i64, idle: &[(i64, i64)]) -> Self {
        let last = last.max(first + 1);
        let mut longest: Vec<(i64, i64)> =
            idle.iter().copied().filter(|(from, to)| to - from >= SHORTEST).collect();
        longest.sort_unstable_by_key(|(from, to)| from - to);
        let mut busy = last - first - longest.iter().map(|(from, to)| to - from).sum::<i64>();
        // The shortest ones first: what is kept makes the rest of it longer.
        while let Some((from, to)) = longest.last().copied() {
            let between = busy / i64::try_from(longest.len() + 1).unwrap_or(i64::MAX);
            if to - from > (2 * between).max(SHORTEST) {
                break;
            }
            busy += to - from;
            longest.pop();
        }
        longest.sort_unstable();
        let count = float(i64::try_from(longest.len()).unwrap_or(i64::MAX));
        // All gaps together never take more than half.
        let width = float(busy.max(SHORTEST)) / (count + 8.0);
        let mut points = vec![(first, 0.0)];
        let (mut time, mut place) = (first, 0.0);
        for (from, to) in &longest {
            place += float(from - time);
            points.push((*from, place));
            place += width;
            points.push((*to, place));
            time = *to;
        }
        place += float(last - time);
        points.push((last, place));
        let whole = place.max(1.0);
        for point in &mut points {
            point.1 /= whole;
        }
        let gaps = longest.into_iter().map(|(from, to)| Gap { from, to }).collect();
        Self { points, gaps }
    }

    /// Place of a time, 0 to 1; times outside lie at the edges.
    pub fn place(&self, time: i64) -> f64 {
        let after = self.points.partition_point(|(at, _)| *at <= time);
        match (self.points.get(after.wrapping_sub(1)), self.points.get(after)) {
            (Some((t0, p0)), Some((t1, p1))) => {
                p0 + (p1 - p0) * float(time - t0) / float((t1 - t0).max(1))
            }
            (Some(_), None) => 1.0,
            (None, _) => 0.0,
        }
    }

    /// Time at a place.
    pub fn time(&self, place: f64) -> i64 {
        let after = self.points.partition_point(|(_, at)| *at <= place);
        match (self.points.get(after.wrapping_sub(1)), self.points.get(after)) {
            (Some((t0, p0)), Some((t1, p1))) => {
                let part = (place - p0) / (p1 - p0).max(f64::MIN_POSITIVE);
                t0 + whole(part * float(t1 - t0))
            }
            (Some((last, _)), None) => *last,
            (None, _) => self.points.first().map_or(0, |(first, _)| *first),
        }
    }
}

impl Sight {
    /// Everything.
    pub const ALL: Self = Self { from: 0.0, to: 1.0 };

    /// Width of the window.
    pub fn width(self) -> f64 {
        self.to - self.from
    }

    /// The same window, so many times as wide around the place `at` of the window (0 to 1).
    pub fn zoomed(self, factor: f64, at: f64) -> Self {
        let width = (self.width() * factor).clamp(NARROWEST, 1.0);
        let fixed = self.from + self.width() * at;
        Self::held(fixed - width * at, width)
    }

    /// The same window, moved by a part of its width.
    pub fn moved(self, by: f64) -> Self {
        Self::held(self.from + self.width() * by, self.width())
    }

    fn held(from: f64, width: f64) -> Self {
        let from = from.clamp(0.0, 1.0 - width);
        Self { from, to: from + width }
    }

    /// Where a place of the whole lies in the window; below 0 and above 1 it is out of sight.
    pub fn of(self, place: f64) -> f64 {
        (place - self.from) / self.width()
    }

    /// Place of the whole at a part of the window.
    pub fn at(self, part: f64) -> f64 {
        self.from + self.width() * part
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of an instance's life fit into f64")]
fn float(milliseconds: i64) -> f64 {
    milliseconds as f64
}

#[expect(clippy::cast_possible_truncation, reason = "a time between two times")]
fn whole(milliseconds: f64) -> i64 {
    milliseconds as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_idle_time_is_collapsed_and_short_time_is_not() {
        // 10 s of work, 2 days of nothing, 10 s of work with 1.5 s of nothing in it.
        let day = 86_400_000;
        let (from, to) = (10_000, 10_000 + 2 * day);
        let scale = Scale::new(0, to + 10_000, &[(from, to), (to + 2_000, to + 3_500)]);
        assert_eq!(scale.gaps, [Gap { from, to }]);
        assert!(scale.place(from) > 0.4 && scale.place(to) < 0.6, "{scale:?}");
        assert!((scale.place(to + 5_000) - 0.76).abs() < 0.03);
        for time in [0, 5_000, from, to, to + 10_000] {
            assert!((scale.time(scale.place(time)) - time).abs() <= 1, "{time}");
        }
    }

    #[test]
    fn places_never_go_back() {
        let idle: Vec<(i64, i64)> = (0..1000).map(|n| (n * 60_000, n * 60_000 + 59_000)).collect();
        let scale = Scale::new(0, 60_000_000, &idle);
        assert_eq!(scale.gaps.len(), 1000);
        let places: Vec<f64> = (0..60_000).map(|n| scale.place(n * 1000)).collect();
        assert!(places.is_sorted() && places.iter().all(|place| (0.0..=1.0).contains(place)));
        let busy = scale.place(60_000) - scale.place(59_000);
        let gap = scale.place(59_000) - scale.place(0);
        assert!(gap <= busy, "a gap is not wider than the work beside it");
    }

    #[test]
    fn an_instance_that_is_all_waiting_has_a_scale() {
        let scale = Scale::new(0, 1_000_000, &[(0, 1_000_000)]);
        assert_eq!((scale.place(0), scale.place(1_000_000)), (0.0, 1.0));
        let empty = Scale::new(5, 5, &[]);
        assert!(empty.place(5).abs() < f64::EPSILON);
    }

    #[test]
    fn zoom_keeps_what_is_under_the_pointer() {
        let sight = Sight::ALL.zoomed(0.5, 0.25);
        assert_eq!((sight.from, sight.to), (0.125, 0.625));
        assert!((sight.of(0.25) - 0.25).abs() < 1e-9);
        assert_eq!(sight.zoomed(8.0, 0.5), Sight::ALL);
        assert_eq!(sight.moved(10.0), Sight { from: 0.5, to: 1.0 });
        let mut deep = Sight::ALL;
        for _ in 0..200 {
            deep = deep.zoomed(0.5, 1.0);
        }
        assert!(deep.width() > 0.0 && deep.to <= 1.0);
    }
}
