//! Cursors of lists: a place, which way the page lies from it, and the list that it belongs to.
//!
//! A cursor of another hub, filter or order would skip rows or show them twice without anybody noticing, so it carries
//! a fingerprint of its list. That is no secret: whoever forges one sees a page of a list that he may see anyway.

use taskhub_shared::{
    id::InvalidName,
    query::{encode, pairs},
};

use crate::{
    error::HubError,
    store::select::{Key, Place},
};

/// Which list a cursor belongs to, as text.
#[derive(Debug, Clone)]
pub(super) struct ListName(String);

impl ListName {
    /// The list of a hub with this filter and order.
    pub(super) fn new(hub: &str, filter: &str, sort: &str) -> Self {
        Self(format!("{}\n{sort}\n{filter}", hub.to_lowercase()))
    }

    /// Cursor of the page that lies behind this place, or before it.
    pub(super) fn write(&self, backwards: bool, place: &Place) -> String {
        let way = if backwards { 'b' } else { 'a' };
        let key = match &place.key {
            Key::Number(number) => format!("n{number}"),
            Key::Text(text) => format!("t{}", encode(text)),
        };
        let place = format!("{way}.{}.{}.{key}", place.num, place.created);
        format!("{:016x}.{place}", self.fingerprint(&place))
    }

    /// Reads a cursor of this list.
    pub(super) fn read(&self, cursor: &str) -> Result<(bool, Place), HubError> {
        let read = || {
            let (fingerprint, place) = cursor.split_once('.')?;
            let wanted = format!("{:016x}", self.fingerprint(place));
            let mut parts = place.splitn(4, '.');
            let backwards = match parts.next()? {
                "a" => false,
                "b" => true,
                _ => return None,
            };
            let (num, created) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            let key = parts.next()?;
            let key = match key.strip_prefix('n') {
                Some(number) => Key::Number(number.parse().ok()?),
                None => Key::Text(
                    pairs(key.strip_prefix('t')?).into_iter().next().unwrap_or_default().0,
                ),
            };
            (fingerprint == wanted).then_some((backwards, Place { key, created, num }))
        };
        read().ok_or_else(|| {
            let reason = "this is no cursor of this list: a cursor goes with the hub, the filter and the order \
                          that it was given for; take it from the page before, or leave it out"
                .to_owned();
            HubError::from(InvalidName { field: "cursor", reason })
        })
    }

    /// FNV-1a, so that a cursor is good for every build.
    fn fingerprint(&self, place: &str) -> u64 {
        let bytes = self.0.bytes().chain([0]).chain(place.bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back_in_their_list_alone() {
        let list = ListName::new("Hub", "status:Failed", "-created");
        let keys = [Key::Number(-17), Key::Text("a.b é&=+%".to_owned()), Key::Text(String::new())];
        for key in keys {
            for backwards in [true, false] {
                let place = Place { key: key.clone(), created: -5, num: 9 };
                let cursor = list.write(backwards, &place);
                assert_eq!(list.read(&cursor).unwrap(), (backwards, place), "{cursor}");
                assert!(ListName::new("HUB", "status:Failed", "-created").read(&cursor).is_ok());
                for other in [
                    ListName::new("Other", "status:Failed", "-created"),
                    ListName::new("Hub", "status:Pending", "-created"),
                    ListName::new("Hub", "status:Failed", "created"),
                ] {
                    assert!(other.read(&cursor).is_err(), "{cursor}");
                }
                for cut in 0..cursor.len() {
                    assert!(
                        cursor.get(..cut).is_none_or(|cut| list.read(cut).is_err()),
                        "{cursor}"
                    );
                }
                assert!(list.read(&cursor.replace(".9.", ".8.")).is_err(), "{cursor}");
            }
        }
        for wrong in ["", ".", "x", "o1.2", "0123456789abcdef.a.1.2.n3", "é"] {
            assert!(list.read(wrong).is_err(), "{wrong}");
        }
    }
}
