// The JavaScript SDK's everyday features, one scenario each; worker and client in one process.
"use strict";

const assert = require("node:assert/strict");
const { RetryPolicy, terminateOptions, whenAll, whenAny } = require("@microsoft/durabletask-js");
const { Status, ended, errorOf, hub, newId, output, play, run, start, waiting, work } = require("./connection.cjs");
const { eventually } = require("./scenarios.cjs");

// What the worker runs.

const attempts = new Map();
const activities = {
  greet: async (_, name) => `Hello ${name}!`,
  square: async (_, number) => number * number,
  refuse: async () => {
    throw new RangeError("the transfer was refused");
  },
  failsTwice: async (_, key) => {
    attempts.set(key, (attempts.get(key) ?? 0) + 1);
    if (attempts.get(key) < 3) throw new Error(`attempt ${attempts.get(key)} is not good enough`);
    return attempts.get(key);
  },
};

const orchestrators = {
  async *sequence(ctx, cities) {
    const greetings = [];
    for (const city of cities) greetings.push(yield ctx.callActivity("greet", city));
    return greetings;
  },
  async *fanOut(ctx, count) {
    const tasks = Array.from({ length: count }, (_, n) => ctx.callActivity("square", n));
    const squares = yield whenAll(tasks);
    return squares.reduce((sum, one) => sum + one, 0);
  },
  async *child(ctx, number) {
    return yield ctx.callActivity("square", number);
  },
  async *parent(ctx, count) {
    return yield whenAll(Array.from({ length: count }, (_, n) => ctx.callSubOrchestrator("child", n)));
  },
  async *sleeper(ctx, seconds) {
    const begin = ctx.currentUtcDateTime.getTime();
    yield ctx.createTimer(seconds);
    return ctx.currentUtcDateTime.getTime() - begin;
  },
  async *approval(ctx, seconds) {
    const event = ctx.waitForExternalEvent("Approval");
    const winner = yield whenAny([event, ctx.createTimer(seconds)]);
    return winner === event ? { answer: event.getResult() } : "timed out";
  },
  async *collector(ctx, count) {
    const events = [];
    while (events.length < count) events.push(yield ctx.waitForExternalEvent("Item"));
    return events;
  },
  async *counter(ctx, [count, until]) {
    if (count === until) return count;
    yield ctx.callActivity("square", count);
    ctx.continueAsNew([count + 1, until], true);
    return null;
  },
  async *narrator(ctx) {
    ctx.setCustomStatus({ phase: "waiting", who: "é漢🙂" });
    yield ctx.waitForExternalEvent("Go");
    ctx.setCustomStatus("done");
  },
  async *retrier(ctx, [key, maxNumberOfAttempts]) {
    const retry = new RetryPolicy({ maxNumberOfAttempts, firstRetryIntervalInMilliseconds: 100 });
    return yield ctx.callActivity("failsTwice", key, { retry });
  },
  async *failing(ctx) {
    yield ctx.callActivity("refuse");
  },
  async *forgiving(ctx) {
    try {
      yield ctx.callActivity("refuse");
    } catch (error) {
      return error.message;
    }
  },
  async *family(ctx, childId) {
    yield ctx.callSubOrchestrator("waitsForEver", undefined, { instanceId: childId });
  },
  async *waitsForEver(ctx) {
    yield ctx.waitForExternalEvent("Never");
  },
  async *echo(_, input) {
    return input;
  },
};

// What is tried.

async function family() {
  const childId = newId("family");
  const parentId = await start("family", childId);
  await waiting(parentId);
  await waiting(childId);
  return [parentId, childId];
}

const scenarios = {
  async a_sequence_returns_its_results_in_order() {
    assert.deepEqual(await run("sequence", ["Tokyo", "Seattle"]), ["Hello Tokyo!", "Hello Seattle!"]);
  },

  async a_hundred_activities_fan_out_and_in() {
    assert.equal(await run("fanOut", 100), 328350);
  },

  async sub_orchestrations_return_to_their_parent() {
    assert.deepEqual(await run("parent", 5), [0, 1, 4, 9, 16]);
  },

  async a_timer_fires_not_before_its_time() {
    assert.ok((await run("sleeper", 0.7)) >= 700);
  },

  async an_event_wins_over_its_timeout() {
    const id = await start("approval", 60);
    await waiting(id);
    await hub.raiseOrchestrationEvent(id, "Approval", { approved: true });
    assert.deepEqual(output(await ended(id)), { answer: { approved: true } });
  },

  async a_timeout_wins_when_no_event_comes() {
    assert.equal(await run("approval", 0.3), "timed out");
  },

  async events_arrive_in_order_even_before_anybody_waits() {
    const id = await start("collector", 20);
    const items = Array.from({ length: 20 }, (_, n) => n);
    for (const n of items) await hub.raiseOrchestrationEvent(id, "Item", n);
    assert.deepEqual(output(await ended(id)), items);
  },

  async continue_as_new_goes_on_to_the_end() {
    assert.equal(await run("counter", [0, 10]), 10);
  },

  async a_custom_status_is_seen_while_it_runs() {
    const id = await start("narrator");
    await waiting(id);
    const state = await hub.getOrchestrationState(id);
    assert.deepEqual(JSON.parse(state.serializedCustomStatus), { phase: "waiting", who: "é漢🙂" });
    await hub.raiseOrchestrationEvent(id, "Go");
    assert.equal((await ended(id)).serializedCustomStatus, '"done"');
  },

  async a_retry_policy_tries_again_until_it_works() {
    assert.equal(await run("retrier", [newId("retry"), 3]), 3);
  },

  async a_retry_policy_gives_up_after_its_last_attempt() {
    const state = await ended(await start("retrier", [newId("give-up"), 2]), Status.FAILED);
    assert.match(state.failureDetails.message, /attempt 2/);
  },

  async failure_details_reach_the_client() {
    const state = await ended(await start("failing"), Status.FAILED);
    assert.match(state.failureDetails.message, /the transfer was refused/);
    assert.ok(state.failureDetails.errorType && state.failureDetails.stackTrace, JSON.stringify(state.failureDetails));
    assert.throws(() => state.raiseIfFailed());
  },

  async an_orchestration_may_catch_a_failure() {
    assert.match(await run("forgiving"), /refused/);
  },

  async suspend_holds_and_resume_lets_go() {
    const id = await start("collector", 3);
    await waiting(id);
    await hub.suspendOrchestration(id);
    const status = async () => (await hub.getOrchestrationState(id)).runtimeStatus;
    await eventually(status, (now) => now === Status.SUSPENDED);
    for (const n of [0, 1, 2]) await hub.raiseOrchestrationEvent(id, "Item", n);
    assert.equal(await status(), Status.SUSPENDED);
    await hub.resumeOrchestration(id);
    assert.deepEqual(output(await ended(id)), [0, 1, 2]);
  },

  async terminate_ends_an_instance_with_its_output() {
    const id = await start("waitsForEver");
    await waiting(id);
    await hub.terminateOrchestration(id, "enough");
    assert.equal(output(await ended(id, Status.TERMINATED)), "enough");
  },

  async terminate_reaches_the_children_when_asked() {
    const [parentId, childId] = await family();
    await hub.terminateOrchestration(parentId, terminateOptions({ recursive: true, output: "all" }));
    await ended(parentId, Status.TERMINATED);
    await ended(childId, Status.TERMINATED);
  },

  async terminate_spares_the_children_when_not_asked() {
    const [parentId, childId] = await family();
    await hub.terminateOrchestration(parentId, terminateOptions({ recursive: false }));
    await ended(parentId, Status.TERMINATED);
    assert.equal((await hub.getOrchestrationState(childId)).runtimeStatus, Status.RUNNING);
    await hub.terminateOrchestration(childId);
  },

  async payloads_come_back_to_the_letter() {
    for (const value of [0, false, [], {}, "é漢🙂", { a: { b: [null, 1.5] } }, "x".repeat(500_000)]) {
      assert.deepEqual(await run("echo", value), value);
    }
  },

  async purge_deletes_what_has_ended() {
    const id = await start("echo", 1);
    await ended(id);
    assert.equal((await hub.purgeOrchestration(id)).deletedInstanceCount, 1);
    assert.equal(await hub.getOrchestrationState(id), undefined);
    assert.equal((await hub.purgeOrchestration(id)).deletedInstanceCount, 0);
  },

  async a_query_finds_all_pages_of_what_it_asks_for() {
    const prefix = newId("query");
    const ids = Array.from({ length: 7 }, (_, n) => `${prefix}-${n}`);
    for (const id of ids) await start("echo", 1, { instanceId: id });
    for (const id of ids) await ended(id);
    const found = [];
    let pages = 0;
    const query = { instanceIdPrefix: prefix, statuses: [Status.COMPLETED], pageSize: 3, fetchInputsAndOutputs: true };
    for await (const page of hub.getAllInstances(query).asPages()) {
      pages += 1;
      found.push(...page.values.map((state) => state.instanceId));
    }
    assert.deepEqual(found.sort(), ids);
    assert.ok(pages >= 3, `${pages} pages`);
  },

  async a_second_start_with_one_id_is_refused_while_the_first_runs() {
    const id = await start("waitsForEver", undefined, { instanceId: newId("twice") });
    await waiting(id);
    const refused = await errorOf(() => start("echo", 1, { instanceId: id }));
    assert.ok(refused.code === 6 || /already|exist/i.test(refused.message), String(refused));
    await hub.terminateOrchestration(id);
  },

  async what_is_unknown_has_the_codes_that_the_sdk_expects() {
    assert.equal(await hub.getOrchestrationState("js-nobody"), undefined);
    const refused = await errorOf(() => hub.raiseOrchestrationEvent("js-nobody", "E"));
    assert.equal(refused.code, 5, String(refused));
  },
};

work({ orchestrators, activities }).then(() => play(scenarios));
