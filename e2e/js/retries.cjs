// Retry policies and custom retry handlers of the JavaScript SDK.
"use strict";

const assert = require("node:assert/strict");
const { RetryPolicy, toAsyncRetryHandler } = require("@microsoft/durabletask-js");
const { failed, newId, play, run, work } = require("./connection.cjs");

const attempts = new Map();

/** Fails with each of these errors in turn, then gives the number of its attempt. */
function attempt([key, ...errors]) {
  const times = attempts.get(key) ?? [];
  attempts.set(key, [...times, performance.now()]);
  if (times.length < errors.length) {
    const error = new Error(`attempt ${times.length + 1} met a ${errors[times.length]}`);
    error.name = errors[times.length];
    throw error;
  }
  return times.length + 1;
}
const count = (key) => attempts.get(key).length;
const pauses = (key) => attempts.get(key).slice(1).map((time, n) => time - attempts.get(key)[n]);

const policy = (more) =>
  new RetryPolicy({ maxNumberOfAttempts: 5, firstRetryIntervalInMilliseconds: 50, ...more });
const rules = {
  plain: policy({ maxNumberOfAttempts: 3 }),
  growing: policy({ firstRetryIntervalInMilliseconds: 200, backoffCoefficient: 2, maxRetryIntervalInMilliseconds: 500 }),
  hurried: policy({
    maxNumberOfAttempts: 100, firstRetryIntervalInMilliseconds: 200, backoffCoefficient: 2, retryTimeoutInMilliseconds: 1000,
  }),
  picky: policy({ handleFailure: (failure) => failure.errorType === "Transient" }),
  byMessage: policy({ handleFailure: (failure) => failure.message.includes("Transient") }),
  handler: async (ctx) => ctx.lastFailure.errorType === "Transient" && ctx.lastAttemptNumber < 4,
  delayed: async (ctx) => (ctx.lastFailure.errorType === "Transient" ? 100 * ctx.lastAttemptNumber : false),
  synchronous: toAsyncRetryHandler((ctx) => ctx.lastAttemptNumber < 3),
};

const activities = { stubborn: async (_, what) => attempt(what) };
const orchestrators = {
  async *call(ctx, [rule, ...what]) {
    return yield ctx.callActivity("stubborn", what, { retry: rules[rule] });
  },
  async *callChild(ctx, [rule, ...what]) {
    return yield ctx.callSubOrchestrator("child", what, { retry: rules[rule] });
  },
  async *child(ctx, what) {
    return yield ctx.callActivity("stubborn", what);
  },
};

const [T, P] = ["Transient", "Permanent"];

/** The same for an activity and for a child. */
const both = async (body) => {
  for (const name of ["call", "callChild"]) await body(name, newId(name));
};

const scenarios = {
  async a_policy_tries_again_and_gives_up() {
    await both(async (name, key) => {
      assert.equal(await run(name, ["plain", key, T, T]), 3);
      assert.match((await failed(name, ["plain", `${key}-2`, T, T, T, T])).message, /attempt 3/);
      assert.equal(count(`${key}-2`), 3);
    });
  },

  async pauses_grow_up_to_the_longest() {
    const key = newId("pauses");
    assert.equal(await run("call", ["growing", key, T, T, T, T]), 5);
    [200, 400, 500, 500].forEach((least, n) => assert.ok(pauses(key)[n] >= least - 1, `${pauses(key)}`));
  },

  async a_timeout_ends_the_attempts() {
    const key = newId("hurried");
    await failed("call", ["hurried", key, ...Array(99).fill(T)]);
    // 0.2 and 0.4 s fit into one second; the next pause of 0.8 s does not.
    assert.equal(count(key), 3, `${pauses(key)}`);
  },

  async a_policy_may_choose_by_the_kind_of_failure() {
    const key = newId("picky");
    assert.equal(await run("call", ["picky", key, T, T]), 3);
    assert.match((await failed("call", ["picky", `${key}-2`, T, P, T])).message, /attempt 2 met a Permanent/);
    assert.equal(await run("callChild", ["byMessage", `${key}-3`, T, T]), 3);
    await failed("callChild", ["byMessage", `${key}-4`, P]);
    assert.equal(count(`${key}-4`), 1);
  },

  async a_handler_decides() {
    const key = newId("handler");
    assert.equal(await run("call", ["handler", key, T, T]), 3);
    await failed("call", ["handler", `${key}-2`, P]);
    assert.equal(count(`${key}-2`), 1);
    await failed("call", ["handler", `${key}-3`, T, T, T, T, T]);
    assert.equal(count(`${key}-3`), 4);
    assert.equal(await run("callChild", ["synchronous", `${key}-4`, T, P]), 3);
  },

  async a_handler_may_choose_the_pause() {
    const key = newId("delayed");
    assert.equal(await run("call", ["delayed", key, T, T, T]), 4);
    [100, 200, 300].forEach((least, n) => assert.ok(pauses(key)[n] >= least - 1, `${pauses(key)}`));
    await failed("call", ["delayed", `${key}-2`, T, P]);
    assert.equal(count(`${key}-2`), 2);
  },
};

work({ orchestrators, activities }).then(() => play(scenarios));
