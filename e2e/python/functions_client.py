"""The client of azure-functions-durable against the HTTP door. Argument: origin of the server, which runs its samples."""

import asyncio
import json
import sys
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone

import azure.functions as func
from azure.durable_functions import DurableOrchestrationClient, EntityId, OrchestrationRuntimeStatus as Status

from scenarios import run_all_at_once, run_one, scenario

ORIGIN = sys.argv[1]
BASE = f"{ORIGIN}/runtime/webhooks/durabletask/"


class Recorded:
    """The client, which notes each of its methods that is called."""

    def __init__(self, client):
        self._client = client
        self.called = set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self._client, name)

    def uncalled(self):
        methods = {name for name in dir(type(self._client)) if not name.startswith("_")}
        return sorted(methods - self.called)


with urllib.request.urlopen(f"{BASE}clientBinding") as answer:
    BINDING = answer.read().decode()
hub = Recorded(DurableOrchestrationClient(BINDING))


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


@scenario
async def the_links_lead_where_they_say():
    instance_id = await hub.start_new("HelloWorld", new_id("links"))
    payload = hub.create_http_management_payload(instance_id)
    assert payload == hub.get_client_response_links(None, instance_id)
    names = ["id", "statusQueryGetUri", "sendEventPostUri", "terminatePostUri", "rewindPostUri",
             "purgeHistoryDeleteUri", "restartPostUri", "suspendPostUri", "resumePostUri"]
    assert list(payload) == names, payload
    await until(instance_id, Status.Completed)
    with urllib.request.urlopen(payload["statusQueryGetUri"]) as status:
        assert json.load(status)["instanceId"] == instance_id
    request = func.HttpRequest("GET", "https://example.org/api/orders", body=b"")
    answer = hub.create_check_status_response(request, instance_id)
    links = json.loads(answer.get_body())
    assert answer.status_code == 202 and answer.headers["Location"] == links["statusQueryGetUri"]
    assert links["statusQueryGetUri"] == payload["statusQueryGetUri"].replace(ORIGIN, "https://example.org")


@scenario
async def a_key_goes_along_as_a_password():
    # This client has no place for a key but the address, of which it makes basic authentication.
    binding = json.loads(BINDING)
    binding["rpcBaseUrl"] = binding["rpcBaseUrl"].replace("://", "://key:SECRET@")
    keyed = DurableOrchestrationClient(json.dumps(binding))
    instance_id = await keyed.start_new("HelloWorld", new_id("keyed"))
    await until(instance_id, Status.Completed)
    assert (await keyed.get_status(instance_id)).instance_id == instance_id


@scenario
async def rewind_takes_what_has_failed_alone():
    instance_id = await hub.start_new("Failing")
    before = await until(instance_id, Status.Failed)
    await hub.rewind(instance_id, "mended, or so they say")
    # It runs once more, and fails once more.
    status = await until(instance_id, Status.Failed)
    assert status.last_updated_time >= before.last_updated_time
    status = await hub.get_status(instance_id, show_history=True)
    kinds = [event["EventType"] for event in status.historyEvents]
    assert "ExecutionRewound" in kinds, kinds
    completed = await hub.start_new("HelloWorld")
    await until(completed, Status.Completed)
    assert "only orchestrations in the" in await failure_of(hub.rewind(completed, "x"))
    assert "No instance with ID" in await failure_of(hub.rewind("pyf-nobody", "x"))


@scenario
async def restart_begins_anew():
    instance_id = await hub.start_new("HelloWorld", new_id("restart"), "Ada")
    first = await until(instance_id, Status.Completed)
    # This client gives the whole answer where it promises the id.
    fresh = (await hub.restart(instance_id))["id"]
    assert fresh != instance_id and len(fresh) == 32, fresh
    assert (await until(fresh, Status.Completed)).output == first.output
    again = await hub.restart(instance_id, restart_with_new_instance_id=False)
    assert again["id"] == instance_id
    assert (await until(instance_id, Status.Completed)).output == first.output
    assert "400" in await failure_of(hub.restart("pyf-nobody"))
    running = await hub.start_new("Approval")
    await until(running, Status.Running)
    assert "409" in await failure_of(hub.restart(running, restart_with_new_instance_id=False))
    await hub.terminate(running, "done")


@scenario
async def an_entity_is_signaled_and_read():
    entity = EntityId("Counter", new_id("Key"))
    assert not (await hub.read_entity_state(entity)).entity_exists
    for amount in (5, 2):
        await hub.signal_entity(entity, "add", amount)
    end = asyncio.get_running_loop().time() + 30
    while True:
        read = await hub.read_entity_state(entity, "DurableFunctionsHub", "Storage")
        if read.entity_exists and read.entity_state == 7:
            break
        assert asyncio.get_running_loop().time() < end, vars(read)
        await asyncio.sleep(0.02)


async def purge_many_by_time_and_status():
    """Alone, after the others: it takes away what they look at."""
    before = datetime.now(timezone.utc)
    ids = [await hub.start_new("HelloWorld", new_id("purge")) for _ in range(3)]
    running = await hub.start_new("Approval", new_id("purge"))
    for instance_id in ids:
        await until(instance_id, Status.Completed)
    await until(running, Status.Running)
    failed = await hub.purge_instance_history_by(before, runtime_status=[Status.Failed])
    assert failed.instances_deleted == 0
    none = await hub.purge_instance_history_by(before - timedelta(days=2), before - timedelta(days=1))
    assert none.instances_deleted == 0
    after = datetime.now(timezone.utc) + timedelta(minutes=1)
    some = await hub.purge_instance_history_by(before, after, [Status.Completed, Status.Terminated])
    assert some.instances_deleted == 3, some.instances_deleted
    assert not await hub.get_status(ids[0])
    # Nothing that goes on is ever purged.
    rest = await hub.purge_instance_history_by(datetime(1, 1, 1))
    assert rest.instances_deleted > 0
    assert (await hub.get_status(running)).runtime_status == Status.Running
    await hub.terminate(running, "done")


async def every_method_of_the_client_was_called():
    assert hub.uncalled() == [], hub.uncalled()


async def main():
    good = await run_all_at_once()
    for last in (purge_many_by_time_and_status, every_method_of_the_client_was_called):
        good = await run_one(last) and good
    return good


sys.exit(0 if asyncio.run(main()) else 1)
