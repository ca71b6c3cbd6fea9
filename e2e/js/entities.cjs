// Durable entities in the JavaScript SDK: signals, calls, state, queries and locks.
"use strict";

const assert = require("node:assert/strict");
const { EntityInstanceId, TaskEntity } = require("@microsoft/durabletask-js");
const { Status, ended, errorOf, hub, newId, output, play, run, start, started, work } = require("./connection.cjs");
const { eventually } = require("./scenarios.cjs");

// What the worker runs.

class Counter extends TaskEntity {
  add(amount) {
    this.state.count += amount;
    return this.state.count;
  }
  async addSlowly(amount) {
    await new Promise((resolve) => setImmediate(resolve));
    this.state.log.push(amount);
    return this.add(amount);
  }
  get() {
    return this.state.count;
  }
  refuse() {
    this.state.count = -1;
    throw new Error("this counter refuses");
  }
  copyTo(key) {
    this.context.signalEntity(id(key), "add", this.state.count);
  }
  startCount(instanceId) {
    return this.context.scheduleNewOrchestration("count", this.context.id.key, { instanceId });
  }
  initializeState() {
    return { count: 0, log: [] };
  }
}

class Zero extends TaskEntity {
  set(value) {
    this.state = value;
  }
  initializeState() {
    return null;
  }
}

const id = (key) => new EntityInstanceId("Counter", key);
const call = (ctx, key, operation, input) => ctx.entities.callEntity(id(key), operation, input);

const orchestrators = {
  async *count(ctx, key) {
    return [yield call(ctx, key, "add", 5), yield call(ctx, key, "add", 10), yield call(ctx, key, "get")];
  },
  async *signalThenCall(ctx, key) {
    for (let n = 0; n < 10; n++) ctx.entities.signalEntity(id(key), "add", 1);
    return yield call(ctx, key, "get");
  },
  async *forgiving(ctx, key) {
    yield call(ctx, key, "add", 3);
    try {
      yield call(ctx, key, "refuse");
    } catch (error) {
      return [error.message, yield call(ctx, key, "get")];
    }
  },
  async *double(ctx, key) {
    const lock = yield ctx.entities.lockEntities(id(key));
    try {
      const count = yield call(ctx, key, "get");
      yield ctx.createTimer(new Date(ctx.currentUtcDateTime.getTime() + 10));
      return yield call(ctx, key, "add", count);
    } finally {
      lock.release();
    }
  },
  async *hold(ctx, keys) {
    const outside = ctx.entities.isInCriticalSection().inSection;
    const lock = yield ctx.entities.lockEntities(...keys.map(id));
    const inside = ctx.entities.isInCriticalSection();
    ctx.setCustomStatus("locked");
    yield ctx.waitForExternalEvent("Release");
    lock.release();
    lock.release();
    return [outside, inside.lockedEntities.map((entity) => entity.key), ctx.entities.isInCriticalSection().inSection];
  },
};

// What is tried.

const newKey = () => newId("counter");
const countOf = async (key) => (await hub.getEntity(id(key)))?.state?.count;
const becomes = (key, wanted) => eventually(() => countOf(key), (count) => count === wanted);

const scenarios = {
  async signals_of_a_client_are_done_in_order() {
    const key = newKey();
    const amounts = Array.from({ length: 20 }, (_, n) => n + 1);
    for (const amount of amounts) await hub.signalEntity(id(key), "addSlowly", amount);
    await becomes(key, 210);
    assert.deepEqual((await hub.getEntity(id(key))).state.log, amounts);
  },

  async calls_and_signals_from_orchestrations() {
    assert.deepEqual(await run("count", newKey()), [5, 15, 15]);
    assert.equal(await run("signalThenCall", newKey()), 10);
  },

  async every_call_of_a_crowd_counts_once() {
    const key = newKey();
    const ids = await Promise.all(Array.from({ length: 30 }, () => start("count", key)));
    for (const instanceId of ids) await ended(instanceId);
    assert.equal(await countOf(key), 450);
  },

  async a_failed_operation_changes_nothing() {
    const [message, left] = await run("forgiving", newKey());
    assert.match(message, /this counter refuses/);
    assert.equal(left, 3);
  },

  async entities_signal_each_other_and_start_orchestrations() {
    const [source, target, instanceId] = [newKey(), newKey(), newId("by-entity")];
    await hub.signalEntity(id(source), "add", 7);
    await hub.signalEntity(id(source), "copyTo", target);
    await becomes(target, 7);
    await hub.signalEntity(id(target), "startCount", instanceId);
    await eventually(() => hub.getOrchestrationState(instanceId), Boolean);
    assert.deepEqual(output(await ended(instanceId)), [12, 22, 22]);
  },

  async empty_states_are_states() {
    for (const value of [0, "", false, [], {}]) {
      const zero = new EntityInstanceId("Zero", newKey());
      await hub.signalEntity(zero, "set", value);
      const metadata = await eventually(() => hub.getEntity(zero), Boolean);
      assert.deepEqual(metadata.state, value);
      assert.ok(metadata.lastModifiedTime > new Date(Date.now() - 60_000));
    }
  },

  async an_entity_may_be_deleted_and_come_again() {
    const key = newKey();
    assert.equal(await hub.getEntity(id(key)), undefined);
    await hub.signalEntity(id(key), "add", 100);
    await becomes(key, 100);
    await hub.signalEntity(id(key), "delete");
    await eventually(() => hub.getEntity(id(key)), (found) => found === undefined);
    await hub.cleanEntityStorage();
    await hub.signalEntity(id(key), "add", 5);
    await becomes(key, 5);
  },

  async a_scheduled_signal_waits_for_its_time() {
    const key = newKey();
    const due = Date.now() + 700;
    await hub.signalEntity(id(key), "add", 1, { signalTime: new Date(due) });
    await becomes(key, 1);
    assert.ok(Date.now() >= due);
  },

  async a_query_finds_all_pages_of_what_it_asks_for() {
    const prefix = newKey();
    for (let n = 0; n < 5; n++) await hub.signalEntity(id(`${prefix}-${n}`), "add", n + 1);
    for (let n = 0; n < 5; n++) await becomes(`${prefix}-${n}`, n + 1);
    const query = { instanceIdStartsWith: `@Counter@${prefix}`, includeState: true, pageSize: 2 };
    const found = [];
    for await (const metadata of hub.getEntities(query)) found.push(metadata.state.count);
    assert.deepEqual(found.sort(), [1, 2, 3, 4, 5]);
  },

  async sections_come_one_after_the_other() {
    const key = newKey();
    await hub.signalEntity(id(key), "add", 1);
    const ids = await Promise.all(Array.from({ length: 8 }, () => start("double", key)));
    for (const instanceId of ids) await ended(instanceId);
    assert.equal(await countOf(key), 256);
  },

  async a_lock_names_its_holder_and_keeps_others_out() {
    const keys = [`z-${newKey()}`, `a-${newKey()}`];
    for (const key of keys) await hub.signalEntity(id(key), "add", 1);
    for (const key of keys) await becomes(key, 1);
    const holder = await start("hold", [...keys, keys[0]]);
    const status = async () => (await hub.getOrchestrationState(holder)).serializedCustomStatus;
    await eventually(status, (now) => now === '"locked"');
    for (const key of keys) await hub.signalEntity(id(key), "add", 1);
    const rival = await started("double", keys[0]);
    for (const key of keys) {
      const { lockedBy, state } = await hub.getEntity(id(key));
      assert.deepEqual([lockedBy, state.count], [holder, 1]);
    }
    await hub.raiseOrchestrationEvent(holder, "Release");
    assert.deepEqual(output(await ended(holder)), [false, [keys[1], keys[0]], false]);
    assert.equal(output(await ended(rival)), 4);
  },

  async a_holder_that_is_terminated_lets_go() {
    const key = newKey();
    await hub.signalEntity(id(key), "add", 1);
    await becomes(key, 1);
    const holder = await start("hold", [key]);
    await eventually(async () => (await hub.getEntity(id(key))).lockedBy, (name) => name === holder);
    await hub.terminateOrchestration(holder);
    await ended(holder, Status.TERMINATED);
    assert.equal(await run("double", key), 2);
    await eventually(async () => (await hub.getEntity(id(key))).lockedBy, (name) => !name);
  },

  async an_entity_id_without_end_is_refused() {
    const refused = await errorOf(() => hub.signalEntity(id("k".repeat(1000)), "add", 1));
    assert.equal(refused.code, 3, String(refused));
  },
};

work({ orchestrators, entities: { Counter, Zero } }).then(() => play(scenarios));
