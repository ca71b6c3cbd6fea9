//! Which streams take from which queues: [`Readers`].
//!
//! A queue is looked at when it begins, when its oldest work changes and when a stream comes or goes, never when somebody
//! asks for work: what waits in vain costs those nothing that want other work.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{QueueKey, StreamId};
use crate::engine::worker;

/// Number of a [`List`].
pub(super) type ListId = u64;

/// Names that a stream asks for, with their versions; absent for all.
type Names = Option<BTreeMap<String, Vec<String>>>;

/// Queues with work for the same streams, by the age of the oldest.
#[derive(Debug, Default)]
struct List {
    queues: BTreeMap<i64, Arc<QueueKey>>,
    suspects: BTreeMap<i64, Arc<QueueKey>>,
}

/// The streams, and the lists that they take from.
#[derive(Debug, Default)]
pub(super) struct Readers {
    lists: HashMap<ListId, List>,
    streams: BTreeMap<StreamId, Reader>,
    /// List of the streams that ask for the same names, and how many they are.
    shared: HashMap<Arc<Names>, (ListId, usize)>,
    /// List of the streams that ask for everything.
    anything: Option<ListId>,
    /// Lists of the streams that ask for a name, with the versions.
    named: HashMap<String, BTreeMap<ListId, Vec<String>>>,
    next: ListId,
}

#[derive(Debug)]
struct Reader {
    names: Arc<Names>,
    shared: ListId,
    /// Its own list, of what other streams gave back.
    own: ListId,
}

impl Readers {
    /// Adds a stream; its lists, and whether the one that it shares is new.
    pub(super) fn join(
        &mut self,
        stream: StreamId,
        names: Option<&BTreeMap<String, Vec<String>>>,
    ) -> (ListId, ListId, bool) {
        let names: Arc<Names> = Arc::new(names.cloned());
        let own = self.list();
        let known = self.shared.get_mut(&names).map(|(list, streams)| {
            *streams += 1;
            *list
        });
        let shared = known.unwrap_or_else(|| {
            let list = self.list();
            self.shared.insert(Arc::clone(&names), (list, 1));
            match &*names {
                None => self.anything = Some(list),
                Some(names) => {
                    for (name, versions) in names {
                        let lists = self.named.entry(name.clone()).or_default();
                        lists.insert(list, versions.clone());
                    }
                }
            }
            list
        });
        self.streams.insert(stream, Reader { names, shared, own });
        (own, shared, known.is_none())
    }

    fn list(&mut self) -> ListId {
        self.next += 1;
        self.lists.insert(self.next, List::default());
        self.next
    }

    /// Takes a stream away; the lists that are gone with it.
    pub(super) fn leave(&mut self, stream: StreamId) -> Vec<ListId> {
        let Some(Reader { names, shared, own }) = self.streams.remove(&stream) else {
            return Vec::new();
        };
        self.lists.remove(&own);
        let mut gone = vec![own];
        let left = self.shared.get_mut(&names).map(|(_, streams)| {
            *streams -= 1;
            *streams
        });
        if left == Some(0) {
            self.shared.remove(&names);
            self.lists.remove(&shared);
            gone.push(shared);
            match &*names {
                None => self.anything = None,
                Some(names) => {
                    for name in names.keys() {
                        if let Some(lists) = self.named.get_mut(name) {
                            lists.remove(&shared);
                            if lists.is_empty() {
                                self.named.remove(name);
                            }
                        }
                    }
                }
            }
        }
        gone
    }

    /// Lists of the streams that take from this queue.
    pub(super) fn lists_of(&self, key: &QueueKey) -> Vec<ListId> {
        if !key.refused.is_empty() {
            let takes = |(stream, _): &(&StreamId, &Reader)| self.takes(**stream, key);
            return self.streams.iter().filter(takes).map(|(_, reader)| reader.own).collect();
        }
        let named = self.named.get(&key.name).into_iter().flatten();
        let named = named.filter(|(_, wanted)| worker::matches(wanted, &key.versions));
        named.map(|(list, _)| *list).chain(self.anything).collect()
    }

    /// Whether the stream takes from this queue.
    pub(super) fn takes(&self, stream: StreamId, key: &QueueKey) -> bool {
        let Some(reader) = self.streams.get(&stream) else { return false };
        !key.refused.contains(&stream)
            && reader.names.as_ref().as_ref().is_none_or(|names| {
                names.get(&key.name).is_some_and(|wanted| worker::matches(wanted, &key.versions))
            })
    }

    /// Whether some stream takes from this queue.
    pub(super) fn any_takes(&self, key: &QueueKey) -> bool {
        self.streams.keys().any(|stream| self.takes(*stream, key))
    }

    /// Notes that the oldest work of a queue is another.
    pub(super) fn changed(
        &mut self,
        lists: &[ListId],
        key: &Arc<QueueKey>,
        before: Option<i64>,
        after: Option<i64>,
    ) {
        if before == after {
            return;
        }
        for list in lists {
            let Some(list) = self.lists.get_mut(list) else { continue };
            let queues = if key.suspect { &mut list.suspects } else { &mut list.queues };
            if let Some(before) = before {
                queues.remove(&before);
            }
            if let Some(after) = after {
                queues.insert(after, Arc::clone(key));
            }
        }
    }

    /// The queue with the oldest work for this stream.
    pub(super) fn oldest(&self, stream: StreamId, suspects: bool) -> Option<(i64, Arc<QueueKey>)> {
        let reader = self.streams.get(&stream)?;
        let lists = [self.lists.get(&reader.shared), self.lists.get(&reader.own)];
        let lists = lists.into_iter().flatten();
        let queues = lists.flat_map(|list| {
            [Some(&list.queues), suspects.then_some(&list.suspects)].into_iter().flatten()
        });
        let oldest = queues.filter_map(BTreeMap::first_key_value).min_by_key(|(age, _)| **age);
        oldest.map(|(age, key)| (*age, Arc::clone(key)))
    }

    /// How many queues there are for this stream.
    #[cfg(test)]
    pub(super) fn queues_of(&self, stream: StreamId) -> usize {
        let reader = &self.streams[&stream];
        let of = |list: &ListId| self.lists[list].queues.len() + self.lists[list].suspects.len();
        of(&reader.shared) + of(&reader.own)
    }

    /// Whether nothing is kept for anybody.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
            && self.streams.is_empty()
            && self.shared.is_empty()
            && self.named.is_empty()
            && self.anything.is_none()
    }
}
