// Several workers of the JavaScript SDK on one hub: work-item filters and versions.
// Every worker here asks for the names of its own scenario only, so that scenarios do not take each other's work.
"use strict";

const assert = require("node:assert/strict");
const { VersionFailureStrategy, VersionMatchStrategy } = require("@microsoft/durabletask-js");
const { Status, ended, failed, hub, play, run, start, started, work } = require("./connection.cjs");

/** Starts a worker that asks for exactly what it has, of these versions or of any. */
function worker(orchestrators, { activities = {}, versions, versioning } = {}) {
  const filters = (things) => Object.keys(things).map((name) => ({ name, versions }));
  const workItemFilters = { orchestrations: filters(orchestrators), activities: filters(activities) };
  return work({ orchestrators, activities }, { workItemFilters, versioning });
}
const rule = (version, match, failure = "Fail") => ({
  versioning: {
    version,
    matchStrategy: VersionMatchStrategy[match],
    failureStrategy: VersionFailureStrategy[failure],
  },
});
const says = (word) => async () => word;
const statusOf = async (id) => Status[(await hub.getOrchestrationState(id)).runtimeStatus];

const scenarios = {
  async work_waits_for_a_worker_that_asks_for_it() {
    const waiting = await start("Late");
    await worker({ Early: says("early") });
    assert.equal(await run("Early"), "early");
    assert.equal(await statusOf(waiting), "PENDING");
    await work({ orchestrators: { Late: says("late") } }, { workItemFilters: "auto" });
    assert.equal(JSON.parse((await ended(waiting)).serializedOutput), "late");
  },

  async an_activity_goes_to_the_worker_that_has_it() {
    await worker({
      async *Split(ctx, number) {
        return yield ctx.callActivity("Half", number);
      },
    });
    const id = await started("Split", 8);
    await worker({}, { activities: { Half: async (_, number) => number / 2 } });
    assert.equal(JSON.parse((await ended(id)).serializedOutput), 4);
  },

  async activities_without_a_version_go_with_their_orchestration() {
    await worker(
      {
        async *Versioned(ctx, name) {
          return yield ctx.callActivity("Greet", name);
        },
      },
      { activities: { Greet: async (_, name) => `Hello ${name}` }, versions: ["3.0.0"] },
    );
    assert.equal(await run("Versioned", "Ada", { version: "3.0.0" }), "Hello Ada");
    const other = await start("Versioned", "Bob", { version: "9.9.9" });
    assert.equal(await run("Versioned", "Cyd", { version: "3.0.0" }), "Hello Cyd");
    assert.equal(await statusOf(other), "PENDING");
  },

  async a_strict_worker_fails_other_versions() {
    await worker({ Strict: says("ok") }, rule("2.0.0", "Strict"));
    assert.equal(await run("Strict", undefined, { version: "2.0.0" }), "ok");
    for (const version of ["1.0.0", "3.0.0"]) {
      assert.match((await failed("Strict", undefined, { version })).message, /version/i);
    }
  },

  async a_worker_may_take_older_versions_too() {
    await worker({ Older: says("ok") }, rule("2.0.0", "CurrentOrOlder"));
    for (const version of ["1.0.0", "2.0.0"]) assert.equal(await run("Older", undefined, { version }), "ok");
    assert.match((await failed("Older", undefined, { version: "2.0.1" })).message, /version/i);
  },

  async a_worker_may_take_all_versions() {
    await worker({ All: async (ctx) => ctx.version }, rule("1.0.0", "None"));
    for (const version of ["0.1.0", "9.0.0"]) assert.equal(await run("All", undefined, { version }), version);
  },

  async work_that_one_worker_rejects_goes_to_another() {
    await worker({ Rolling: says("1.0.0") }, rule("1.0.0", "Strict", "Reject"));
    const id = await start("Rolling", undefined, { version: "2.0.0" });
    assert.equal(await run("Rolling", undefined, { version: "1.0.0" }), "1.0.0");
    assert.equal(await statusOf(id), "PENDING");
    await worker({ Rolling: says("2.0.0") }, rule("2.0.0", "Strict", "Reject"));
    assert.equal(JSON.parse((await ended(id)).serializedOutput), "2.0.0");
  },
};

play(scenarios);
