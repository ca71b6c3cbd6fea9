"""Large payloads: near the limit of the SDK's messages, and past it."""

import grpc

from durabletask import task

from connection import Status, ended, hub, play
from scenarios import raises, scenario

MEGABYTE = 1 << 20
# What the server takes of an input: what fits into a message of the SDKs, with some room.
LIMIT = 3_932_160


def size(ctx, text):
    return len(text)


def filled(_, count):
    return "x" * count


def one_large(ctx, count):
    return len((yield ctx.call_activity(filled, input=count)))


def many_large(ctx, counts):
    texts = yield task.when_all([ctx.call_activity(filled, input=count) for count in counts])
    return sum(map(len, texts))


def large_event(ctx, _):
    return len((yield ctx.wait_for_external_event("Large")))


def large_child(ctx, count):
    return "x" * count


def large_parent(ctx, count):
    return len((yield ctx.call_sub_orchestrator(large_child, input=count)))


def taken(_, text):
    return len(text)


def large_call(ctx, count):
    """Hands an activity what does not fit into a message."""
    return (yield ctx.call_activity(taken, input="x" * count))


def forgiving(ctx, count):
    try:
        yield ctx.call_activity(filled, input=count)
    except task.TaskFailedError as error:
        return error.details.message


def outcome(instance_id):
    """The end of an instance, without what would not fit into a message to us."""
    state = hub.wait_for_orchestration_completion(instance_id, fetch_payloads=False, timeout=60)
    return state.runtime_status, state.failure_details


@scenario
def inputs_up_to_the_limit_arrive_and_larger_ones_are_refused():
    status, details = outcome(hub.schedule_new_orchestration(size, input="x" * (LIMIT - 2)))
    assert status == Status.COMPLETED, details
    refused = raises(grpc.RpcError, lambda: hub.schedule_new_orchestration(size, input="x" * LIMIT))
    assert refused.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, refused
    assert str(LIMIT) in refused.details(), refused


@scenario
def results_of_three_megabytes_arrive():
    for orchestrator in [one_large, large_parent]:
        state = ended(hub.schedule_new_orchestration(orchestrator, input=3 * MEGABYTE))
        assert state.get_output() == 3 * MEGABYTE, state


@scenario
def an_event_of_three_megabytes_arrives():
    instance_id = hub.schedule_new_orchestration(large_event)
    hub.raise_orchestration_event(instance_id, "Large", data="x" * (3 * MEGABYTE))
    assert ended(instance_id).get_output() == 3 * MEGABYTE


@scenario
def a_result_past_the_limit_is_a_failure_that_can_be_caught():
    message = ended(hub.schedule_new_orchestration(forgiving, input=17 * MEGABYTE)).get_output()
    assert "bytes" in message, message


@scenario
def what_is_past_a_limit_fails_and_says_why():
    for orchestrator, input in [
        (many_large, [MEGABYTE] * 6),
        (forgiving, 5 * MEGABYTE),
        (large_call, 5 * MEGABYTE),
        (large_parent, 5 * MEGABYTE),
        (large_child, 17 * MEGABYTE),
    ]:
        status, details = outcome(hub.schedule_new_orchestration(orchestrator, input=input))
        assert status == Status.FAILED, (orchestrator, status)
        assert "bytes" in details.message, (orchestrator, details)


play([size, one_large, many_large, large_event, large_child, large_parent, large_call, forgiving], [filled, taken])
