"""Locks on entities: critical sections keep others out, and nobody keeps a lock that it cannot use any more."""

from durabletask import entities

from connection import Status, ended, failed, hub, new_id, play, run, waiting
from scenarios import eventually, scenario

EntityId = entities.EntityInstanceId


class Account(entities.DurableEntity):
    def add(self, amount: int):
        self.set_state(self.get_state(int, 0) + amount)

    def get(self):
        return self.get_state(int, 0)


def account(key):
    return EntityId("Account", key)


def transfer(ctx, order):
    """Reads and writes with time between, so that only a lock keeps the sum."""
    source, target, amount = order
    source, target = account(source), account(target)
    with (yield ctx.lock_entities([source, target])):
        balance = yield ctx.call_entity(source, "get")
        if balance < amount:
            return False
        yield ctx.call_entity(target, "add", input=amount)
        yield ctx.call_entity(source, "add", input=-amount)
        return True


def double(ctx, key):
    """Loses an update if anybody comes between its two calls."""
    with (yield ctx.lock_entities([account(key)])):
        balance = yield ctx.call_entity(account(key), "get")
        yield ctx.call_entity(account(key), "add", input=balance)


def hold(ctx, key):
    """Keeps the lock until it is told to let go."""
    with (yield ctx.lock_entities([account(key)])):
        ctx.set_custom_status("locked")
        yield ctx.wait_for_external_event("Release")
        return (yield ctx.call_entity(account(key), "get"))


def raising(ctx, key):
    with (yield ctx.lock_entities([account(key)])):
        yield ctx.call_entity(account(key), "add", input=1)
        raise RuntimeError("in the middle of the section")


def forgetful(ctx, key):
    yield ctx.lock_entities([account(key)])
    yield ctx.call_entity(account(key), "add", input=1)


def again(ctx, key):
    """Takes the same lock in every generation."""
    key, generation = key
    with (yield ctx.lock_entities([account(key)])):
        yield ctx.call_entity(account(key), "add", input=1)
    if generation < 5:
        ctx.continue_as_new([key, generation + 1])


def plain_add(ctx, key):
    yield ctx.call_entity(account(key), "add", input=1)


def balance_of(key):
    metadata = hub.get_entity(account(key), include_state=True)
    return metadata.get_state(int) if metadata else None


def becomes(key, wanted):
    eventually(lambda: balance_of(key), lambda balance: balance == wanted)


def filled(*amounts):
    """New accounts with these balances."""
    keys = [new_id("account") for _ in amounts]
    for key, amount in zip(keys, amounts):
        hub.signal_entity(account(key), "add", input=amount)
    for key, amount in zip(keys, amounts):
        becomes(key, amount)
    return keys


def holding(key):
    instance_id = hub.schedule_new_orchestration(hold, input=key)
    eventually(lambda: hub.get_orchestration_state(instance_id).get_custom_status(), lambda status: status == "locked")
    return instance_id


def is_free(key):
    """Locks the account, which ends only if nobody keeps the lock."""
    run(double, key)


@scenario
def transfers_in_all_directions_keep_the_sum():
    keys = filled(100, 100, 100)
    orders = [(keys[n % 3], keys[(n + 1 + n % 2) % 3], 30) for n in range(24)]
    started = [hub.schedule_new_orchestration(transfer, input=order) for order in orders]
    assert any([ended(instance_id).get_output() for instance_id in started])
    balances = [balance_of(key) for key in keys]
    assert sum(balances) == 300 and min(balances) >= 0, balances


@scenario
def sections_of_one_entity_come_one_after_the_other():
    [key] = filled(1)
    for instance_id in [hub.schedule_new_orchestration(double, input=key) for _ in range(10)]:
        ended(instance_id)
    assert balance_of(key) == 1024, balance_of(key)


@scenario
def others_wait_until_the_lock_is_free():
    [key] = filled(5)
    holder = holding(key)
    hub.signal_entity(account(key), "add", input=1)
    caller = hub.schedule_new_orchestration(plain_add, input=key)
    waiting(caller)
    rival = hub.schedule_new_orchestration(double, input=key)
    waiting(rival)
    assert balance_of(key) == 5, balance_of(key)
    hub.raise_orchestration_event(holder, "Release")
    assert ended(holder).get_output() == 5
    ended(caller)
    ended(rival)
    # In the order of their arrival: one more, one more, twice as much.
    assert balance_of(key) == 14, balance_of(key)


@scenario
def a_section_that_raises_lets_go():
    [key] = filled(1)
    assert "in the middle" in failed(raising, key).message
    is_free(key)
    assert balance_of(key) == 4, balance_of(key)


@scenario
def a_lock_that_is_forgotten_is_free_at_the_end():
    [key] = filled(1)
    run(forgetful, key)
    is_free(key)
    assert balance_of(key) == 4, balance_of(key)


@scenario
def a_holder_that_is_terminated_lets_go():
    [key] = filled(3)
    holder = holding(key)
    hub.terminate_orchestration(holder)
    ended(holder, Status.TERMINATED)
    is_free(key)
    assert balance_of(key) == 6, balance_of(key)


@scenario
def one_that_waits_for_a_lock_may_be_terminated_too():
    [key] = filled(3)
    holder = holding(key)
    rival = hub.schedule_new_orchestration(double, input=key)
    waiting(rival)
    hub.terminate_orchestration(rival)
    ended(rival, Status.TERMINATED)
    hub.raise_orchestration_event(holder, "Release")
    ended(holder)
    is_free(key)
    assert balance_of(key) == 6, balance_of(key)


@scenario
def generations_take_the_lock_anew():
    [key] = filled(1)
    run(again, [key, 1])
    assert balance_of(key) == 6, balance_of(key)
    is_free(key)


play([transfer, double, hold, raising, forgetful, again, plain_add], entities=[Account])
