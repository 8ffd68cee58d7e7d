// What CopyProduct decides on each answer of its functions, in the JSONata implementation that AWS names.
//
// An expression that has no value or fails ends an execution for a reason that says nothing.

const assert = require("node:assert");
const { assertAllEvaluated, assertSampled, evaluate, machineOf } = require("./jsonata/expressions.cjs");

const substitutions = { MinWaitSeconds: 2, MaxWaitSeconds: 300, DeadlineSeconds: 7200 };
const machine = machineOf("statemachine/copy-product.asl.json", substitutions);

const executionId = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:mine";
const holder = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:theirs";

// Runs the machine with answers, each a [task, answer] or [task, { thrown: error }], and says how it went.
//
// FailCopy needs none: it fails, and each of `redriven` is a list of answers after one more redrive.
async function run(input, answers, { late = [], redriven = [] } = {}) {
  const left = [...answers];
  const redrives = [...redriven];
  const went = { states: [], payloads: [], waits: [] };
  const context = { Execution: { Id: executionId, RedriveCount: 0 } };
  let variables = {};
  for (let name = machine.StartAt; ; ) {
    const state = machine.States[name];
    went.states.push(name);
    const of = (value, states, member) => evaluate(value, { context, ...states }, variables, `${name}.${member}`);
    const enter = async (step, states) => {
      const assigned = await of(step.Assign ?? {}, states, "Assign");
      input = step.Output === undefined ? states.result ?? input : await of(step.Output, states, "Output");
      variables = { ...variables, ...assigned };
      name = step.Next;
    };
    if (state.Type === "Succeed") return { ...went, output: input };
    if (state.Type === "Fail") {
      assert.strictEqual(left.length, 0, `${name}, with answers left`);
      return { ...went, error: state.Error, cause: await of(state.Cause, { input }, "Cause") };
    }
    if (state.Type === "Choice") {
      if (late.includes(went.states.length)) variables.deadline = 0;
      let chosen = { Next: state.Default };
      for (const choice of state.Choices) {
        const condition = await of(choice.Condition, { input }, "Condition");
        assert.strictEqual(typeof condition, "boolean", choice.Condition);
        if (condition) {
          chosen = choice;
          break;
        }
      }
      await enter(chosen, { input });
    } else if (state.Type === "Wait") {
      const seconds = await of(state.Seconds, { input }, "Seconds");
      assert(Number.isInteger(seconds) && seconds >= 1 && seconds <= 300, `${name} ${seconds}`);
      went.waits.push(seconds);
      await enter(state, { input });
    } else if (name === "FailCopy") {
      assert.strictEqual(left.length, 0, `${name}, with answers left`);
      const { Failure, Redriven } = (await of(state.Arguments, { input }, "Arguments")).Payload;
      assert.strictEqual(Redriven, false, "it has not failed before");
      const next = redrives.shift();
      if (next === undefined) return { ...went, error: Failure.Error, cause: Failure.Cause };
      went.errors = [...(went.errors ?? []), Failure.Error];
      context.Execution.RedriveCount += 1;
      left.push(...next);
      assert.strictEqual((await of(state.Arguments, { input }, "Arguments")).Payload.Redriven, true);
      await enter(state, { input, result: { Payload: {} } });
    } else {
      const [task, answer] = left.shift() ?? assert.fail(`${name} is not answered`);
      assert.strictEqual(name, task);
      const sent = await of(state.Arguments, { input }, "Arguments");
      went.payloads.push(sent.Payload ?? sent);
      if (answer?.thrown) {
        const caught = state.Catch?.find((it) => it.ErrorEquals.includes(answer.thrown));
        assert(caught, `${name} does not catch ${answer.thrown}`);
        await enter(caught, { input, errorOutput: { Error: answer.thrown } });
      } else {
        await enter(state, { input, result: name === "DescribeHolder" ? answer : { Payload: answer } });
      }
    }
  }
}

const SourceProductArn = "arn:aws:catalog:us-east-1:111122223333:product/prod-a";
const Target = { Region: "eu-west-1" };
const request = { SourceProductArn, Target };
const place = { SourceProductArn, Target };
const CopiedVersions = [{ SourceId: "pa-1", Name: "v1" }];
const Lease = { Number: 1, Known: {} };

// The answers of start-copy.
const heldBy = { ...place, HeldBy: holder };
const takenUp = { ...place, CopyProductToken: "theirs", TakenUpFrom: holder };
const tooEarly = { ...place, RetryAfterSeconds: 90 };
const notReady = { ...place, RetryAfterSeconds: 5, NotReadyVersions: ["v2 (pa-2)"] };
const copied = { ...place, CopyProductToken: "mine", CopiedVersions, SkippedVersions: [], Lease };
const partly = { ...copied, NotReadyVersions: ["v2 (pa-2)"] };
const partlyNotNeeded = { ...place, CopyProductStatus: "SUCCEEDED", CopiedVersions: [], SkippedVersions: [], Lease,
  NotReadyVersions: ["v2 (pa-2)", "v3 (pa-3)"] };
const notNeeded = { ...place, CopyProductStatus: "SUCCEEDED", CopiedVersions: [], SkippedVersions: [], Lease };
const planned = { ...place, DryRun: true, CopiedVersions, SkippedVersions: [], UpdatedVersions: [], ReplacedVersions: [] };
const bare = { ...place, CopyProductToken: "bare" };

// The answers of check-status and finish-copy.
const status = (CopyProductToken, CopyProductStatus, more) => ({ CopyProductStatus, CopyProductToken, ...place, ...more });
const going = (token) => ["CheckStatus", status(token, "IN_PROGRESS")];
const succeeded = (token) => ["CheckStatus", status(token, "SUCCEEDED", { TargetProductId: "prod-t" })];
const failed = (token, more) => ["CheckStatus", status(token, "FAILED", { Cause: `Copying failed: ${token}`, ...more })];
const finished = ["FinishCopy", { CopyProductStatus: "SUCCEEDED", TargetProductId: "prod-t", SourceProductArn }];
const pending = ["FinishCopy", { ...finished[1], PendingPortfolioIds: ["port-1"] }];
const holderIs = (Status) => ["DescribeHolder", { ExecutionArn: holder, Status }];
const start = (answer) => ["StartCopy", answer];

// What start-copy was asked with that the machine had learned.
const resumed = (went) => went.payloads.filter((it) => it.StartedBy).map((it) => it.Resume);

async function main() {
  // The shortest ways.
  let went = await run(request, [start(copied), going("mine"), succeeded("mine"), finished]);
  assert.deepStrictEqual(went.output, finished[1]);
  assert.deepStrictEqual(resumed(went), [{}]);
  const [, , asked, finish] = went.payloads;
  assert.deepStrictEqual(asked, { ...place, CopyProductToken: "mine", TakenUp: false, ExecutionId: executionId });
  assert.deepStrictEqual(finish.Started, copied);
  assert.strictEqual(finish.CopyProductToken, "mine");
  assert.strictEqual(finish.Finished, null);
  went = await run(request, [start(notNeeded), finished]);
  assert.strictEqual(went.states.at(-1), "CopySucceeded");
  assert.strictEqual(went.payloads[1].CopyProductToken, null);
  assert.strictEqual(went.payloads[1].Status, null);
  went = await run({ ...request, DryRun: true }, [start(planned)]);
  assert.deepStrictEqual([went.states.at(-1), went.output], ["CopyPlanned", planned]);
  went = await run({ ...request, DryRun: true }, [start({ ...planned, NotReadyVersions: ["v2 (pa-2)"] })]);
  assert.strictEqual(went.states.at(-1), "CopyPlanned");
  went = await run({ ...request, Plan: "NONE" }, [start(bare), succeeded("bare")]);
  assert.strictEqual(went.states.at(-1), "CopySucceeded");
  went = await run(request, [start(copied), failed("mine")]);
  assert.deepStrictEqual([went.error, went.cause], ["CopyFailed", "Copying failed: mine"]);
  went = await run({ CopyProductToken: "bare", Target }, [going("bare"), succeeded("bare")]);
  assert.strictEqual(went.states.at(-1), "CopySucceeded");
  assert.strictEqual(went.payloads[0].TakenUp, false);

  // An event, and an execution that another one has started.
  const event = { id: "event-1", detail: request };
  for (const [input, by] of [
    [event, "event-1"],
    [{ ...event, id: "" }, executionId],
    [{ ...request, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: holder }, holder],
  ]) {
    went = await run(input, [start(notNeeded), finished]);
    assert.deepStrictEqual(went.payloads[0], { ...request, ExecutionId: executionId, StartedBy: by, Resume: {} });
  }

  // The lease of another execution: waited for while that runs, taken over once it has ended, by nobody twice.
  for (const running of ["RUNNING", "PENDING_REDRIVE"]) {
    const ends = holderIs("SUCCEEDED");
    went = await run(request, [start(heldBy), holderIs(running), ends, start(notNeeded), finished]);
    assert.deepStrictEqual(went.waits, [2]);
    assert.deepStrictEqual(resumed(went), [{}, { HolderEnded: holder }]);
    assert.deepStrictEqual(went.payloads[1], { ExecutionArn: holder, IncludedData: "METADATA_ONLY" });
  }
  const ended = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"].map(holderIs);
  const thrown = ["Sfn.ExecutionDoesNotExist", "Sfn.ExecutionDoesNotExistException", "Sfn.InvalidArn"];
  for (const end of [...ended, ...thrown.map((it) => ["DescribeHolder", { thrown: it }])]) {
    went = await run(request, [start(heldBy), end, start(heldBy), holderIs("RUNNING"), end, start(notNeeded), finished]);
    assert.deepStrictEqual(resumed(went), [{}, { HolderEnded: holder }, { HolderEnded: holder }]);
  }
  went = await run(request, [start(heldBy), holderIs("SLEEPING")]);
  assert.strictEqual(went.error, "UnexpectedAnswer");
  assert(went.cause.startsWith("DescribeHolder answered"), went.cause);
  went = await run(request, [start(heldBy), holderIs("RUNNING")], { late: [6] });
  assert.strictEqual(went.error, "TargetBusy");
  assert(went.cause.startsWith(`${holder} still copies`), went.cause);

  // A copy that it left under way: waited for, whatever it ends as, and planned anew.
  const next = [start(copied), succeeded("mine"), finished];
  for (const [end, resume] of [
    [succeeded("theirs"), { CopyEnded: succeeded("theirs")[1] }],
    [failed("theirs"), { CopyEnded: failed("theirs")[1] }],
    [failed("theirs", { NotFound: true }), { CopyNotFound: "theirs" }],
  ]) {
    went = await run(request, [start(takenUp), going("theirs"), end, ...next]);
    assert.strictEqual(went.states.at(-1), "CopySucceeded");
    assert.deepStrictEqual(resumed(went), [{}, resume]);
    assert.deepStrictEqual(went.payloads.slice(1).map((it) => it.TakenUp), [true, true, undefined, false, undefined]);
    went = await run(request, [start(takenUp), end, start(tooEarly), ...next]);
    assert.deepStrictEqual(went.waits, [2, 90, 2]);
    assert.deepStrictEqual(resumed(went), [{}, resume, {}]);
  }

  // What is not ready is waited for until the deadline. Then the rest is copied, and the execution ends FAILED.
  went = await run(request, [start(notReady), start(tooEarly), start(copied), succeeded("mine"), finished]);
  assert.deepStrictEqual(went.waits, [5, 90, 2]);
  assert.strictEqual(went.states.at(-1), "CopySucceeded");
  went = await run(request, [start({ ...tooEarly, RetryAfterSeconds: 100000 }), start(notNeeded), finished]);
  assert.deepStrictEqual(went.waits, [300]);
  for (const [rest, named] of [
    [[start(partly), succeeded("mine"), finished], "v2 (pa-2)"],
    [[start(partly), succeeded("mine"), pending, finished], "v2 (pa-2)"],
    [[start(takenUp), succeeded("theirs"), start(partly), succeeded("mine"), finished], "v2 (pa-2)"],
    [[start(partlyNotNeeded), finished], "v2 (pa-2), v3 (pa-3)"],
  ]) {
    went = await run(request, [start(notReady), ...rest], { late: [4] });
    assert.strictEqual(went.error, "VersionNotReady");
    assert(went.cause.endsWith(`: ${named}`), went.cause);
    const [first, ...others] = resumed(went);
    assert.deepStrictEqual(first, {});
    assert(others.length > 0 && others.every((it) => it.WithoutNotReady === true));
  }

  // Past the deadline.
  const again = "The same request, started again, takes up this copy and finishes it, too.";
  for (const [input, answers, cause] of [
    [request, [start(copied), going("mine")], again],
    [request, [start(takenUp), going("theirs")], again],
    [{ ...request, Plan: "NONE" }, [start(bare), going("bare")], "CopyProductToken: bare"],
  ]) {
    went = await run(input, answers, { late: [7] });
    assert.strictEqual(went.error, "CopyTimedOut");
    assert(went.cause.endsWith(cause), went.cause);
  }
  const secret = { Region: "eu-west-1", RoleArn: "arn:aws:iam::444455556666:role/CatalogCopyTarget", ExternalId: "secret" };
  went = await run({ CopyProductToken: "bare", Target: secret }, [going("bare")], { late: [4] });
  assert(went.cause.endsWith("CopyProductToken: bare"), went.cause);
  went = await run(request, [start(copied), succeeded("mine"), pending], { late: [9] });
  assert.deepStrictEqual([went.error, went.cause], ["PortfoliosNotVisible", "prod-t is still not visible in port-1"]);

  // Redriven, an execution goes on where its end can still be another one.
  const copiedNow = [start(copied), succeeded("mine"), finished];
  for (const [input, answers, late, error, next, resume] of [
    [request, [start(copied), failed("mine")], [], "CopyFailed", copiedNow, { CopyEnded: failed("mine")[1] }],
    [request, [start(copied), going("mine")], [7], "CopyTimedOut", copiedNow, {}],
    [request, [start(heldBy), holderIs("RUNNING")], [6], "TargetBusy", copiedNow, {}],
    [request, [start(notReady), start(partlyNotNeeded), finished], [4], "VersionNotReady", copiedNow, {}],
    [request, [start(notNeeded), pending], [6], "PortfoliosNotVisible", [start(notNeeded), finished], {}],
    [{ ...request, Plan: "NONE" }, [start(bare), failed("bare")], [], "CopyFailed", [start(bare), succeeded("bare")]],
    [{ ...request, Plan: "NONE" }, [start(bare), going("bare")], [7], "CopyTimedOut", [going("bare"), succeeded("bare")]],
    [{ CopyProductToken: "bare", Target }, [going("bare")], [4], "CopyTimedOut", [going("bare"), succeeded("bare")]],
    [{ CopyProductToken: "bare", Target }, [failed("bare")], [], "CopyFailed", [succeeded("bare")]],
  ]) {
    went = await run(input, answers, { late, redriven: [next] });
    assert.deepStrictEqual(went.errors, [error]);
    assert.strictEqual(went.states.at(-1), "CopySucceeded");
    if (resume) assert.deepStrictEqual(resumed(went).at(-1), resume);
    const startedBy = went.payloads.map((it) => it.StartedBy).filter((it) => it);
    const anew = next[0][0] === "StartCopy";
    assert.strictEqual(startedBy.at(-1), anew ? `${executionId} redriven 1` : startedBy[0]);
  }
  went = await run(request, [start(copied), failed("mine")], { redriven: [[start(copied), failed("mine")], copiedNow] });
  assert.deepStrictEqual(went.errors, ["CopyFailed", "CopyFailed"]);
  assert.strictEqual(went.payloads.at(-3).StartedBy, `${executionId} redriven 2`);

  // What the machine does not know.
  for (const [task, answers, error] of [
    ["StartCopy", [start(place)], "UnexpectedAnswer"],
    ["StartCopy", [start({ ...place, DryRun: false })], "UnexpectedAnswer"],
    ["FinishCopy", [start(notNeeded), ["FinishCopy", { CopyProductStatus: "FAILED" }]], "UnexpectedAnswer"],
    ["check-status", [start(copied), ["CheckStatus", status("mine", "LOST")]], "UnexpectedStatus"],
    ["check-status", [start(takenUp), ["CheckStatus", status("theirs", "LOST")]], "UnexpectedStatus"],
  ]) {
    went = await run(request, answers);
    assert.strictEqual(went.error, error);
    assert(went.cause.startsWith(`${task} answered`), went.cause);
  }
  for (const input of ["text", 1, null, [request], [], true, { ...event, detail: "text" }]) {
    assert.strictEqual((await run(input, [])).error, "InvalidRequest");
  }
}

// No answer, not even one that no function of ours gives, leaves an expression without a value.
async function oddAnswers() {
  for (const odd of [null, "text", 1, true, {}, [], [{}]]) {
    for (const [answers, expected] of [
      [[start(odd)], "UnexpectedAnswer"],
      [[start(heldBy), ["DescribeHolder", { Status: odd }]], "UnexpectedAnswer"],
      [[start(copied), ["CheckStatus", odd]], "UnexpectedStatus"],
      [[start(takenUp), ["CheckStatus", odd]], "UnexpectedStatus"],
      [[start(notNeeded), ["FinishCopy", odd]], "UnexpectedAnswer"],
    ]) {
      const { error } = await run(request, answers);
      assert.strictEqual(error, expected, `${answers.at(-1)[0]}: ${JSON.stringify(odd)}`);
    }
  }
}

main().then(oddAnswers).then(() => {
  assertAllEvaluated(machine);
  assertSampled("tests/contract/machines/jsonata/copy-product.json");
});
