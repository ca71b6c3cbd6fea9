"""The patterns of the SDKs' documentation beyond the everyday ones of sdk.py."""

from dataclasses import dataclass
from datetime import timedelta

from durabletask import task

from connection import Status, ended, failed, hub, new_id, play, run, waiting
from scenarios import eventually, scenario

# Human interaction: a purchase order that somebody must approve in time.


@dataclass
class Order:
    cost: int
    patience: float


@dataclass
class Approval:
    approver: str


done = []


def note(_, what):
    done.append(what)


def purchase(ctx, order: Order):
    if order.cost < 1000:
        return "approved by itself"
    yield ctx.call_activity(note, input=f"asked {ctx.instance_id}")
    approval = ctx.wait_for_external_event("approval_received", data_type=Approval)
    timeout = ctx.create_timer(timedelta(seconds=order.patience))
    winner = yield task.when_any([approval, timeout])
    if winner == timeout:
        return "canceled"
    timeout.cancel()
    yield ctx.call_activity(note, input=f"placed {ctx.instance_id}")
    return f"approved by {approval.get_result().approver}"


@scenario
def a_small_order_needs_nobody():
    assert run(purchase, Order(999, 60)).get_output() == "approved by itself"


@scenario
def an_order_waits_for_its_approver():
    instance_id = hub.schedule_new_orchestration(purchase, input=Order(5000, 3600))
    eventually(lambda: f"asked {instance_id}" in done, bool)
    hub.raise_orchestration_event(instance_id, "approval_received", data=Approval("Grace"))
    assert ended(instance_id).get_output() == "approved by Grace"
    assert f"placed {instance_id}" in done


@scenario
def an_order_that_nobody_approves_is_canceled():
    state = run(purchase, Order(5000, 0.3))
    assert state.get_output() == "canceled", state
    assert f"placed {state.instance_id}" not in done


# Monitor: looks again and again until the job is done.

looks = {}


def look(_, job):
    looks[job] = looks.get(job, 0) + 1
    return "done" if looks[job] == 4 else "running"


def monitor(ctx, job):
    while (yield ctx.call_activity(look, input=job)) != "done":
        yield ctx.create_timer(timedelta(milliseconds=50))
    return "done"


@scenario
def a_monitor_looks_until_the_job_is_done():
    job = new_id("job")
    assert run(monitor, job).get_output() == "done"
    assert looks[job] == 4, looks


# Eternal: never ends by itself, and keeps no history.


def eternal(ctx, generation):
    ctx.set_custom_status(generation)
    yield ctx.create_timer(timedelta(milliseconds=20))
    ctx.continue_as_new(generation + 1)


@scenario
def an_eternal_orchestration_goes_on_until_it_is_terminated():
    instance_id = hub.schedule_new_orchestration(eternal, input=0)
    eventually(lambda: hub.get_orchestration_state(instance_id).get_custom_status() or 0, lambda n: n >= 5)
    state = hub.get_orchestration_state(instance_id)
    assert state.runtime_status == Status.RUNNING and state.get_input() >= 5, state
    hub.terminate_orchestration(instance_id, output="enough")
    assert ended(instance_id, Status.TERMINATED).get_output() == "enough"


def upgraded(ctx, is_new):
    if not is_new:
        ctx.continue_as_new(True, new_version="2.0")
    else:
        return ctx.version


@scenario
def a_new_generation_may_have_a_new_version():
    assert run(upgraded, False, version="1.0").get_output() == "2.0"


# Saga: what was done is undone in the opposite order.


def book(_, what):
    trip, thing = what
    if thing == "car":
        raise LookupError("no car is left")
    done.append(f"{trip} booked {thing}")


def undo(_, what):
    trip, thing = what
    done.append(f"{trip} undid {thing}")


def saga(ctx, things):
    undoing = []
    try:
        for thing in things:
            yield ctx.call_activity(book, input=[ctx.instance_id, thing])
            undoing.append(thing)
    except task.TaskFailedError as error:
        for thing in reversed(undoing):
            yield ctx.call_activity(undo, input=[ctx.instance_id, thing])
        return error.details.message
    return "booked"


@scenario
def a_saga_undoes_in_the_opposite_order():
    state = run(saga, ["flight", "hotel", "car", "boat"])
    assert "no car is left" in state.get_output(), state
    mine = [line.split(" ", 1)[1] for line in done if line.startswith(state.instance_id)]
    assert mine == ["booked flight", "booked hotel", "undid hotel", "undid flight"], mine
    assert run(saga, ["flight", "hotel"]).get_output() == "booked"


# Families: nested children, children that fail, children nobody waits for.


def nested(ctx, depth):
    if depth == 0:
        raise ValueError("the bottom is reached")
    yield ctx.call_sub_orchestrator(nested, input=depth - 1)


def whose(ctx, _):
    return ctx.parent_instance_id


def mother(ctx, _):
    return (yield ctx.call_sub_orchestrator(whose))


def careless(ctx, child_id):
    ctx.call_sub_orchestrator(late_child, instance_id=child_id)
    return "not waited"


def late_child(ctx, _):
    return (yield ctx.wait_for_external_event("Go"))


def twin(ctx, child_id):
    yield ctx.call_sub_orchestrator(late_child, instance_id=child_id)


@scenario
def the_failure_of_a_grandchild_reaches_the_top():
    details = failed(nested, 3)
    assert "the bottom is reached" in details.message, details


@scenario
def a_child_knows_its_parent():
    state = run(mother)
    assert state.get_output() == state.instance_id, state
    assert run(whose).get_output() is None


@scenario
def a_child_that_nobody_waits_for_ends_all_the_same():
    child_id = new_id("careless")
    assert run(careless, child_id).get_output() == "not waited"
    waiting(child_id)
    hub.raise_orchestration_event(child_id, "Go", data=7)
    assert ended(child_id).get_output() == 7


@scenario
def a_second_child_with_the_id_of_a_running_one_fails():
    child_id = new_id("twin")
    first = hub.schedule_new_orchestration(twin, input=child_id)
    waiting(first)
    waiting(child_id)
    details = failed(twin, child_id)
    assert child_id in details.message, details
    hub.raise_orchestration_event(child_id, "Go")
    ended(first)


# Races, timers and identity.


def race(ctx, _):
    event = ctx.wait_for_external_event("Gun")
    timers = [ctx.create_timer(timedelta(days=30 + n)) for n in range(3)]
    winner = yield task.when_any([event, *timers])
    for timer in timers:
        timer.cancel()
    return winner == event


def ids(ctx, _):
    first = [ctx.new_uuid(), ctx.new_uuid()]
    yield ctx.call_activity(note, input=" ".join(first))
    return first + [ctx.new_uuid()]


def to_itself(ctx, _):
    ctx.send_event(ctx.instance_id, "Note", data="to myself")
    return (yield ctx.wait_for_external_event("Note"))


@scenario
def timers_of_a_month_do_not_keep_an_instance():
    instance_id = hub.schedule_new_orchestration(race)
    waiting(instance_id)
    hub.raise_orchestration_event(instance_id, "Gun")
    assert ended(instance_id).get_output() is True


@scenario
def ids_made_by_an_orchestrator_are_the_same_in_every_replay():
    output = run(ids).get_output()
    assert len(set(output)) == 3 and " ".join(output[:2]) in done, output


@scenario
def an_orchestration_may_send_an_event_to_itself():
    assert run(to_itself).get_output() == "to myself"


# Crowds.


def crowd_member(ctx, number):
    return (yield ctx.call_activity(double, input=number))


def double(_, number):
    return 2 * number


@scenario
def three_hundred_instances_run_side_by_side():
    started = [hub.schedule_new_orchestration(crowd_member, input=n) for n in range(300)]
    assert [ended(instance_id).get_output() for instance_id in started] == [2 * n for n in range(300)]


play(
    [
        purchase, monitor, eternal, upgraded, saga, nested, whose, mother, careless, late_child, twin, race, ids,
        to_itself, crowd_member,
    ],
    [note, look, book, undo, double],
)
