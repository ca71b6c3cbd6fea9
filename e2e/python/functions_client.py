"""The client of azure-functions-durable against the HTTP door. Argument: origin of the server, which runs its samples."""

import asyncio
import json
import sys
import uuid
from datetime import datetime, timedelta, timezone

import azure.functions as func
from azure.durable_functions import DurableOrchestrationClient, OrchestrationRuntimeStatus as Status

from scenarios import run_all_at_once, scenario

ORIGIN = sys.argv[1]
BASE = f"{ORIGIN}/runtime/webhooks/durabletask/"
QUERY = "taskHub=DurableFunctionsHub&connection=Storage"


def link(operation=""):
    return f"{BASE}instances/INSTANCEID{operation}?{QUERY}"


hub = DurableOrchestrationClient(json.dumps({
    "taskHubName": "DurableFunctionsHub",
    "creationUrls": {
        "createNewInstancePostUri": f"{BASE}orchestrators/{{functionName}}[/{{instanceId}}]?",
        "createAndWaitOnNewInstancePostUri":
            f"{BASE}orchestrators/{{functionName}}[/{{instanceId}}]?timeout={{timeoutInSeconds}}",
    },
    "managementUrls": {
        "id": "INSTANCEID",
        "statusQueryGetUri": link(),
        "sendEventPostUri": link("/raiseEvent/{eventName}"),
        "terminatePostUri": link("/terminate"),
        "rewindPostUri": link("/rewind"),
        "purgeHistoryDeleteUri": link(),
        "restartPostUri": link("/restart"),
        "suspendPostUri": link("/suspend"),
        "resumePostUri": link("/resume"),
    },
    "rpcBaseUrl": BASE,
}))


def new_id(word):
    return f"pyf-{word}-{uuid.uuid4().hex[:12]}"


async def until(instance_id, *statuses, **shown):
    """Reads until the instance has one of the statuses; this client has no call that waits."""
    end = asyncio.get_running_loop().time() + 30
    while True:
        status = await hub.get_status(instance_id, **shown)
        if status.runtime_status in statuses:
            return status
        assert asyncio.get_running_loop().time() < end, f"{instance_id} is still {status.runtime_status}"
        await asyncio.sleep(0.02)


async def failure_of(coroutine):
    try:
        result = await coroutine
    except Exception as error:  # the client raises plain exceptions
        return str(error)
    raise AssertionError(f"an error was expected, but the call gave {result!r}")


@scenario
async def a_sequence_runs_from_start_to_status():
    instance_id = await hub.start_new("E1_HelloSequence")
    assert len(instance_id) == 32 and instance_id == instance_id.lower(), instance_id
    status = await until(instance_id, Status.Completed)
    assert status.output == ["Hello Tokyo!", "Hello Seattle!", "Hello London!"], status.to_json()
    assert (status.name, status.instance_id) == ("E1_HelloSequence", instance_id), status.to_json()
    assert status.created_time <= status.last_updated_time
    assert status.input_ is None and status.custom_status is None, status.to_json()


@scenario
async def the_id_and_the_input_are_those_that_were_given():
    instance_id = new_id("given")
    assert await hub.start_new("HelloWorld", instance_id, "Ada") == instance_id
    # This client writes its input as JSON twice, and the server keeps it to the letter.
    status = await until(instance_id, Status.Completed, show_input=True)
    assert status.input_ == '"Ada"' and status.output == 'Hello, "Ada"!', status.to_json()


@scenario
async def the_history_tells_what_happened():
    instance_id = await hub.start_new("HelloSequence")
    await until(instance_id, Status.Completed)
    status = await hub.get_status(instance_id, show_history=True, show_history_output=True, show_input=True)
    events = status.historyEvents
    assert [event["EventType"] for event in events] == [
        "ExecutionStarted", "TaskCompleted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted",
    ], events
    first, task, last = events[0], events[1], events[-1]
    assert first["FunctionName"] == "HelloSequence", first
    assert (task["FunctionName"], task["Input"], task["Result"]) == ("SayHello", '"Tokyo"', "Hello Tokyo!"), task
    assert task["ScheduledTime"] <= task["Timestamp"], task
    assert last["OrchestrationStatus"] == "Completed" and last["Result"][2] == "Hello London!", last
    for event in events:
        assert not {"EventId", "IsPlayed", "TaskScheduledId"} & event.keys(), event
    bare = await hub.get_status(instance_id, show_history=True)
    assert "Result" not in bare.historyEvents[-1], bare.historyEvents[-1]


@scenario
async def an_event_reaches_its_orchestration():
    instance_id = await hub.start_new("Approval")
    status = await until(instance_id, Status.Running)
    await hub.raise_event(instance_id, "Approval", {"approved": True})
    status = await until(instance_id, Status.Completed)
    payload = status.output
    assert (json.loads(payload) if isinstance(payload, str) else payload) == {"approved": True}, status.to_json()


@scenario
async def events_to_nobody_and_to_the_dead_are_refused():
    assert "No instance with ID pyf-nobody" in await failure_of(hub.raise_event("pyf-nobody", "Approval", 1))
    instance_id = await hub.start_new("HelloWorld")
    await until(instance_id, Status.Completed)
    assert "is gone" in await failure_of(hub.raise_event(instance_id, "Approval", 1))


@scenario
async def terminate_keeps_its_reason():
    instance_id = await hub.start_new("Approval")
    await until(instance_id, Status.Running)
    await hub.terminate(instance_id, "a & b, in time? 100% é")
    status = await until(instance_id, Status.Terminated)
    assert status.output == "a & b, in time? 100% é", status.to_json()
    await hub.terminate(instance_id, "again")
    assert "No instance" in await failure_of(hub.terminate("pyf-nobody", "x"))


@scenario
async def suspend_and_resume():
    instance_id = await hub.start_new("Approval")
    await until(instance_id, Status.Running)
    await hub.suspend(instance_id, "holiday")
    await until(instance_id, Status.Suspended)
    await hub.raise_event(instance_id, "Approval", True)
    assert (await hub.get_status(instance_id)).runtime_status == Status.Suspended
    await hub.resume(instance_id, "back")
    await until(instance_id, Status.Completed)


@scenario
async def a_failure_is_told():
    instance_id = await hub.start_new("Failing")
    status = await until(instance_id, Status.Failed)
    assert "declined" in str(status.output), status.to_json()


@scenario
async def an_unknown_instance_has_a_falsy_status():
    assert not await hub.get_status("pyf-nobody")


@scenario
async def a_list_is_filtered():
    prefix = new_id("list")
    before = datetime.now(timezone.utc) - timedelta(minutes=1)
    for n in range(3):
        await hub.start_new("HelloWorld", f"{prefix}-{n}")
    await hub.start_new("Approval", f"{prefix}-a")
    for n in range(3):
        await until(f"{prefix}-{n}", Status.Completed)
    await until(f"{prefix}-a", Status.Running)

    async def ids(**filters):
        return sorted(one.instance_id[len(prefix) + 1:] for one in await hub.get_status_by(
            instance_id_prefix=prefix, **filters))

    assert await ids() == ["0", "1", "2", "a"]
    assert await ids(runtime_status=[Status.Completed]) == ["0", "1", "2"]
    assert await ids(runtime_status=[Status.Running, Status.Failed]) == ["a"]
    assert await ids(created_time_from=before) == ["0", "1", "2", "a"]
    assert await ids(created_time_to=before) == []
    assert await ids(created_time_from=before + timedelta(hours=1)) == []
    assert any(one.instance_id == f"{prefix}-a" for one in await hub.get_status_all())
    await hub.terminate(f"{prefix}-a", "done")


@scenario
async def purge_one():
    instance_id = await hub.start_new("HelloWorld")
    await until(instance_id, Status.Completed)
    assert (await hub.purge_instance_history(instance_id)).instances_deleted == 1
    assert not await hub.get_status(instance_id)
    assert (await hub.purge_instance_history(instance_id)).instances_deleted == 0


@scenario
async def a_second_start_with_one_id_is_refused_while_the_first_runs():
    instance_id = await hub.start_new("Approval", new_id("twice"))
    await until(instance_id, Status.Running)
    assert "already exists" in await failure_of(hub.start_new("HelloWorld", instance_id))
    await hub.terminate(instance_id, "done")
    await until(instance_id, Status.Terminated)
    # An id whose instance has ended is free again.
    assert await hub.start_new("HelloWorld", instance_id) == instance_id
    assert (await until(instance_id, Status.Completed)).name == "HelloWorld"


@scenario
async def a_wrong_id_is_refused_with_the_keys_that_the_client_reads():
    assert "256" in await failure_of(hub.start_new("HelloWorld", "x" * 257))


@scenario
async def waiting_gives_the_output_or_the_links():
    request = func.HttpRequest("GET", "https://example.org/api/orders", body=b"")
    instance_id = await hub.start_new("HelloSequence")
    answer = await hub.wait_for_completion_or_create_check_status_response(request, instance_id, 10_000, 50)
    assert answer.status_code == 200 and json.loads(answer.get_body())[0] == "Hello Tokyo!"
    instance_id = await hub.start_new("Approval")
    answer = await hub.wait_for_completion_or_create_check_status_response(request, instance_id, 100, 50)
    assert answer.status_code == 202 and json.loads(answer.get_body())["id"] == instance_id
    await hub.terminate(instance_id, "done")


sys.exit(0 if asyncio.run(run_all_at_once()) else 1)
