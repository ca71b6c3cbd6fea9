"""Retry policies of the Python SDK, and retries by hand."""

import time
from datetime import timedelta

from durabletask import task

from connection import failed, new_id, play, run
from scenarios import scenario

times = {}


def attempt(key):
    """Counts an attempt and gives its number."""
    times.setdefault(key, []).append(time.monotonic())
    return len(times[key])


def pauses(key):
    return [later - earlier for earlier, later in zip(times[key], times[key][1:])]


class Refused(Exception):
    pass


def stubborn(_, what):
    key, refusals = what
    number = attempt(key)
    if number <= refusals:
        raise Refused(f"attempt {number} is refused")
    return number


def stubborn_child(ctx, what):
    key, refusals = what
    if not ctx.is_replaying and attempt(f"child {key}") <= refusals:
        raise Refused("the child is refused")
    return (yield ctx.call_activity(stubborn, input=[key, 0]))


def policy(first=0.05, **more):
    return task.RetryPolicy(first_retry_interval=timedelta(seconds=first), **more)


def patient(ctx, what):
    rule = policy(0.2, max_number_of_attempts=5, backoff_coefficient=2, max_retry_interval=timedelta(seconds=0.5))
    return (yield ctx.call_activity(stubborn, input=what, retry_policy=rule))


def hurried(ctx, what):
    rule = policy(0.2, max_number_of_attempts=100, backoff_coefficient=2, retry_timeout=timedelta(seconds=1))
    return (yield ctx.call_activity(stubborn, input=what, retry_policy=rule))


def parent(ctx, what):
    rule = policy(max_number_of_attempts=3)
    return (yield ctx.call_sub_orchestrator(stubborn_child, input=what, retry_policy=rule))


def parent_of_the_lost(ctx, what):
    inner, outer = policy(max_number_of_attempts=2), policy(max_number_of_attempts=3)
    yield ctx.call_sub_orchestrator(lost, input=[what, inner.max_number_of_attempts], retry_policy=outer)


def lost(ctx, what):
    key, attempts = what
    yield ctx.call_activity(stubborn, input=[key, 99], retry_policy=policy(max_number_of_attempts=attempts))


def by_hand(ctx, what):
    """Tries again after what may pass, gives up at once after what may not."""
    for pause in (0.02, 0.04, 0.08):
        try:
            return (yield ctx.call_activity(stubborn, input=what))
        except task.TaskFailedError as error:
            if not error.details.is_caused_by(Refused):
                raise
            yield ctx.create_timer(timedelta(seconds=pause))
    return "gave up"


def mixed(ctx, keys):
    """Retries of one task do not disturb the others."""
    rule = policy(max_number_of_attempts=4)
    return (yield task.when_all([
        ctx.call_activity(stubborn, input=[key, refusals], retry_policy=rule) for refusals, key in enumerate(keys)
    ]))


@scenario
def pauses_grow_up_to_the_longest():
    key = new_id("pauses")
    assert run(patient, [key, 4]).get_output() == 5
    least = [0.2, 0.4, 0.5, 0.5]
    assert all(pause >= wanted for pause, wanted in zip(pauses(key), least, strict=True)), pauses(key)


@scenario
def a_timeout_ends_the_attempts():
    key = new_id("hurried")
    details = failed(hurried, [key, 99])
    assert "is refused" in details.message, details
    # 0.2 and 0.4 s fit into one second; the next pause of 0.8 s does not.
    assert len(times[key]) == 3, pauses(key)


@scenario
def a_child_is_tried_again():
    key = new_id("child")
    assert run(parent, [key, 2]).get_output() == 1
    assert len(times[f"child {key}"]) == 3, times


@scenario
def attempts_of_children_and_their_activities_multiply():
    key = new_id("lost")
    details = failed(parent_of_the_lost, key)
    assert "is refused" in details.message, details
    assert len(times[key]) == 6, times[key]


@scenario
def an_orchestration_may_retry_by_its_own_rule():
    assert run(by_hand, [new_id("hand"), 2]).get_output() == 3
    key = new_id("hand")
    assert run(by_hand, [key, 99]).get_output() == "gave up"
    assert len(times[key]) == 3, times[key]


@scenario
def retries_beside_each_other_do_not_mix():
    assert run(mixed, [new_id("mixed") for _ in range(4)]).get_output() == [1, 2, 3, 4]


play([stubborn_child, patient, hurried, parent, parent_of_the_lost, lost, by_hand, mixed], [stubborn])
