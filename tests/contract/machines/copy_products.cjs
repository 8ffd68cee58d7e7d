// What CopyProducts decides and hands on, in the JSONata implementation that AWS names.
//
// No answer and no error may leave an expression without a value: that fails the execution, and in a child
// execution it loses the result of a copy.

const assert = require("node:assert");
const { assertAllEvaluated, assertSampled, evaluate, machineOf } = require("./jsonata/expressions.cjs");

const machine = machineOf("statemachine/copy-products.asl.json", {});
const { States } = machine;
const { CopyProduct } = States.CopyEach.ItemProcessor.States;

const executionId = "arn:aws:states:us-east-1:111122223333:execution:CopyProducts:a";
const childArn = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:a";
const context = { Execution: { Id: executionId, RedriveCount: 0 } };

// A member of a state, evaluated.
const of = (name, member, states, variables = {}) => {
  const state = States[name] ?? CopyProduct;
  return evaluate(state[member], { context, ...states }, variables, `${name}.${member}`);
};

// What a Task is sent, and the state that its answer leads to.
async function answered(task, input, payload) {
  const sent = await of(task, "Arguments", { input });
  const states = { input, result: { Payload: payload } };
  const variables = await of(task, "Assign", states);
  const output = await of(task, "Output", states);
  const { Choices, Default } = States[States[task].Next];
  for (const choice of Choices) {
    const where = States[task].Next;
    const condition = await evaluate(choice.Condition, { context, input: output }, variables, where);
    assert.strictEqual(typeof condition, "boolean", choice.Condition);
    if (condition) {
      const routed = await evaluate(choice.Output ?? output, { context, input: output }, variables, where);
      return { sent: sent.Payload, next: choice.Next, output: routed };
    }
  }
  const cause = await evaluate(States[Default].Cause, { context, input: output }, variables, Default);
  return { sent: sent.Payload, next: Default, cause };
}

const request = { SourceProductArn: "a", TargetProductName: "b" };
const batch = { Products: [request], Targets: [{ Region: "eu-west-1" }] };
const copies = { Bucket: "a-bucket", Key: "batches/a/copies.jsonl" };
const listed = { Total: 2, Copies: copies, Prefix: "batches/a/", MaxConcurrency: 10 };
const details = { Bucket: "a-bucket", Key: "batches/a/results/manifest.json" };
// What no function of ours answers.
const odd = [null, "text", 1, true, {}, { Total: null }, [], [{}]];

async function lists() {
  for (const input of [batch, {}, "text", 1, null, [batch], { detail: batch }]) {
    const list = await answered("ListCopies", input, listed);
    assert.deepStrictEqual(list.sent, { Input: input, ExecutionId: executionId });
    assert.deepStrictEqual([list.next, list.output], ["CopyEach", listed]);
  }
  const Reason = "no subscription";
  const none = await answered("ListCopies", batch, { Total: 0, Reason });
  assert.deepStrictEqual([none.next, none.output], ["NothingToCopy", { Total: 0, Succeeded: 0, Failed: 0, Reason }]);
  for (const answer of odd) {
    const unknown = await answered("ListCopies", batch, answer);
    assert.strictEqual(unknown.next, "UnexpectedAnswer", JSON.stringify(answer));
    assert(unknown.cause.startsWith("ListCopies answered"), unknown.cause);
  }
}

async function reports() {
  assert.deepStrictEqual((await of("CopyEach", "ItemReader", { input: listed })).Arguments, copies);
  assert.strictEqual((await of("CopyEach", "ResultWriter", { input: listed })).Arguments.Prefix, "batches/a/results");
  assert.strictEqual(await of("CopyEach", "MaxConcurrency", { input: listed }), 10);
  const made = await of("CopyEach", "Output", { input: listed, result: { ResultWriterDetails: details } });
  assert.deepStrictEqual(made, { Listed: listed, Results: details, MadeAtRedriveCount: 0 });

  const report = await answered("ReportCopies", made, { Total: 2, Succeeded: 2, Failed: 0 });
  const sent = { Listed: listed, Results: details, MadeAtRedriveCount: 0, RedriveCount: 0, ExecutionId: executionId };
  assert.deepStrictEqual([report.sent, report.next], [sent, "CopiesSucceeded"]);
  const again = await answered("ReportCopies", made, { ...listed, Earlier: [details] });
  assert.strictEqual(again.next, "CopyEach");
  for (const answer of odd) {
    const unknown = await answered("ReportCopies", made, answer);
    assert.strictEqual(unknown.next, "UnexpectedAnswer", JSON.stringify(answer));
    assert(unknown.cause.startsWith("ReportCopies answered"), unknown.cause);
  }
}

// What a child execution ends with whose copy was not made.
const failed = (input, errorOutput) =>
  evaluate(CopyProduct.Catch[0].Output, { input, errorOutput }, {}, "CopyProduct.Catch");
const causeOf = async (Cause) => (await failed({ Index: 7 }, { Error: "a", Cause })).ErrorOutput.Cause;

// The child execution of a copy.
async function copyOne() {
  const input = { Index: 7, Name: "7-a", StartedBy: "event", Request: request };
  for (const [Output, Status, TargetProductId, CopiedVersions] of [
    [{ TargetProductId: "prod-a", CopiedVersions: [{}, {}] }, "SUCCEEDED", "prod-a", 2],
    [{ TargetProductId: "prod-a", CopiedVersions: [{}] }, "SUCCEEDED", "prod-a", 1],
    [{ CopiedVersions: [], DryRun: true }, "PLANNED", null, 0],
    // As the bare CopyProduct ends.
    [{ CopyProductStatus: "SUCCEEDED" }, "SUCCEEDED", null, 0],
    ...odd.map((it) => [it, "SUCCEEDED", null, 0]),
  ]) {
    const output = await of("CopyProduct", "Output", { input, result: { ExecutionArn: childArn, Output } });
    assert.deepEqual(output, { Index: 7, Status, TargetProductId, CopiedVersions, ExecutionArn: childArn });
  }

  const cut = '{"Cause":"cut in the middle of an escape \\u00';
  for (const [errorOutput, Cause] of [
    [{ Error: "States.TaskFailed", Cause: cut }, cut],
    [{ Error: "States.TaskFailed", Cause: "" }, ""],
    [{ Error: "States.Timeout" }, ""],
    [{ Error: "a", Cause: null }, "null"],
    [{ Error: "a", Cause: "the ExternalId: wrong" }, "the ExternalId: wrong"],
  ]) {
    const ErrorOutput = { Error: errorOutput.Error, Cause };
    assert.deepEqual(await failed(input, errorOutput), { Index: 7, Status: "FAILED", ErrorOutput });
  }
  const none = { Index: 7, Status: "FAILED", ErrorOutput: { Error: "", Cause: "" } };
  assert.deepEqual(await failed(input, {}), none);

  // As startExecution.sync describes the execution: its input is a text.
  const execution = {
    Cause: "because",
    Input: JSON.stringify({ Source: { ExternalId: "theirs/1" }, Target: { ExternalId: "ours=2", Region: "a" } }),
    Status: "FAILED",
  };
  const described = JSON.stringify(execution);
  const hidden = described.replace("theirs/1", "***").replace("ours=2", "***");
  assert.strictEqual(await causeOf(described), hidden);
  assert.strictEqual(await causeOf(described.replaceAll(":", ": ")), hidden.replaceAll(":", ": "));
  // A cause is cut at 32,768 characters, wherever that is.
  for (let length = 0; length <= described.length; length++) {
    const rest = await causeOf(described.slice(0, length));
    assert(!rest.includes('"t') && !rest.includes('"o'), rest);
  }

  const { Input, Name } = await of("CopyProduct", "Arguments", { input });
  assert.strictEqual(Name, "7-a");
  assert.deepEqual(Input, { ...request, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: "event" });
}

async function main() {
  await lists();
  await reports();
  await copyOne();
  assertAllEvaluated(machine);
  assertSampled("tests/contract/machines/jsonata/copy-products.json");
}

main();
