// What operators do with instances: rewind, restart, histories and lists of ids.
"use strict";

const assert = require("node:assert/strict");
const { HistoryEventType } = require("@microsoft/durabletask-js");
const { Status, ended, errorOf, hub, newId, output, play, start, started, work } = require("./connection.cjs");

// What the worker runs.

const broken = new Set();
const calls = new Map();

const activities = {
  fragile: async (_, [key, step]) => {
    calls.set(`${key} ${step}`, (calls.get(`${key} ${step}`) ?? 0) + 1);
    if (step === "second" && broken.has(key)) throw new Error(`${key} is broken`);
    return `${step} done`;
  },
};
const orchestrators = {
  async *steps(ctx, key) {
    const first = yield ctx.callActivity("fragile", [key, "first"]);
    yield ctx.createTimer(new Date(ctx.currentUtcDateTime.getTime() + 20));
    return [first, yield ctx.callActivity("fragile", [key, "second"])];
  },
  async *parent(ctx, key) {
    return yield ctx.callSubOrchestrator("steps", key, { instanceId: `${key}-child` });
  },
  async *waits(ctx) {
    return yield ctx.waitForExternalEvent("Go");
  },
  async *versioned(ctx, input) {
    return [ctx.version, input];
  },
};

// What is tried.

const BOTH = ["first done", "second done"];
const called = (key) => [calls.get(`${key} first`), calls.get(`${key} second`)];

/** An instance that failed, with what broke it mended. */
async function mended(name) {
  const key = newId("broken");
  broken.add(key);
  const id = await start(name, key);
  await ended(id, Status.FAILED);
  broken.delete(key);
  return [id, key];
}

const scenarios = {
  async rewind_does_again_only_what_failed() {
    const [id, key] = await mended("steps");
    await hub.rewindInstance(id, "mended");
    const state = await ended(id);
    assert.deepEqual(output(state), BOTH);
    assert.equal(state.failureDetails, undefined);
    assert.deepEqual(called(key), [1, 2]);
  },

  async rewind_reaches_failed_children() {
    const [id, key] = await mended("parent");
    await hub.rewindInstance(id, "mended");
    assert.deepEqual(output(await ended(id)), BOTH);
    assert.deepEqual(output(await ended(`${key}-child`)), BOTH);
    assert.deepEqual(called(key), [1, 2]);
  },

  async rewind_is_for_failed_instances_only() {
    const done = await start("versioned");
    await ended(done);
    for (const id of ["js-nobody", done, await started("waits")]) await errorOf(() => hub.rewindInstance(id, "no"));
    assert.deepEqual(output(await ended(done)), ["", null]);
  },

  async restart_begins_anew_with_the_same_id_or_another() {
    const input = { a: [1, "é漢🙂"] };
    const id = await start("versioned", input, { version: "1.5", instanceId: newId("restart") });
    await ended(id);
    assert.equal(await hub.restartOrchestration(id), id);
    assert.deepEqual(output(await ended(id)), ["1.5", input]);
    const other = await hub.restartOrchestration(id, true);
    assert.notEqual(other, id);
    assert.deepEqual(output(await ended(other)), ["1.5", input]);
  },

  async restart_refuses_the_unknown_and_the_running() {
    const running = await started("waits");
    for (const id of ["js-nobody", running]) await errorOf(() => hub.restartOrchestration(id, false));
    const other = await hub.restartOrchestration(running, true);
    await hub.raiseOrchestrationEvent(other, "Go", 2);
    assert.equal(output(await ended(other)), 2);
    assert.equal((await hub.getOrchestrationState(running)).runtimeStatus, Status.RUNNING);
  },

  async a_history_is_told_in_order() {
    const id = await start("steps", newId("history"));
    await ended(id);
    const events = await hub.getOrchestrationHistory(id);
    const wanted = [
      "OrchestratorStarted", "ExecutionStarted", "TaskScheduled",
      "OrchestratorStarted", "TaskCompleted", "TimerCreated",
      "OrchestratorStarted", "TimerFired", "TaskScheduled",
      "OrchestratorStarted", "TaskCompleted", "ExecutionCompleted",
    ];
    assert.deepEqual(events.map((event) => event.type), wanted.map((name) => HistoryEventType[name]));
    assert.equal(events[4].taskScheduledId, events[2].eventId);
    assert.equal(events[7].timerId, events[5].eventId);
    assert.deepEqual(await hub.getOrchestrationHistory("js-nobody"), []);
  },

  async ids_are_listed_by_their_end() {
    const from = new Date(Date.now() - 5000);
    const mine = [];
    for (let n = 0; n < 5; n++) {
      mine.push(await start("versioned", n));
      await ended(mine[n]);
    }
    const found = [];
    let page = {};
    do {
      const query = { completedTimeFrom: from, runtimeStatus: [Status.COMPLETED], pageSize: 2 };
      page = await hub.listInstanceIds({ ...query, lastInstanceKey: page.continuationToken });
      assert.ok(page.values.length <= 2, JSON.stringify(page));
      found.push(...page.values);
    } while (page.continuationToken);
    assert.deepEqual(found.filter((id) => mine.includes(id)), mine);
    assert.ok(!found.includes(await started("waits")));
  },
};

work({ orchestrators, activities }).then(() => play(scenarios));
