"""What the scripts of the Python SDK share: clients, workers, and ways to wait for an instance.

Every script takes two arguments: host:port of the gRPC door, and the flavour of the SDK, "core" or "azuremanaged". The
second names its task hub in every call, here "default".
"""

import logging
import os
import sys
import uuid

from durabletask import client, worker
from durabletask.azuremanaged.client import AsyncDurableTaskSchedulerClient, DurableTaskSchedulerClient
from durabletask.azuremanaged.worker import DurableTaskSchedulerWorker

from scenarios import run_all

ADDRESS, FLAVOUR = sys.argv[1:3]
IS_CORE = FLAVOUR == "core"
Status = client.OrchestrationStatus
logging.disable(logging.CRITICAL)


def _options(options, taskhub):
    if not IS_CORE:
        options |= {"taskhub": taskhub, "token_credential": None, "secure_channel": False}
    return options | {"host_address": ADDRESS}


def new_client(taskhub="default", **options):
    kind = client.TaskHubGrpcClient if IS_CORE else DurableTaskSchedulerClient
    return kind(**_options(options, taskhub))


def new_async_client(**options):
    kind = client.AsyncTaskHubGrpcClient if IS_CORE else AsyncDurableTaskSchedulerClient
    return kind(**_options(options, "default"))


def new_worker(orchestrators=(), activities=(), entities=(), taskhub="default", **options):
    """A worker that is not started."""
    kind = worker.TaskHubGrpcWorker if IS_CORE else DurableTaskSchedulerWorker
    concurrency = worker.ConcurrencyOptions(
        maximum_concurrent_activity_work_items=50, maximum_concurrent_orchestration_work_items=50
    )
    sdk = kind(concurrency_options=concurrency, **_options(options, taskhub))
    for orchestrator in orchestrators:
        sdk.add_orchestrator(orchestrator)
    for activity in activities:
        sdk.add_activity(activity)
    for entity in entities:
        sdk.add_entity(entity)
    return sdk


hub = new_client()


def new_id(word):
    return f"py-{word}-{uuid.uuid4().hex[:12]}"


def ended(instance_id, status=Status.COMPLETED):
    state = hub.wait_for_orchestration_completion(instance_id, timeout=60)
    assert state is not None, f"{instance_id} is not known"
    assert state.runtime_status == status, state
    return state


def run(orchestrator, input=None, **options):
    return ended(hub.schedule_new_orchestration(orchestrator, input=input, **options))


def failed(orchestrator, input=None, **options):
    """Runs what must fail, and gives why it did."""
    instance_id = hub.schedule_new_orchestration(orchestrator, input=input, **options)
    return ended(instance_id, Status.FAILED).failure_details


def waiting(instance_id):
    """Waits until the instance has had its first turn, and so waits for whatever it waits for."""
    state = hub.wait_for_orchestration_start(instance_id, timeout=60)
    assert state.runtime_status == Status.RUNNING, state


def leave(good):
    """Ends the process. A worker's stop would wait for its stream; the end of the process is enough."""
    sys.stdout.flush()
    os._exit(0 if good else 1)


def play(orchestrators, activities=(), entities=(), **options):
    """Runs all scenarios of the script with one worker for everything."""
    new_worker(orchestrators, activities, entities, **options).start()
    leave(run_all())
