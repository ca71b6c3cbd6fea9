//! Language, theme, density, time zone and so on: chosen by the person, kept in this browser.

use leptos::{prelude::*, reactive::graph::Observer};

use crate::text::Language;

/// Which colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How much room a row of a table takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Density {
    /// Much.
    Comfortable,
    /// Little.
    Compact,
    /// As little as can be.
    Dense,
}

impl Density {
    /// All of them, the roomiest first.
    pub const ALL: [Self; 3] = [Self::Comfortable, Self::Compact, Self::Dense];

    /// Word that is stored and that the style sheet knows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Compact => "compact",
            Self::Dense => "dense",
        }
    }
}

thread_local! {
    static DENSITY: ArcRwSignal<Density> = ArcRwSignal::new(Density::Compact);
    static LANGUAGE: ArcRwSignal<Language> = ArcRwSignal::new(Language::English);
    static THEME: ArcRwSignal<Theme> = ArcRwSignal::new(Theme::System);
}

thread_local! {
    static UTC: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static SINGLE_KEYS: ArcRwSignal<bool> = ArcRwSignal::new(true);
    static PERSON: ArcRwSignal<String> = ArcRwSignal::new(String::new());
}

const UTC_KEY: &str = "taskhub.utc";
const SINGLE_KEYS_KEY: &str = "taskhub.keys";
const PERSON_KEY: &str = "taskhub.person";
const LANGUAGE_KEY: &str = "taskhub.language";
const THEME_KEY: &str = "taskhub.theme";
const DENSITY_KEY: &str = "taskhub.density";

impl Theme {
    /// All themes, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Word that is stored and that the style sheet knows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The language, followed by views that read it.
pub fn language() -> Language {
    // Messages are also made by events and answers, where nothing follows.
    LANGUAGE.with(|language| match Observer::get() {
        Some(_) => language.get(),
        None => language.get_untracked(),
    })
}

/// The theme, followed by views that read it.
pub fn theme() -> Theme {
    THEME.with(ArcRwSignal::get)
}

/// Takes a language and keeps it.
pub fn set_language(language: Language) {
    LANGUAGE.with(|signal| signal.set(language));
    set_attribute("lang", Some(language.tag()));
    store(LANGUAGE_KEY, language.tag());
}

/// Takes a theme and keeps it.
pub fn set_theme(theme: Theme) {
    THEME.with(|signal| signal.set(theme));
    apply(theme);
    store(THEME_KEY, theme.as_str());
}

/// How much room rows take, followed by views that read it.
pub fn density() -> Density {
    DENSITY.with(ArcRwSignal::get)
}

/// Takes a density and keeps it.
pub fn set_density(density: Density) {
    set_attribute("data-density", Some(density.as_str()));
    DENSITY.with(|signal| signal.set(density));
    store(DENSITY_KEY, density.as_str());
}

/// Whether times are written in UTC, followed by views that read it.
pub fn utc() -> bool {
    // Like the language, also where nothing follows.
    UTC.with(|utc| match Observer::get() {
        Some(_) => utc.get(),
        None => utc.get_untracked(),
    })
}

/// Takes the time zone and keeps it.
pub fn set_utc(utc: bool) {
    UTC.with(|signal| signal.set(utc));
    store(UTC_KEY, if utc { "1" } else { "" });
}

/// Whether shortcuts of a single key are heard, followed by views that read it.
pub fn single_keys() -> bool {
    SINGLE_KEYS.with(|keys| match Observer::get() {
        Some(_) => keys.get(),
        None => keys.get_untracked(),
    })
}

/// Switches shortcuts of a single key and keeps that.
pub fn set_single_keys(on: bool) {
    SINGLE_KEYS.with(|signal| signal.set(on));
    store(SINGLE_KEYS_KEY, if on { "" } else { "off" });
}

/// What the person calls themselves; empty when they do not say. Views that read it follow.
pub fn person() -> String {
    PERSON.with(|person| match Observer::get() {
        Some(_) => person.get(),
        None => person.get_untracked(),
    })
}

/// Takes the person's name and keeps it.
pub fn set_person(name: &str) {
    PERSON.with(|signal| signal.set(name.to_owned()));
    store(PERSON_KEY, name);
}

/// Takes what was kept, or else what the browser prefers.
pub fn restore() {
    let kept = stored(LANGUAGE_KEY).and_then(|tag| Language::of_tag(&tag));
    let preferred = || window().navigator().language().and_then(|tag| Language::of_tag(&tag));
    let language = kept.or_else(preferred).unwrap_or(Language::English);
    LANGUAGE.with(|signal| signal.set(language));
    set_attribute("lang", Some(language.tag()));

    UTC.with(|signal| signal.set(stored(UTC_KEY).is_some_and(|kept| kept == "1")));
    SINGLE_KEYS.with(|signal| signal.set(stored(SINGLE_KEYS_KEY).is_none_or(|kept| kept != "off")));
    PERSON.with(|signal| signal.set(stored(PERSON_KEY).unwrap_or_default()));

    let kept = stored(THEME_KEY);
    let theme = Theme::ALL.into_iter().find(|theme| kept.as_deref() == Some(theme.as_str()));
    let theme = theme.unwrap_or(Theme::System);
    THEME.with(|signal| signal.set(theme));
    apply(theme);

    let kept = stored(DENSITY_KEY);
    let density = Density::ALL.into_iter().find(|one| kept.as_deref() == Some(one.as_str()));
    let density = density.unwrap_or(Density::Compact);
    DENSITY.with(|signal| signal.set(density));
    set_attribute("data-density", Some(density.as_str()));
}

/// Text that an earlier visit kept in this browser.
pub fn stored(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

/// Keeps text in this browser; a browser that refuses loses nothing else.
pub fn store(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

fn apply(theme: Theme) {
    let chosen = (theme != Theme::System).then(|| theme.as_str());
    set_attribute("data-theme", chosen);
}

fn set_attribute(name: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}
