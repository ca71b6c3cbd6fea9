//! The list of shortcuts.

use leptos::prelude::*;

use crate::{
    text::{Words, tr},
    ui::Dialog,
};

/// Keys that stand beside each other, and whether they are pressed one after the other.
const SHORTCUTS: [(&[&str], bool, Words); 19] = [
    (&["/"], false, |t| t.key_filter),
    (&["j", "k"], false, |t| t.key_rows),
    (&["Enter"], false, |t| t.key_open),
    (&["o", "Space"], false, |t| t.key_peek),
    (&["x", "Shift X"], false, |t| t.key_tick),
    (&["*", "a"], true, |t| t.key_all),
    (&["c"], false, |t| t.key_copy),
    (&["r"], false, |t| t.key_refresh),
    (&["p"], false, |t| t.key_pause),
    (&["Ctrl K"], false, |t| t.admin.palette),
    (&["g", "o"], true, |t| t.admin.key_overview),
    (&["g", "i"], true, |t| t.key_instances),
    (&["g", "s"], true, |t| t.key_start),
    (&["g", "b"], true, |t| t.admin.key_batches),
    (&["g", "w"], true, |t| t.admin.key_workers),
    (&["g", "h"], true, |t| t.admin.key_hubs),
    (&["1", "2", "3", "4"], false, |t| t.inst.key_tabs),
    (&["?"], false, |t| t.key_help),
    (&["Esc"], false, |t| t.key_close),
];

/// The help dialog.
#[component]
pub fn Help(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog open id="help" title=Signal::derive(move || tr(|t| t.keyboard)().to_owned())>
            <dl class="keys">
                {SHORTCUTS
                    .map(|(keys, in_turn, words)| {
                        let keys = keys
                            .iter()
                            .enumerate()
                            .map(|(at, key)| {
                                let then = (at > 0 && in_turn).then(|| view! { <span class="muted small">{tr(|t| t.key_then)}</span> });
                                view! { {then} <kbd>{*key}</kbd> }
                            })
                            .collect_view();
                        view! {
                            <div>
                                <dt>{keys}</dt>
                                <dd>{tr(words)}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
            <p class="muted small">{tr(|t| t.keys_note)}</p>
        </Dialog>
    }
}
