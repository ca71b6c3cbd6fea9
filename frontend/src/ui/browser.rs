//! Small things that only the browser can do.

use chrono::{DateTime, Utc};
use js_sys::{Date, Function, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, FocusOptions, HtmlAnchorElement, HtmlElement, HtmlTextAreaElement, Url};

use crate::state::clock::from_milliseconds;

/// Puts text on the clipboard; false when the browser does not let us.
pub async fn copy_text(text: &str) -> bool {
    // On plain HTTP beyond this machine browsers have no clipboard object at all.
    let navigator = window().navigator();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok();
    if clipboard.is_some_and(|clipboard| clipboard.is_object()) {
        let written = JsFuture::from(navigator.clipboard().write_text(text)).await;
        if written.is_ok() {
            return true;
        }
    }
    copy_the_old_way(text).unwrap_or(false)
}

fn copy_the_old_way(text: &str) -> Option<bool> {
    let document = document();
    // An open dialog makes the rest of the page inert, so the helper goes into it.
    let place = document.query_selector("dialog[open]").ok().flatten();
    let place = place.or_else(|| document.body().map(JsCast::unchecked_into))?;
    let active =
        document.active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok());
    let area: HtmlTextAreaElement = document.create_element("textarea").ok()?.dyn_into().ok()?;
    area.set_value(text);
    area.set_class_name("visually-hidden");
    place.append_child(&area).ok()?;
    area.select();
    let command: Option<Function> =
        Reflect::get(&document, &"execCommand".into()).ok().and_then(|f| f.dyn_into().ok());
    let copied = command.and_then(|command| command.call1(&document, &"copy".into()).ok());
    area.remove();
    if let Some(active) = active {
        focus(&active);
    }
    Some(copied?.as_bool().unwrap_or(false))
}

/// Gives text to the person as a file.
pub fn save_file(name: &str, text: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let Ok(blob) = Blob::new_with_str_sequence(&parts) else { return };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else { return };
    if let Ok(link) =
        document().create_element("a").map(JsCast::unchecked_into::<HtmlAnchorElement>)
    {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    let _ = Url::revoke_object_url(&url);
}

/// Focuses an element without scrolling to it.
pub fn focus(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Reads the value of a `datetime-local` input, which is in the person's own time.
pub fn from_local_input(value: &str) -> Option<DateTime<Utc>> {
    let time = Date::new(&JsValue::from_str(value)).get_time();
    (!value.is_empty() && time.is_finite()).then(|| from_milliseconds(time))
}
