// What the scripts of the JavaScript SDK share: a client, workers, and ways to wait for an instance.
// Argument of every script: host:port of the gRPC door.
"use strict";

const assert = require("node:assert/strict");
const { randomUUID } = require("node:crypto");
const { NoOpLogger, OrchestrationStatus: Status, TaskHubGrpcClient, TaskHubGrpcWorker } = require("@microsoft/durabletask-js");
const { runAll } = require("./scenarios.cjs");

const options = { hostAddress: process.argv[2], logger: new NoOpLogger() };
const newClient = (more) => new TaskHubGrpcClient({ ...options, ...more });
const hub = newClient();
const newId = (word) => `js-${word}-${randomUUID().slice(0, 8)}`;

async function ended(id, status = Status.COMPLETED) {
  const state = await hub.waitForOrchestrationCompletion(id, true, 60);
  assert.ok(state, `${id} is not known`);
  assert.equal(Status[state.runtimeStatus], Status[status], JSON.stringify(state));
  return state;
}
const output = (state) => JSON.parse(state.serializedOutput);
const start = (name, input, settings) => hub.scheduleNewOrchestration(name, input, settings);
const run = async (name, input, settings) => output(await ended(await start(name, input, settings)));

/** Runs what must fail, and gives why it did. */
const failed = async (name, input, settings) =>
  (await ended(await start(name, input, settings), Status.FAILED)).failureDetails;

/** Waits until the instance has had its first turn, and so waits for whatever it waits for. */
async function waiting(id) {
  const state = await hub.waitForOrchestrationStart(id, false, 60);
  assert.equal(Status[state.runtimeStatus], "RUNNING");
}

/** Starts an instance that waits for something. */
async function started(name, input, settings) {
  const id = await start(name, input, settings);
  await waiting(id);
  return id;
}

/** The error of a call that must fail. */
const errorOf = (call) => call().then(
  (value) => assert.fail(`an error was expected, but the call gave ${JSON.stringify(value)}`),
  (error) => error,
);

/** Starts a worker for what is given by name; entities are given by their classes. */
async function work({ orchestrators = {}, activities = {}, entities = {} }, more) {
  const worker = new TaskHubGrpcWorker({ ...options, ...more });
  for (const [name, activity] of Object.entries(activities)) worker.addNamedActivity(name, activity);
  for (const [name, orchestrator] of Object.entries(orchestrators)) worker.addNamedOrchestrator(name, orchestrator);
  for (const [name, Entity] of Object.entries(entities)) worker.addNamedEntity(name, () => new Entity());
  await worker.start();
}

/** Runs all scenarios and ends the process. */
async function play(scenarios) {
  process.exit((await runAll(scenarios)) ? 0 : 1);
}

module.exports = { Status, ended, errorOf, failed, hub, newClient, newId, output, play, run, start, started, waiting, work };
