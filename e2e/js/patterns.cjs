// The patterns of the SDK's documentation beyond the everyday ones of sdk.cjs.
"use strict";

const assert = require("node:assert/strict");
const { terminateOptions, whenAll, whenAny } = require("@microsoft/durabletask-js");
const { Status, ended, failed, hub, newId, output, play, run, start, started, waiting, work } = require("./connection.cjs");
const { eventually } = require("./scenarios.cjs");

// What the worker runs.

const done = [];
const looks = new Map();
const later = (ctx, milliseconds) => ctx.createTimer(new Date(ctx.currentUtcDateTime.getTime() + milliseconds));

const activities = {
  note: async (_, what) => void done.push(what),
  look: async (_, job) => {
    looks.set(job, (looks.get(job) ?? 0) + 1);
    return looks.get(job) === 4 ? "done" : "running";
  },
  book: async (_, [trip, thing]) => {
    if (thing === "car") throw new Error("no car is left");
    done.push(`${trip} booked ${thing}`);
  },
  undo: async (_, [trip, thing]) => void done.push(`${trip} undid ${thing}`),
  double: async (_, number) => 2 * number,
  refuse: async () => {
    throw new RangeError("refused at once");
  },
  slow: async (_, key) => {
    await eventually(() => done.includes(`go ${key}`), Boolean);
    done.push(`slow ${key}`);
  },
};

const orchestrators = {
  async *purchase(ctx, { cost, patience }) {
    if (cost < 1000) return "approved by itself";
    const approval = ctx.waitForExternalEvent("approval_received");
    const winner = yield whenAny([approval, later(ctx, patience)]);
    return winner === approval ? `approved by ${approval.getResult().approver}` : "canceled";
  },
  async *monitor(ctx, job) {
    while ((yield ctx.callActivity("look", job)) !== "done") yield later(ctx, 50);
    return "done";
  },
  async *eternal(ctx, generation) {
    ctx.setCustomStatus(generation);
    yield later(ctx, 20);
    ctx.continueAsNew(generation + 1, true);
  },
  async *saga(ctx, things) {
    const undoing = [];
    try {
      for (const thing of things) {
        yield ctx.callActivity("book", [ctx.instanceId, thing]);
        undoing.unshift(thing);
      }
    } catch (error) {
      for (const thing of undoing) yield ctx.callActivity("undo", [ctx.instanceId, thing]);
      return error.message;
    }
    return "booked";
  },
  async *waitForAll(ctx, key) {
    yield whenAll([ctx.callActivity("refuse"), ctx.callActivity("slow", key), ctx.callActivity("refuse")]);
  },
  async *race(ctx, key) {
    const fast = ctx.callActivity("double", 21);
    const winner = yield whenAny([ctx.callActivity("slow", key), fast, later(ctx, 3_600_000)]);
    return winner === fast ? winner.getResult() : "not the fast one";
  },
  async *nested(ctx, depth) {
    if (depth === 0) throw new Error("the bottom is reached");
    yield ctx.callSubOrchestrator("nested", depth - 1);
  },
  async *whose(ctx) {
    return ctx.parent ?? null;
  },
  async *mother(ctx) {
    return yield ctx.callSubOrchestrator("whose");
  },
  async *receiver(ctx) {
    return yield ctx.waitForExternalEvent("Greeting");
  },
  async *sender(ctx, [target, data]) {
    ctx.sendEvent(target, "Greeting", data);
    yield later(ctx, 1);
    return "sent";
  },
  async *guids(ctx) {
    const first = [ctx.newGuid(), ctx.newGuid()];
    yield ctx.callActivity("note", first.join(" "));
    return [...first, ctx.newGuid()];
  },
  async *version(ctx) {
    return ctx.version;
  },
  async *crowdMember(ctx, number) {
    return yield ctx.callActivity("double", number);
  },
};

// What is tried.

const scenarios = {
  async an_order_waits_for_its_approver() {
    assert.equal(await run("purchase", { cost: 999, patience: 60_000 }), "approved by itself");
    const id = await started("purchase", { cost: 5000, patience: 3_600_000 });
    await hub.raiseOrchestrationEvent(id, "approval_received", { approver: "Grace" });
    assert.equal(output(await ended(id)), "approved by Grace");
    assert.equal(await run("purchase", { cost: 5000, patience: 300 }), "canceled");
  },

  async a_monitor_looks_until_the_job_is_done() {
    const job = newId("job");
    assert.equal(await run("monitor", job), "done");
    assert.equal(looks.get(job), 4);
  },

  async an_eternal_orchestration_goes_on_until_it_is_terminated() {
    const id = await start("eternal", 0);
    const generation = async () => Number((await hub.getOrchestrationState(id)).serializedCustomStatus ?? 0);
    await eventually(generation, (now) => now >= 5);
    await hub.terminateOrchestration(id, terminateOptions({ output: { why: "enough" } }));
    assert.deepEqual(output(await ended(id, Status.TERMINATED)), { why: "enough" });
  },

  async a_saga_undoes_in_the_opposite_order() {
    const id = await start("saga", ["flight", "hotel", "car", "boat"]);
    assert.match(output(await ended(id)), /no car is left/);
    const mine = done.filter((line) => line.startsWith(id)).map((line) => line.slice(id.length + 1));
    assert.deepEqual(mine, ["booked flight", "booked hotel", "undid hotel", "undid flight"]);
    assert.equal(await run("saga", ["flight", "hotel"]), "booked");
  },

  async a_wait_for_all_waits_for_all_and_tells_every_failure() {
    const key = newId("all");
    const id = await started("waitForAll", key);
    done.push(`go ${key}`);
    const { message } = (await ended(id, Status.FAILED)).failureDetails;
    assert.ok(done.includes(`slow ${key}`));
    assert.equal(message.match(/refused at once/g).length, 2, message);
  },

  async the_first_of_many_wins_and_the_others_change_nothing() {
    const key = newId("race");
    const id = await start("race", key);
    assert.equal(output(await ended(id)), 42);
    done.push(`go ${key}`);
    await eventually(() => done.includes(`slow ${key}`), Boolean);
    assert.equal(output(await ended(id)), 42);
  },

  async the_failure_of_a_grandchild_reaches_the_top() {
    assert.match((await failed("nested", 3)).message, /the bottom is reached/);
  },

  async a_child_knows_its_parent() {
    const id = await start("mother");
    const { name, instanceId, taskScheduledId } = output(await ended(id));
    assert.deepEqual([name, instanceId, typeof taskScheduledId], ["mother", id, "number"]);
    assert.equal(await run("whose"), null);
  },

  async an_orchestration_sends_events_to_another() {
    for (const data of [{ message: "hello" }, 0, "", false]) {
      const id = await started("receiver");
      assert.equal(await run("sender", [id, data]), "sent");
      assert.deepEqual(output(await ended(id)), data);
    }
    assert.equal(await run("sender", ["js-nobody", 1]), "sent", "events to nobody are dropped");
  },

  async tags_and_versions_are_kept() {
    const tags = { env: "test", owner: "é漢🙂" };
    const state = await ended(await start("version", undefined, { tags, version: "1.2.3" }));
    assert.equal(output(state), "1.2.3");
    assert.deepEqual({ ...state.tags }, tags);
    assert.equal(await run("version"), "");
  },

  async ids_made_by_an_orchestrator_are_the_same_in_every_replay() {
    const guids = await run("guids");
    assert.equal(new Set(guids).size, 3);
    assert.ok(done.includes(guids.slice(0, 2).join(" ")), guids);
  },

  async an_input_of_nothing_is_nothing() {
    for (const name of ["whose", "version"]) {
      const state = await ended(await start(name));
      assert.equal(state.serializedInput || undefined, undefined);
      assert.equal(state.serializedCustomStatus || undefined, undefined);
    }
  },

  async a_start_in_the_future_waits_for_its_time() {
    const due = new Date(Date.now() + 900);
    const id = await hub.scheduleNewOrchestration("crowdMember", 4, newId("later"), due);
    assert.equal((await hub.getOrchestrationState(id)).runtimeStatus, Status.PENDING);
    const state = await ended(id);
    assert.ok(state.lastUpdatedAt >= due, `ended at ${state.lastUpdatedAt.toISOString()}, due at ${due.toISOString()}`);
  },

  async purges_reach_children_when_asked() {
    const id = await start("mother");
    await ended(id);
    assert.equal((await hub.purgeOrchestration(id, { recursive: true })).deletedInstanceCount, 2);
    const left = await start("mother");
    await ended(left);
    assert.equal((await hub.purgeOrchestration(left, { recursive: false })).deletedInstanceCount, 1);
  },

  async three_hundred_instances_run_side_by_side() {
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    const ids = await Promise.all(numbers.map((n) => start("crowdMember", n)));
    const states = await Promise.all(ids.map((id) => ended(id)));
    assert.deepEqual(states.map(output), numbers.map((n) => 2 * n));
    await waiting(await start("receiver"));
  },
};

work({ orchestrators, activities }).then(() => play(scenarios));
