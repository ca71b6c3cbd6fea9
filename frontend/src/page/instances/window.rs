//! Which rows of a long list are drawn, and which pages are fetched. Knows no browser.

/// Rows that are drawn beyond each edge of the screen.
pub const BEYOND: usize = 10;
/// Rows left before an end at which the next page is fetched.
pub const EARLY: usize = 40;
/// Most rows that are kept; those of the far end go.
pub const KEPT: usize = 1000;

/// The rows that are kept lie at these places of the whole list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Rows of the list before the first that is kept.
    pub base: usize,
    /// Rows that are kept.
    pub kept: usize,
}

/// What stands on the screen, in rows of the whole list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sight {
    /// First row.
    pub first: usize,
    /// Number of rows, at least one.
    pub rows: usize,
}

impl Sight {
    /// Rows on a screen of this height that is scrolled so far below the beginning of the list; all in pixels.
    pub fn of(below: f64, height: f64, row: f64) -> Self {
        let rows = |pixels: f64| -> usize {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "no page is so long, and negative ones are none"
            )]
            let whole = (pixels.max(0.0) / row.max(1.0)).min(1e9) as usize;
            whole
        };
        let hidden = (-below).max(0.0);
        Self { first: rows(below), rows: rows(height - hidden) + 1 }
    }
}

impl Window {
    /// Rows to draw, as places among those that are kept.
    pub fn drawn(self, sight: Sight) -> (usize, usize) {
        let first = sight.first.saturating_sub(self.base).saturating_sub(BEYOND).min(self.kept);
        let end = (sight.first + sight.rows + BEYOND).saturating_sub(self.base).min(self.kept);
        // Far off, the nearest rows are drawn, so that there is always something to measure.
        if first >= end && self.kept > 0 {
            let first = first.min(self.kept.saturating_sub(BEYOND));
            return (first, (first + BEYOND).min(self.kept));
        }
        (first, end)
    }

    /// Whether the page after those that are kept is wanted.
    pub fn wants_next(self, sight: Sight) -> bool {
        sight.first + sight.rows + EARLY >= self.base + self.kept
    }

    /// Whether the page before them is wanted.
    pub fn wants_previous(self, sight: Sight) -> bool {
        sight.first < self.base + EARLY
    }

    /// Rows that are too many at the far end.
    pub fn surplus(self) -> usize {
        self.kept.saturating_sub(KEPT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_in_rows() {
        assert_eq!(Sight::of(0.0, 640.0, 32.0), Sight { first: 0, rows: 21 });
        assert_eq!(Sight::of(-320.0, 640.0, 32.0), Sight { first: 0, rows: 11 });
        assert_eq!(Sight::of(3200.0, 640.0, 32.0), Sight { first: 100, rows: 21 });
        assert_eq!(Sight::of(-9000.0, 640.0, 0.0), Sight { first: 0, rows: 1 });
    }

    #[test]
    fn few_rows_are_drawn_and_never_none() {
        let window = Window { base: 200, kept: 300 };
        assert_eq!(window.drawn(Sight { first: 250, rows: 20 }), (40, 80));
        assert_eq!(window.drawn(Sight { first: 200, rows: 20 }), (0, 30));
        assert_eq!(window.drawn(Sight { first: 490, rows: 20 }), (280, 300));
        assert_eq!(window.drawn(Sight { first: 0, rows: 20 }), (0, 10));
        assert_eq!(window.drawn(Sight { first: 5000, rows: 20 }), (290, 300));
        assert_eq!(Window::default().drawn(Sight { first: 3, rows: 5 }), (0, 0));
        assert_eq!(Window { base: 0, kept: 3 }.drawn(Sight { first: 0, rows: 20 }), (0, 3));
    }

    #[test]
    fn pages_are_fetched_before_their_end_is_seen() {
        let window = Window { base: 200, kept: 300 };
        assert!(!window.wants_next(Sight { first: 300, rows: 20 }));
        assert!(window.wants_next(Sight { first: 441, rows: 20 }));
        assert!(window.wants_previous(Sight { first: 230, rows: 20 }));
        assert!(!window.wants_previous(Sight { first: 300, rows: 20 }));
        assert_eq!(Window { base: 0, kept: 1100 }.surplus(), 100);
    }
}
