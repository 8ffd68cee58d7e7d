"""Runs ministack with what its Step Functions engine ignores, after AWS's documentation.

From the Step Functions Developer Guide and API Reference:
- a Distributed Map in JSONata: ItemReader, Items, ItemSelector, MaxConcurrency, ToleratedFailure*, Output, Assign;
- its ResultWriter, and child executions with a context object of their own and without the parent's variables;
- startExecution.sync and .sync:2 start a real execution, and a failed one is States.TaskFailed with its description;
- RedriveExecution, and RedriveCount in the context object;
- retry delays above 60 s;
- METADATA_ONLY of DescribeExecution: without input and output, which may hold what nobody else may see;
- TimeoutSeconds of a machine;
- no more than 256 KiB of input, and of what the Arguments and the Output of a state in JSONata give.

Invocations go through lambda_faults, which has none unless a script says so.

Not as on AWS: a redriven Map or Parallel state reruns whole (there: what failed, in the same Map Run), a Map Run over
its tolerated failures still runs its other items (there: PENDING), and the history lacks the Map Run's events.
"""

import contextvars
import json
import threading
import time

import lambda_faults
from ministack.app import main
from ministack.services import lambda_svc, s3
from ministack.services import stepfunctions as sfn

# In UTF-8.
MOST_BYTES = 262_144

ENDED = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")

ministack_run_distributed_map = sfn._run_distributed_map
ministack_run_sub_machine = sfn._run_sub_machine
ministack_start_execution = sfn._start_execution
ministack_describe_execution = sfn._describe_execution
ministack_handle_request = sfn.handle_request


def run_distributed_map(state, raw_input, effective, iterator, execution, ctx):
    """Runs a Distributed Map: for JSONata, ministack's own with the evaluated fields."""
    if sfn._state_query_language(state, ctx) != "JSONata":
        return ministack_run_distributed_map(state, raw_input, effective, iterator, execution, ctx)
    plain = {"Label": state.get("Label") or sfn.new_uuid()}
    for field in ("MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount"):
        if field in state:
            plain[field] = sfn._jsonata_state_field(state, field, "number", raw_input, ctx)
    # Before the run, so that a wrong expression starts no child.
    writer = sfn._apply_jsonata_template(state.get("ResultWriter", {}), raw_input, ctx)
    items = select_items(state, raw_input, ctx)
    failure = None
    try:
        ministack_run_distributed_map(plain, raw_input, items, iterator, execution, ctx)
    except sfn._ExecutionError as error:
        # The results of a failed Map Run are exported too.
        failure = error

    # The last: a retried state leaves the runs of its earlier attempts.
    run = [run for run in sfn._map_runs.values() if run["executionArn"] == execution["executionArn"]
           and run["_stateMachineArn"].endswith(f"/{plain['Label']}")][-1]
    children = [child for child in sfn._executions.values() if child.get("mapRunArn") == run["mapRunArn"]]
    children.sort(key=lambda child: child["mapItemIndex"])
    try:
        result = write_results(writer, run, children)
    except sfn._ExecutionError:
        run["status"] = "FAILED"
        raise
    if failure:
        raise failure
    output = sfn._apply_jsonata_output(state, raw_input, ctx, result=result, default=result)
    sfn._apply_state_assign(state, raw_input, ctx, result=result)
    return output, sfn._next_or_end(state)


def select_items(state, raw_input, ctx):
    """The inputs of a Distributed Map's child executions."""
    items = sfn._apply_jsonata_template(state.get("Items", raw_input), raw_input, ctx)
    if "ItemReader" in state:
        reader = sfn._apply_jsonata_template(state["ItemReader"], raw_input, ctx)
        try:
            items = sfn._read_map_items(reader, raw_input, ctx)
        except (ValueError, LookupError, TypeError) as error:
            raise sfn._ExecutionError("States.ItemReaderFailed", f"Cannot read the dataset: {error}") from error
    items = items if isinstance(items, list) else [items]
    if "ItemSelector" not in state:
        return items
    return [sfn._apply_jsonata_template(
                state["ItemSelector"], raw_input, {**ctx, "Map": {"Item": {"Index": index, "Value": item}}})
            for index, item in enumerate(items)]


def write_results(writer, run, children):
    """The result of a Distributed Map, after its ResultWriter has exported what the children gave."""
    config = writer.get("WriterConfig", {})
    transformation = config.get("Transformation", "NONE" if "Resource" in writer else "COMPACT")
    results = {"SUCCEEDED": [], "FAILED": [], "PENDING": []}
    for child in children:
        records = [describe(child)]
        if child["status"] == "SUCCEEDED" and transformation != "NONE":
            output = json.loads(child["output"])
            records = output if transformation == "FLATTEN" and isinstance(output, list) else [output]
        results[child["status"]] += records
    if "Resource" not in writer:
        return results["SUCCEEDED"] + results["FAILED"]

    bucket, prefix = writer["Arguments"]["Bucket"], writer["Arguments"].get("Prefix", "")
    folder = f"{prefix}/{run['mapRunArn'].split(':')[-1]}".lstrip("/")
    manifest = {"DestinationBucket": bucket, "MapRunArn": run["mapRunArn"], "ResultFiles": {}}
    for status, records in results.items():
        files = manifest["ResultFiles"][status] = []
        if records:
            # The documentation names no other extension, whatever the OutputType.
            key = f"{folder}/{status}_0.json"
            lines = config.get("OutputType") == "JSONL"
            text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
            files.append({"Key": key, "Size": put_object(bucket, key, text)})
    put_object(bucket, f"{folder}/manifest.json", json.dumps(manifest))
    run["itemCounts"]["resultsWritten"] = run["executionCounts"]["resultsWritten"] = len(children)
    details = {"Bucket": bucket, "Key": f"{folder}/manifest.json"}
    return {"MapRunArn": run["mapRunArn"], "ResultWriterDetails": details}


def put_object(bucket, key, text):
    """Writes an object for a ResultWriter and says how long it is."""
    body = text.encode()
    status, _, _ = s3._put_object(bucket, key, body, {"content-type": "application/json"})
    if status != 200:
        raise sfn._ExecutionError("States.ResultWriterFailed", f"Cannot write s3://{bucket}/{key}: {status}")
    return len(body)


def run_sub_machine(states, start_at, data, execution, ctx):
    """Runs the states of a branch, of an item or of a Distributed Map's child execution."""
    if "mapRunArn" in execution and ctx["Execution"]["Id"] != execution["executionArn"]:
        execution["mapItemIndex"] = ctx.pop("Map")["Item"]["Index"]
        ctx.update(new_context(execution, data, {}))
    # Of a Succeed state's fields, ministack heeds none of JSONata.
    states = {name: {**state, "Type": "Pass", "End": True} if state["Type"] == "Succeed" else state
              for name, state in states.items()}
    return ministack_run_sub_machine(states, start_at, data, execution, ctx)


def new_context(execution, data, variables):
    """What an execution's states know of it."""
    machine = execution["stateMachineArn"]
    return {
        "Execution": {"Id": execution["executionArn"], "Input": data, "Name": execution["name"],
                      "StartTime": execution["startDate"], "RedriveCount": execution.get("redriveCount", 0)},
        "StateMachine": {"Id": machine, "Name": machine.split(":")[6]},
        "variables": variables,
    }


def within_limit(evaluate):
    """What a state's Arguments or Output give, unless that is more than AWS hands on."""
    def evaluate_within(state, raw_input, ctx=None, **results):
        data = evaluate(state, raw_input, ctx, **results)
        if is_too_large(json.dumps(data, ensure_ascii=False, separators=(",", ":"))):
            raise sfn._ExecutionError("States.DataLimitExceeded", f"{ctx['State']['Name']}: more than {MOST_BYTES} bytes")
        return data
    return evaluate_within


def is_too_large(text):
    """Whether an execution may not have a text as its input, nor a state as its data."""
    return len(text.encode()) > MOST_BYTES


def start_execution(data):
    """StartExecution, which refuses an input that is too large."""
    if is_too_large(data.get("input", "")):
        return sfn.error_response_json("InvalidExecutionInput", f"The input has more than {MOST_BYTES} bytes", 400)
    return ministack_start_execution(data)


def time_out(execution, attempt):
    """Ends an execution that its machine gives no more time."""
    if execution["status"] == "RUNNING" and execution["redriveCount"] == attempt:
        execution.update(status="TIMED_OUT", stopDate=sfn.now_iso())
        sfn._add_event(execution, "ExecutionTimedOut")
        sfn._emit_execution_status_event(execution)


def run_execution(arn):
    """Runs an execution from its first state, or a redriven one from the state it was in."""
    execution = sfn._executions[arn]
    attempt = execution.setdefault("redriveCount", 0)
    timer = None
    # As ministack does, for callers that look for a running execution.
    time.sleep(0.15)
    try:
        definition = json.loads(sfn._state_machines[execution["stateMachineArn"]]["definition"])
        first_input = json.loads(execution["input"])
        name, data = execution.setdefault("position", (definition["StartAt"], first_input))
        ctx = new_context(execution, first_input, execution.setdefault("variables", {}))
        ctx["QueryLanguage"] = definition.get("QueryLanguage", "JSONPath")
        if "TimeoutSeconds" in definition:
            run = contextvars.copy_context().run
            seconds = definition["TimeoutSeconds"] * sfn._SFN_WAIT_SCALE
            timer = threading.Timer(seconds, run, (time_out, execution, attempt))
            timer.daemon = True
            timer.start()
        while name:
            state = definition["States"][name]
            execution["position"] = (name, data)
            ctx["State"] = {"Name": name, "EnteredTime": sfn.now_iso(), "RetryCount": 0}
            add_state_event(execution, state, "Entered", {"name": name, "input": json.dumps(data)})
            if state["Type"] in ("Succeed", "Fail"):
                data, following = run_sub_machine({name: state}, name, data, execution, ctx), None
            else:
                context = (execution, ctx) if state["Type"] in ("Task", "Parallel", "Map") else (ctx,)
                data, following = getattr(sfn, f"_execute_{state['Type'].lower()}")(state, data, *context)
            # Stopped meanwhile, and maybe redriven already.
            if execution["status"] != "RUNNING" or execution["redriveCount"] != attempt:
                return
            add_state_event(execution, state, "Exited", {"name": name, "output": json.dumps(data)})
            name = following
        execution.update(status="SUCCEEDED", output=json.dumps(data), stopDate=sfn.now_iso())
        details = {"executionSucceededEventDetails": {"output": execution["output"]}}
        sfn._add_event(execution, "ExecutionSucceeded", details)
        sfn._emit_execution_status_event(execution)
    except Exception as error:
        if not isinstance(error, sfn._ExecutionError):
            sfn.logger.exception("Unexpected error in execution %s", arn)
            error = sfn._ExecutionError("States.Runtime", str(error))
        if execution["status"] == "RUNNING" and execution["redriveCount"] == attempt:
            sfn._fail_execution(execution, error.error, error.cause)
    finally:
        if timer:
            timer.cancel()


def add_state_event(execution, state, what, details):
    """Adds a top-level state's beginning or end to the history."""
    sfn._add_event(execution, f"{state['Type']}State{what}", {f"state{what}EventDetails": details})


def start_execution_sync(resource, data):
    """Runs a nested execution to its end, as startExecution.sync and .sync:2 do."""
    status, _, body = sfn._start_execution(sfn._nested_start_execution_request(data))
    answer = json.loads(body)
    if status >= 400:
        raise sfn._ExecutionError(f"StepFunctions.{answer['__type']}Exception", answer["message"])
    execution = sfn._executions[answer["executionArn"]]
    while execution["events"][-1]["type"] not in ENDED:
        time.sleep(0.02)
    result = describe(execution)
    for date in ("StartDate", "StopDate"):
        result[date] = sfn._iso_to_epoch_ms(result[date])
    if execution["status"] != "SUCCEEDED":
        raise sfn._ExecutionError("States.TaskFailed", json.dumps(result, ensure_ascii=False))
    if resource.endswith(".sync:2"):
        result["Output"] = json.loads(result["Output"])
    return result


def describe(execution):
    """An execution's description with capitalised members, as results and causes have it."""
    members = json.loads(describe_execution({"executionArn": execution["executionArn"]})[2])
    if members["status"] != "SUCCEEDED":
        # ministack repeats the error there.
        del members["output"], members["outputDetails"]
    members.pop("mapRunArn", None)
    return {key[0].upper() + key[1:]: {"Included": True} if key.endswith("Details") else value
            for key, value in sorted(members.items())}


def describe_execution(data):
    """DescribeExecution, with what it says about redriving."""
    status, headers, body = ministack_describe_execution(data)
    if status != 200:
        return status, headers, body
    execution, answer = sfn._executions[data["executionArn"]], json.loads(body)
    answer.update({key: execution[key] for key in ("redriveCount", "redriveDate") if key in execution})
    answer.setdefault("redriveCount", 0)
    answer["redriveStatus"] = "REDRIVABLE"
    if execution["status"] in ("RUNNING", "SUCCEEDED"):
        reason = f"Execution is {execution['status']} and cannot be redriven"
        answer.update(redriveStatus="NOT_REDRIVABLE", redriveStatusReason=reason)
    if data.get("includedData") == "METADATA_ONLY":
        for member in ("input", "inputDetails", "output", "outputDetails", "error", "cause"):
            answer.pop(member, None)
    return sfn.json_response(answer)


def uncapped(*values):
    """The least of some values, except that a retry's delay has none of ministack's 60 s."""
    return values[0] if values[1:] == (60,) else min(*values)


def redrive_execution(data):
    """RedriveExecution: runs an unsuccessful execution on from the state it was in, with its variables."""
    execution = sfn._executions.get(data["executionArn"])
    if execution is None:
        return sfn.error_response_json("ExecutionDoesNotExist", f"No execution {data['executionArn']}", 400)
    # A Map Run's child has no position, being redriven with its parent; a synchronous one is an Express one's.
    if execution["status"] in ("RUNNING", "SUCCEEDED") or "position" not in execution or execution.get("sync"):
        reason = f"Execution is {execution['status']} and cannot be redriven"
        return sfn.error_response_json("ExecutionNotRedrivable", reason, 400)
    count, date = execution["redriveCount"] + 1, sfn.now_iso()
    execution.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None)
    execution.update(redriveCount=count, redriveDate=date)
    sfn._add_event(execution, "ExecutionRedriven", {"executionRedrivenEventDetails": {"redriveCount": count}})
    sfn._emit_execution_status_event(execution)
    # The thread needs this request's account and Region.
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(run_execution, execution["executionArn"]), daemon=True).start()
    return sfn.json_response({"redriveDate": date})


async def handle_request(method, path, headers, body, query_params):
    """Answers a Step Functions request."""
    if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
        return sfn._finalize_response(redrive_execution(json.loads(body)))
    return await ministack_handle_request(method, path, headers, body, query_params)


if __name__ == "__main__":
    sfn._run_distributed_map = run_distributed_map
    sfn._run_sub_machine = run_sub_machine
    sfn._run_execution = run_execution
    sfn._invoke_nested_start_execution_sync = start_execution_sync
    sfn._start_execution = start_execution
    sfn._describe_execution = describe_execution
    sfn._apply_jsonata_arguments = within_limit(sfn._apply_jsonata_arguments)
    sfn._apply_jsonata_output = within_limit(sfn._apply_jsonata_output)
    sfn.handle_request = handle_request
    sfn.min = uncapped
    sfn._call_lambda = lambda_faults.call_lambda
    lambda_svc.acquire_worker = lambda_faults.acquire_worker
    main()
