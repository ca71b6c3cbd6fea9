//! Language and theme, to choose.

use leptos::prelude::*;

use crate::{
    state::preferences::{self, Theme},
    text::{Language, Words, tr},
};

/// Both choices. `group` keeps the radio buttons of two places apart.
#[component]
pub fn Preferences(group: &'static str) -> impl IntoView {
    view! {
        <div class="preferences">
            <fieldset class="segments">
                <legend class="visually-hidden">{tr(|t| t.language)}</legend>
                {Language::ALL
                    .map(|language| {
                        view! {
                            <label title=language.own_name() lang=language.tag()>
                                <input
                                    type="radio"
                                    name=format!("{group}-language")
                                    aria-label=language.own_name()
                                    data-testid=format!("{group}-language-{}", language.tag())
                                    prop:checked=move || preferences::language() == language
                                    on:change=move |_| preferences::set_language(language)
                                />
                                <span aria-hidden="true">{language.tag().to_uppercase()}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            <fieldset class="segments">
                <legend class="visually-hidden">{tr(|t| t.theme)}</legend>
                {Theme::ALL
                    .map(|theme| {
                        let (word, path): (Words, _) = match theme {
                            Theme::System => (
                                |t| t.theme_system,
                                "M2 3h12v8H2zM5.5 13.5h5M8 11v2.5",
                            ),
                            Theme::Light => (
                                |t| t.theme_light,
                                "M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
                            ),
                            Theme::Dark => (|t| t.theme_dark, "M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z"),
                        };
                        view! {
                            <label title=tr(word)>
                                <input
                                    type="radio"
                                    name=format!("{group}-theme")
                                    aria-label=tr(word)
                                    data-testid=format!("{group}-theme-{}", theme.as_str())
                                    prop:checked=move || preferences::theme() == theme
                                    on:change=move |_| preferences::set_theme(theme)
                                />
                                <span aria-hidden="true">
                                    <svg class="icon" viewBox="0 0 16 16" focusable="false">
                                        <path d=path />
                                    </svg>
                                </span>
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
        </div>
    }
}
