//! Icons: shapes of 16 by 16, drawn in the colour of the text around them.

use leptos::prelude::*;

/// A shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    List,
    Chart,
    Batch,
    Worker,
    Hub,
    Person,
    Play,
    Copy,
    Check,
    Close,
    Warning,
    Chevron,
    Settings,
    Keyboard,
    Search,
    Event,
    Pause,
    Stop,
    Trash,
    Parent,
    Back,
    Clock,
    Hourglass,
    Down,
}

/// An icon. It says nothing to screen readers; the words beside it do.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    let path = match glyph {
        Glyph::List => "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01",
        Glyph::Chart => "M2.5 2.5v11h11M5.5 10.5V8M8.5 10.5v-6M11.5 10.5V6.5",
        Glyph::Batch => "M2.5 2.5h7v7h-7zM5 12h6.5V5.5M7.5 14.2h6.2V8",
        Glyph::Worker => "M3 3h10v4H3zM3 9h10v4H3zM5.5 5h.01M5.5 11h.01",
        Glyph::Hub => "M8 2.2 13.5 5v6L8 13.8 2.5 11V5zM2.5 5 8 7.8 13.5 5M8 7.8v6",
        Glyph::Person => {
            "M10.8 5a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0zM2.8 14a5.2 5.2 0 0 1 10.4 0"
        }
        Glyph::Play => "M5 3.2v9.6L12.6 8z",
        Glyph::Copy => "M5.5 5.5h7.5V14H5.5zM3 10.5V2.5h7.5",
        Glyph::Check => "M3 8.5 6.5 12 13 4.5",
        Glyph::Close => "M4 4l8 8M12 4l-8 8",
        Glyph::Warning => "M8 2.2 14.4 13.4H1.6zM8 6.5v3.2M8 11.6v.01",
        Glyph::Chevron => "M6 3.5 10.5 8 6 12.5",
        Glyph::Settings => "M2 4.5h6M12 4.5h2M10 2.8v3.4M2 11.5h2M8 11.5h6M6 9.8v3.4",
        Glyph::Keyboard => "M1.8 4.2h12.4v7.6H1.8zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5 9.5h6",
        Glyph::Search => "M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM10.3 10.3 14 14",
        Glyph::Event => "M8.8 1.8 3.2 9h4.3l-.5 5.2L12.8 7H8.4z",
        Glyph::Pause => "M5.5 3.5v9M10.5 3.5v9",
        Glyph::Stop => "M4 4h8v8H4z",
        Glyph::Trash => "M2.5 4.2h11M6 4V2.3h4V4M4.2 4.5l.6 9.2h6.4l.6-9.2",
        Glyph::Parent => "M3.5 13.5h5a3 3 0 0 0 3-3V3M8.2 6.2 11.5 3l3.3 3.2",
        Glyph::Clock => "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0zM8 4.5V8l2.5 1.6",
        Glyph::Hourglass => "M4 2h8M4 14h8M5 2v2.2L8 8l3-3.8V2M5 14v-2.2L8 8l3 3.8V14",
        Glyph::Down => "M3.5 6 8 10.5 12.5 6",
        Glyph::Back => "M10 3.5 5.5 8 10 12.5",
    };
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=path />
        </svg>
    }
}
