//! The worker against a server on a real socket.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test names only what it looks for")]
#![expect(unreachable_pub, reason = "only a test")]

mod client;
mod server;

use std::sync::Arc;
use std::time::Duration;

use server::{Answer, Server};
use taskhub_proto::history_event::EventType;
use taskhub_proto::orchestrator_action::OrchestratorActionType as ActionType;
use taskhub_proto::work_item::Request as Item;
use taskhub_proto::{
    ActivityRequest, EntityBatchRequest, EntityOperationCalledEvent, EntityRequest,
    ExecutionStartedEvent, HealthPing, HistoryEvent, OperationResult, OrchestrationInstance,
    OrchestrationTraceContext, OrchestratorRequest, OrchestratorStartedEvent, TaskCompletedEvent,
    TaskScheduledEvent, WorkerCapability, operation_result,
};
use taskhub_worker::{
    ActivityContext, BuildError, Builder, Entity, Error, MatchStrategy, OrchestrationContext,
    Result, Versioning, Worker,
};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tonic::{Code, Status};

/// A worker that runs until it is told to stop.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(builder: Builder) -> Self {
        let worker = builder.build().expect("build the worker");
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            worker.run_until(async { drop(stopped.await) }).await;
        });
        Self { stop, task }
    }

    async fn stop(self) {
        self.stop.send(()).expect("the worker runs");
        tokio::time::timeout(Duration::from_secs(10), self.task)
            .await
            .expect("the worker must stop")
            .expect("the worker must not panic");
    }
}

async fn hello(ctx: OrchestrationContext, name: String) -> Result<String> {
    Ok(ctx.call_activity("SayHello", name).await?)
}

async fn say_hello(_: ActivityContext, name: String) -> Result<String> {
    Ok(format!("Hello {name}!"))
}

fn builder(server: &Server) -> Builder {
    Worker::builder()
        .endpoint(server.endpoint())
        .orchestrator("Hello", hello)
        .activity("SayHello", say_hello)
}

fn event(event_id: i32, event_type: EventType) -> HistoryEvent {
    HistoryEvent {
        event_id,
        timestamp: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
        event_type: Some(event_type),
    }
}

fn started(name: &str) -> Vec<HistoryEvent> {
    let start = ExecutionStartedEvent {
        name: name.to_owned(),
        input: Some(r#""Ada""#.to_owned()),
        ..ExecutionStartedEvent::default()
    };
    vec![
        event(-1, EventType::OrchestratorStarted(OrchestratorStartedEvent {})),
        event(-1, EventType::ExecutionStarted(start)),
    ]
}

fn orchestration(past_events: Vec<HistoryEvent>, new_events: Vec<HistoryEvent>) -> Item {
    Item::OrchestratorRequest(OrchestratorRequest {
        instance_id: "i".to_owned(),
        past_events,
        new_events,
        ..OrchestratorRequest::default()
    })
}

fn activity(name: &str, task_id: i32, input: &str) -> Item {
    Item::ActivityRequest(ActivityRequest {
        name: name.to_owned(),
        input: Some(input.to_owned()),
        task_id,
        orchestration_instance: Some(OrchestrationInstance {
            instance_id: "i".to_owned(),
            execution_id: None,
        }),
        ..ActivityRequest::default()
    })
}

#[tokio::test]
async fn works_on_what_it_gets() {
    let mut server = Server::start().await;
    let running = Running::start(builder(&server));
    let stream = server.stream().await;

    let mut item = orchestration(Vec::new(), started("Hello"));
    let trace = OrchestrationTraceContext { span_id: Some("s".to_owned()), span_start_time: None };
    if let Item::OrchestratorRequest(request) = &mut item {
        request.orchestration_trace_context = Some(trace.clone());
    }
    stream.send("token-1", item).await;
    let answer = server.orchestration().await;
    assert_eq!((answer.instance_id.as_str(), answer.completion_token.as_str()), ("i", "token-1"));
    assert_eq!(answer.orchestration_trace_context, Some(trace));
    assert_eq!(answer.num_events_processed, None);
    let [action] = answer.actions.try_into().expect("one action");
    assert_eq!(action.id, 1);
    let Some(ActionType::ScheduleTask(task)) = action.orchestrator_action_type else {
        panic!("not a task");
    };
    assert_eq!((task.name.as_str(), task.input.as_deref()), ("SayHello", Some(r#""Ada""#)));

    stream.send("token-2", activity("SayHello", 1, r#""Ada""#)).await;
    let answer = server.activity().await;
    assert_eq!((answer.instance_id.as_str(), answer.task_id), ("i", 1));
    assert_eq!(answer.completion_token, "token-2");
    assert_eq!(answer.result.as_deref(), Some(r#""Hello Ada!""#));
    assert_eq!(answer.failure_details, None);
    running.stop().await;
}

#[tokio::test]
async fn tells_who_it_is_and_what_it_can_do() {
    let mut server = Server::start().await;
    let running = Running::start(
        builder(&server)
            .task_hub("Orders")
            .worker_id("worker-1")
            .bearer_token("secret")
            .max_concurrent_activities(3)
            .max_concurrent_orchestrations(4),
    );
    let stream = server.stream().await;
    let header = |name| stream.metadata.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(header("taskhub"), Some("Orders"));
    assert_eq!(header("workerid"), Some("worker-1"));
    assert_eq!(header("authorization"), Some("Bearer secret"));
    assert!(header("x-user-agent").unwrap().starts_with("durabletask-rust/"));

    let request = &stream.request;
    assert_eq!(request.worker_instance_id, "worker-1");
    assert_eq!(request.max_concurrent_activity_work_items, 3);
    assert_eq!(request.max_concurrent_orchestration_work_items, 4);
    assert_eq!(request.capabilities, [i32::from(WorkerCapability::HistoryStreaming)]);
    let filters = request.work_item_filters.as_ref().expect("filters are on by default");
    let orchestrations: Vec<_> = filters.orchestrations.iter().map(|f| f.name.as_str()).collect();
    let activities: Vec<_> = filters.activities.iter().map(|f| f.name.as_str()).collect();
    assert_eq!((orchestrations, activities), (vec!["Hello"], vec!["SayHello"]));
    assert!(filters.entities.is_empty());
    running.stop().await;

    let running = Running::start(builder(&server).work_item_filters(false));
    let stream = server.stream().await;
    assert_eq!(stream.request.work_item_filters, None);
    assert!(stream.metadata.get("taskhub").is_none(), "the server chooses");
    running.stop().await;
}

#[tokio::test]
async fn failures_and_panics_are_answers() {
    let mut server = Server::start().await;
    let running = Running::start(
        builder(&server)
            .activity("Fail", |_, _: String| async {
                Err::<(), _>(Error::new("Sad", "no").caused_by(Error::new("Sadder", "why")))
            })
            .activity("Panic", |_, text: String| async move {
                assert_eq!(text, "calm", "ouch");
                Ok::<_, Error>(())
            }),
    );
    let stream = server.stream().await;
    for (name, error_type) in [("Fail", "Sad"), ("Panic", "Panic"), ("None", "ActivityNotFound")] {
        stream.send("t", activity(name, 1, r#""x""#)).await;
        let answer = server.activity().await;
        assert_eq!(answer.result, None);
        let failure = answer.failure_details.expect("a failure");
        assert_eq!(failure.error_type, error_type);
        if name == "Fail" {
            assert_eq!(failure.inner_failure.expect("a cause").error_message, "why");
        }
    }
    // It still works.
    stream.send("t", activity("SayHello", 1, r#""you""#)).await;
    assert_eq!(server.activity().await.result.as_deref(), Some(r#""Hello you!""#));
    running.stop().await;
}

#[tokio::test]
async fn ignores_pings_and_gives_old_entity_items_back() {
    let mut server = Server::start().await;
    let running = Running::start(builder(&server));
    let stream = server.stream().await;
    stream.send("", Item::HealthPing(HealthPing {})).await;
    stream.send("entity", Item::EntityRequest(EntityBatchRequest::default())).await;
    assert_eq!(server.abandoned().await, "entity");
    assert!(server.has_no_answer());
    running.stop().await;
}

fn operations(id: &str, state: Option<&str>, names: &[&str]) -> Item {
    let call = |name: &&str| EntityOperationCalledEvent {
        request_id: format!("to {name}"),
        operation: (*name).to_owned(),
        input: Some("2".to_owned()),
        parent_instance_id: Some("caller".to_owned()),
        parent_execution_id: Some("e".to_owned()),
        ..Default::default()
    };
    Item::EntityRequestV2(EntityRequest {
        instance_id: id.to_owned(),
        execution_id: String::new(),
        entity_state: state.map(str::to_owned),
        operation_requests: names
            .iter()
            .map(|name| event(-1, EventType::EntityOperationCalled(call(name))))
            .collect(),
    })
}

fn counter() -> Entity<i64> {
    Entity::new().operation("add", |ctx, n: i64| {
        *ctx.state_or_default() += n;
        Ok(*ctx.state_or_default())
    })
}

#[tokio::test]
async fn works_on_entities() {
    let mut server = Server::start().await;
    let builder = builder(&server).entity("Counter", counter()).max_concurrent_entities(5);
    let running = Running::start(builder);
    let stream = server.stream().await;
    assert_eq!(stream.request.max_concurrent_entity_work_items, 5);
    let filters = stream.request.work_item_filters.as_ref().expect("filters are on by default");
    assert_eq!(filters.entities[0].name, "counter");

    stream.send("t", operations("@counter@a", Some("1"), &["add", "none", "add"])).await;
    let answer = server.entity().await;
    assert_eq!(answer.completion_token, "t");
    assert_eq!(answer.entity_state.as_deref(), Some("5"));
    let is_success = |result: &OperationResult| {
        matches!(result.result_type, Some(operation_result::ResultType::Success(_)))
    };
    let successes: Vec<_> = answer.results.iter().map(is_success).collect();
    assert_eq!(successes, [true, false, true]);
    let caller = answer.operation_infos[1].response_destination.as_ref().expect("a caller");
    assert_eq!(
        (caller.instance_id.as_str(), caller.execution_id.as_deref()),
        ("caller", Some("e"))
    );
    assert_eq!(answer.failure_details, None);

    // A kind that is not there fails for the caller to see, and keeps its state.
    stream.send("u", operations("@unknown@a", Some("1"), &["add"])).await;
    let answer = server.entity().await;
    assert_eq!((answer.results.len(), answer.entity_state.as_deref()), (1, Some("1")));
    assert!(!is_success(&answer.results[0]));
    running.stop().await;
}

#[tokio::test]
async fn a_batch_that_is_cut_short_answers_what_was_done() {
    let mut server = Server::start().await;
    let (starts, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let activity_starts = starts.clone();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let slow = counter().operation("slow", move |ctx, n: i64| {
        starts.send(()).expect("the test listens");
        // The sender goes when the test wants it to end.
        let _ = gate.lock().expect("no operation panics").recv();
        ctx.set_state(n);
        Ok(())
    });
    let wait = wait_for(&Arc::new(Semaphore::new(0)));
    let worker = builder(&server)
        .entity("Counter", slow)
        .activity("Wait", move |ctx, ()| {
            activity_starts.send(()).expect("the test listens");
            wait(ctx, ())
        })
        .max_concurrent_entities(1)
        .shutdown_grace(Duration::ZERO);
    // A thread of its own, which a slow operation may hold up.
    let worker = worker.build().expect("build the worker");
    let (stop, stopped) = oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("start a runtime");
    let task = runtime.spawn(async move {
        worker.run_until(async { drop(stopped.await) }).await;
    });
    let stream = server.stream().await;
    stream.send("cut", operations("@counter@a", None, &["slow", "add"])).await;
    begun.recv().await.expect("it starts");
    stream.send("parked", operations("@counter@b", None, &["add"])).await;
    stream.send("activity", activity("Wait", 1, "null")).await;
    begun.recv().await.expect("the activity starts");
    stop.send(()).expect("the worker runs");
    let mut abandoned = [server.abandoned().await, server.abandoned().await];
    abandoned.sort();
    assert_eq!(abandoned, ["activity", "parked"]);
    // What runs is given back by now: only what was begun may end.
    drop(go);
    let answer = server.entity().await;
    assert_eq!(answer.completion_token, "cut");
    assert_eq!((answer.results.len(), answer.operation_infos.len()), (1, 1));
    assert_eq!(answer.entity_state.as_deref(), Some("2"));
    task.await.expect("the worker must not panic");
    runtime.shutdown_background();
}

#[tokio::test]
async fn an_instance_of_another_version_is_given_back() {
    let mut server = Server::start().await;
    let versioning = Versioning::new("1.0").match_strategy(MatchStrategy::Strict);
    let running = Running::start(builder(&server).versioning(versioning));
    let stream = server.stream().await;
    let filters = stream.request.work_item_filters.as_ref().expect("filters are on by default");
    assert_eq!(filters.orchestrations[0].versions, ["1.0"]);
    for version in ["2.0", "1.0"] {
        let mut events = started("Hello");
        if let Some(EventType::ExecutionStarted(started)) = &mut events[1].event_type {
            started.version = Some(version.to_owned());
        }
        stream.send(version, orchestration(Vec::new(), events)).await;
    }
    let mut given_back = None;
    let mut done = None;
    for _ in 0..2 {
        match server.answer().await {
            Answer::Abandoned(token) => given_back = Some(token),
            Answer::Orchestration(answer) => done = Some(answer.completion_token),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!((given_back.as_deref(), done.as_deref()), (Some("2.0"), Some("1.0")));
    running.stop().await;
}

#[tokio::test]
async fn comes_back_when_the_stream_ends_or_fails() {
    let mut server = Server::start().await;
    let running = Running::start(builder(&server));
    drop(server.stream().await);
    server.stream().await.fail(Status::unavailable("draining")).await;
    server.stream().await.fail(Status::cancelled("odd")).await;
    let stream = server.stream().await;
    stream.send("t", activity("SayHello", 1, r#""again""#)).await;
    assert_eq!(server.activity().await.result.as_deref(), Some(r#""Hello again!""#));
    running.stop().await;
}

#[tokio::test]
async fn waits_for_a_server_that_is_not_ready_yet() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().to_string();
    let running =
        Running::start(Worker::builder().endpoint(endpoint).activity("SayHello", say_hello));
    for _ in 0..2 {
        drop(listener.accept().await.unwrap());
    }
    let mut server = Server::on(listener);
    server.stream().await;
    running.stop().await;
}

#[tokio::test]
async fn a_silent_server_is_left() {
    let mut server = Server::start().await;
    let running =
        Running::start(builder(&server).silent_disconnect_timeout(Duration::from_millis(100)));
    let _silent = server.stream().await;
    let _second = server.stream().await;
    running.stop().await;
}

#[tokio::test]
async fn what_runs_outlives_its_stream() {
    let mut server = Server::start().await;
    let gate = Arc::new(Semaphore::new(0));
    let running = Running::start(builder(&server).activity("Wait", wait_for(&gate)));
    let stream = server.stream().await;
    stream.send("old", activity("Wait", 1, "null")).await;
    stream.fail(Status::unavailable("gone")).await;
    let _stream = server.stream().await;
    gate.add_permits(1);
    assert_eq!(server.activity().await.completion_token, "old");
    running.stop().await;
}

/// An activity that ends when the gate lets it.
fn wait_for(
    gate: &Arc<Semaphore>,
) -> impl Fn(ActivityContext, ()) -> futures::future::BoxFuture<'static, Result<()>>
+ Send
+ Sync
+ 'static {
    let gate = Arc::clone(gate);
    move |_, ()| {
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            gate.acquire().await?.forget();
            Ok(())
        })
    }
}

#[tokio::test]
async fn keeps_its_limit_even_when_the_server_does_not() {
    let mut server = Server::start().await;
    let gate = Arc::new(Semaphore::new(0));
    let (starts, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let wait = wait_for(&gate);
    let running = Running::start(builder(&server).max_concurrent_activities(2).activity(
        "Wait",
        move |ctx: ActivityContext, ()| {
            starts.send(ctx.task_id()).expect("the test listens");
            wait(ctx, ())
        },
    ));
    let stream = server.stream().await;
    for id in 1..=5 {
        stream.send("t", activity("Wait", id, "null")).await;
    }
    // The marker arrives after all of them and needs no place among activities.
    stream.send("o", orchestration(Vec::new(), started("Hello"))).await;
    server.orchestration().await;
    let mut n_started = 0;
    while n_started < 2 {
        begun.recv().await.expect("an activity starts");
        n_started += 1;
    }
    assert!(begun.try_recv().is_err(), "a third activity started");
    gate.add_permits(5);
    for _ in 0..5 {
        server.activity().await;
    }
    running.stop().await;
}

#[tokio::test]
async fn shutdown_ends_what_it_can_and_gives_back_the_rest() {
    let mut server = Server::start().await;
    let gate = Arc::new(Semaphore::new(0));
    let (starts, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let wait = wait_for(&gate);
    let running = Running::start(
        builder(&server)
            .max_concurrent_activities(2)
            .shutdown_grace(Duration::from_millis(300))
            .activity("Wait", move |ctx: ActivityContext, ()| {
                starts.send(()).expect("the test listens");
                wait(ctx, ())
            }),
    );
    let stream = server.stream().await;
    stream.send("one", activity("Wait", 1, "null")).await;
    stream.send("two", activity("Wait", 2, "null")).await;
    begun.recv().await.expect("the first starts");
    begun.recv().await.expect("the second starts");
    stream.send("parked", activity("Wait", 3, "null")).await;
    stream.send("", orchestration(Vec::new(), started("Hello"))).await;
    server.orchestration().await;

    let stopping = tokio::spawn(running.stop());
    assert_eq!(server.abandoned().await, "parked");
    // What still arrives is given back at once.
    stream.send("late", orchestration(Vec::new(), started("Hello"))).await;
    assert_eq!(server.abandoned().await, "late");
    gate.add_permits(1);
    let ended = server.activity().await.completion_token;
    let abandoned = server.abandoned().await;
    let mut both = [ended, abandoned];
    both.sort();
    assert_eq!(both, ["one", "two"]);
    stopping.await.unwrap();
    assert!(server.has_no_answer());
}

#[tokio::test]
async fn reads_a_long_history_from_its_own_stream() {
    let mut server = Server::start().await;
    let running = Running::start(builder(&server));
    let stream = server.stream().await;
    let mut history = started("Hello");
    let scheduled = TaskScheduledEvent { name: "SayHello".to_owned(), ..Default::default() };
    history.push(event(1, EventType::TaskScheduled(scheduled)));
    server.door.keep_history("i", history);
    let completed = TaskCompletedEvent { task_scheduled_id: 1, result: Some("\"Hi\"".to_owned()) };
    let new = vec![
        event(-1, EventType::OrchestratorStarted(OrchestratorStartedEvent {})),
        event(-1, EventType::TaskCompleted(completed)),
    ];
    let item = |instance_id: &str| {
        Item::OrchestratorRequest(OrchestratorRequest {
            instance_id: instance_id.to_owned(),
            new_events: new.clone(),
            requires_history_streaming: true,
            ..OrchestratorRequest::default()
        })
    };
    stream.send("t", item("i")).await;
    let [action] = server.orchestration().await.actions.try_into().expect("one action");
    let Some(ActionType::CompleteOrchestration(end)) = action.orchestrator_action_type else {
        panic!("not a completion");
    };
    assert_eq!(end.result.as_deref(), Some("\"Hi\""));

    stream.send("no history", item("unknown")).await;
    assert_eq!(server.abandoned().await, "no history");
    running.stop().await;
}

#[tokio::test]
async fn sends_an_answer_again_when_that_may_help() {
    let mut server = Server::start().await;
    let running = Running::start(builder(&server));
    let stream = server.stream().await;
    server.door.refuse(2, Code::Unavailable);
    stream.send("first", activity("SayHello", 1, r#""a""#)).await;
    assert_eq!(server.activity().await.completion_token, "first");

    // A lost lease stays lost.
    server.door.refuse(1, Code::NotFound);
    stream.send("lost", activity("SayHello", 2, r#""b""#)).await;
    while server.door.n_refusals_left() > 0 {
        tokio::task::yield_now().await;
    }
    stream.send("next", activity("SayHello", 3, r#""c""#)).await;
    let Answer::Activity(answer) = server.answer().await else { panic!("not an activity") };
    assert_eq!(answer.completion_token, "next");
    running.stop().await;
}

#[tokio::test]
async fn refuses_what_cannot_work() {
    let refused = |builder: Builder| builder.build().expect_err("must be refused");
    let error = refused(Worker::builder().endpoint("https://hub.example"));
    assert!(error.to_string().contains("TLS is not built in"), "{error}");
    assert!(matches!(
        refused(Worker::builder().endpoint("ftp://hub.example")),
        BuildError::Endpoint { .. }
    ));
    assert!(matches!(refused(Worker::builder().task_hub("a\nb")), BuildError::Header { .. }));
    let twice = Worker::builder().activity("A", say_hello).activity("A", say_hello);
    let error = refused(twice);
    assert_eq!(error.to_string(), r#"activity "A" is registered twice"#);
    assert!(Worker::builder().endpoint("grpc://127.0.0.1:4001").build().is_ok());
}
