// What CopyNotMade makes of the Cause of a failed execution, in the JSONata implementation that AWS names.
//
// No text may make an expression fail: nothing catches that, and no later copy of the target would be made.

const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const jsonata = require("jsonata");

const machine = JSON.parse(readFileSync("statemachine/copy-products.asl.json", "utf8"));
const child = machine.States.CopyEach.ItemProcessor.States.CopyToTarget.ItemProcessor.States;

// What ministack gives an expression.
const MOST_MILLISECONDS = 1000;

async function evaluate(template, states) {
  const members = Object.entries(template).map(async ([name, value]) => {
    const expression = /^\{% (.*) %\}$/s.exec(value)?.[1];
    const begun = Date.now();
    const result = expression ? await jsonata(expression).evaluate(undefined, { states }) : value;
    assert(Date.now() - begun < MOST_MILLISECONDS, `${name} takes long`);
    assert.notStrictEqual(result, undefined, `${name} has no value`);
    return [name, result];
  });
  return Object.fromEntries(await Promise.all(members));
}

async function copyNotMade(errorOutput) {
  const input = await evaluate(child.CopyProduct.Catch[0].Output, { input: { Index: 7 }, errorOutput });
  return evaluate(child.CopyNotMade.Output, { input });
}

const executionArn = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:a";
const sentence = 'Copying "VPC", version 2: not shared';
const ofFunction = JSON.stringify({ errorType: "TargetAmbiguous", errorMessage: "more than one is named é 語 \u{1f980}" });

// As startExecution.sync:2 describes an execution; the input is the user's.
function description(members) {
  const input = JSON.stringify({ TargetProductName: '"Error":"none"', Status: "none", ExecutionArn: "none" });
  return { ExecutionArn: executionArn, Input: input, Status: "FAILED", ...members };
}

function failed(members, indent) {
  const sorted = Object.entries(description(members)).sort();
  return { Error: "States.TaskFailed", Cause: JSON.stringify(Object.fromEntries(sorted), null, indent) };
}

async function main() {
  for (const [errorOutput, Error, Cause, ExecutionArn] of [
    [failed({ Error: "CopyFailed", Cause: "Copying a failed" }), "CopyFailed", "Copying a failed", executionArn],
    [failed({ Error: "CopyFailed", Cause: "Copying a failed" }, 1), "CopyFailed", "Copying a failed", executionArn],
    [failed({ Error: "CopyFailed", Cause: 'It is "VPC".' }), "CopyFailed", 'It is "VPC".', executionArn],
    [failed({ Error: "TargetAmbiguous", Cause: ofFunction }), "TargetAmbiguous", JSON.parse(ofFunction).errorMessage, executionArn],
    [failed({ Status: "TIMED_OUT", Cause: "" }), "TIMED_OUT", "", executionArn],
    [{ Error: "StepFunctions.ExecutionLimitExceeded", Cause: "Too many" }, "StepFunctions.ExecutionLimitExceeded", "Too many", null],
    [{ Error: "States.Timeout" }, "States.Timeout", "", null],
  ]) {
    const expected = { Index: 7, Status: "FAILED", Error, Cause, ExecutionArn };
    assert.deepStrictEqual(await copyNotMade(errorOutput), expected);
  }

  // Cut anywhere, and cut so that it still looks whole.
  const { Cause: whole } = failed({ Error: "CopyFailed", Cause: ofFunction, Name: sentence });
  for (let length = 0; length < whole.length; length++) {
    for (const end of ["", "}"]) {
      const output = await copyNotMade({ Error: "States.TaskFailed", Cause: whole.slice(0, length) + end });
      assert.strictEqual(output.Index, 7);
      assert.strictEqual(output.Status, "FAILED");
    }
  }

  for (const unit of ['"', "\\", '\\"', '"\\', "{", '{"errorType":', '"Cause":"', "語", "\u{1f980}", "\n"]) {
    const text = unit.repeat(32768 / unit.length);
    for (const Cause of [text, text + "}", `{"Cause":"${text}"}`]) {
      const output = await copyNotMade({ Error: "States.TaskFailed", Cause });
      assert(Array.from(output.Cause).length <= 250, unit);
    }
  }
}

main();
