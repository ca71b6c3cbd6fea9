"""Durable entities: signals, calls, state, queries, and what happens when an operation fails."""

import time
from datetime import datetime, timedelta, timezone

from durabletask import client, entities, task

from connection import ended, failed, hub, new_id, play, run
from scenarios import eventually, scenario

EntityId = entities.EntityInstanceId


class Counter(entities.DurableEntity):
    def add(self, amount: int):
        self.set_state(self.get_state(int, 0) + amount)
        return self.get_state(int)

    def get(self):
        return self.get_state(int, 0)

    def refuse(self):
        self.set_state(-1)
        raise ValueError("this counter refuses")

    def copy_to(self, key: str):
        self.signal_entity(EntityId("Counter", key), "add", self.get_state(int, 0))

    def count_later(self, instance_id: str):
        self.schedule_new_orchestration("count", self.entity_context.entity_id.key, instance_id=instance_id)


def journal(ctx, entry):
    """An entity made of a function: keeps what it is told, and deletes itself when told so."""
    if ctx.operation == "write":
        ctx.set_state(ctx.get_state(list, []) + [entry])
    elif ctx.operation == "set":
        ctx.set_state(entry)
    elif ctx.operation == "read":
        return ctx.get_state(list, [])
    elif ctx.operation == "stamp":
        ctx.set_state(time.time())
    elif ctx.operation == "delete":
        ctx.set_state(None)


def count(ctx, key):
    """Calls, one after the other."""
    counter = EntityId("Counter", key)
    first = yield ctx.call_entity(counter, "add", input=5)
    second = yield ctx.call_entity(counter, "add", input=10)
    return [first, second, (yield ctx.call_entity(counter, "get"))]


def signal_then_call(ctx, key):
    log = EntityId("journal", key)
    for n in range(10):
        ctx.signal_entity(log, "write", input=n)
    return (yield ctx.call_entity(log, "read"))


def add_one(ctx, key):
    return (yield ctx.call_entity(EntityId("Counter", key), "add", input=1))


def all_at_once(ctx, keys):
    return (yield task.when_all([ctx.call_entity(EntityId("Counter", key), "add", input=1) for key in keys]))


def forgiving(ctx, key):
    counter = EntityId("Counter", key)
    yield ctx.call_entity(counter, "add", input=3)
    try:
        yield ctx.call_entity(counter, "refuse")
    except task.TaskFailedError as error:
        return [error.details.message, (yield ctx.call_entity(counter, "get"))]


def unforgiving(ctx, key):
    yield ctx.call_entity(EntityId("Counter", key), "refuse")


def copying(ctx, keys):
    source, target = keys
    yield ctx.call_entity(EntityId("Counter", source), "add", input=100)
    yield ctx.call_entity(EntityId("Counter", source), "copy_to", input=target)
    return (yield ctx.call_entity(EntityId("Counter", target), "get"))


def remind(ctx, key):
    ctx.signal_entity(EntityId("journal", key), "stamp", signal_time=ctx.current_utc_datetime + timedelta(seconds=0.7))


def new_key():
    return new_id("entity")


def state_of(entity):
    metadata = hub.get_entity(entity, include_state=True)
    return metadata.get_typed_state() if metadata else None


def becomes(entity, wanted):
    return eventually(lambda: state_of(entity), lambda state: state == wanted)


@scenario
def signals_of_a_client_are_done_in_order():
    log = EntityId("journal", new_key())
    for n in range(30):
        hub.signal_entity(log, "write", input=n)
    becomes(log, list(range(30)))


@scenario
def calls_give_results():
    assert run(count, new_key()).get_output() == [5, 15, 15]


@scenario
def signals_arrive_before_a_later_call():
    assert run(signal_then_call, new_key()).get_output() == list(range(10))


@scenario
def every_call_of_a_crowd_counts_once():
    key = new_key()
    started = [hub.schedule_new_orchestration(add_one, input=key) for _ in range(50)]
    assert sorted(ended(instance_id).get_output() for instance_id in started) == list(range(1, 51))
    assert state_of(EntityId("counter", key)) == 50


@scenario
def calls_to_many_entities_run_side_by_side():
    assert run(all_at_once, [new_key() for _ in range(20)]).get_output() == [1] * 20


@scenario
def names_know_no_case_and_keys_do():
    key = new_key()
    hub.signal_entity(EntityId("COUNTER", key), "add", input=1)
    hub.signal_entity(EntityId("counter", key), "add", input=1)
    hub.signal_entity(EntityId("counter", key.upper()), "add", input=7)
    becomes(EntityId("Counter", key), 2)
    becomes(EntityId("Counter", key.upper()), 7)


@scenario
def an_entity_signals_another():
    assert run(copying, [new_key(), new_key()]).get_output() == 100


@scenario
def an_entity_starts_an_orchestration():
    counter, instance_id = EntityId("Counter", new_key()), new_id("started")
    hub.signal_entity(counter, "count_later", input=instance_id)
    eventually(lambda: hub.get_orchestration_state(instance_id), bool)
    assert ended(instance_id).get_output() == [5, 15, 15]


@scenario
def empty_states_are_states():
    for value in [0, "", False, [], {}]:
        log = EntityId("journal", new_key())
        hub.signal_entity(log, "set", input=value)
        metadata = eventually(lambda: hub.get_entity(log, include_state=True), bool)
        assert metadata.get_typed_state() == value and metadata.id == log, metadata


@scenario
def an_entity_may_be_deleted_and_come_again():
    counter = EntityId("Counter", new_key())
    assert hub.get_entity(counter) is None
    hub.signal_entity(counter, "add", input=100)
    becomes(counter, 100)
    hub.signal_entity(counter, "delete")
    eventually(lambda: hub.get_entity(counter), lambda metadata: metadata is None)
    hub.signal_entity(counter, "add", input=5)
    becomes(counter, 5)


@scenario
def a_failed_operation_changes_nothing():
    message, left = run(forgiving, new_key()).get_output()
    assert "this counter refuses" in message and left == 3, (message, left)
    assert "this counter refuses" in failed(unforgiving, new_key()).message


@scenario
def a_failed_signal_does_not_hold_up_the_next():
    counter = EntityId("Counter", new_key())
    for operation, amount in [("add", 1), ("refuse", None), ("add", 2), ("no such operation", None), ("add", 4)]:
        hub.signal_entity(counter, operation, input=amount)
    becomes(counter, 7)


@scenario
def a_scheduled_signal_waits_for_its_time():
    due = datetime.now(timezone.utc) + timedelta(seconds=0.7)
    log = EntityId("journal", new_key())
    hub.signal_entity(log, "stamp", signal_time=due)
    assert hub.get_entity(log) is None
    assert eventually(lambda: state_of(log), bool) >= due.timestamp()

    key, begin = new_key(), time.time()
    run(remind, key)
    assert eventually(lambda: state_of(EntityId("journal", key)), bool) >= begin + 0.7


@scenario
def a_query_finds_all_pages_of_what_it_asks_for():
    prefix = new_key()
    for n in range(7):
        hub.signal_entity(EntityId("journal", f"{prefix}-{n}"), "set", input=n)
    for n in range(7):
        becomes(EntityId("journal", f"{prefix}-{n}"), n)

    def found(**query):
        query = client.EntityQuery(instance_id_starts_with=f"@journal@{prefix}", **query)
        return sorted(str(metadata.id) for metadata in hub.get_all_entities(query))

    names = [f"@journal@{prefix}-{n}" for n in range(7)]
    assert found(page_size=3) == names
    now = datetime.now(timezone.utc)
    minute = timedelta(minutes=1)
    assert found(last_modified_from=now - minute, last_modified_to=now + minute) == names
    assert found(last_modified_from=now + minute) == []
    assert found(last_modified_to=now - minute) == []
    bare = hub.get_all_entities(client.EntityQuery(instance_id_starts_with=f"@journal@{prefix}-0", include_state=False))
    assert [metadata.get_typed_state() for metadata in bare] == [None], bare
    query = client.OrchestrationQuery(instance_id_prefix="@")
    assert hub.get_all_orchestration_states(query) == []


@scenario
def empty_entities_can_be_cleaned_away():
    counter = EntityId("Counter", new_key())
    hub.signal_entity(counter, "add", input=1)
    becomes(counter, 1)
    hub.signal_entity(counter, "delete")
    eventually(lambda: hub.get_entity(counter), lambda metadata: metadata is None)
    hub.clean_entity_storage(remove_empty_entities=True, release_orphaned_locks=True)
    query = client.EntityQuery(instance_id_starts_with=str(counter), include_transient=True)
    assert hub.get_all_entities(query) == []


play(
    [count, signal_then_call, add_one, all_at_once, forgiving, unforgiving, copying, remind],
    entities=[Counter, journal],
)
