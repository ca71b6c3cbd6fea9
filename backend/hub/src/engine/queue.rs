//! Ready work by name, and the worker streams that take it in turn.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
    sync::Arc,
};

use tokio::sync::mpsc;

use super::worker::{WorkItem, WorkKind, WorkerProfile};

/// Number of a worker's stream.
pub(crate) type StreamId = u64;

/// What a queue is kept by: name and the versions that the work answers to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct QueueKey {
    pub(crate) name: String,
    pub(crate) versions: Vec<String>,
}

/// Where a queue keeps an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    key: Arc<QueueKey>,
    age: i64,
}

/// Ready work of one kind, oldest first within a name, and by age across names.
#[derive(Debug)]
pub(crate) struct ReadyQueue<T> {
    queues: HashMap<Arc<QueueKey>, BTreeMap<i64, T>>,
    back: i64,
    front: i64,
    len: usize,
}

impl<T> Default for ReadyQueue<T> {
    fn default() -> Self {
        Self { queues: HashMap::new(), back: 0, front: -1, len: 0 }
    }
}

impl<T> ReadyQueue<T> {
    pub(crate) fn push_back(&mut self, key: QueueKey, item: T) -> Ticket {
        self.back += 1;
        self.insert(key, self.back - 1, item)
    }

    /// Puts work back that was with a worker: it is older than everything here.
    pub(crate) fn push_front(&mut self, key: QueueKey, item: T) -> Ticket {
        self.front -= 1;
        self.insert(key, self.front + 1, item)
    }

    fn insert(&mut self, key: QueueKey, age: i64, item: T) -> Ticket {
        let key = match self.queues.get_key_value(&key) {
            Some((known, _)) => Arc::clone(known),
            None => Arc::new(key),
        };
        self.queues.entry(Arc::clone(&key)).or_default().insert(age, item);
        self.len += 1;
        Ticket { key, age }
    }

    /// Takes an item out that nobody needs any more.
    pub(crate) fn remove(&mut self, ticket: &Ticket) -> Option<T> {
        let queue = self.queues.get_mut(&ticket.key)?;
        let item = queue.remove(&ticket.age)?;
        if queue.is_empty() {
            self.queues.remove(&ticket.key);
        }
        self.len -= 1;
        Some(item)
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// What waits, by name and version: how much, and the oldest.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&QueueKey, usize, &T)> {
        self.queues.iter().filter_map(|(key, queue)| {
            let (_, oldest) = queue.first_key_value()?;
            Some((&**key, queue.len(), oldest))
        })
    }

    /// Takes the oldest work that this worker wants.
    pub(crate) fn pop(&mut self, kind: WorkKind, worker: &WorkerProfile) -> Option<T> {
        let oldest = self
            .queues
            .iter()
            .filter(|(key, _)| worker.wants(kind, &key.name, &key.versions))
            .filter_map(|(key, queue)| Some((*queue.first_key_value()?.0, key)))
            .min_by_key(|(age, _)| *age);
        let (age, key) = oldest?;
        let ticket = Ticket { key: Arc::clone(key), age };
        self.remove(&ticket)
    }
}

/// A connected worker's stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) profile: WorkerProfile,
    pub(crate) sender: mpsc::UnboundedSender<WorkItem>,
    orchestrations: usize,
    activities: usize,
    entities: usize,
}

/// All streams of a hub.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    streams: BTreeMap<StreamId, Stream>,
    next: StreamId,
    last_served: StreamId,
}

impl Streams {
    pub(crate) fn add(
        &mut self,
        profile: WorkerProfile,
        sender: mpsc::UnboundedSender<WorkItem>,
    ) -> StreamId {
        self.next += 1;
        self.streams.insert(
            self.next,
            Stream { profile, sender, orchestrations: 0, activities: 0, entities: 0 },
        );
        self.next
    }

    pub(crate) fn remove(&mut self, id: StreamId) -> Option<Stream> {
        self.streams.remove(&id)
    }

    pub(crate) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.streams.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.streams.values()
    }

    pub(crate) fn clear(&mut self) {
        self.streams.clear();
    }

    /// Streams with room for this kind of work, the one that was served longest ago first.
    pub(crate) fn with_room(&self, kind: WorkKind) -> Vec<StreamId> {
        let after = self.streams.range(self.last_served + 1..);
        let before = self.streams.range(..=self.last_served);
        after.chain(before).filter(|(_, stream)| stream.has_room(kind)).map(|(id, _)| *id).collect()
    }

    /// Counts one more item of work for the stream.
    pub(crate) fn take(&mut self, id: StreamId, kind: WorkKind) {
        self.last_served = id;
        if let Some(stream) = self.streams.get_mut(&id) {
            *stream.outstanding_mut(kind) += 1;
        }
    }

    /// Counts one item less.
    pub(crate) fn give_back(&mut self, id: StreamId, kind: WorkKind) {
        if let Some(stream) = self.streams.get_mut(&id) {
            let outstanding = stream.outstanding_mut(kind);
            *outstanding = outstanding.saturating_sub(1);
        }
    }
}

impl Stream {
    fn outstanding_mut(&mut self, kind: WorkKind) -> &mut usize {
        match kind {
            WorkKind::Orchestration => &mut self.orchestrations,
            WorkKind::Activity => &mut self.activities,
            WorkKind::Entity => &mut self.entities,
        }
    }

    /// How much work it has.
    #[cfg(feature = "test-support")]
    pub(crate) fn with_it(&self) -> usize {
        self.orchestrations + self.activities + self.entities
    }

    /// How much work of this kind it has.
    pub(crate) fn outstanding(&self, kind: WorkKind) -> usize {
        match kind {
            WorkKind::Orchestration => self.orchestrations,
            WorkKind::Activity => self.activities,
            WorkKind::Entity => self.entities,
        }
    }

    fn has_room(&self, kind: WorkKind) -> bool {
        self.outstanding(kind) < self.profile.limit(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> QueueKey {
        QueueKey { name: name.to_owned(), versions: vec![String::new()] }
    }

    #[test]
    fn oldest_first_across_names_and_returned_work_before_all() {
        let mut queue = ReadyQueue::default();
        queue.push_back(key("B"), 1);
        queue.push_back(key("A"), 2);
        queue.push_back(key("B"), 3);
        queue.push_front(key("A"), 0);
        let worker = WorkerProfile::default();
        let order: Vec<i32> =
            std::iter::from_fn(|| queue.pop(WorkKind::Activity, &worker)).collect();
        assert_eq!(order, [0, 1, 2, 3]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_is_taken_out_does_not_come_and_leaves_nothing() {
        let mut queue = ReadyQueue::default();
        let first = queue.push_back(key("A"), 1);
        let second = queue.push_front(key("A"), 2);
        assert_eq!(queue.remove(&second), Some(2));
        assert_eq!(queue.remove(&second), None);
        assert_eq!(queue.pop(WorkKind::Activity, &WorkerProfile::default()), Some(1));
        assert_eq!(queue.remove(&first), None);
        assert!(queue.is_empty() && queue.queues.is_empty());
    }

    #[test]
    fn streams_take_turns_within_their_limits() {
        let mut streams = Streams::default();
        let (sender, _keep) = mpsc::unbounded_channel();
        let profile = WorkerProfile { max_activities: 2, ..WorkerProfile::default() };
        let a = streams.add(profile.clone(), sender.clone());
        let b = streams.add(profile, sender);
        let mut served = Vec::new();
        while let Some(id) = streams.with_room(WorkKind::Activity).first().copied() {
            streams.take(id, WorkKind::Activity);
            served.push(id);
        }
        assert_eq!(served, [a, b, a, b]);
        streams.give_back(a, WorkKind::Activity);
        assert_eq!(streams.with_room(WorkKind::Activity), [a]);
        assert_eq!(streams.with_room(WorkKind::Orchestration), [a, b]);
    }
}
