"""The Python SDK's everyday features, one scenario each; worker and client in one process."""

from datetime import datetime, timedelta, timezone

import grpc
from durabletask import client, task

from connection import Status, ended, hub, new_id, play, run, waiting
from scenarios import eventually, raises, scenario

# What the worker runs.


def greet(_, name):
    return f"Hello {name}!"


def square(_, number):
    return number * number


class BankError(Exception):
    pass


def transfer(_, amount):
    try:
        raise ValueError(f"no account holds {amount}")
    except ValueError as cause:
        raise BankError("the transfer was refused") from cause


attempts = {}


def fails_twice(_, key):
    attempts[key] = attempts.get(key, 0) + 1
    if attempts[key] < 3:
        raise RuntimeError(f"attempt {attempts[key]} is not good enough")
    return attempts[key]


def sequence(ctx, cities):
    greetings = []
    for city in cities:
        greetings.append((yield ctx.call_activity(greet, input=city)))
    return greetings


def fan_out(ctx, count):
    squares = yield task.when_all([ctx.call_activity(square, input=n) for n in range(count)])
    return sum(squares)


def child(ctx, number):
    return (yield ctx.call_activity(square, input=number))


def parent(ctx, count):
    results = yield task.when_all([ctx.call_sub_orchestrator(child, input=n) for n in range(count)])
    return results


def named_child(ctx, instance_id):
    result = yield ctx.call_sub_orchestrator(child, input=7, instance_id=instance_id)
    return result


def sleeper(ctx, milliseconds):
    start = ctx.current_utc_datetime
    yield ctx.create_timer(timedelta(milliseconds=milliseconds))
    return (ctx.current_utc_datetime - start) / timedelta(milliseconds=1)


def approval(ctx, milliseconds):
    event = ctx.wait_for_external_event("Approval")
    timeout = ctx.create_timer(timedelta(milliseconds=milliseconds))
    winner = yield task.when_any([event, timeout])
    return {"answer": event.get_result()} if winner == event else "timed out"


def collector(ctx, count):
    events = []
    for _ in range(count):
        events.append((yield ctx.wait_for_external_event("Item")))
    return events


def counter(ctx, input):
    """Adds one event a generation, so that events must survive the change of generations."""
    count, until = input
    if count == until:
        return count
    step = yield ctx.wait_for_external_event("Step")
    ctx.continue_as_new([count + step, until], save_events=True)


def narrator(ctx, _):
    ctx.set_custom_status({"phase": "waiting", "who": "é漢🙂"})
    yield ctx.wait_for_external_event("Go")
    ctx.set_custom_status("done")


def retrier(ctx, key):
    policy = task.RetryPolicy(first_retry_interval=timedelta(milliseconds=100), max_number_of_attempts=3)
    result = yield ctx.call_activity(fails_twice, input=key, retry_policy=policy)
    return result


def gives_up(ctx, key):
    policy = task.RetryPolicy(first_retry_interval=timedelta(milliseconds=100), max_number_of_attempts=2)
    result = yield ctx.call_activity(fails_twice, input=key, retry_policy=policy)
    return result


def failing(ctx, amount):
    yield ctx.call_activity(transfer, input=amount)


def forgiving(ctx, amount):
    try:
        yield ctx.call_activity(transfer, input=amount)
    except task.TaskFailedError as error:
        return error.details.message


def broken(ctx, _):
    raise KeyError("lost")
    yield


def version_teller(ctx, _):
    return ctx.version


def empty(ctx, _):
    pass


def echo(ctx, input):
    return input


def waits_for_ever(ctx, _):
    yield ctx.wait_for_external_event("Never")


def family(ctx, child_id):
    yield ctx.call_sub_orchestrator(waits_for_ever, instance_id=child_id)


def sender(ctx, target):
    ctx.send_event(target, "Item", data="from an orchestration")
    return "sent"


# What is tried.


@scenario
def a_sequence_returns_its_results_in_order():
    state = run(sequence, ["Tokyo", "Seattle", "London"])
    assert state.get_output() == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"], state
    assert state.get_input() == ["Tokyo", "Seattle", "London"], state
    assert state.name == "sequence" and state.failure_details is None, state


@scenario
def a_hundred_activities_fan_out_and_in():
    assert run(fan_out, 100).get_output() == sum(n * n for n in range(100))


@scenario
def sub_orchestrations_return_to_their_parent():
    assert run(parent, 5).get_output() == [0, 1, 4, 9, 16]
    child_id = new_id("child")
    assert run(named_child, child_id).get_output() == 49
    assert ended(child_id).get_output() == 49


@scenario
def a_timer_fires_not_before_its_time():
    assert run(sleeper, 700).get_output() >= 700


@scenario
def an_event_wins_over_its_timeout():
    instance_id = hub.schedule_new_orchestration(approval, input=60_000)
    waiting(instance_id)
    hub.raise_orchestration_event(instance_id, "approval", data={"approved": True, "by": "Ada"})
    assert ended(instance_id).get_output() == {"answer": {"approved": True, "by": "Ada"}}


@scenario
def a_timeout_wins_when_no_event_comes():
    assert run(approval, 300).get_output() == "timed out"


@scenario
def events_arrive_in_order_even_before_anybody_waits():
    instance_id = hub.schedule_new_orchestration(collector, input=20)
    for n in range(20):
        hub.raise_orchestration_event(instance_id, "Item", data=n)
    assert ended(instance_id).get_output() == list(range(20))


@scenario
def an_orchestration_sends_an_event_to_another():
    instance_id = hub.schedule_new_orchestration(collector, input=1)
    waiting(instance_id)
    run(sender, instance_id)
    assert ended(instance_id).get_output() == ["from an orchestration"]


@scenario
def continue_as_new_keeps_the_events_that_wait():
    instance_id = hub.schedule_new_orchestration(counter, input=[0, 10])
    for _ in range(10):
        hub.raise_orchestration_event(instance_id, "Step", data=1)
    state = ended(instance_id)
    assert state.get_output() == 10, state


@scenario
def a_custom_status_is_seen_while_it_runs():
    instance_id = hub.schedule_new_orchestration(narrator)
    waiting(instance_id)
    state = hub.get_orchestration_state(instance_id)
    assert state.get_custom_status() == {"phase": "waiting", "who": "é漢🙂"}, state
    hub.raise_orchestration_event(instance_id, "Go")
    state = ended(instance_id)
    assert state.get_custom_status() == "done", state
    assert state.serialized_output is None or state.get_output() is None, state


@scenario
def a_retry_policy_tries_again_until_it_works():
    assert run(retrier, new_id("retry")).get_output() == 3


@scenario
def a_retry_policy_gives_up_after_its_last_attempt():
    state = ended(hub.schedule_new_orchestration(gives_up, input=new_id("give-up")), Status.FAILED)
    assert "attempt 2" in state.failure_details.message, state


@scenario
def failure_details_keep_their_cause():
    state = ended(hub.schedule_new_orchestration(failing, input=100), Status.FAILED)
    found, details = [], state.failure_details
    while details:
        found.append((details.error_type.rsplit(".", 1)[-1], details.message, bool(details.stack_trace)))
        details = details.inner_failure
    assert ("BankError", "the transfer was refused", True) in found, found
    assert any(kind == "ValueError" and "no account holds 100" in message for kind, message, _ in found), found
    raises(client.OrchestrationFailedError, state.raise_if_failed)


@scenario
def an_orchestration_may_catch_a_failure():
    assert "refused" in run(forgiving, 1).get_output()


@scenario
def an_orchestrator_that_raises_fails_its_instance():
    state = ended(hub.schedule_new_orchestration(broken), Status.FAILED)
    assert "KeyError" in state.failure_details.error_type and "lost" in state.failure_details.message, state


@scenario
def an_unknown_orchestrator_fails_its_instance():
    state = ended(hub.schedule_new_orchestration("NobodyServesThis"), Status.FAILED)
    assert "NobodyServesThis" in state.failure_details.message, state


@scenario
def suspend_holds_and_resume_lets_go():
    instance_id = hub.schedule_new_orchestration(collector, input=3)
    waiting(instance_id)
    hub.suspend_orchestration(instance_id, reason="holiday")
    eventually(lambda: hub.get_orchestration_state(instance_id).runtime_status, lambda s: s == Status.SUSPENDED)
    for n in range(3):
        hub.raise_orchestration_event(instance_id, "Item", data=n)
    raises(TimeoutError, lambda: hub.wait_for_orchestration_completion(instance_id, timeout=0.5))
    assert hub.get_orchestration_state(instance_id).runtime_status == Status.SUSPENDED
    hub.resume_orchestration(instance_id, reason="back")
    assert ended(instance_id).get_output() == [0, 1, 2]


@scenario
def terminate_ends_an_instance_with_its_output():
    instance_id = hub.schedule_new_orchestration(waits_for_ever)
    waiting(instance_id)
    hub.terminate_orchestration(instance_id, output={"why": "enough"})
    assert ended(instance_id, Status.TERMINATED).get_output() == {"why": "enough"}
    # Ending twice and sending events to the dead is no error for SDK clients.
    hub.terminate_orchestration(instance_id, output="again")
    hub.raise_orchestration_event(instance_id, "Never", data=1)
    assert ended(instance_id, Status.TERMINATED).get_output() == {"why": "enough"}


def _family():
    child_id = new_id("family")
    parent_id = hub.schedule_new_orchestration(family, input=child_id)
    # The child exists as soon as the parent's first turn is stored.
    waiting(parent_id)
    waiting(child_id)
    return parent_id, child_id


@scenario
def terminate_reaches_the_children_when_asked():
    parent_id, child_id = _family()
    hub.terminate_orchestration(parent_id, recursive=True)
    ended(parent_id, Status.TERMINATED)
    ended(child_id, Status.TERMINATED)


@scenario
def terminate_spares_the_children_when_not_asked():
    parent_id, child_id = _family()
    hub.terminate_orchestration(parent_id, recursive=False)
    ended(parent_id, Status.TERMINATED)
    assert hub.get_orchestration_state(child_id).runtime_status == Status.RUNNING
    hub.raise_orchestration_event(child_id, "Never")
    ended(child_id)


@scenario
def versions_and_ids_reach_the_orchestrator():
    state = run(version_teller, version="2.1", instance_id=new_id("version"))
    assert state.get_output() == "2.1", state


@scenario
def nothing_in_gives_nothing_out():
    state = run(empty)
    assert state.serialized_input is None and state.serialized_custom_status is None, state
    assert state.serialized_output in (None, "null"), state


@scenario
def payloads_come_back_to_the_letter():
    for value in [0, "", False, [], {}, "é漢🙂", 2**53, {"a": {"b": [None, 1.5]}}, "x" * 500_000]:
        assert run(echo, value).get_output() == value


@scenario
def a_start_in_the_future_waits_for_its_time():
    due = datetime.now(timezone.utc) + timedelta(milliseconds=900)
    instance_id = hub.schedule_new_orchestration(echo, input=1, start_at=due)
    assert hub.get_orchestration_state(instance_id).runtime_status == Status.PENDING
    state = ended(instance_id)
    last = state.last_updated_at.replace(tzinfo=timezone.utc)
    assert last >= due, f"ended at {last}, due at {due}"


@scenario
def a_start_in_the_future_can_be_terminated_before():
    due = datetime.now(timezone.utc) + timedelta(hours=1)
    instance_id = hub.schedule_new_orchestration(echo, input=1, start_at=due)
    hub.terminate_orchestration(instance_id)
    ended(instance_id, Status.TERMINATED)


@scenario
def purge_deletes_what_has_ended_and_nothing_else():
    instance_id = run(empty).instance_id
    assert hub.purge_orchestration(instance_id).deleted_instance_count == 1
    assert hub.get_orchestration_state(instance_id) is None
    assert hub.purge_orchestration(instance_id).deleted_instance_count == 0
    running = hub.schedule_new_orchestration(waits_for_ever)
    waiting(running)
    refused = raises(grpc.RpcError, lambda: hub.purge_orchestration(running))
    assert refused.code() == grpc.StatusCode.FAILED_PRECONDITION, refused
    assert hub.get_orchestration_state(running).runtime_status == Status.RUNNING
    hub.terminate_orchestration(running)


@scenario
def a_query_finds_all_pages_of_what_it_asks_for():
    prefix = new_id("query")
    for n in range(7):
        hub.schedule_new_orchestration(echo, input=n, instance_id=f"{prefix}-{n}")
    for n in range(7):
        ended(f"{prefix}-{n}")
    query = client.OrchestrationQuery(
        instance_id_prefix=prefix, max_instance_count=3, fetch_inputs_and_outputs=True
    )
    states = hub.get_all_orchestration_states(query)
    assert sorted(state.instance_id for state in states) == [f"{prefix}-{n}" for n in range(7)], states
    assert sorted(state.get_output() for state in states) == list(range(7)), states
    for statuses, count in [([Status.COMPLETED], 7), ([Status.FAILED, Status.RUNNING], 0)]:
        query = client.OrchestrationQuery(instance_id_prefix=prefix, runtime_status=statuses)
        assert len(hub.get_all_orchestration_states(query)) == count, statuses
    first = min(state.created_at for state in states).replace(tzinfo=timezone.utc)
    for window, count in [
        ({"created_time_from": first}, 7),
        ({"created_time_from": first + timedelta(hours=1)}, 0),
        ({"created_time_to": first}, 0),
        ({"created_time_to": first + timedelta(hours=1)}, 7),
    ]:
        query = client.OrchestrationQuery(instance_id_prefix=prefix, **window)
        assert len(hub.get_all_orchestration_states(query)) == count, window


@scenario
def a_second_start_with_one_id_is_refused_while_the_first_runs():
    instance_id = new_id("twice")
    hub.schedule_new_orchestration(waits_for_ever, instance_id=instance_id)
    waiting(instance_id)
    refused = raises(grpc.RpcError, lambda: hub.schedule_new_orchestration(echo, instance_id=instance_id))
    assert refused.code() == grpc.StatusCode.ALREADY_EXISTS, refused
    assert instance_id in refused.details(), refused.details()
    state = hub.get_orchestration_state(instance_id)
    assert state.name == "waits_for_ever" and state.runtime_status == Status.RUNNING, state
    hub.terminate_orchestration(instance_id)


@scenario
def what_is_unknown_has_the_codes_that_the_sdk_expects():
    assert hub.get_orchestration_state("py-nobody") is None
    assert hub.wait_for_orchestration_completion("py-nobody", timeout=20) is None
    for call in [
        lambda: hub.raise_orchestration_event("py-nobody", "E"),
        lambda: hub.suspend_orchestration("py-nobody"),
        lambda: hub.resume_orchestration("py-nobody"),
        lambda: hub.rewind_orchestration("py-nobody"),
    ]:
        refused = raises(grpc.RpcError, call)
        assert refused.code() == grpc.StatusCode.NOT_FOUND, refused


play(
    [
        sequence, fan_out, child, parent, named_child, sleeper, approval, collector, counter, narrator, retrier,
        gives_up, failing, forgiving, broken, version_teller, empty, echo, waits_for_ever, family, sender,
    ],
    [greet, square, transfer, fails_twice],
)
