"""What operators do with instances: rewind, restart, histories, lists of ids, purges, ids that are used again."""

from datetime import datetime, timedelta, timezone

import grpc
from durabletask import history
from durabletask.internal import orchestrator_service_pb2 as pb

from connection import Status, ended, failed, hub, new_id, play, run, waiting
from scenarios import raises, scenario

broken = set()
calls = {}


def fragile(_, what):
    """Fails as long as its key is broken."""
    key, step = what
    calls[(key, step)] = calls.get((key, step), 0) + 1
    if step == "second" and key in broken:
        raise RuntimeError(f"{key} is broken")
    return f"{step} done"


def steps(ctx, key):
    first = yield ctx.call_activity(fragile, input=[key, "first"])
    yield ctx.create_timer(timedelta(milliseconds=20))
    return [first, (yield ctx.call_activity(fragile, input=[key, "second"]))]


def parent(ctx, key):
    whole = yield ctx.call_sub_orchestrator(steps, input=f"{key}-whole", instance_id=f"{key}-whole")
    return [whole, (yield ctx.call_sub_orchestrator(steps, input=key, instance_id=f"{key}-child"))]


def grandparent(ctx, key):
    return (yield ctx.call_sub_orchestrator(parent, input=key, instance_id=f"{key}-parent"))


def echo(ctx, input):
    return input


def versioned(ctx, input):
    return [ctx.version, input]


def waits(ctx, _):
    return (yield ctx.wait_for_external_event("Go"))


def hoard(ctx, count):
    items = []
    for _ in range(count):
        items.append((yield ctx.wait_for_external_event("Item")))
    return "".join(items)


def code_of(call):
    return raises(grpc.RpcError, call).code()


def broken_key():
    key = new_id("broken")
    broken.add(key)
    return key


# Rewind.

BOTH = ["first done", "second done"]


@scenario
def rewind_does_again_only_what_failed():
    key = broken_key()
    instance_id = hub.schedule_new_orchestration(steps, input=key)
    ended(instance_id, Status.FAILED)
    broken.remove(key)
    hub.rewind_orchestration(instance_id, reason="mended")
    state = ended(instance_id)
    assert state.get_output() == BOTH and state.failure_details is None, state
    assert (calls[(key, "first")], calls[(key, "second")]) == (1, 2), calls


@scenario
def rewind_may_be_needed_twice():
    key = broken_key()
    instance_id = hub.schedule_new_orchestration(steps, input=key)
    ended(instance_id, Status.FAILED)
    hub.rewind_orchestration(instance_id)
    ended(instance_id, Status.FAILED)
    broken.remove(key)
    hub.rewind_orchestration(instance_id)
    assert ended(instance_id).get_output() == BOTH
    assert (calls[(key, "first")], calls[(key, "second")]) == (1, 3), calls


@scenario
def rewind_reaches_failed_children_and_spares_the_others():
    key = broken_key()
    instance_id = hub.schedule_new_orchestration(grandparent, input=key)
    ended(instance_id, Status.FAILED)
    broken.remove(key)
    hub.rewind_orchestration(instance_id)
    assert ended(instance_id).get_output() == [BOTH, BOTH]
    for name in ["parent", "child", "whole"]:
        assert ended(f"{key}-{name}").failure_details is None
    assert (calls[(f"{key}-whole", "second")], calls[(key, "first")], calls[(key, "second")]) == (1, 1, 2), calls


@scenario
def rewind_is_for_failed_instances_only():
    assert code_of(lambda: hub.rewind_orchestration("py-nobody")) == grpc.StatusCode.NOT_FOUND
    done = run(echo, 1).instance_id
    running = hub.schedule_new_orchestration(waits)
    waiting(running)
    for instance_id in [done, running]:
        assert code_of(lambda: hub.rewind_orchestration(instance_id)) == grpc.StatusCode.FAILED_PRECONDITION
    assert ended(done).get_output() == 1


# Restart.


@scenario
def restart_begins_anew_under_the_same_id():
    instance_id = run(versioned, {"a": 1}, version="1.5").instance_id
    before = hub.get_orchestration_state(instance_id)
    assert hub.restart_orchestration(instance_id) == instance_id
    state = ended(instance_id)
    assert state.get_output() == ["1.5", {"a": 1}], state
    assert state.created_at > before.created_at, (before, state)


@scenario
def restart_may_take_a_new_id_even_while_the_first_runs():
    first = hub.schedule_new_orchestration(waits)
    waiting(first)
    second = hub.restart_orchestration(first, restart_with_new_instance_id=True)
    assert second != first
    waiting(second)
    hub.raise_orchestration_event(second, "Go", data=2)
    assert ended(second).get_output() == 2
    assert hub.get_orchestration_state(first).runtime_status == Status.RUNNING


@scenario
def restart_heals_the_failed_and_the_terminated():
    key = broken_key()
    instance_id = hub.schedule_new_orchestration(steps, input=key)
    ended(instance_id, Status.FAILED)
    broken.remove(key)
    hub.restart_orchestration(instance_id)
    assert ended(instance_id).get_output() == BOTH
    assert calls[(key, "first")] == 2, calls
    dead = hub.schedule_new_orchestration(waits)
    hub.terminate_orchestration(dead)
    ended(dead, Status.TERMINATED)
    hub.restart_orchestration(dead)
    hub.raise_orchestration_event(dead, "Go", data="alive")
    assert ended(dead).get_output() == "alive"


@scenario
def restart_refuses_the_unknown_and_the_running():
    assert code_of(lambda: hub.restart_orchestration("py-nobody")) == grpc.StatusCode.NOT_FOUND
    running = hub.schedule_new_orchestration(waits)
    waiting(running)
    assert code_of(lambda: hub.restart_orchestration(running)) == grpc.StatusCode.FAILED_PRECONDITION


# Histories and lists of ids.


@scenario
def a_history_is_told_in_order():
    instance_id = run(steps, new_id("history")).instance_id
    events = hub.get_orchestration_history(instance_id)
    assert isinstance(events[0], history.OrchestratorStartedEvent), events
    # A turn starts after what it is about has happened, and is told before it.
    events = [event for event in events if not isinstance(event, history.OrchestratorStartedEvent)]
    kinds = [type(event).__name__.removesuffix("Event") for event in events]
    assert kinds == [
        "ExecutionStarted", "TaskScheduled", "TaskCompleted", "TimerCreated", "TimerFired", "TaskScheduled",
        "TaskCompleted", "ExecutionCompleted",
    ], kinds
    scheduled, completed = ([e for e in events if isinstance(e, kind)] for kind in (
        history.TaskScheduledEvent, history.TaskCompletedEvent))
    assert [event.task_scheduled_id for event in completed] == [event.event_id for event in scheduled], events
    assert all(earlier.timestamp <= later.timestamp for earlier, later in zip(events, events[1:])), events


@scenario
def a_history_larger_than_a_message_is_told_in_pieces():
    instance_id = hub.schedule_new_orchestration(hoard, input=3)
    for _ in range(3):
        hub.raise_orchestration_event(instance_id, "Item", data="x" * (1 << 20))
    ended(instance_id)
    events = hub.get_orchestration_history(instance_id)
    sizes = [len(event.input) for event in events if isinstance(event, history.EventRaisedEvent)]
    assert [*sizes, len(events[-1].result)] == 3 * [(1 << 20) + 2] + [(3 << 20) + 2], sizes


@scenario
def ids_are_listed_by_their_end():
    begin = datetime.now(timezone.utc) - timedelta(seconds=5)
    mine = [run(echo, n, instance_id=new_id("listed")).instance_id for n in range(5)]
    lost = hub.schedule_new_orchestration(steps, input=broken_key(), instance_id=new_id("listed"))
    ended(lost, Status.FAILED)
    running = hub.schedule_new_orchestration(waits, instance_id=new_id("listed"))

    def listed(**options):
        found, token = [], None
        while True:
            page = hub.list_instance_ids(continuation_token=token, page_size=2, **options)
            found += page.items
            assert len(page.items) <= 2, page
            if not (token := page.continuation_token):
                return [instance_id for instance_id in found if instance_id in [*mine, lost, running]]

    assert listed(completed_time_from=begin) == [*mine, lost]
    assert listed(runtime_status=[Status.FAILED]) == [lost]
    assert listed(completed_time_to=begin) == []


# Purges and ids that are used again.


@scenario
def a_purge_takes_the_children_when_asked():
    key = new_id("purge")
    run(parent, key, instance_id=f"{key}-top")
    assert hub.purge_orchestration(f"{key}-top", recursive=True).deleted_instance_count == 3
    assert hub.get_orchestration_state(f"{key}-child") is None
    run(parent, key, instance_id=f"{key}-top")
    assert hub.purge_orchestration(f"{key}-top", recursive=False).deleted_instance_count == 1
    assert ended(f"{key}-child").get_output() == BOTH


@scenario
def an_id_is_used_again_as_its_policy_says():
    instance_id = new_id("again")
    everything = [status.value for status in Status if status != Status.CONTINUED_AS_NEW]

    def start(input, *replaceable):
        policy = pb.OrchestrationIdReusePolicy(replaceableStatus=replaceable)
        hub.schedule_new_orchestration(echo, input=input, instance_id=instance_id, reuse_id_policy=policy)

    hub.schedule_new_orchestration(waits, instance_id=instance_id)
    waiting(instance_id)
    assert code_of(lambda: start(1, Status.COMPLETED.value)) == grpc.StatusCode.ALREADY_EXISTS
    start(2, *everything)
    assert ended(instance_id).get_output() == 2
    assert code_of(lambda: start(3, Status.FAILED.value)) == grpc.StatusCode.ALREADY_EXISTS
    assert code_of(lambda: start(4)) == grpc.StatusCode.ALREADY_EXISTS
    start(5, Status.COMPLETED.value)
    assert ended(instance_id).get_output() == 5


@scenario
def a_failure_keeps_its_details_over_a_restart_that_fails_again():
    key = broken_key()
    first = failed(steps, key)
    instance_id = hub.schedule_new_orchestration(steps, input=key)
    ended(instance_id, Status.FAILED)
    hub.restart_orchestration(instance_id)
    details = ended(instance_id, Status.FAILED).failure_details
    assert f"{key} is broken" in details.message and details.error_type == first.error_type, details


play([steps, parent, grandparent, echo, versioned, waits, hoard], [fragile])
