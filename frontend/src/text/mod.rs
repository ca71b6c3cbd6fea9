//! Every sentence on the screen, by language, and the browser's own numbers and dates.
//!
//! [`Text`] is filled once for each language, so a sentence that lacks a translation does not compile. Values of the
//! API (ids, names, event types, JSON) are never translated.

mod en;
mod fr;
pub mod intl;

use taskhub_shared::{
    action::{Action, Refusal},
    problem::ErrorCode,
    status::RuntimeStatus,
};

use crate::{json::MistakeKind, route::Preset, state::preferences};

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// French.
    French,
}

/// A number, written in the language, with what its noun needs to know.
#[derive(Debug, Clone)]
pub struct Count {
    /// The number as it is shown.
    pub text: String,
    /// Whether the noun is singular in this language.
    pub one: bool,
}

/// What the console says in one language.
#[derive(Debug)]
pub struct Text {
    // Numbers and units
    pub decimal_point: char,
    pub day_sign: &'static str,
    pub byte_sign: &'static str,

    // Frame
    pub skip: &'static str,
    pub main_navigation: &'static str,
    pub task_hub: &'static str,
    pub instances: &'static str,
    pub start: &'static str,
    pub settings: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub breadcrumb: &'static str,
    pub live: &'static str,
    pub connecting: &'static str,
    pub reconnecting: fn(&str) -> String,
    pub live_tooltip: &'static str,
    pub insecure_open: &'static str,
    pub new_build: &'static str,
    pub server: &'static str,
    pub reload: &'static str,
    pub close: &'static str,
    pub dismiss: &'static str,
    pub notices: &'static str,
    pub loading: &'static str,
    pub retry: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub copy_failed: &'static str,
    pub copy_what: fn(&str) -> String,
    pub workers: fn(&Count) -> String,
    pub utc: fn(&str) -> String,

    // Keyboard
    pub keyboard: &'static str,
    pub key_filter: &'static str,
    pub key_rows: &'static str,
    pub key_open: &'static str,
    pub key_instances: &'static str,
    pub key_start: &'static str,
    pub key_help: &'static str,
    pub key_close: &'static str,
    pub key_then: &'static str,
    pub keys_note: &'static str,

    // Words of the model
    pub status: fn(RuntimeStatus) -> &'static str,
    pub action: fn(Action) -> &'static str,
    pub refused: fn(Action, Refusal, &str) -> String,

    // List
    pub status_filter: &'static str,
    pub filters: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub id_prefix: &'static str,
    pub id_prefix_hint: &'static str,
    pub created: &'static str,
    pub updated: &'static str,
    pub duration: &'static str,
    pub status_column: &'static str,
    pub instance_id: &'static str,
    pub range_all: &'static str,
    pub range_custom: &'static str,
    pub range: fn(Preset) -> &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub clear_all: &'static str,
    pub rows: fn(&str, &str, &Count) -> String,
    pub no_rows: &'static str,
    pub previous_page: &'static str,
    pub next_page: &'static str,
    pub first_page: &'static str,
    pub pages: &'static str,
    pub new_rows: fn(&Count) -> String,
    pub show: &'static str,
    pub purged_row: &'static str,
    pub empty_filter: &'static str,
    pub empty_filter_elsewhere: fn(&Count) -> String,
    pub empty_page: &'static str,
    pub empty_hub: &'static str,
    pub empty_hub_text: &'static str,
    pub start_an_instance: &'static str,
    pub connect_worker: &'static str,
    pub connect_worker_text: &'static str,
    pub worker_code: &'static str,
    pub unreadable_filter: fn(&str) -> String,
    pub could_not_refresh: fn(&str) -> String,
    pub showing_data_from: fn(&str) -> String,

    // One instance
    pub no_instance: fn(&str, &str) -> String,
    pub no_instance_text: &'static str,
    pub was_purged: &'static str,
    pub no_hub: fn(&str) -> String,
    pub back_to_list: &'static str,
    pub could_not_load: &'static str,
    pub waiting_for: &'static str,
    pub waits_worker: fn(&str) -> String,
    pub waits_worker_unserved: fn(&str) -> String,
    pub waits_activity: fn(&str, &str) -> String,
    pub waits_activity_unserved: fn(&str, &str) -> String,
    pub waits_sub: fn(&str) -> String,
    pub waits_sub_since: fn(&str) -> String,
    pub waits_timer: fn(&str) -> String,
    pub waits_timer_in: fn(&str, &str) -> String,
    pub waits_event: fn(&str) -> String,
    pub waits_resume: fn(&str) -> String,
    pub waits_start: fn(&str) -> String,
    pub waits_more: fn(&Count) -> String,
    pub parent: &'static str,
    pub execution_id: &'static str,
    pub version: &'static str,
    pub scheduled: &'static str,
    pub tags: &'static str,
    pub actions: &'static str,
    pub start_like: &'static str,
    pub details: &'static str,

    // Failure
    pub failure: &'static str,
    pub stack: &'static str,
    pub caused_by: &'static str,
    pub not_retriable: &'static str,
    pub no_message: &'static str,

    // Data
    pub input: &'static str,
    pub output: &'static str,
    pub custom_status: &'static str,
    pub none: &'static str,
    pub no_output_yet: &'static str,
    pub raw: &'static str,
    pub not_json: &'static str,
    pub too_large: fn(&str) -> String,
    pub show_all: &'static str,
    pub show_more: fn(&Count) -> String,
    pub items: fn(&Count) -> String,
    pub keys: fn(&Count) -> String,

    // History
    pub history: &'static str,
    pub time: &'static str,
    pub event_type: &'static str,
    pub since_previous: &'static str,
    pub load_more: &'static str,
    pub events_shown: fn(&str, &Count) -> String,
    pub no_events: &'static str,
    pub fires_at: fn(&str) -> String,
    pub took: fn(&str) -> String,
    pub new_generation: &'static str,

    // Dialogs
    pub cancel: &'static str,
    pub keep: &'static str,
    pub reason: &'static str,
    pub reason_hint: &'static str,
    pub event_name: &'static str,
    pub event_name_hint: &'static str,
    pub payload: &'static str,
    pub payload_hint: &'static str,
    pub raise_title: fn(&str) -> String,
    pub raise_submit: &'static str,
    pub suspend_title: fn(&str) -> String,
    pub suspend_text: &'static str,
    pub resume_title: fn(&str) -> String,
    pub resume_text: &'static str,
    pub terminate_title: fn(&str) -> String,
    pub terminate_text: &'static str,
    pub terminate_recursive: &'static str,
    pub terminate_not_recursive: &'static str,
    pub purge_title: fn(&str) -> String,
    pub purge_text: &'static str,
    pub sending: &'static str,
    pub done_raised: fn(&str) -> String,
    pub done_suspended: &'static str,
    pub done_resumed: &'static str,
    pub done_terminated: &'static str,
    pub done_purged: fn(&str) -> String,

    // Start
    pub start_text: &'static str,
    pub start_submit: &'static str,
    pub start_like_text: fn(&str) -> String,
    pub orchestrator: &'static str,
    pub orchestrator_hint: &'static str,
    pub served: &'static str,
    pub not_served: &'static str,
    pub maybe_served: &'static str,
    pub id_hint: &'static str,
    pub random_id: &'static str,
    pub input_hint: &'static str,
    pub format_json: &'static str,
    pub more: &'static str,
    pub start_at: &'static str,
    pub start_at_hint: &'static str,
    pub version_hint: &'static str,
    pub optional: &'static str,
    pub started: fn(&str) -> String,
    pub start_another: &'static str,

    // Errors
    pub required: &'static str,
    pub too_long: fn(&Count) -> String,
    pub control_characters: &'static str,
    pub reserved_id: &'static str,
    pub mistake_at: fn(&str, &str, &str) -> String,
    pub mistake: fn(MistakeKind) -> &'static str,
    pub bad_time: &'static str,
    pub offline: &'static str,
    pub unreadable: &'static str,
    pub problem: fn(ErrorCode) -> Option<&'static str>,
    pub not_found: &'static str,
    pub not_found_text: &'static str,
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

#[cfg(test)]
mod tests {
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
                for capability in Action::capabilities(status) {
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
