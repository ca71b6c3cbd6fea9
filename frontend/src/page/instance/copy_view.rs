//! "Copy as": the call of a dialog as text to paste.

use chrono::SecondsFormat;
use leptos::prelude::*;
use taskhub_shared::{
    action::Action,
    request::{
        ApiRequest, PurgeInstance, RaiseEvent, ReasonBody, RestartBody, RestartInstance,
        ResumeInstance, RewindInstance, StartInstance, SuspendInstance, TerminateBody,
        TerminateInstance,
    },
};

use super::copy_as::{Call, Form};
use crate::{state::preferences, text::tr, ui::CopyButton};

const FORM_KEY: &str = "taskhub.copy-as";

/// The fold with the choice of a form. `id` makes the ids on the page.
#[component]
pub fn CopyAs(id: &'static str, #[prop(into)] call: Signal<Option<Call>>) -> impl IntoView {
    let kept = preferences::stored(FORM_KEY);
    let form = Form::ALL.into_iter().find(|form| kept.as_deref() == Some(form.name()));
    let form = RwSignal::new(form.unwrap_or(Form::Curl));
    let written = Signal::derive(move || {
        call.with(|call| call.as_ref().map(|call| form.get().write(call))).unwrap_or_default()
    });
    let choices = Form::ALL
        .map(|one| {
            view! {
                <label>
                    <input
                        type="radio"
                        name=id
                        prop:checked=move || form.get() == one
                        on:change=move |_| {
                            preferences::store(FORM_KEY, one.name());
                            form.set(one);
                        }
                    />
                    <span>{one.name()}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <details class="copy-as" data-testid=id>
            <summary>{tr(|t| t.inst.copy_as)}</summary>
            <fieldset class="segments">
                <legend class="visually-hidden">{tr(|t| t.inst.copy_as)}</legend>
                {choices}
            </fieldset>
            <div class="copy-text">
                <pre class="mono plain" tabindex="0" data-testid=format!("{id}-text")>{written}</pre>
                <CopyButton value=written what=|t| t.inst.code />
            </div>
        </details>
    }
}

/// What a person has filled in about an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Why; blank for no reason.
    pub reason: String,
    /// Whether sub-orchestrations end too.
    pub recursive: bool,
    /// Whether it is restarted under its own id.
    pub same_id: bool,
}

impl Wish {
    /// The reason, when there is one.
    pub fn reason(&self) -> Option<String> {
        Some(self.reason.clone()).filter(|reason| !reason.trim().is_empty())
    }
}

/// The call of an action that is not an event.
pub fn call_of(origin: &str, hub: &str, id: &str, action: Action, wish: &Wish) -> Call {
    let (of_hub, of_id) = (hub.to_owned(), id.to_owned());
    let reason = wish.reason();
    let body = ReasonBody { reason: reason.clone() };
    let mut words = vec![word(action), "--id", id];
    if let (Some(reason), true) = (body.reason.as_deref(), has_reason(action)) {
        words.extend(["--reason", reason]);
    }
    match action {
        Action::Suspend => {
            let body = body.clone();
            made(&SuspendInstance { hub: of_hub, id: of_id, body }, origin, hub, &words)
        }
        Action::Resume => {
            let body = body.clone();
            made(&ResumeInstance { hub: of_hub, id: of_id, body }, origin, hub, &words)
        }
        Action::Rewind => {
            let body = body.clone();
            made(&RewindInstance { hub: of_hub, id: of_id, body }, origin, hub, &words)
        }
        Action::Terminate => {
            words.extend(wish.recursive.then_some("--recursive"));
            let body = TerminateBody { reason, recursive: wish.recursive };
            made(&TerminateInstance { hub: of_hub, id: of_id, body }, origin, hub, &words)
        }
        Action::Restart | Action::RestartWithSameId => {
            words.extend(wish.same_id.then_some("--same-id"));
            let body = RestartBody { same_id: wish.same_id, ..RestartBody::default() };
            made(&RestartInstance { hub: of_hub, id: of_id, body }, origin, hub, &words)
        }
        Action::Purge | Action::RaiseEvent => {
            words.push("--yes");
            made(&PurgeInstance { hub: of_hub, id: of_id }, origin, hub, &words)
        }
    }
}

/// The call of an event.
pub fn call_of_event(origin: &str, request: &RaiseEvent) -> Call {
    let mut words = vec!["raise-event", "--id", &request.id, "--event-name", &request.body.name];
    if let Some(input) = &request.body.input {
        words.extend(["--event-data", input.get()]);
    }
    made(request, origin, &request.hub, &words)
}

/// The call that starts an instance.
pub fn call_of_start(origin: &str, request: &StartInstance) -> Call {
    let body = &request.body;
    let at = body.scheduled_start_at.map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let mut words = vec!["start-new", "--function-name", &body.name];
    let others = [
        ("--id", body.instance_id.as_deref()),
        ("--input", body.input.as_ref().map(|input| input.get())),
        ("--version", body.version.as_deref()),
        ("--start-at", at.as_deref()),
    ];
    for (option, value) in others {
        words.extend(value.into_iter().flat_map(|value| [option, value]));
    }
    made(request, origin, &request.hub, &words)
}

fn made<R: ApiRequest>(request: &R, origin: &str, hub: &str, words: &[&str]) -> Call {
    Call::new(request, origin, hub, words)
}

/// Whether the action takes a reason.
pub fn has_reason(action: Action) -> bool {
    matches!(action, Action::Suspend | Action::Resume | Action::Terminate | Action::Rewind)
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Suspend => "suspend",
        Action::Resume => "resume",
        Action::Terminate => "terminate",
        Action::Rewind => "rewind",
        Action::Restart | Action::RestartWithSameId => "restart",
        Action::Purge => "purge",
        Action::RaiseEvent => "raise-event",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskhub_shared::request::{RaiseEventBody, StartBody};

    fn cli(action: Action, wish: &Wish) -> String {
        let written = Form::Cli.write(&call_of("http://h", "H", "x", action, wish));
        let end = " --server http://h --task-hub-name H";
        written.strip_prefix("taskhub durable ").unwrap().strip_suffix(end).unwrap().to_owned()
    }

    #[test]
    fn every_action_is_a_command() {
        let wish = Wish { reason: "so be it".to_owned(), recursive: true, same_id: true };
        let plain = Wish::default();
        for (action, full, bare) in [
            (Action::Suspend, "suspend --id x --reason 'so be it'", "suspend --id x"),
            (Action::Resume, "resume --id x --reason 'so be it'", "resume --id x"),
            (
                Action::Terminate,
                "terminate --id x --reason 'so be it' --recursive",
                "terminate --id x",
            ),
            (Action::Rewind, "rewind --id x --reason 'so be it'", "rewind --id x"),
            (Action::Restart, "restart --id x --same-id", "restart --id x"),
            (Action::Purge, "purge --id x --yes", "purge --id x --yes"),
        ] {
            assert_eq!(cli(action, &wish), full);
            assert_eq!(cli(action, &plain), bare);
        }
    }

    #[test]
    fn an_event_keeps_its_payload_to_the_letter() {
        let input = serde_json::value::RawValue::from_string(r#"{"n": 1.50}"#.to_owned()).unwrap();
        let body = RaiseEventBody { name: "Go".to_owned(), input: Some(input) };
        let request = RaiseEvent { hub: "H".to_owned(), id: "x".to_owned(), body };
        let call = call_of_event("http://h", &request);
        assert_eq!(call.body.as_deref(), Some(r#"{"name":"Go","input":{"n": 1.50}}"#));
        let cli = Form::Cli.write(&call);
        assert!(
            cli.contains(r#"raise-event --id x --event-name Go --event-data '{"n": 1.50}'"#),
            "{cli}"
        );
    }

    #[test]
    fn a_start_names_only_what_is_given() {
        let body = StartBody { name: "Order".to_owned(), ..StartBody::default() };
        let mut request = StartInstance { hub: "H".to_owned(), body };
        let plain = call_of_start("http://h", &request);
        assert_eq!(plain.command, ["start-new", "--function-name", "Order"]);
        assert_eq!(plain.url, "http://h/api/v1/hubs/H/instances");
        request.body.instance_id = Some("order 17".to_owned());
        request.body.scheduled_start_at = Some("2026-11-23T14:02:11Z".parse().unwrap());
        let written = Form::Cli.write(&call_of_start("http://h", &request));
        assert!(written.contains("--id 'order 17' --start-at 2026-11-23T14:02:11Z"), "{written}");
    }
}
