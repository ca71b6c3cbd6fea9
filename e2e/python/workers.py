"""Several workers on one hub: work-item filters and versions.

Every worker here asks for the names of its own scenario only, so that scenarios do not take each other's work.
"""

from durabletask.worker import (
    ActivityWorkItemFilter,
    OrchestrationWorkItemFilter,
    VersionFailureStrategy,
    VersioningOptions,
    VersionMatchStrategy,
    WorkItemFilters,
)

from connection import Status, ended, failed, hub, leave, new_client, new_worker, run
from scenarios import eventually, run_all, scenario


def named(name, function):
    """A function that the SDK knows by another name."""
    def renamed(ctx, input):
        return function(ctx, input)
    renamed.__name__ = name
    return renamed


def started(orchestrators=(), activities=(), versions=None, versioning=None):
    """Starts a worker that asks for exactly what it has, of these versions or of any."""
    versions = versions or []
    worker = new_worker(orchestrators, activities)
    worker.use_work_item_filters(WorkItemFilters(
        orchestrations=[OrchestrationWorkItemFilter(name=o.__name__, versions=versions) for o in orchestrators],
        activities=[ActivityWorkItemFilter(name=a.__name__, versions=versions) for a in activities],
    ))
    if versioning:
        worker.use_versioning(versioning)
    worker.start()


def rule(version, match, failure=VersionFailureStrategy.FAIL, **more):
    return VersioningOptions(version=version, match_strategy=match, failure_strategy=failure, **more)


def says(word):
    return lambda ctx, _: word


def calls(activity):
    def orchestrator(ctx, input):
        return (yield ctx.call_activity(activity, input=input))
    return orchestrator


def status_of(instance_id):
    return hub.get_orchestration_state(instance_id).runtime_status


@scenario
def work_waits_for_a_worker_that_asks_for_it():
    waiting = hub.schedule_new_orchestration("Late")
    started([named("Early", says("early"))])
    assert run("Early").get_output() == "early"
    assert status_of(waiting) == Status.PENDING
    started([named("Late", says("late"))])
    assert ended(waiting).get_output() == "late"


@scenario
def a_worker_may_ask_for_all_that_it_has():
    worker = new_worker([named("Auto", says("auto"))])
    worker.use_work_item_filters()
    worker.start()
    assert run("Auto").get_output() == "auto"


@scenario
def an_activity_goes_to_the_worker_that_has_it():
    started([named("Split", calls("Half"))])
    instance_id = hub.schedule_new_orchestration("Split", input=8)
    assert hub.wait_for_orchestration_start(instance_id, timeout=60).runtime_status == Status.RUNNING
    started(activities=[named("Half", lambda _, number: number // 2)])
    assert ended(instance_id).get_output() == 4


@scenario
def work_goes_to_workers_by_its_version():
    for version in ["1.0", "2.0"]:
        started([named("Versioned", says(version))], versions=[version])
    for version in ["2.0", "1.0", "2.0"]:
        assert run("Versioned", version=version).get_output() == version
    for version in [None, "3.0"]:
        instance_id = hub.schedule_new_orchestration("Versioned", version=version)
        run("Versioned", version="1.0")
        assert status_of(instance_id) == Status.PENDING, version


@scenario
def a_strict_worker_fails_other_versions():
    started([named("Strict", says("ok"))], versioning=rule("2.0", VersionMatchStrategy.STRICT))
    assert run("Strict", version="2.0").get_output() == "ok"
    for version in ["1.0", "3.0", None]:
        details = failed("Strict", version=version)
        assert "version" in details.message.lower(), details


@scenario
def a_worker_may_take_older_versions_too():
    started([named("Older", says("ok"))], versioning=rule("2.0", VersionMatchStrategy.CURRENT_OR_OLDER))
    for version in ["1.0", "1.9.9", "2.0", None]:
        assert run("Older", version=version).get_output() == "ok"
    details = failed("Older", version="2.1")
    assert "version" in details.message.lower(), details


@scenario
def work_that_one_worker_rejects_goes_to_another():
    reject = VersionFailureStrategy.REJECT
    started([named("Rolling", says("1.0"))], versioning=rule("1.0", VersionMatchStrategy.STRICT, reject))
    new = hub.schedule_new_orchestration("Rolling", version="2.0")
    assert run("Rolling", version="1.0").get_output() == "1.0"
    assert status_of(new) == Status.PENDING
    started([named("Rolling", says("2.0"))], versioning=rule("2.0", VersionMatchStrategy.STRICT, reject))
    assert ended(new).get_output() == "2.0"
    old = [hub.schedule_new_orchestration("Rolling", version="1.0") for _ in range(5)]
    assert [ended(instance_id).get_output() for instance_id in old] == ["1.0"] * 5


@scenario
def an_orchestrator_may_serve_old_and_new_versions():
    def aware(ctx, _):
        steps = [(yield ctx.call_activity("Step", input="one"))]
        if ctx.version > "1.0.0":
            steps.append((yield ctx.call_activity("Step", input="three")))
        steps.append((yield ctx.call_activity("Step", input="two")))
        return steps

    any_version = rule("2.0.0", VersionMatchStrategy.NONE)
    started([named("Aware", aware)], [named("Step", lambda _, word: word)], versioning=any_version)
    assert run("Aware", version="1.0.0").get_output() == ["one", "two"]
    assert run("Aware", version="2.0.0").get_output() == ["one", "three", "two"]


@scenario
def default_versions_come_from_client_and_worker():
    def parent(ctx, _):
        child = yield ctx.call_sub_orchestrator("DefaultChild")
        explicit = yield ctx.call_sub_orchestrator("DefaultChild", version="9.0")
        return [ctx.version, child, explicit]

    any_version = rule("1.0", VersionMatchStrategy.NONE, default_version="7.0")
    started(
        [named("DefaultParent", parent), named("DefaultChild", lambda ctx, _: ctx.version)], versioning=any_version
    )
    instance_id = new_client(default_version="5.0").schedule_new_orchestration("DefaultParent")
    assert ended(instance_id).get_output() == ["5.0", "7.0", "9.0"]


@scenario
def equal_workers_share_the_work():
    seen = {"a": 0, "b": 0}

    def counting(name):
        def orchestrator(ctx, _):
            seen[name] += 1
        return orchestrator

    for name in seen:
        started([named("Shared", counting(name))])
    started_ids = [hub.schedule_new_orchestration("Shared") for _ in range(40)]
    for instance_id in started_ids:
        ended(instance_id)
    # Both are there by the time of the last; before that, one may have been alone.
    eventually(lambda: (run("Shared"), min(seen.values()))[1], bool)


leave(run_all())
