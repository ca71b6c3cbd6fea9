//! Ready work by name, and the worker streams that take it in turn.

mod readers;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use self::readers::{ListId, Readers};
use super::worker::{WorkItem, WorkKind, WorkerProfile};

/// Number of a worker's stream.
pub(crate) type StreamId = u64;

/// What a queue is kept by: what workers ask for, and who is not to have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct QueueKey {
    pub(crate) name: String,
    /// Versions that the work answers to.
    pub(crate) versions: Vec<String>,
    /// Streams that gave it back and do not get it now.
    pub(crate) refused: BTreeSet<StreamId>,
    /// Whether it may have ended workers: a stream has one of these at a time.
    pub(crate) suspect: bool,
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
    queues: HashMap<Arc<QueueKey>, Queue<T>>,
    readers: Readers,
    back: i64,
    front: i64,
    len: usize,
}

/// Work of one key by age; never empty.
#[derive(Debug)]
struct Queue<T> {
    items: BTreeMap<i64, T>,
    /// Lists of the streams that take from it.
    lists: Vec<ListId>,
}

impl<T> Queue<T> {
    fn head(&self) -> Option<i64> {
        self.items.first_key_value().map(|(age, _)| *age)
    }
}

impl<T> Default for ReadyQueue<T> {
    fn default() -> Self {
        Self { queues: HashMap::new(), readers: Readers::default(), back: 0, front: -1, len: 0 }
    }
}

impl<T: Clone> ReadyQueue<T> {
    /// Adds a stream that asks for these names, with their versions; `None` for all.
    pub(crate) fn join(&mut self, stream: StreamId, names: Option<&BTreeMap<String, Vec<String>>>) {
        let (own, shared, new) = self.readers.join(stream, names);
        for (key, queue) in &mut self.queues {
            let list = if key.refused.is_empty() { new.then_some(shared) } else { Some(own) };
            if let Some(list) = list.filter(|_| self.readers.takes(stream, key)) {
                queue.lists.push(list);
                self.readers.changed(&[list], key, None, queue.head());
            }
        }
    }

    /// Takes a stream away. Gives what others gave back and nobody takes any more, which stays where it is.
    pub(crate) fn leave(&mut self, stream: StreamId) -> Vec<T> {
        let gone = self.readers.leave(stream);
        let mut left = Vec::new();
        for (key, queue) in &mut self.queues {
            let before = queue.lists.len();
            queue.lists.retain(|list| !gone.contains(list));
            if queue.lists.is_empty() && before > 0 && !key.refused.is_empty() {
                left.extend(queue.items.values().cloned());
            }
        }
        left
    }

    /// Whether a stream would take work of this key.
    pub(crate) fn is_wanted(&self, key: &QueueKey) -> bool {
        self.readers.any_takes(key)
    }

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
        let queue = self.queues.entry(Arc::clone(&key)).or_insert_with(|| Queue {
            items: BTreeMap::new(),
            lists: self.readers.lists_of(&key),
        });
        let before = queue.head();
        queue.items.insert(age, item);
        self.readers.changed(&queue.lists, &key, before, queue.head());
        self.len += 1;
        Ticket { key, age }
    }

    /// Takes an item out that nobody needs any more.
    pub(crate) fn remove(&mut self, ticket: &Ticket) -> Option<T> {
        let queue = self.queues.get_mut(&ticket.key)?;
        let before = queue.head();
        let item = queue.items.remove(&ticket.age)?;
        let after = queue.head();
        self.readers.changed(&queue.lists, &ticket.key, before, after);
        if after.is_none() {
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

    /// What waits, by key: how much, and the oldest.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&QueueKey, usize, &T)> {
        self.queues.iter().filter_map(|(key, queue)| {
            let (_, oldest) = queue.items.first_key_value()?;
            Some((&**key, queue.items.len(), oldest))
        })
    }

    /// Takes the oldest work for this stream, with or without that which may have ended workers.
    pub(crate) fn pop(&mut self, stream: StreamId, suspects: bool) -> Option<T> {
        let (age, key) = self.readers.oldest(stream, suspects)?;
        self.remove(&Ticket { key, age })
    }
}

/// A connected worker's stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) profile: WorkerProfile,
    pub(crate) sender: mpsc::UnboundedSender<WorkItem>,
    pub(crate) connected_at: DateTime<Utc>,
    /// When it was last given work.
    pub(crate) last_work_at: Option<DateTime<Utc>>,
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
        now: DateTime<Utc>,
    ) -> StreamId {
        self.next += 1;
        self.streams.insert(
            self.next,
            Stream {
                profile,
                sender,
                connected_at: now,
                last_work_at: None,
                orchestrations: 0,
                activities: 0,
                entities: 0,
            },
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

    pub(crate) fn ids(&self) -> impl Iterator<Item = StreamId> {
        self.streams.keys().copied()
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
    pub(crate) fn take(&mut self, id: StreamId, kind: WorkKind, now: DateTime<Utc>) {
        self.last_served = id;
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.last_work_at = Some(now);
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
        let (name, versions) = (name.to_owned(), vec![String::new()]);
        QueueKey { name, versions, ..QueueKey::default() }
    }

    fn names(names: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let owned = |versions: &[&str]| versions.iter().map(|v| (*v).to_owned()).collect();
        names.iter().map(|(name, versions)| ((*name).to_owned(), owned(versions))).collect()
    }

    #[test]
    fn oldest_first_across_names_and_returned_work_before_all() {
        let mut queue = ReadyQueue::default();
        queue.push_back(key("B"), 1);
        queue.join(1, None);
        queue.push_back(key("A"), 2);
        queue.push_back(key("B"), 3);
        queue.push_front(key("A"), 0);
        let order: Vec<i32> = std::iter::from_fn(|| queue.pop(1, true)).collect();
        assert_eq!(order, [0, 1, 2, 3]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_is_taken_out_does_not_come_and_leaves_nothing() {
        let mut queue = ReadyQueue::default();
        queue.join(1, None);
        let first = queue.push_back(key("A"), 1);
        let second = queue.push_front(key("A"), 2);
        assert_eq!(queue.remove(&second), Some(2));
        assert_eq!(queue.remove(&second), None);
        assert_eq!(queue.pop(1, true), Some(1));
        assert_eq!(queue.remove(&first), None);
        assert!(queue.is_empty() && queue.queues.is_empty());
        assert!(queue.leave(1).is_empty());
        assert!(queue.readers.is_empty());
    }

    #[test]
    fn what_nobody_takes_costs_nobody_anything() {
        let mut queue = ReadyQueue::default();
        for number in 0..1000 {
            queue.push_back(key(&format!("Nobody{number}")), number);
        }
        let wanted = names(&[("A", &[]), ("B", &["2"])]);
        for stream in 1..=3 {
            queue.join(stream, Some(&wanted));
        }
        for number in 1000..2000 {
            queue.push_back(key(&format!("Nobody{number}")), number);
        }
        queue.push_back(key("B"), 1);
        queue.push_back(key("A"), 2);
        assert_eq!(queue.readers.queues_of(1), 1);
        assert_eq!((queue.pop(2, true), queue.pop(1, true)), (Some(2), None));
        queue.push_back(key("A"), 3);
        assert!(queue.leave(1).is_empty());
        assert_eq!((queue.pop(1, true), queue.pop(3, true)), (None, Some(3)));
        queue.leave(2);
        queue.leave(3);
        assert!(queue.readers.is_empty());
        assert!(queue.queues.values().all(|queue| queue.lists.is_empty()));
    }

    #[test]
    fn versions_and_whole_kinds_are_told_apart() {
        let mut queue = ReadyQueue::default();
        let two = QueueKey { versions: vec![String::new(), "2".to_owned()], ..key("A") };
        queue.push_back(two, 2);
        queue.push_back(key("A"), 0);
        queue.join(1, Some(&names(&[("A", &["2"])])));
        queue.join(2, Some(&names(&[])));
        queue.join(3, Some(&names(&[("A", &["1"])])));
        assert_eq!((queue.pop(2, true), queue.pop(3, true)), (None, None));
        assert_eq!((queue.pop(1, true), queue.pop(1, true)), (Some(2), None));
    }

    #[test]
    fn who_gave_it_back_is_passed_over_and_who_is_new_is_not() {
        let mut queue = ReadyQueue::default();
        queue.join(1, None);
        queue.join(2, None);
        let refused = |streams: &[StreamId]| QueueKey {
            refused: streams.iter().copied().collect(),
            ..key("A")
        };
        assert!(queue.is_wanted(&refused(&[1])));
        assert!(!queue.is_wanted(&refused(&[1, 2])));
        queue.push_front(refused(&[1]), 1);
        assert_eq!((queue.pop(1, true), queue.pop(2, true)), (None, Some(1)));
        queue.push_front(refused(&[1]), 2);
        queue.push_front(refused(&[1, 2]), 3);
        assert_eq!(queue.leave(2), [2], "the other was nobody's before");
        assert_eq!(queue.pop(1, true), None);
        queue.join(3, None);
        assert_eq!((queue.pop(3, true), queue.pop(3, true)), (Some(3), Some(2)));
    }

    #[test]
    fn suspects_come_to_who_may_have_one() {
        let mut queue = ReadyQueue::default();
        queue.join(1, None);
        queue.push_back(key("A"), 1);
        queue.push_front(QueueKey { suspect: true, ..key("A") }, 2);
        assert_eq!((queue.pop(1, false), queue.pop(1, false)), (Some(1), None));
        assert_eq!(queue.pop(1, true), Some(2));
    }

    #[test]
    fn streams_take_turns_within_their_limits() {
        let mut streams = Streams::default();
        let (sender, _keep) = mpsc::unbounded_channel();
        let profile = WorkerProfile { max_activities: 2, ..WorkerProfile::default() };
        let a = streams.add(profile.clone(), sender.clone(), DateTime::UNIX_EPOCH);
        let b = streams.add(profile, sender, DateTime::UNIX_EPOCH);
        let mut served = Vec::new();
        while let Some(id) = streams.with_room(WorkKind::Activity).first().copied() {
            streams.take(id, WorkKind::Activity, DateTime::UNIX_EPOCH);
            served.push(id);
        }
        assert_eq!(served, [a, b, a, b]);
        streams.give_back(a, WorkKind::Activity);
        assert_eq!(streams.with_room(WorkKind::Activity), [a]);
        assert_eq!(streams.with_room(WorkKind::Orchestration), [a, b]);
    }
}
