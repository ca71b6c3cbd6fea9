"""One half of the figure "python": the SDK's worker, or the SDK's own backend in memory.

Usage: sequence3.py work HOST:PORT | sequence3.py backend
Prints one line when it is ready (for the backend its address), and then runs until it is killed.
"""

import logging
import socket
import sys
import threading

from durabletask.testing.in_memory_backend import create_test_backend
from durabletask.worker import ConcurrencyOptions, TaskHubGrpcWorker


def SayHello(_, name):
    return f"Hello {name}!"


def HelloSequence(context, _):
    greetings = []
    for city in ("Tokyo", "Seattle", "London"):
        greeting = yield context.call_activity(SayHello, input=city)
        greetings.append(greeting)
    return greetings


def main():
    if sys.argv[1] == "backend":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        create_test_backend(port=port)
        print(f"127.0.0.1:{port}", flush=True)
        threading.Event().wait()
    options = ConcurrencyOptions(
        maximum_concurrent_activity_work_items=100,
        maximum_concurrent_orchestration_work_items=100,
    )
    # A line for each orchestration would be part of the figure.
    quiet = logging.NullHandler()
    with TaskHubGrpcWorker(
        host_address=sys.argv[2], concurrency_options=options, log_handler=quiet
    ) as worker:
        worker.add_orchestrator(HelloSequence)
        worker.add_activity(SayHello)
        worker.start()
        print("ready", flush=True)
        threading.Event().wait()


main()
