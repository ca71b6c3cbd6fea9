//! Every sample from its start to its end, against the simulated server.

use serde_json::{Value, json};
use taskhub_proto::OrchestrationStatus;

use crate::Worker;
use crate::orchestration::simulation::{Simulation, fired, raised};

fn sample(name: &str, input: Value) -> Simulation {
    Simulation::new(super::register(Worker::builder()), name, input)
}

fn output(name: &str, input: Value) -> Value {
    let mut instance = sample(name, input);
    instance.play();
    instance.output()
}

fn refusal(name: &str, input: Value) -> String {
    let mut instance = sample(name, input);
    instance.play();
    let failure = instance.failure();
    assert_eq!(failure.error_type, "InvalidInputError");
    failure.message
}

#[test]
fn hello() {
    assert_eq!(output("HelloWorld", Value::Null), "Hello, World!");
    assert_eq!(output("HelloWorld", json!("Ada")), "Hello, Ada!");
    let greetings = json!(["Hello Tokyo!", "Hello Seattle!", "Hello London!"]);
    assert_eq!(output("HelloSequence", Value::Null), greetings);
    assert_eq!(output("E1_HelloSequence", Value::Null), greetings);
}

#[test]
fn fan_out_fan_in() {
    assert_eq!(output("FanOutFanIn", Value::Null), json!({ "count": 10, "sum": 385 }));
    assert_eq!(
        output("FanOutFanIn", json!({ "count": 100 })),
        json!({ "count": 100, "sum": 338_350 })
    );
}

#[test]
fn monitor() {
    let mut instance = sample("Monitor", json!({ "checks": 3, "interval_seconds": 5 }));
    instance.play();
    assert_eq!(instance.output(), json!({ "is_ready": true, "checks": 3 }));
    assert_eq!(
        instance.statuses,
        [
            json!({ "checks": 1, "is_ready": false, "next": "2026-03-01T09:00:05Z" }),
            json!({ "checks": 2, "is_ready": false, "next": "2026-03-01T09:00:10Z" }),
            json!({ "checks": 3, "is_ready": true, "next": null }),
        ]
    );
    let input = json!({ "checks": 9, "interval_seconds": 5, "deadline_seconds": 12 });
    assert_eq!(output("Monitor", input), json!({ "is_ready": false, "checks": 3 }));
}

#[test]
fn approval() {
    let mut instance = sample("Approval", Value::Null);
    instance.turn([]);
    assert_eq!(
        instance.custom_status,
        Some(json!({ "waiting_for": "Approval", "until": "2026-03-02T09:00:00Z" }))
    );
    instance.turn([raised("approval", json!({ "approved": true, "by": "Ada" }))]);
    assert_eq!(instance.output(), json!({ "approved": true, "by": "Ada" }));

    let mut instance = sample("Approval", json!({ "timeout_seconds": 5 }));
    instance.turn([]);
    instance.turn([fired(1)]);
    assert_eq!(instance.output(), json!({ "approved": false, "reason": "timed out" }));
}

#[test]
fn failing() {
    let mut instance = sample("Failing", Value::Null);
    instance.play();
    let failure = instance.failure();
    let mut chain = vec![failure.clone()];
    while let Some(inner) = chain.last().and_then(|last| last.inner.clone()) {
        chain.push(*inner);
    }
    let types: Vec<_> = chain.iter().map(|failure| failure.error_type.as_str()).collect();
    assert_eq!(types, ["TaskFailedError", "PaymentDeclinedError", "GatewayError", "IoError"]);
    assert_eq!(chain[1].message, "payment of order 1042 was declined");
    assert_eq!(chain[2].message, "payment gateway answered 503");
    assert_eq!(chain[3].message, "connection refused");
    // One retry: the third action of the history is the second attempt.
    assert!(failure.message.contains("(#3)"), "{failure}");
}

#[test]
fn counter() {
    let mut instance = sample("Counter", Value::Null);
    instance.play();
    assert_eq!(instance.output(), 5);
    assert_eq!(instance.statuses.len(), 6);
    assert_eq!(output("Counter", json!({ "count": 7, "until": 8 })), 8);
}

#[test]
fn wrong_inputs_name_the_field() {
    for (name, input, field) in [
        ("FanOutFanIn", json!({ "count": 0 }), r#"input: field "count": 0 is not between 1"#),
        ("FanOutFanIn", json!({ "count": "many" }), r#"field "count": invalid type"#),
        ("FanOutFanIn", json!({ "n": 1 }), "unknown field `n`"),
        ("Monitor", json!({ "checks": 2000 }), r#"input: field "checks": 2000"#),
        ("Monitor", json!({ "interval_seconds": -1 }), r#"field "interval_seconds": "#),
        ("Approval", json!({ "timeout_seconds": 0 }), r#"input: field "timeout_seconds": 0"#),
        ("Counter", json!({ "until": 1.5 }), r#"field "until": "#),
        ("HelloWorld", json!({ "name": "Ada" }), "invalid type: map"),
        ("HelloSequence", json!("Oslo"), "invalid type: string"),
    ] {
        let message = refusal(name, input);
        assert!(message.contains(field), "{name}: {message}");
    }
}

#[test]
fn approval_can_be_terminated() {
    use taskhub_proto::ExecutionTerminatedEvent;
    use taskhub_proto::history_event::EventType::ExecutionTerminated;

    let mut instance = sample("Approval", Value::Null);
    instance.turn([]);
    let event = ExecutionTerminatedEvent { input: None, recurse: false };
    instance.turn([ExecutionTerminated(event)]);
    assert_eq!(instance.status(), Some(OrchestrationStatus::Terminated));
}
