//! What the orchestrators of a simulation do: a script that follows from the input, and a replay that notices when the
//! history is not what the script asked for.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng;
use taskhub_hub::engine::{
    action::{Action, ActionKind, TurnResponse},
    history_event::{EventKind, HistoryEvent, Payload},
    worker::OrchestrationWork,
};
use taskhub_shared::{failure::FailureDetails, status::RuntimeStatus};

use super::{
    dice::Dice,
    entities::{self, ENTITIES},
};
use crate::support::{
    payload,
    world::{act, again, child, complete, send, task, timer},
};

/// Ids of the instances that clients start.
pub(super) const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];
/// Names of the orchestrators; all run a script.
pub(super) const NAMES: [&str; 2] = ["North", "South"];

/// Most generations of an instance.
const GENERATIONS: u64 = 3;

/// One thing that an orchestrator does, and waits for.
#[derive(Debug, Clone, Copy)]
enum Step {
    Call,
    Fail,
    FanOut(u32),
    Sleep(i64),
    Event,
    EventWithin(i64),
    Child { named: bool },
    Children,
    Send(usize),
    Signal(usize),
    Ask(usize),
    Critical,
}

/// The whole script, told by the input: number, how deep children may go, generation.
#[derive(Debug)]
struct Script {
    steps: Vec<Step>,
    number: u64,
    depth: u64,
    generation: u64,
    /// Whether there is another generation.
    again: bool,
    fails: bool,
    /// Instance that it terminates with its last turn.
    stops: Option<usize>,
}

/// Input of the script with this number.
pub(super) fn input(number: u64, depth: u64) -> Payload {
    payload(&format!("{number}.{depth}.0"))
}

fn script(input: &str) -> Script {
    let mut parts = input.split('.').map(|part| part.parse::<u64>().unwrap_or_default());
    let mut part = || parts.next().unwrap_or_default();
    let (number, depth, generation) = (part(), part(), part());
    let mut random = Dice::new(number ^ (generation << 48) ^ (depth << 56));
    let count = random.random_range(1..4);
    let steps = (0..count).map(|_| step(&mut random, depth)).collect();
    Script {
        steps,
        number,
        depth,
        generation,
        again: generation + 1 < GENERATIONS && random.random_bool(0.3),
        fails: random.random_bool(0.2),
        stops: random.random_bool(0.05).then(|| random.random_range(0..IDS.len())),
    }
}

fn step(random: &mut Dice, depth: u64) -> Step {
    match random.random_range(0..if depth > 0 { 17 } else { 14 }) {
        0..2 => Step::Call,
        2 => Step::Fail,
        3 => Step::FanOut(random.random_range(2..5)),
        4..6 => Step::Sleep(random.random_range(0..90)),
        6..8 => Step::Event,
        8 => Step::EventWithin(random.random_range(1..90)),
        9 => Step::Send(random.random_range(0..IDS.len())),
        10 => Step::Signal(random.random_range(0..ENTITIES.len())),
        11..13 => Step::Ask(random.random_range(0..ENTITIES.len())),
        13 => Step::Critical,
        14..16 => Step::Child { named: random.random() },
        _ => Step::Children,
    }
}

/// What a worker answers to a turn, or what is wrong with the turn.
pub(super) struct Replay<'a> {
    events: Vec<&'a HistoryEvent>,
    id: &'a str,
    next: i32,
    /// Position after the last event that was used.
    raised: usize,
    actions: Vec<Action>,
    problem: Option<String>,
}

/// Runs a turn; only so many of the new events when told so.
pub(super) fn run(work: &OrchestrationWork, only: Option<usize>) -> Result<TurnResponse, String> {
    let new = work.new.iter().take(only.unwrap_or(usize::MAX));
    let events: Vec<&HistoryEvent> = work.past.iter().chain(new).map(AsRef::as_ref).collect();
    let id = &*work.record.instance_id;
    let mut replay = Replay { events, id, next: 0, raised: 0, actions: vec![], problem: None };
    replay.begin();
    match replay.problem {
        Some(problem) => Err(format!("{id}: {problem}")),
        None => Ok(TurnResponse {
            actions: replay.actions,
            events_processed: only,
            ..TurnResponse::default()
        }),
    }
}

/// What an activity answers.
pub(super) fn perform(
    name: &str,
    input: Option<&Payload>,
) -> Result<Option<Payload>, Box<FailureDetails>> {
    if name == "Fail" {
        return Err(Box::new(FailureDetails::new(
            "Oops",
            input.map(AsRef::as_ref).unwrap_or_default(),
        )));
    }
    Ok(input.cloned())
}

/// Output of an instance that has completed.
pub(super) fn output(number: u64) -> String {
    format!("{number} is done")
}

/// Number of the script in an input.
pub(super) fn number(input: &str) -> u64 {
    script(input).number
}

impl Replay<'_> {
    fn begin(&mut self) {
        let started = self.events.iter().find_map(|event| match &event.kind {
            EventKind::ExecutionStarted(started) => {
                Some(Arc::from(started.input.as_deref().unwrap_or_default()))
            }
            _ => None,
        });
        let Some(started): Option<Arc<str>> = started else {
            self.wrong("a turn without its start".to_owned());
            return;
        };
        let script = script(&started);
        // An orchestrator that waits has nothing more to say.
        self.go(&script);
    }

    fn wrong(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn begun(&self) -> DateTime<Utc> {
        self.events.first().map_or_else(crate::support::world::epoch, |event| event.timestamp)
    }

    fn go(&mut self, script: &Script) -> Option<()> {
        let mut seconds = 0;
        for step in &script.steps {
            match *step {
                Step::Call => {
                    let id = self.schedule("Echo");
                    self.echo(id)?;
                }
                Step::Fail => {
                    let id = self.schedule("Fail");
                    if self.result(id)?.is_ok() {
                        self.wrong(format!("activity {id} was to fail"));
                    }
                }
                Step::FanOut(count) => {
                    let ids: Vec<i32> = (0..count).map(|_| self.schedule("Echo")).collect();
                    for id in ids {
                        self.echo(id)?;
                    }
                }
                Step::Sleep(more) => {
                    seconds += more;
                    let id = self.timer(seconds);
                    self.fired(id)?;
                }
                Step::Event => {
                    let at = self.raised_at()?;
                    self.raised = at + 1;
                }
                Step::EventWithin(more) => {
                    seconds += more;
                    let id = self.timer(seconds);
                    match (self.raised_at(), self.fired(id)) {
                        (Some(raised), Some(fired)) if raised < fired => self.raised = raised + 1,
                        (Some(raised), None) => self.raised = raised + 1,
                        (_, Some(_)) => {}
                        (None, None) => return None,
                    }
                }
                Step::Child { named } => {
                    let id = self.child(script, if named { "-s" } else { "" });
                    self.result(id)?.ok();
                }
                Step::Children => {
                    let ids = ["-s", "-t", ""].map(|part| self.child(script, part));
                    for id in ids {
                        self.result(id)?.ok();
                    }
                }
                Step::Send(to) => {
                    let text = format!("sent by {} {}", script.number, self.next);
                    let to = IDS[to].to_owned();
                    self.ask(|id| send(id, &to, "go", &text));
                }
                Step::Signal(to) => {
                    let request = self.request(script);
                    self.ask(|id| act(id, entities::signal(ENTITIES[to], request)));
                }
                Step::Ask(whom) => self.call_entity(script, whom)?,
                Step::Critical => {
                    let section = self.request(script);
                    let asked = section.clone();
                    self.ask(|id| act(id, entities::lock(asked)));
                    self.answered(&section)?;
                    self.call_entity(script, 1)?;
                    for entity in &ENTITIES[..2] {
                        self.ask(|id| act(id, entities::unlock(&section, entity)));
                    }
                }
            }
        }
        self.end(script);
        Some(())
    }

    fn end(&mut self, script: &Script) {
        if script.again {
            let Script { number, depth, generation, .. } = script;
            let input = format!("{number}.{depth}.{}", generation + 1);
            let unused = self.events.iter().skip(self.raised);
            let carried =
                unused.filter(|event| matches!(event.kind, EventKind::EventRaised { .. }));
            let carried = carried.map(|event| HistoryEvent::clone(event)).collect();
            self.ask(|id| again(id, &input, carried));
            return;
        }
        let (status, result) = if script.fails {
            (RuntimeStatus::Failed, "it was to fail".to_owned())
        } else {
            (RuntimeStatus::Completed, output(script.number))
        };
        if let Some(stops) = script.stops {
            let kind = ActionKind::TerminateOrchestration {
                instance_id: IDS[stops].to_owned(),
                reason: Some(payload("stopped by another")),
                recurse: script.number.is_multiple_of(2),
            };
            self.next += 1;
            self.actions.push(act(self.next, kind));
        }
        self.ask(|id| complete(id, status, Some(&result)));
    }

    /// Asks for something, unless the history has it already; then it must be the same.
    fn ask(&mut self, make: impl FnOnce(i32) -> Action) -> i32 {
        self.next += 1;
        let id = self.next;
        let action = make(id);
        match self.events.iter().find(|event| event.event_id == id) {
            None => self.actions.push(action),
            // I14: a replay asks for what is in the history.
            Some(event) if !confirms(&event.kind, &action.kind) => {
                self.wrong(format!("I14: {event:?} confirms {action:?}"));
            }
            Some(_) => {}
        }
        id
    }

    fn schedule(&mut self, name: &str) -> i32 {
        let input = self.text(self.next + 1);
        self.ask(|id| task(id, name, &input))
    }

    fn text(&self, id: i32) -> String {
        format!("{} {id}", self.id)
    }

    fn timer(&mut self, seconds: i64) -> i32 {
        let fire_at = self.begun() + TimeDelta::seconds(seconds);
        self.ask(|id| timer(id, fire_at))
    }

    fn child(&mut self, script: &Script, part: &str) -> i32 {
        let child_id = if part.is_empty() { String::new() } else { format!("{}{part}", self.id) };
        let number = script.number.rotate_left(7) ^ u64::from(self.next.unsigned_abs());
        let input = input(number, script.depth.saturating_sub(1));
        self.ask(|id| {
            let mut action = child(id, &child_id, NAMES[usize::from(number.is_multiple_of(2))]);
            if let ActionKind::CreateSubOrchestration { input: empty, .. } = &mut action.kind {
                *empty = Some(input);
            }
            action
        })
    }

    /// I3 and I8: the one result of an activity or a child.
    fn result(&mut self, wanted: i32) -> Option<Result<Payload, String>> {
        let mut results = self.events.iter().filter_map(|event| match &event.kind {
            EventKind::TaskCompleted { scheduled_id, result }
            | EventKind::SubOrchestrationCompleted { scheduled_id, result }
                if *scheduled_id == wanted =>
            {
                Some(Ok(result.clone().unwrap_or_else(|| payload(""))))
            }
            EventKind::TaskFailed { scheduled_id, failure }
            | EventKind::SubOrchestrationFailed { scheduled_id, failure }
                if *scheduled_id == wanted =>
            {
                Some(Err(failure.error_type.clone()))
            }
            _ => None,
        });
        let (first, second) = (results.next(), results.next());
        if second.is_some() {
            self.wrong(format!("I3: action {wanted} has two results"));
        }
        first
    }

    fn echo(&mut self, id: i32) -> Option<()> {
        match self.result(id)? {
            Ok(text) if *text == *self.text(id) => {}
            // Its workers vanished too often.
            Err(kind) if kind == "PoisonWorkItem" => {}
            other => self.wrong(format!("activity {id} answered {other:?}")),
        }
        Some(())
    }

    /// Id of a request, of which there is no other. A rewind keeps it, as it keeps the history.
    fn request(&self, script: &Script) -> String {
        let Script { number, generation, .. } = script;
        let begun = self.begun().timestamp();
        format!("{} {number}.{generation} {begun} {}", self.id, self.next)
    }

    fn call_entity(&mut self, script: &Script, whom: usize) -> Option<()> {
        let request = self.request(script);
        let asked = request.clone();
        self.ask(|id| act(id, entities::call(ENTITIES[whom], asked)));
        self.answered(&request)
    }

    fn answered(&mut self, request: &str) -> Option<()> {
        let answers = entities::answers(&self.events, request);
        if answers.len() > 1 {
            self.wrong(format!("I3: {request} has two answers"));
        }
        answers.first().map(|_| ())
    }

    fn fired(&self, id: i32) -> Option<usize> {
        self.events.iter().position(|event| match event.kind {
            EventKind::TimerFired { timer_id, .. } => timer_id == id,
            _ => false,
        })
    }

    fn raised_at(&self) -> Option<usize> {
        let is_go = |event: &&HistoryEvent| match &event.kind {
            EventKind::EventRaised { name, .. } => name == "go",
            _ => false,
        };
        let at = self.events.iter().skip(self.raised).position(is_go)?;
        Some(self.raised + at)
    }
}

/// Whether an event confirms an action.
fn confirms(event: &EventKind, action: &ActionKind) -> bool {
    match (event, action) {
        (
            EventKind::TaskScheduled { name, input, .. },
            ActionKind::ScheduleTask { name: asked, input: with, .. },
        ) => name == asked && input == with,
        (EventKind::TimerCreated { fire_at }, ActionKind::CreateTimer { fire_at: asked }) => {
            fire_at == asked
        }
        (
            EventKind::SubOrchestrationCreated { name, input, .. },
            ActionKind::CreateSubOrchestration { name: asked, input: with, .. },
        ) => name == asked && input == with,
        (
            EventKind::EventSent { instance_id, input, .. },
            ActionKind::SendEvent { instance_id: asked, input: with, .. },
        ) => instance_id == asked && input == with,
        (EventKind::Entity(event), ActionKind::SendEntityMessage(said)) => {
            entities::confirms(event, said)
        }
        _ => false,
    }
}

/// Tags of a start; the other hub's are different.
pub(super) fn tags(hub: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("hub".to_owned(), hub.to_owned())])
}
