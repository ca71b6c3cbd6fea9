// The client of durable-functions against the HTTP door, in its two modes. Arguments: origin of the server, which runs
// its samples, and the mode: "rpc" (one base address) or "webhook" (the addresses of the client binding).
"use strict";

const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
// Without it the client takes every address of the binding for that of a local Functions host.
process.env.WEBSITE_HOSTNAME ??= "127.0.0.1";
const df = require("durable-functions");
const { eventually, runAll } = require("./scenarios.cjs");

const [origin, mode] = process.argv.slice(2);
const base = `${origin}/runtime/webhooks/durabletask`;
const called = new Set();
let client;
// The client, which notes each of its methods that is called.
const hub = new Proxy({}, {
  get(_, name) {
    called.add(name);
    const member = client[name];
    return typeof member === "function" ? member.bind(client) : member;
  },
});

async function connect(query = "", change = () => {}) {
  const binding = await (await fetch(`${base}/clientBinding${query}`)).json();
  if (mode === "webhook") delete binding.rpcBaseUrl;
  change(binding);
  const input = df.input.durableClient();
  return df.getClient({ options: { extraInputs: [input] }, extraInputs: { get: () => binding } });
}

const newId = (word) => `jsf-${mode}-${word}-${randomUUID().slice(0, 8)}`;
const until = (id, ...statuses) =>
  eventually(() => hub.getStatus(id), (status) => statuses.includes(status.runtimeStatus));
const messageOf = (promise) => promise.then(
  (value) => assert.fail(`an error was expected, but the call gave ${JSON.stringify(value)}`),
  (error) => error.message,
);

const scenarios = {
  async a_sequence_runs_from_start_to_status() {
    const id = await hub.startNew("E1_HelloSequence");
    assert.match(id, /^[0-9a-f]{32}$/);
    const status = await until(id, "Completed");
    assert.deepEqual(status.output, ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]);
    assert.equal(status.name, "E1_HelloSequence");
    assert.equal(status.instanceId, id);
    assert.ok(new Date(status.createdTime) <= new Date(status.lastUpdatedTime));
  },

  async the_id_and_the_input_are_those_that_were_given() {
    const id = newId("given");
    assert.equal(await hub.startNew("HelloWorld", { instanceId: id, input: "Ada" }), id);
    const status = await until(id, "Completed");
    assert.equal(status.input, "Ada");
    assert.equal(status.output, "Hello, Ada!");
    const fan = await hub.startNew("FanOutFanIn", { input: { count: 3 } });
    assert.deepEqual((await until(fan, "Completed")).output, { count: 3, sum: 14 });
  },

  async the_history_tells_what_happened() {
    const id = await hub.startNew("HelloSequence");
    await until(id, "Completed");
    const status = await hub.getStatus(id, { showHistory: true, showHistoryOutput: true, showInput: true });
    assert.equal(status.runtimeStatus, "Completed");
    // This client asks for the history and then drops it, because it looks under another name; so look for oneself.
    const { historyEvents } = await (await fetch(`${base}/instances/${id}?showHistory=true&showHistoryOutput=true`)).json();
    const kinds = historyEvents.map((event) => event.EventType);
    assert.deepEqual(kinds, ["ExecutionStarted", "TaskCompleted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted"]);
    assert.equal(historyEvents[1].Result, "Hello Tokyo!");
  },

  async an_event_reaches_its_orchestration() {
    const id = await hub.startNew("Approval", { input: { timeout_seconds: 3600 } });
    await until(id, "Running");
    await hub.raiseEvent(id, "Approval", { approved: true });
    assert.deepEqual((await until(id, "Completed")).output, { approved: true });
    assert.match(await messageOf(hub.raiseEvent("jsf-nobody", "Approval", 1)), /No instance with ID/);
    // An event to one that has ended is taken silently by this client.
    await hub.raiseEvent(id, "Approval", 1);
  },

  async terminate_keeps_its_reason() {
    const id = await hub.startNew("Approval", { input: {} });
    await until(id, "Running");
    await hub.terminate(id, "not needed any more");
    assert.equal((await until(id, "Terminated")).output, "not needed any more");
    await hub.terminate(id, "again");
    assert.match(await messageOf(hub.terminate("jsf-nobody", "x")), /No instance with ID/);
  },

  async suspend_and_resume() {
    const id = await hub.startNew("Approval", { input: {} });
    await until(id, "Running");
    await hub.suspend(id, "holiday");
    await until(id, "Suspended");
    await hub.raiseEvent(id, "Approval", true);
    assert.equal((await hub.getStatus(id)).runtimeStatus, "Suspended");
    await hub.resume(id, "back");
    await until(id, "Completed");
  },

  async a_failure_is_told() {
    const id = await hub.startNew("Failing");
    const status = await until(id, "Failed");
    assert.match(JSON.stringify(status.output), /declined/);
  },

  async an_unknown_instance_is_an_error() {
    assert.match(await messageOf(hub.getStatus("jsf-nobody")), /404/);
  },

  async a_list_is_filtered() {
    const from = new Date(Date.now() - 60_000);
    const id = await hub.startNew("HelloWorld", { instanceId: newId("list"), input: "x" });
    await until(id, "Completed");
    const has = (rows) => rows.some((row) => row.instanceId === id);
    assert.ok(has(await hub.getStatusAll()));
    assert.ok(has(await hub.getStatusBy({ createdTimeFrom: from, runtimeStatus: ["Completed"] })));
    assert.ok(!has(await hub.getStatusBy({ createdTimeFrom: from, runtimeStatus: ["Terminated"] })));
    assert.deepEqual(await hub.getStatusBy({ createdTimeFrom: new Date(Date.now() + 3_600_000) }), []);
  },

  async purge_one() {
    const id = await hub.startNew("HelloWorld", { input: "x" });
    await until(id, "Completed");
    assert.equal((await hub.purgeInstanceHistory(id)).instancesDeleted, 1);
    assert.equal((await hub.purgeInstanceHistory(id)).instancesDeleted, 0);
    assert.match(await messageOf(hub.getStatus(id)), /404/);
  },

  async a_second_start_with_one_id_is_refused_while_the_first_runs() {
    const id = await hub.startNew("Approval", { instanceId: newId("twice"), input: {} });
    await until(id, "Running");
    assert.match(await messageOf(hub.startNew("HelloWorld", { instanceId: id })), /already exists/);
    await hub.terminate(id, "done");
  },

  async waiting_gives_the_output() {
    const id = await hub.startNew("HelloSequence");
    const options = { timeoutInMilliseconds: 10_000, retryIntervalInMilliseconds: 50 };
    const answer = await hub.waitForCompletionOrCreateCheckStatusResponse(undefined, id, options);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), ["Hello Tokyo!", "Hello Seattle!", "Hello London!"]);
  },

  async the_links_lead_where_they_say() {
    const id = await hub.startNew("HelloWorld", { instanceId: newId("links"), input: "x" });
    const payload = hub.createHttpManagementPayload(id);
    assert.deepEqual(Object.keys(payload), [
      "id", "statusQueryGetUri", "sendEventPostUri", "terminatePostUri", "rewindPostUri",
      "purgeHistoryDeleteUri", "restartPostUri", "suspendPostUri", "resumePostUri",
    ]);
    await until(id, "Completed");
    const status = await (await fetch(payload.statusQueryGetUri)).json();
    assert.equal(status.instanceId, id);
    const request = { url: "https://example.org/api/orders" };
    const answer = hub.createCheckStatusResponse(request, id);
    assert.equal(answer.status, 202);
    assert.ok(answer.headers.get("Location").startsWith("https://example.org/runtime/webhooks/durabletask/instances/"));
  },

  async a_key_goes_along() {
    // In the addresses of the binding, or as the password of basic authentication.
    const keyed = mode === "webhook"
      ? await connect("?code=SECRET", (binding) => {
        assert.ok(binding.managementUrls.statusQueryGetUri.endsWith("&code=SECRET"));
        assert.equal(binding.requiredQueryStringParameters, "code=SECRET");
      })
      : await connect("", (binding) => {
        binding.rpcBaseUrl = binding.rpcBaseUrl.replace("://", "://key:SECRET@");
      });
    const id = await keyed.startNew("HelloWorld", { instanceId: newId("keyed"), input: "x" });
    await eventually(() => keyed.getStatus(id), (status) => status.runtimeStatus === "Completed");
    await keyed.signalEntity(new df.EntityId("Counter", id), "add", 1);
  },

  async rewind_takes_what_has_failed_alone() {
    const id = await hub.startNew("Failing");
    await until(id, "Failed");
    await hub.rewind(id, "mended");
    // It runs once more, and fails once more.
    await until(id, "Failed");
    const completed = await hub.startNew("HelloWorld", { input: "x" });
    await until(completed, "Completed");
    assert.match(await messageOf(hub.rewind(completed, "x")), /only orchestrations in the "Failed" state/);
    assert.match(await messageOf(hub.rewind("jsf-nobody", "x")), /No orchestration with instance ID/);
  },

  async restart_by_its_link_begins_anew() {
    // This client has no call for it, but hands out the link.
    const id = await hub.startNew("HelloWorld", { instanceId: newId("restart"), input: "Ada" });
    await until(id, "Completed");
    const link = hub.createHttpManagementPayload(id).restartPostUri;
    const answer = await fetch(link, { method: "POST" });
    assert.equal(answer.status, 202);
    const fresh = (await answer.json()).id;
    assert.notEqual(fresh, id);
    assert.equal((await until(fresh, "Completed")).output, "Hello, Ada!");
  },

  async an_entity_is_signaled_and_read() {
    const entity = new df.EntityId("Counter", newId("Key"));
    assert.equal((await hub.readEntityState(entity)).entityExists, false);
    await hub.signalEntity(entity, "add", 5);
    await hub.signalEntity(entity, "add", 2, { taskHubName: "DurableFunctionsHub", connectionName: "Storage" });
    const options = { taskHubName: "DurableFunctionsHub", connectionName: "Storage" };
    await eventually(() => hub.readEntityState(entity, options), (read) => read.entityExists && read.entityState === 7);
  },

  async a_long_list_comes_whole() {
    // More than one page of the server: this client follows the continuation token.
    const before = new Date(Date.now() - 1000);
    const ids = [];
    for (let at = 0; at < 12; at += 1) {
      const names = Array.from({ length: 10 }, (_, n) => newId(`page${at * 10 + n}`));
      ids.push(...(await Promise.all(names.map((id) => hub.startNew("HelloWorld", { instanceId: id, input: "x" })))));
    }
    const rows = await hub.getStatusBy({ createdTimeFrom: before });
    const found = new Set(rows.map((row) => row.instanceId));
    assert.equal(found.size, rows.length, "each once");
    assert.ok(ids.every((id) => found.has(id)), `${found.size} of at least ${ids.length}`);
    await Promise.all(ids.map((id) => until(id, "Completed")));
  },
};

// Alone, after the others: they take away what the others look at, or look at what they did.
const last = [
  {
    async purge_many_by_time_and_status() {
      const before = new Date(Date.now() - 1);
      const ids = await Promise.all([1, 2, 3].map((n) => hub.startNew("HelloWorld", { instanceId: newId(`purge${n}`) })));
      const running = await hub.startNew("Approval", { instanceId: newId("purge"), input: {} });
      for (const id of ids) await until(id, "Completed");
      await until(running, "Running");
      const purge = async (filter) => (await hub.purgeInstanceHistoryBy(filter)).instancesDeleted;
      assert.equal(await purge({ createdTimeFrom: before, runtimeStatus: ["Failed"] }), 0);
      assert.equal(await purge({ createdTimeFrom: new Date(0), createdTimeTo: new Date(1000) }), 0);
      const after = new Date(Date.now() + 60_000);
      assert.equal(await purge({ createdTimeFrom: before, createdTimeTo: after, runtimeStatus: ["Completed"] }), 3);
      assert.ok((await purge({ createdTimeFrom: new Date(0) })) > 0);
      assert.equal((await hub.getStatus(running)).runtimeStatus, "Running", "nothing that goes on is ever purged");
      await hub.terminate(running, "done");
    },
  },
  {
    async every_method_of_the_client_was_called() {
      const inner = new Set([
        "constructor", "createGenericError", "createHttpResponse", "extractUniqueWebhookOrigins", "extractWebhookOrigins",
        "getClientResponseLinks", "getDistributedTracingHeaders", "getStatusInternal", "hasValidRequestUrl",
      ]);
      const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(client));
      assert.deepEqual(methods.filter((name) => !inner.has(name) && !called.has(name)), []);
    },
  },
];

async function main() {
  client = await connect();
  let good = await runAll(scenarios);
  for (const one of last) good = (await runAll(one)) && good;
  return good;
}

main().then((good) => process.exit(good ? 0 : 1));
