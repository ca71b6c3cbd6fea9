//! Takes one event into an [`Outline`].

use taskhub_shared::{
    history::{EventKind, HistoryEvent},
    status::RuntimeStatus,
};

use super::{Group, Key, Kind, Mark, Outline, Row, Segment};

/// Idle time shorter than this is not worth a note, in milliseconds.
const NOTED: i64 = 250;

impl Outline {
    /// Takes the next event in.
    pub fn push(&mut self, event: &HistoryEvent) {
        let at = event.timestamp.timestamp_millis();
        self.pass(at);
        self.pairs.push(0);
        let id = event.event_id;
        match &event.kind {
            EventKind::OrchestratorStarted => self.turn(at),
            EventKind::ExecutionStarted { name, .. } => {
                self.started = true;
                self.name.clone_from(name);
            }
            EventKind::ExecutionCompleted { status, .. } => self.ended = Some((*status, at)),
            EventKind::ExecutionTerminated { .. } => {
                self.ended = Some((RuntimeStatus::Terminated, at));
            }
            EventKind::ExecutionSuspended { .. } => self.suspended = Some(at),
            EventKind::ExecutionResumed { .. } => self.suspended = None,
            EventKind::ExecutionRewound { .. } => self.ended = None,
            EventKind::TaskScheduled { name, .. } => {
                self.begin(event, Key::Task(id), Kind::Activity, name, None);
            }
            EventKind::TaskCompleted { scheduled_id, .. } => {
                self.end(event, &Key::Task(*scheduled_id), Mark::Done);
            }
            EventKind::TaskFailed { scheduled_id, .. } => {
                self.end(event, &Key::Task(*scheduled_id), Mark::Failed);
            }
            EventKind::SubOrchestrationInstanceCreated { instance_id, name, .. } => {
                self.begin(event, Key::Child(id), Kind::Child, name, Some(instance_id));
            }
            EventKind::SubOrchestrationInstanceCompleted { scheduled_id, .. } => {
                self.end(event, &Key::Child(*scheduled_id), Mark::Done);
            }
            EventKind::SubOrchestrationInstanceFailed { scheduled_id, .. } => {
                self.end(event, &Key::Child(*scheduled_id), Mark::Failed);
            }
            EventKind::TimerCreated { fire_at } => self.timer(event, fire_at.timestamp_millis()),
            EventKind::TimerFired { timer_id, .. } => {
                if let Some(timer) = self.end(event, &Key::Timer(*timer_id), Mark::Done)
                    && let Some(row) = self.waits.remove(&timer)
                {
                    self.ready.push((timer, row));
                }
            }
            EventKind::EventRaised { name, .. } => {
                // The protocol does not say since when code waits. When nothing else could move the instance, it was
                // since its turn before.
                let since = if self.busy == 0 && self.turn_at != 0 { self.turn_at } else { at };
                let segment = Segment { begin: since.min(at), ..Segment::point(event) };
                self.row(Kind::Event, name, None, segment);
            }
            EventKind::EventSent { instance_id, name, .. } => {
                self.row(Kind::Sent, name, Some(instance_id), Segment::point(event));
            }
            EventKind::EntityOperationSignaled { instance_id, operation, .. } => {
                self.row(Kind::Sent, operation, Some(instance_id), Segment::point(event));
            }
            EventKind::EntityOperationCalled { request_id, instance_id, operation, .. } => {
                let key = Key::Call(request_id.clone());
                self.begin(event, key, Kind::Entity, operation, Some(instance_id));
            }
            EventKind::EntityOperationCompleted { request_id, .. } => {
                self.end(event, &Key::Call(request_id.clone()), Mark::Done);
            }
            EventKind::EntityOperationFailed { request_id, .. } => {
                self.end(event, &Key::Call(request_id.clone()), Mark::Failed);
            }
            EventKind::EntityLockRequested { critical_section, lock_set } => {
                let key = Key::Lock(critical_section.clone());
                self.begin(event, key, Kind::Lock, &lock_set.join(", "), None);
            }
            EventKind::EntityLockGranted { critical_section } => {
                self.end(event, &Key::Lock(critical_section.clone()), Mark::Done);
            }
            EventKind::EntityUnlockSent { .. } | EventKind::Other { .. } => {}
        }
    }

    /// Time goes on to `at`; what was idle until then is noted.
    fn pass(&mut self, at: i64) {
        if self.first.is_some() && self.busy == 0 && at - self.last >= NOTED {
            self.idle.push((self.last, at));
        }
        self.last = if self.first.is_some() { self.last.max(at) } else { at };
        self.first.get_or_insert(at);
    }

    fn turn(&mut self, at: i64) {
        // A timer that was followed by no other attempt was a timer of its own.
        for (timer, row) in std::mem::take(&mut self.ready) {
            self.part(timer, row);
        }
        self.failed.clear();
        self.in_turn.clear();
        self.turn_at = at;
    }

    /// Gives a timer its own row back.
    fn part(&mut self, timer: usize, row: usize) {
        if let Some(timer) = self.rows.get_mut(timer) {
            timer.merged = false;
        }
        if let Some(row) = self.rows.get_mut(row)
            && row.segments.last().is_some_and(|segment| segment.mark == Mark::Pause)
        {
            row.segments.pop();
        }
    }

    fn row(&mut self, kind: Kind, name: &str, target: Option<&String>, segment: Segment) -> usize {
        let row = self.rows.len();
        let group = *self.in_turn.entry((kind, name.to_owned())).or_insert_with(|| {
            self.groups.push(Group::default());
            self.groups.len() - 1
        });
        if let Some(group) = self.groups.get_mut(group) {
            group.rows.push(row);
        }
        self.rows.push(Row {
            kind,
            name: name.to_owned(),
            target: target.cloned(),
            due: None,
            segments: vec![segment],
            group,
            merged: false,
        });
        row
    }

    fn begin(
        &mut self,
        event: &HistoryEvent,
        key: Key,
        kind: Kind,
        name: &str,
        target: Option<&String>,
    ) {
        let segment = Segment::open(event);
        let again = self.ready.iter().position(|(_, row)| {
            self.rows.get(*row).is_some_and(|row| row.kind == kind && row.name == name)
        });
        let row = match again.map(|at| self.ready.remove(at)) {
            Some((_, again)) => {
                if let Some(row) = self.rows.get_mut(again) {
                    row.segments.push(segment);
                    row.target = target.cloned();
                }
                again
            }
            None => self.row(kind, name, target, segment),
        };
        self.busy += 1;
        self.open.insert(key, row);
    }

    fn timer(&mut self, event: &HistoryEvent, due: i64) {
        let row = self.row(Kind::Timer, "", None, Segment::open(event));
        let tried = self.failed.pop_front();
        if let Some(timer) = self.rows.get_mut(row) {
            timer.due = Some(due);
            timer.merged = tried.is_some();
        }
        if let Some(tried) = tried {
            self.waits.insert(row, tried);
            if let Some(tried) = self.rows.get_mut(tried) {
                tried.segments.push(Segment { mark: Mark::Pause, ..Segment::open(event) });
            }
        }
        self.open.insert(Key::Timer(event.event_id), row);
    }

    fn end(&mut self, event: &HistoryEvent, key: &Key, mark: Mark) -> Option<usize> {
        let at = self.open.remove(key)?;
        let end = event.timestamp.timestamp_millis();
        let closed = self.rows.get_mut(at)?.close(end, mark, event.seq);
        let first = closed?;
        self.match_up(first, event.seq);
        if matches!(key, Key::Timer(_)) {
            let waited = self.waits.get(&at).copied();
            if let Some(row) = waited.and_then(|row| self.rows.get_mut(row)) {
                row.close(end, Mark::Pause, event.seq);
            }
        } else {
            self.busy = self.busy.saturating_sub(1);
        }
        if mark == Mark::Failed {
            self.failed.push_back(at);
        }
        Some(at)
    }

    fn match_up(&mut self, first: u64, last: u64) {
        for (one, other) in [(first, last), (last, first)] {
            let place = usize::try_from(one).ok().and_then(|one| one.checked_sub(1));
            if let Some(pair) = place.and_then(|place| self.pairs.get_mut(place)) {
                *pair = other;
            }
        }
    }
}

impl Row {
    /// Ends its last segment; the event that had begun it.
    fn close(&mut self, end: i64, mark: Mark, seq: u64) -> Option<u64> {
        let segment = self.segments.last_mut()?;
        segment.end = Some(end.max(segment.begin));
        segment.mark = mark;
        segment.last = seq;
        Some(segment.first)
    }
}

impl Segment {
    fn open(event: &HistoryEvent) -> Self {
        let begin = event.timestamp.timestamp_millis();
        Self { begin, end: None, mark: Mark::Open, first: event.seq, last: 0 }
    }

    fn point(event: &HistoryEvent) -> Self {
        let begin = event.timestamp.timestamp_millis();
        Self { end: Some(begin), mark: Mark::Done, last: event.seq, ..Self::open(event) }
    }
}
