//! Checked names: [`InstanceId`] and [`TaskHubName`], and the rules for function and event names.
//!
//! Knows what a name may look like; does not know whether it exists.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::limits::{NAME_CHARS, TASK_HUB_CHARS};

/// Why a name is refused: which field, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    /// Field that holds the name, for example `instanceId`.
    pub field: &'static str,
    /// What is wrong and what is allowed, a clause without a full stop.
    pub reason: String,
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

impl std::error::Error for InvalidName {}

/// Id of an orchestration instance: 1 to 256 characters, no control characters, not beginning with `@`, not `.` or `..`.
///
/// Source: Durable Functions client API; ids that begin with `@` belong to entities.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(String);

impl InstanceId {
    /// Checks and takes an id.
    ///
    /// # Errors
    /// [`InvalidName`] that names `instanceId` and the rule that is broken.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidName> {
        let id = id.into();
        check_name("instanceId", &id)?;
        if id.starts_with('@') {
            return Err(InvalidName {
                field: "instanceId",
                reason: "must not begin with @, which is reserved for entities".to_owned(),
            });
        }
        // Browsers and HTTP clients take these segments out of an address, encoded or not.
        if id == "." || id == ".." {
            return Err(InvalidName {
                field: "instanceId",
                reason: "must not be . or .., which no address can hold".to_owned(),
            });
        }
        Ok(Self(id))
    }

    /// Text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Id of an entity: `@name@key`, at most 256 characters in all. The name is kept in lower case; the key keeps its case.
///
/// Source: the SDKs' `EntityInstanceId`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId {
    text: String,
    /// Where the `@` before the key stands.
    split: usize,
}

impl EntityId {
    /// Checks and takes an id.
    ///
    /// # Errors
    /// [`InvalidName`] that names `instanceId` and the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        check_name("instanceId", text)?;
        let refuse = || InvalidName {
            field: "instanceId",
            reason: "must be @name@key to be the id of an entity".to_owned(),
        };
        let (name, key) =
            text.strip_prefix('@').and_then(|rest| rest.split_once('@')).ok_or_else(refuse)?;
        if name.is_empty() {
            return Err(refuse());
        }
        let name = name.to_lowercase();
        Ok(Self { split: name.len() + 1, text: format!("@{name}@{key}") })
    }

    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Name of the entity, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.get(1..self.split).unwrap_or_default()
    }

    /// Key of the entity.
    #[must_use]
    pub fn key(&self) -> &str {
        self.text.get(self.split + 1..).unwrap_or_default()
    }
}

/// Name of a task hub: 1 to 64 characters out of letters, digits, `-` and `_`.
///
/// Names are compared without regard to case, as storage account names were for the original.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskHubName(String);

impl TaskHubName {
    /// Hub that is used when nobody names one.
    pub const DEFAULT: &'static str = "DurableFunctionsHub";

    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`InvalidName`] that names `taskHub` and the rule that is broken.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let refuse = |reason: String| Err(InvalidName { field: "taskHub", reason });
        if name.is_empty() {
            return refuse("must not be empty".to_owned());
        }
        if name.chars().count() > TASK_HUB_CHARS {
            return refuse(format!("must have at most {TASK_HUB_CHARS} characters"));
        }
        if let Some(bad) =
            name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
        {
            return refuse(format!("must hold only letters, digits, - and _, but has {bad:?}"));
        }
        Ok(Self(name))
    }

    /// Text of the name, as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Form of the name for comparison and look-up.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Default for TaskHubName {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

/// Checks a function, event or instance name: 1 to 256 characters, none of them a control character.
///
/// # Errors
/// [`InvalidName`] that names `field` and the rule that is broken.
pub fn check_name(field: &'static str, name: &str) -> Result<(), InvalidName> {
    let refuse = |reason: String| Err(InvalidName { field, reason });
    if name.is_empty() {
        return refuse("must not be empty".to_owned());
    }
    check_short(field, name)?;
    if let Some(bad) = name.chars().find(|c| c.is_control()) {
        return refuse(format!(
            "must not hold control characters, but has U+{:04X}",
            u32::from(bad)
        ));
    }
    Ok(())
}

/// Checks the length of a text that may be empty and hold anything, such as a version.
///
/// # Errors
/// [`InvalidName`] that names `field` and the bound.
pub fn check_short(field: &'static str, text: &str) -> Result<(), InvalidName> {
    let chars = text.chars().count();
    if chars <= NAME_CHARS {
        return Ok(());
    }
    let reason = format!("must have at most {NAME_CHARS} characters, but has {chars}");
    Err(InvalidName { field, reason })
}

macro_rules! text_newtype {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }
        impl FromStr for $name {
            type Err = InvalidName;
            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
    };
}

text_newtype!(InstanceId);
text_newtype!(TaskHubName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_ids_at_and_past_the_bounds() {
        for good in ["a", "order 17", "é漢🙂", "a@b", "a/b", &"x".repeat(256)] {
            assert_eq!(InstanceId::new(good).unwrap().as_str(), good);
        }
        for good in ["...", "a..b"] {
            assert!(InstanceId::new(good).is_ok(), "{good:?}");
        }
        for bad in ["", "@counter@1", "a\nb", ".", "..", &"é".repeat(257)] {
            let refused = InstanceId::new(bad).unwrap_err();
            assert_eq!(refused.field, "instanceId", "{bad:?}");
        }
    }

    #[test]
    fn entity_ids_have_a_name_and_a_key() {
        let id = EntityId::parse("@Counter@A@b/c").unwrap();
        assert_eq!((id.as_str(), id.name(), id.key()), ("@counter@A@b/c", "counter", "A@b/c"));
        let id = EntityId::parse("@É@").unwrap();
        assert_eq!((id.as_str(), id.name(), id.key()), ("@é@", "é", ""));
        for bad in ["", "counter@1", "@counter", "@@1", "@a@\n", &format!("@a@{}", "x".repeat(254))]
        {
            assert_eq!(EntityId::parse(bad).unwrap_err().field, "instanceId", "{bad:?}");
        }
    }

    #[test]
    fn hub_names_compare_without_case() {
        assert_eq!(
            TaskHubName::new("MyHub").unwrap().key(),
            TaskHubName::new("myhub").unwrap().key()
        );
        assert!(TaskHubName::new("my hub").is_err());
        assert!(TaskHubName::new("x".repeat(65)).is_err());
    }
}
