// Runs scenarios side by side and prints one JSON line for each: name, ok, seconds, error.
"use strict";

/** @param {Record<string, () => Promise<void>>} scenarios - by the name that the Rust test asks for */
async function runAll(scenarios) {
  const runs = Object.entries(scenarios).map(async ([name, body]) => {
    const start = performance.now();
    let error;
    try {
      await body();
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.stack : String(thrown);
    }
    const seconds = Math.round((performance.now() - start) / 10) / 100;
    process.stdout.write(`${JSON.stringify({ name, ok: !error, seconds, error })}\n`);
    return !error;
  });
  return (await Promise.all(runs)).every(Boolean);
}

/** Reads until `wanted` accepts the value; for states that no call can wait for. */
async function eventually(read, wanted, seconds = 30) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (performance.now() > end) throw new Error(`after ${seconds} s it is still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

module.exports = { runAll, eventually };
