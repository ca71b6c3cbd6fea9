"""A Python worker that can be killed. Arguments: host:port of the gRPC door, a folder, a name for this worker.

The orchestration Relay calls the activity Hold, which writes its worker's name into the folder and, in the worker named
"first", never ends. So the test knows when the work is under way and which worker ended it.
"""

import logging
import sys
import threading
from pathlib import Path

from durabletask import task, worker

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


logging.disable(logging.CRITICAL)
sdk = worker.TaskHubGrpcWorker(host_address=address)
for orchestrator in [Relay, PyFanOut]:
    sdk.add_orchestrator(orchestrator)
for activity in [Hold, Square]:
    sdk.add_activity(activity)
sdk.start()
threading.Event().wait()
