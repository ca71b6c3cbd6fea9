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
const query = "taskHub=DurableFunctionsHub&connection=Storage&code=";
const link = (rest) => `${base}/instances/INSTANCEID${rest}${rest.includes("?") ? "&" : "?"}${query}`;
const binding = {
  taskHubName: "DurableFunctionsHub",
  creationUrls: {
    createNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?code=`,
    createAndWaitOnNewInstancePostUri:
      `${base}/orchestrators/{functionName}[/{instanceId}]?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=`,
  },
  managementUrls: {
    id: "INSTANCEID",
    statusQueryGetUri: link(""),
    sendEventPostUri: link("/raiseEvent/{eventName}"),
    terminatePostUri: link("/terminate?reason={text}"),
    rewindPostUri: link("/rewind?reason={text}"),
    purgeHistoryDeleteUri: link(""),
    restartPostUri: link("/restart"),
    suspendPostUri: link("/suspend?reason={text}"),
    resumePostUri: link("/resume?reason={text}"),
  },
  baseUrl: base,
  requiredQueryStringParameters: "code=",
  ...(mode === "rpc" ? { rpcBaseUrl: `${base}/` } : {}),
};
const input = df.input.durableClient();
const hub = df.getClient({ options: { extraInputs: [input] }, extraInputs: { get: () => binding } });

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
};

runAll(scenarios).then((good) => process.exit(good ? 0 : 1));
