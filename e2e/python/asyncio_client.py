"""The asynchronous client of the Python SDK."""

import asyncio

import grpc
from durabletask import client

from connection import Status, leave, new_async_client, new_id, new_worker
from scenarios import run_all_at_once, scenario

hub = None


def collector(ctx, count):
    events = []
    for _ in range(count):
        events.append((yield ctx.wait_for_external_event("Item")))
    return events


def echo(_, input):
    return input


def failing(_, reason):
    raise ValueError(reason)


async def ended(instance_id, status=Status.COMPLETED):
    state = await hub.wait_for_orchestration_completion(instance_id, timeout=60)
    assert state.runtime_status == status, state
    return state


async def status_is(instance_id, status):
    while (await hub.get_orchestration_state(instance_id)).runtime_status != status:
        await asyncio.sleep(0.02)


async def refused(call, code):
    try:
        await call
    except grpc.aio.AioRpcError as error:
        assert error.code() == code, error
    else:
        raise AssertionError(f"{code} was expected")


@scenario
async def many_waits_are_open_at_once():
    ids = [await hub.schedule_new_orchestration(collector, input=1) for _ in range(100)]
    waits = [asyncio.create_task(ended(instance_id)) for instance_id in ids]
    for number, instance_id in enumerate(ids):
        await hub.raise_orchestration_event(instance_id, "Item", data=number)
    states = await asyncio.gather(*waits)
    assert [state.get_output() for state in states] == [[n] for n in range(100)]


@scenario
async def suspend_resume_and_terminate():
    instance_id = await hub.schedule_new_orchestration(collector, input=2)
    await hub.wait_for_orchestration_start(instance_id, timeout=60)
    await hub.suspend_orchestration(instance_id, reason="holiday")
    await status_is(instance_id, Status.SUSPENDED)
    await hub.raise_orchestration_event(instance_id, "Item", data=1)
    await hub.resume_orchestration(instance_id, reason="back")
    await status_is(instance_id, Status.RUNNING)
    await hub.terminate_orchestration(instance_id, output="enough")
    assert (await ended(instance_id, Status.TERMINATED)).get_output() == "enough"


@scenario
async def a_wait_that_takes_too_long_ends_with_a_timeout():
    instance_id = await hub.schedule_new_orchestration(collector, input=1)
    try:
        await hub.wait_for_orchestration_completion(instance_id, timeout=0.2)
    except TimeoutError:
        await hub.terminate_orchestration(instance_id)
        await ended(instance_id, Status.TERMINATED)
    else:
        raise AssertionError("a timeout was expected")


@scenario
async def failures_are_told():
    state = await ended(await hub.schedule_new_orchestration(failing, input="because"), Status.FAILED)
    assert "because" in state.failure_details.message, state


@scenario
async def queries_and_purges():
    prefix = new_id("async")
    for number in range(5):
        await hub.schedule_new_orchestration(echo, input=number, instance_id=f"{prefix}-{number}")
    for number in range(5):
        await ended(f"{prefix}-{number}")
    query = client.OrchestrationQuery(
        instance_id_prefix=prefix, max_instance_count=2, fetch_inputs_and_outputs=True
    )
    states = await hub.get_all_orchestration_states(query)
    assert sorted(state.get_output() for state in states) == list(range(5)), states
    assert (await hub.purge_orchestration(f"{prefix}-0")).deleted_instance_count == 1
    assert await hub.get_orchestration_state(f"{prefix}-0") is None
    assert len(await hub.get_all_orchestration_states(query)) == 4


@scenario
async def refusals_have_their_codes():
    for call in [hub.raise_orchestration_event("py-nobody", "E"), hub.suspend_orchestration("py-nobody")]:
        await refused(call, grpc.StatusCode.NOT_FOUND)
    instance_id = await hub.schedule_new_orchestration(collector, input=1)
    again = hub.schedule_new_orchestration(collector, instance_id=instance_id)
    await refused(again, grpc.StatusCode.ALREADY_EXISTS)
    await hub.terminate_orchestration(instance_id)


async def main():
    global hub
    hub = new_async_client()
    new_worker([collector, echo, failing]).start()
    leave(await run_all_at_once())


asyncio.run(main())
