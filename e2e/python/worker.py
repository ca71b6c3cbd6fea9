"""A Python worker that can be killed. Arguments: host:port of the gRPC door, a folder, a name for this worker.

The orchestration Relay calls the activity Hold, which writes its worker's name into the folder and, in the worker named
"first", never ends. So the test knows when the work is under way and which worker ended it.

The orchestration Book makes the entity Ledger write numbers down, some by signals and some by calls. In the worker named
"first" it never comes to the end of 3.
"""

import logging
import sys
import threading
from pathlib import Path

from durabletask import entities, task, worker

address, folder, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]


def Hold(ctx, number):
    (folder / f"{name}-{number}").touch()
    if name == "first":
        threading.Event().wait()
    return f"{name} did {number}"


def Relay(ctx, count):
    results = yield task.when_all([ctx.call_activity(Hold, input=n) for n in range(count)])
    return results


def Square(ctx, number):
    return number * number


def PyFanOut(ctx, count):
    squares = yield task.when_all([ctx.call_activity(Square, input=n) for n in range(count)])
    return sum(squares)


def Ledger(ctx, number):
    if ctx.operation == "read":
        return ctx.get_state(list, [])
    ctx.set_state(ctx.get_state(list, []) + [number])
    if name == "first" and number == 3:
        (folder / "first-3").touch()
        threading.Event().wait()
    return number


def Book(ctx, count):
    ledger = entities.EntityInstanceId("Ledger", "main")
    for number in range(count):
        ctx.signal_entity(ledger, "write", input=number)
    yield task.when_all([ctx.call_entity(ledger, "write", input=count + n) for n in range(count)])
    return (yield ctx.call_entity(ledger, "read"))


logging.disable(logging.CRITICAL)
sdk = worker.TaskHubGrpcWorker(host_address=address)
for orchestrator in [Relay, PyFanOut, Book]:
    sdk.add_orchestrator(orchestrator)
for activity in [Hold, Square]:
    sdk.add_activity(activity)
sdk.add_entity(Ledger)
sdk.start()
threading.Event().wait()
