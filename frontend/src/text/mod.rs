//! Every sentence on the screen, by language, and the browser's own numbers and dates.
//!
//! [`Text`] is filled once for each language, so a sentence that lacks a translation does not compile. Values of the
//! API (ids, names, event types, JSON) are never translated.

mod admin;
mod admin_en;
mod admin_fr;
mod en;
mod fr;
mod instance;
mod instance_en;
mod instance_fr;
pub mod intl;
mod sentences;

pub use sentences::{Count, Text};

use std::sync::Arc;

use crate::state::preferences;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

impl Language {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Name of the language in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
        }
    }

    /// Language that a tag such as `fr-CA` begins with.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let main = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(main))
    }

    /// Its sentences.
    pub fn text(self) -> &'static Text {
        match self {
            Self::English => &en::TEXT,
            Self::French => &fr::TEXT,
        }
    }
}

/// Sentences of the chosen language; reading it in a view follows the choice.
pub fn text() -> &'static Text {
    preferences::language().text()
}

/// Picks a sentence.
pub type Words = fn(&'static Text) -> &'static str;

/// A view of one fixed sentence that follows the language. One type for all of them keeps the module small.
pub fn tr(sentence: Words) -> impl Fn() -> &'static str + Copy + Send {
    move || sentence(text())
}

/// A view of a sentence that is put together. One type for all of them keeps the module small.
pub fn say(sentence: impl Fn() -> String + Send + Sync + 'static) -> impl Fn() -> String + Send {
    one_type(Arc::new(sentence))
}

fn one_type(sentence: Arc<dyn Fn() -> String + Send + Sync>) -> impl Fn() -> String + Send {
    move || sentence()
}

#[cfg(test)]
mod tests {
    use taskhub_shared::{action::Action, role::Role, status::RuntimeStatus};

    use super::*;

    fn count(number: u64, one: bool) -> Count {
        Count { text: number.to_string(), one }
    }

    #[test]
    fn tags() {
        assert_eq!(Language::of_tag("fr-CA"), Some(Language::French));
        assert_eq!(Language::of_tag("EN"), Some(Language::English));
        assert_eq!(Language::of_tag("de"), None);
    }

    #[test]
    fn nouns_follow_their_number() {
        let (en, fr) = (&en::TEXT, &fr::TEXT);
        assert_eq!((en.new_rows)(&count(1, true)), "1 new");
        assert_eq!((fr.new_rows)(&count(12, false)), "12 nouvelles");
        assert_eq!((fr.items)(&count(0, true)), "0 élément");
        assert_eq!((en.items)(&count(0, false)), "0 items");
    }

    #[test]
    fn every_status_and_action_has_its_own_word() {
        for language in Language::ALL {
            let text = language.text();
            let mut words: Vec<&str> = RuntimeStatus::ALL.map(text.status).to_vec();
            words.extend(Action::ALL.map(text.action));
            let all = words.len();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), all, "{language:?}");
        }
    }

    #[test]
    fn every_refusal_of_the_table_is_a_sentence() {
        for language in Language::ALL {
            for status in RuntimeStatus::ALL {
                let roles = Role::ALL.into_iter();
                for capability in roles.flat_map(|role| Action::capabilities_as(role, status)) {
                    let Some(refusal) = capability.refusal else { continue };
                    let text = language.text();
                    let word = (text.status)(status).to_lowercase();
                    let sentence = (text.refused)(capability.action, refusal, &word);
                    assert!(sentence.ends_with('.') && sentence.len() > 20, "{sentence}");
                }
            }
        }
    }

    #[test]
    fn no_sentence_is_empty_and_french_is_not_english() {
        // The Debug form lists every plain sentence of the struct.
        let plain = |text: &Text| -> Vec<String> {
            format!("{text:#?}")
                .lines()
                .filter(|line| line.contains("\": \"") || line.contains(": \""))
                .map(str::to_owned)
                .collect()
        };
        let (en, fr) = (plain(&en::TEXT), plain(&fr::TEXT));
        assert_eq!(en.len(), fr.len());
        assert!(en.len() > 80 && en.iter().chain(&fr).all(|line| !line.contains(": \"\"")));
        let same = en.iter().zip(&fr).filter(|(a, b)| a == b).count();
        assert!(same <= 6, "{same} sentences are the same in both languages");
    }
}
