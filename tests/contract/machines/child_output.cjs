// What the child execution of a copy ends with, in the JSONata implementation that AWS names.
//
// No answer and no error may leave a member without a value: that fails the child, and its result is lost.

const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const jsonata = require("jsonata");

const machine = JSON.parse(readFileSync("statemachine/copy-products.asl.json", "utf8"));
const { CopyProduct } = machine.States.CopyEach.ItemProcessor.States;

async function evaluate(value, states) {
  if (typeof value === "object") {
    const members = Object.entries(value).map(async ([name, it]) => [name, await evaluate(it, states)]);
    return Object.fromEntries(await Promise.all(members));
  }
  const expression = /^\{% (.*) %\}$/s.exec(value)?.[1];
  const result = expression ? await jsonata(expression).evaluate(undefined, { states }) : value;
  assert.notStrictEqual(result, undefined, `${value} has no value`);
  return result;
}

const input = { Index: 7, Name: "7-a", StartedBy: "event", Request: { SourceProductArn: "a", TargetProductName: "b" } };
const ExecutionArn = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:a";

async function main() {
  for (const [Output, Status, TargetProductId, CopiedVersions] of [
    [{ TargetProductId: "prod-a", CopiedVersions: [{}, {}] }, "SUCCEEDED", "prod-a", 2],
    [{ TargetProductId: "prod-a", CopiedVersions: [{}] }, "SUCCEEDED", "prod-a", 1],
    [{ CopiedVersions: [], DryRun: true }, "PLANNED", null, 0],
    // As the bare CopyProduct ends.
    [{ CopyProductStatus: "SUCCEEDED" }, "SUCCEEDED", null, 0],
  ]) {
    const output = await evaluate(CopyProduct.Output, { input, result: { ExecutionArn, Output } });
    assert.deepEqual(output, { Index: 7, Status, TargetProductId, CopiedVersions, ExecutionArn });
  }

  for (const errorOutput of [
    { Error: "States.TaskFailed", Cause: '{"Cause":"cut in the middle of an escape \\u00' },
    { Error: "States.Timeout" },
  ]) {
    const output = await evaluate(CopyProduct.Catch[0].Output, { input, errorOutput });
    assert.deepEqual(output, { Index: 7, Status: "FAILED", ErrorOutput: errorOutput });
  }

  const { Input, Name } = await evaluate(CopyProduct.Arguments, { input });
  assert.strictEqual(Name, "7-a");
  assert.deepEqual(Input, { ...input.Request, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: "event" });
}

main();
