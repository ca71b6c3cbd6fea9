//! What a person chooses for themselves; kept in this browser.

use leptos::prelude::*;

use crate::{
    state::{
        clock,
        preferences::{self, Density, Theme},
    },
    text::{Language, Words, intl, text, tr},
    ui::{Heading, TextField},
};

/// The page.
pub fn page() -> AnyView {
    let name = RwSignal::new(preferences::person());
    Effect::new(move |before: Option<()>| {
        let name = name.get();
        if before.is_some() {
            preferences::set_person(name.trim());
        }
    });
    let languages = Language::ALL.map(|language| {
        let checked = Signal::derive(move || preferences::language() == language);
        let word = move || language.own_name();
        option("me-language", language.tag(), checked, word, move || {
            preferences::set_language(language);
        })
    });
    let themes = Theme::ALL.map(|theme| {
        let word: Words = match theme {
            Theme::System => |t| t.theme_system,
            Theme::Light => |t| t.theme_light,
            Theme::Dark => |t| t.theme_dark,
        };
        let checked = Signal::derive(move || preferences::theme() == theme);
        option("me-theme", theme.as_str(), checked, tr(word), move || preferences::set_theme(theme))
    });
    let densities = Density::ALL.map(|density| {
        let word = move || (text().density_word)(density);
        let checked = Signal::derive(move || preferences::density() == density);
        option("me-density", density.as_str(), checked, word, move || {
            preferences::set_density(density);
        })
    });
    let zones = [(false, "local"), (true, "utc")].map(|(utc, id)| {
        let word: Words = if utc { |t| t.admin.zone_utc } else { |t| t.admin.zone_local };
        let checked = Signal::derive(move || preferences::utc() == utc);
        option("me-zone", id, checked, tr(word), move || preferences::set_utc(utc))
    });
    let keys = [(true, "on"), (false, "off")].map(|(on, id)| {
        let word: Words = if on { |t| t.admin.on } else { |t| t.admin.off };
        let checked = Signal::derive(move || preferences::single_keys() == on);
        option("me-keys", id, checked, tr(word), move || preferences::set_single_keys(on))
    });
    let now = move || (text().admin.it_is)(&intl::full(clock::ticking_now()));
    view! {
        <div class="page-head">
            <div>
                <Heading title=Signal::derive(|| text().admin.me.to_owned())>{tr(|t| t.admin.me)}</Heading>
                <p class="muted">{tr(|t| t.admin.me_text)}</p>
            </div>
        </div>
        <div class="card form me">
            {row(|t| t.language, languages.collect_view().into_any(), None)}
            {row(|t| t.admin.time_zone, zones.collect_view().into_any(), Some(view! { <span>{now}</span> }.into_any()))}
            {row(|t| t.theme, themes.collect_view().into_any(), None)}
            {row(|t| t.density, densities.collect_view().into_any(), None)}
            {row(
                |t| t.admin.single_keys,
                keys.collect_view().into_any(),
                Some(view! { <span>{tr(|t| t.admin.single_keys_text)}</span> }.into_any()),
            )}
            <TextField id="me-name" label=|t| t.admin.your_name value=name hint=|t| t.admin.your_name_hint optional=true />
        </div>
    }
    .into_any()
}

fn row(word: Words, options: AnyView, note: Option<AnyView>) -> AnyView {
    view! {
        <fieldset class="field">
            <legend>{tr(word)}</legend>
            <div class="segments words">{options}</div>
            {note.map(|note| view! { <p class="field-hint">{note}</p> })}
        </fieldset>
    }
    .into_any()
}

fn option(
    group: &'static str,
    id: &'static str,
    checked: Signal<bool>,
    word: impl Fn() -> &'static str + Send + 'static,
    choose: impl Fn() + 'static,
) -> AnyView {
    view! {
        <label>
            <input
                type="radio"
                name=group
                data-testid=format!("{group}-{id}")
                prop:checked=checked
                on:change=move |_| choose()
            />
            <span>{word}</span>
        </label>
    }
    .into_any()
}
