"""Runs scenarios side by side and prints one JSON line for each: name, ok, seconds, error."""

import asyncio
import json
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

_scenarios = []


def scenario(function):
    """Marks a function without parameters as a scenario; its name is what the Rust test asks for."""
    _scenarios.append(function)
    return function


def _tell(function, start, error):
    line = {"name": function.__name__, "ok": error is None, "seconds": round(time.monotonic() - start, 2)}
    if error:
        line["error"] = error
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    return error is None


def _run(function):
    start = time.monotonic()
    try:
        function()
    except BaseException:  # a scenario may fail in any way, and the others must still be told
        return _tell(function, start, traceback.format_exc())
    return _tell(function, start, None)


def run_all():
    """Runs every scenario in a thread of its own and says by its result whether all went well."""
    with ThreadPoolExecutor(max_workers=len(_scenarios)) as pool:
        return all(list(pool.map(_run, _scenarios)))


async def _run_async(function):
    start = time.monotonic()
    try:
        await asyncio.wait_for(function(), 60)
    except Exception:
        return _tell(function, start, traceback.format_exc())
    return _tell(function, start, None)


async def run_all_at_once():
    """The same for scenarios that are coroutines; they share one event loop, as one client needs."""
    return all(await asyncio.gather(*map(_run_async, _scenarios)))


async def run_one(function):
    """Runs a scenario by itself, for what must not happen beside the others."""
    return await _run_async(function)


def raises(kind, call):
    """Gives the exception of this kind that the call must raise."""
    try:
        result = call()
    except kind as error:
        return error
    raise AssertionError(f"{kind} was expected, but the call gave {result!r}")


def eventually(read, wanted, seconds=30):
    """Reads until `wanted` accepts the value; for states that no call can wait for."""
    end = time.monotonic() + seconds
    while True:
        value = read()
        if wanted(value):
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s it is still {value!r}")
        time.sleep(0.02)
