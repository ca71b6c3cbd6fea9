//! The name of an entity.

use std::fmt;
use std::str::FromStr;

/// What an entity is called: the name of its kind and the key of this one.
///
/// The name is compared without regard to case and kept in lower case; the key
/// is kept as it is. A name must not be empty nor contain `@`: such an id names
/// nothing, and whatever is asked of it is refused. On the wire and in queries
/// an id is `@name@key`, at most 100 characters on some servers.
///
/// ```
/// use taskhub_worker::EntityId;
///
/// let id = EntityId::new("Account", "Ada");
/// assert_eq!(id.to_string(), "@account@Ada");
/// assert_eq!("@account@Ada".parse(), Ok(id));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId {
    name: String,
    key: String,
}

/// A text that is not the id of an entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an entity id: it must look like @name@key")]
pub struct InvalidEntityId(String);

impl EntityId {
    /// The entity `key` of the kind `name`.
    #[must_use]
    pub fn new(name: impl AsRef<str>, key: impl Into<String>) -> Self {
        Self { name: name.as_ref().to_lowercase(), key: key.into() }
    }

    /// Name of its kind, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which one of its kind.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The instance id, when it names something.
    pub(crate) fn instance_id(&self) -> Result<String, InvalidEntityId> {
        let text = self.to_string();
        if self.name.is_empty() || self.name.contains('@') {
            return Err(InvalidEntityId(text));
        }
        Ok(text)
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}@{}", self.name, self.key)
    }
}

impl FromStr for EntityId {
    type Err = InvalidEntityId;

    fn from_str(text: &str) -> Result<Self, InvalidEntityId> {
        text.strip_prefix('@')
            .and_then(|rest| rest.split_once('@'))
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, key)| Self::new(name, key))
            .ok_or_else(|| InvalidEntityId(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for (name, key) in [("counter", "a"), ("counter", ""), ("c", "mail@example.com")] {
            let id = EntityId::new(name, key);
            assert_eq!(id.to_string().parse(), Ok(id.clone()));
            assert!(id.instance_id().is_ok());
        }
        for text in ["", "counter", "@counter", "@@key", "counter@a"] {
            assert!(text.parse::<EntityId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_would_name_another_entity_is_refused() {
        for name in ["", "a@b"] {
            let error = EntityId::new(name, "k").instance_id().unwrap_err();
            assert!(error.to_string().ends_with("must look like @name@key"), "{error}");
        }
    }
}
