//! Rewind, pure: which part of a failed instance's history stays, so that its orchestrator goes on from there.
//!
//! What stays must replay the same whatever the SDK: an action that is missing would be asked for again, and one that
//! is there without being asked for ends the instance. So the history is cut at the first failure that the instance
//! ended by: every decision after it was made knowing the failure, and goes with its results. What the world told the
//! instance stays: events, and the results of earlier decisions. What is still without a result is asked for again,
//! because nobody works on it any more; sub-orchestrations stay and are mended by themselves.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use super::{
    entity_event::EntityEvent,
    history_event::{EventKind, HistoryEvent, Payload, TraceContext},
};

/// A history, rewritten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rewound {
    /// What stays.
    pub(crate) history: Vec<Arc<HistoryEvent>>,
    /// Sub-orchestrations that stay and have no result in it.
    pub(crate) open_children: Vec<Child>,
    /// Ids of sub-orchestrations that the instance no longer knows of.
    pub(crate) dropped_children: Vec<String>,
}

/// A sub-orchestration as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) event_id: i32,
    pub(crate) instance_id: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) input: Option<Payload>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// What an event is to its orchestrator.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Begins a turn.
    Turn,
    /// A decision that has a result: an activity, a sub-orchestration, a timer.
    Asks(Kind),
    /// A decision without a result, or one of the entity protocol, with the key of its answer.
    Does(Option<String>),
    /// The result of a decision.
    Tells { kind: Kind, id: i32, failed: bool },
    /// The answer to a message of the entity protocol.
    Answers(String),
    /// What the world told the instance, and its beginning.
    Hears,
    /// The end.
    Ends,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Kind {
    Task,
    Child,
    Timer,
}

/// Name and input of an activity or a sub-orchestration.
type Call<'a> = (&'a str, Option<&'a Payload>);

/// Rewrites the history of an instance that has failed.
pub(crate) fn rewrite(history: &[Arc<HistoryEvent>]) -> Rewound {
    let story = Story::read(history);
    let cut = story.cut();
    let mut rewound = Rewound::default();
    for (at, event) in history.iter().enumerate() {
        if story.stays(at, cut) {
            rewound.history.push(Arc::clone(event));
        }
        if let Some(child) = child(event) {
            if at >= cut {
                rewound.dropped_children.push(child.instance_id);
            } else if !story.result_of.get(&at).is_some_and(|result| story.stays(*result, cut)) {
                rewound.open_children.push(child);
            }
        }
    }
    let known: BTreeSet<&str> =
        rewound.open_children.iter().map(|child| child.instance_id.as_str()).collect();
    rewound.dropped_children.retain(|id| !known.contains(id.as_str()));
    rewound
}

/// A history with what belongs to what; all numbers are places in it.
struct Story<'a> {
    history: &'a [Arc<HistoryEvent>],
    parts: Vec<Part>,
    /// Number of the turn of each event.
    turn: Vec<usize>,
    /// Result of each decision, and the decision of each result.
    result_of: HashMap<usize, usize>,
    asked_by: HashMap<usize, usize>,
    /// First message of the entity protocol with each key.
    keys: HashMap<String, usize>,
    /// The failure that a decision tried once more.
    retries: HashMap<usize, usize>,
    /// The decision that tried a failure once more.
    retried: HashMap<usize, usize>,
}

impl<'a> Story<'a> {
    fn read(history: &'a [Arc<HistoryEvent>]) -> Self {
        let parts: Vec<Part> = history.iter().map(|event| part(event)).collect();
        let mut story = Self {
            history,
            turn: Vec::with_capacity(parts.len()),
            parts: Vec::new(),
            result_of: HashMap::new(),
            asked_by: HashMap::new(),
            keys: HashMap::new(),
            retries: HashMap::new(),
            retried: HashMap::new(),
        };
        // An SDK may use an id again once its result is there.
        let mut open: HashMap<(Kind, i32), usize> = HashMap::new();
        let mut turn = 0;
        for (at, (part, event)) in parts.iter().zip(history).enumerate() {
            match part {
                Part::Turn => turn += 1,
                Part::Asks(kind) => {
                    open.insert((*kind, event.event_id), at);
                }
                Part::Tells { kind, id, .. } => {
                    if let Some(asked) = open.remove(&(*kind, *id)) {
                        story.result_of.insert(asked, at);
                        story.asked_by.insert(at, asked);
                    }
                }
                Part::Does(Some(key)) => {
                    story.keys.entry(key.clone()).or_insert(at);
                }
                Part::Does(None) | Part::Answers(_) | Part::Hears | Part::Ends => {}
            }
            story.turn.push(turn);
        }
        story.parts = parts;
        story.link_retries();
        story
    }

    fn part(&self, at: usize) -> &Part {
        self.parts.get(at).unwrap_or(&Part::Hears)
    }

    fn turn(&self, at: usize) -> usize {
        self.turn.get(at).copied().unwrap_or_default()
    }

    fn failed(&self, at: usize) -> bool {
        matches!(self.part(at), Part::Tells { failed: true, .. })
    }

    fn is_decision(&self, at: usize) -> bool {
        matches!(self.part(at), Part::Asks(_) | Part::Does(_))
    }

    /// Finds the decisions that try a failure once more: the same call in the turn that took the failure in, or in that
    /// of a timer which was set then.
    fn link_retries(&mut self) {
        // Failures that nobody has tried again, by turn and call.
        let mut failures: HashMap<(usize, Call<'a>), VecDeque<usize>> = HashMap::new();
        // Turns whose failures a turn may try again.
        let mut reach: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        for at in 0..self.parts.len() {
            let Some(asked) = self.asked_by.get(&at).copied() else { continue };
            let turn = self.turn(at);
            if let Some(call) = self.call(asked).filter(|_| self.failed(at)) {
                failures.entry((turn, call)).or_default().push_back(at);
                reach.entry(turn).or_default().insert(turn);
            } else if *self.part(asked) == Part::Asks(Kind::Timer) {
                reach.entry(turn).or_default().insert(self.turn(asked));
            }
        }
        for at in 0..self.parts.len() {
            let Some(call) = self.call(at) else { continue };
            let turns = reach.get(&self.turn(at)).into_iter().flatten();
            let mut tried = turns.filter_map(|turn| failures.get_mut(&(*turn, call))?.pop_front());
            // An action cannot try again what came of it.
            let failure = tried.next().filter(|failure| *failure < at);
            if let Some(failure) = failure {
                self.retries.insert(at, failure);
                self.retried.insert(failure, at);
            }
        }
    }

    /// What a decision calls, with which input.
    fn call(&self, at: usize) -> Option<Call<'a>> {
        match &self.history.get(at)?.kind {
            EventKind::TaskScheduled { name, input, .. }
            | EventKind::SubOrchestrationCreated { name, input, .. } => {
                Some((name.as_str(), input.as_ref()))
            }
            EventKind::OrchestratorStarted
            | EventKind::ExecutionStarted(_)
            | EventKind::ExecutionCompleted { .. }
            | EventKind::ExecutionTerminated { .. }
            | EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionResumed { .. }
            | EventKind::TaskCompleted { .. }
            | EventKind::TaskFailed { .. }
            | EventKind::SubOrchestrationCompleted { .. }
            | EventKind::SubOrchestrationFailed { .. }
            | EventKind::TimerCreated { .. }
            | EventKind::TimerFired { .. }
            | EventKind::EventSent { .. }
            | EventKind::EventRaised { .. }
            | EventKind::ExecutionRewound { .. }
            | EventKind::Entity(_) => None,
        }
    }

    /// Whether a failure was tried once more, with success in the end.
    fn is_settled(&self, mut failure: usize) -> bool {
        while let Some(again) = self.retried.get(&failure) {
            match self.result_of.get(again) {
                Some(result) if self.failed(*result) => failure = *result,
                Some(_) => return true,
                None => return false,
            }
        }
        false
    }

    /// The first of the attempts that led to this failure.
    fn first_attempt(&self, mut failure: usize) -> usize {
        while let Some(before) =
            self.asked_by.get(&failure).and_then(|asked| self.retries.get(asked))
        {
            failure = *before;
        }
        failure
    }

    /// Place from which no decision stays.
    fn cut(&self) -> usize {
        let ends = self.parts.iter().position(|part| *part == Part::Ends);
        let end = ends.unwrap_or(self.parts.len());
        let last_turn = ends.map_or(end, |end| {
            let turn = self.turn(end);
            self.turn.partition_point(|of| *of < turn)
        });
        // Failures that no decision followed are those that the instance ended by.
        let handled = (0..last_turn).rev().find(|at| self.is_decision(*at)).map_or(0, |at| at + 1);
        let unhandled = (handled..end).filter(|at| self.failed(*at));
        let mut cut = unhandled.map(|failure| self.first_attempt(failure)).min();
        if cut.is_none() {
            // It may have been caught and thrown again, for example after a compensation.
            let last = (0..end).rev().find(|at| self.failed(*at) && !self.is_settled(*at));
            cut = last.map(|failure| self.first_attempt(failure));
        }
        self.outside_critical_sections(cut.unwrap_or(last_turn).min(last_turn))
    }

    /// An instance that ended has lost its locks: what it did under one that it never gave free is done again.
    fn outside_critical_sections(&self, cut: usize) -> usize {
        let mut open: HashMap<&str, (usize, usize)> = HashMap::new();
        for (at, event) in self.history.iter().enumerate().take(cut) {
            let EventKind::Entity(event) = &event.kind else { continue };
            if let EntityEvent::LockRequested { critical_section, lock_set, .. } = &**event {
                open.insert(critical_section, (at, lock_set.len()));
            } else if let EntityEvent::UnlockSent { critical_section, .. } = &**event
                && let Some((_, left)) = open.get_mut(critical_section.as_str())
            {
                *left = left.saturating_sub(1);
            }
        }
        open.into_values().filter(|(_, left)| *left > 0).map(|(at, _)| at).fold(cut, usize::min)
    }

    fn stays(&self, at: usize, cut: usize) -> bool {
        match self.part(at) {
            Part::Turn | Part::Hears => true,
            Part::Ends => false,
            Part::Asks(Kind::Child) => at < cut,
            Part::Asks(Kind::Task | Kind::Timer) => {
                at < cut && self.result_of.get(&at).is_some_and(|result| self.tells(*result, cut))
            }
            Part::Does(_) => at < cut,
            Part::Tells { .. } => {
                self.tells(at, cut) && self.asked_by.get(&at).is_some_and(|asked| *asked < cut)
            }
            Part::Answers(key) => self.keys.get(key).is_some_and(|asked| *asked < cut),
        }
    }

    /// Whether a result still counts. A failure that was taken in after the cut does not: what came of it is gone.
    fn tells(&self, at: usize, cut: usize) -> bool {
        !self.failed(at) || at < cut
    }
}

fn part(event: &HistoryEvent) -> Part {
    let tells = |kind, id: &i32, failed| Part::Tells { kind, id: *id, failed };
    match &event.kind {
        EventKind::OrchestratorStarted => Part::Turn,
        EventKind::TaskScheduled { .. } => Part::Asks(Kind::Task),
        EventKind::SubOrchestrationCreated { .. } => Part::Asks(Kind::Child),
        EventKind::TimerCreated { .. } => Part::Asks(Kind::Timer),
        EventKind::EventSent { .. } => Part::Does(None),
        EventKind::TaskCompleted { scheduled_id, .. } => tells(Kind::Task, scheduled_id, false),
        EventKind::TaskFailed { scheduled_id, .. } => tells(Kind::Task, scheduled_id, true),
        EventKind::SubOrchestrationCompleted { scheduled_id, .. } => {
            tells(Kind::Child, scheduled_id, false)
        }
        EventKind::SubOrchestrationFailed { scheduled_id, .. } => {
            tells(Kind::Child, scheduled_id, true)
        }
        EventKind::TimerFired { timer_id, .. } => tells(Kind::Timer, timer_id, false),
        EventKind::ExecutionCompleted { .. } | EventKind::ExecutionTerminated { .. } => Part::Ends,
        EventKind::ExecutionStarted(_)
        | EventKind::ExecutionSuspended { .. }
        | EventKind::ExecutionResumed { .. }
        | EventKind::EventRaised { .. }
        | EventKind::ExecutionRewound { .. } => Part::Hears,
        EventKind::Entity(event) => match &**event {
            EntityEvent::OperationSignaled { .. } | EntityEvent::UnlockSent { .. } => {
                Part::Does(None)
            }
            EntityEvent::OperationCalled { request_id, .. } => Part::Does(Some(request_id.clone())),
            EntityEvent::LockRequested { critical_section, .. } => {
                Part::Does(Some(critical_section.clone()))
            }
            EntityEvent::OperationCompleted { request_id, .. }
            | EntityEvent::OperationFailed { request_id, .. } => Part::Answers(request_id.clone()),
            EntityEvent::LockGranted { critical_section } => {
                Part::Answers(critical_section.clone())
            }
        },
    }
}

fn child(event: &HistoryEvent) -> Option<Child> {
    let EventKind::SubOrchestrationCreated { instance_id, name, version, input, trace, tags } =
        &event.kind
    else {
        return None;
    };
    Some(Child {
        event_id: event.event_id,
        instance_id: instance_id.clone(),
        name: name.clone(),
        version: version.clone(),
        input: input.clone(),
        trace: trace.clone(),
        tags: tags.clone(),
    })
}
