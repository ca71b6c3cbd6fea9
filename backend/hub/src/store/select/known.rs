//! What name and status alone tell of a query.

use taskhub_shared::{
    query::{Condition, Expr, Is},
    status::RuntimeStatus,
};

use super::Selection;

impl Selection {
    /// Whether an instance of this name and status matches, if that is all it takes to know.
    ///
    /// Counters are kept by name and status, so what is known here is counted without looking at a row, and what is
    /// ruled out here is never looked at.
    #[must_use]
    pub fn known(&self, name: &str, status: RuntimeStatus) -> Option<bool> {
        self.query.expr.as_ref().map_or(Some(true), |expr| known(expr, name, status))
    }
}

fn known(expr: &Expr, name: &str, status: RuntimeStatus) -> Option<bool> {
    match expr {
        Expr::All(parts) => joined(parts.iter().map(|part| known(part, name, status)), true),
        Expr::Any(parts) => joined(parts.iter().map(|part| known(part, name, status)), false),
        Expr::Not(inner) => known(inner, name, status).map(|known| !known),
        Expr::Term(term) => match &term.condition {
            Condition::Status(wanted) => Some(wanted.contains(&status)),
            Condition::Name(patterns) => Some(patterns.iter().any(|p| p.matches(name))),
            Condition::Is(wanted) => joined(wanted.iter().map(|is| known_is(*is, status)), false),
            Condition::Wait(_) if status.is_terminal() => Some(false),
            Condition::Word(pattern) => pattern.matches(name).then_some(true),
            Condition::Id(_)
            | Condition::Parent(_)
            | Condition::Version(_)
            | Condition::Error(_)
            | Condition::Tag { .. }
            | Condition::Wait(_)
            | Condition::Time { .. }
            | Condition::Duration { .. }
            | Condition::Text { .. }
            | Condition::Json { .. } => None,
        },
    }
}

fn known_is(is: Is, status: RuntimeStatus) -> Option<bool> {
    let working = matches!(status, RuntimeStatus::Pending | RuntimeStatus::Running);
    match is {
        Is::Root | Is::Child => None,
        Is::Active => Some(!status.is_terminal()),
        Is::Ended => Some(status.is_terminal()),
        Is::Stuck => (!working).then_some(false),
    }
}

/// `all` of them (true), or any (false), when what is not known makes no difference.
fn joined(parts: impl Iterator<Item = Option<bool>>, all: bool) -> Option<bool> {
    let mut known = true;
    for part in parts {
        match part {
            Some(value) if value != all => return Some(!all),
            Some(_) => {}
            None => known = false,
        }
    }
    known.then_some(all)
}
