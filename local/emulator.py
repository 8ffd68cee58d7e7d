"""Runs ministack with what its Step Functions engine ignores, after AWS's documentation.

From the Step Functions Developer Guide and API Reference:
- a Distributed Map in JSONata: ItemReader, Items, ItemSelector, MaxConcurrency, ToleratedFailure*, Output, Assign;
- its ResultWriter ("ResultWriter (Map)"), and child executions with a context object and variables of their own;
- startExecution.sync and .sync:2 start a real execution, and a failed one is States.TaskFailed with its description;
- RedriveExecution ("Restarting state machine executions with redrive") and the context object's RedriveCount.

Not after AWS: a redriven Map or Parallel state reruns whole (AWS: what failed, in the same Map Run), a Map Run over
its tolerated failures still runs its other items (AWS: PENDING), and the history has the Map Run's events at its end.
"""

import contextvars
import json
import threading
import time

from ministack.app import main
from ministack.services import s3
from ministack.services import stepfunctions as sfn

ENDED = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut")
TAKES_EXECUTION = ("Task", "Parallel", "Map")

ministack_run_distributed_map = sfn._run_distributed_map
ministack_run_sub_machine = sfn._run_sub_machine
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
        failure = error
    # A retried state leaves the runs of its earlier attempts.
    run = [run for run in sfn._map_runs.values()
           if run["executionArn"] == execution["executionArn"]
           and run["_stateMachineArn"].endswith(f"/{plain['Label']}")][-1]
    children = [child for child in sfn._executions.values() if child.get("mapRunArn") == run["mapRunArn"]]
    children.sort(key=lambda child: child["mapItemIndex"])
    try:
        # The results of a failed Map Run are exported too.
        result = write_results(writer, run, children)
    except sfn._ExecutionError as error:
        run["status"], failure = "FAILED", failure or error
    record_map_run(execution, run, failure)
    if failure:
        raise failure
    output = sfn._apply_jsonata_output(state, raw_input, ctx, result=result, default=result)
    sfn._apply_state_assign(state, raw_input, ctx, result=result)
    return output, sfn._next_or_end(state)


def select_items(state, raw_input, ctx):
    """The inputs of a Distributed Map's child executions."""
    if "ItemReader" in state:
        reader = sfn._apply_jsonata_template(state["ItemReader"], raw_input, ctx)
        try:
            items = sfn._read_map_items(reader, raw_input, ctx)
        except (ValueError, LookupError, TypeError) as error:
            raise sfn._ExecutionError("States.ItemReaderFailed", f"The dataset cannot be read: {error}") from error
    else:
        items = sfn._apply_jsonata_template(state.get("Items", raw_input), raw_input, ctx)
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
        outputs = [describe(child)]
        if child["status"] == "SUCCEEDED" and transformation != "NONE":
            output = json.loads(child["output"])
            outputs = output if transformation == "FLATTEN" and isinstance(output, list) else [output]
        results[child["status"]] += outputs
    if "Resource" not in writer:
        return results["SUCCEEDED"] + results["FAILED"]

    bucket, prefix = writer["Arguments"]["Bucket"], writer["Arguments"].get("Prefix", "")
    folder = f"{prefix}/{run['mapRunArn'].split(':')[-1]}".lstrip("/")
    files = {status: [] for status in results}
    for status, records in results.items():
        if records or any(child["status"] == status for child in children):
            # The documentation knows no other extension, whatever the OutputType.
            key = f"{folder}/{status}_0.json"
            lines = config.get("OutputType") == "JSONL"
            text = "\n".join(json.dumps(record) for record in records) if lines else json.dumps(records)
            files[status].append({"Key": key, "Size": put_object(bucket, key, text)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": run["mapRunArn"], "ResultFiles": files}
    put_object(bucket, f"{folder}/manifest.json", json.dumps(manifest))
    run["itemCounts"]["resultsWritten"] = run["executionCounts"]["resultsWritten"] = len(children)
    return {"MapRunArn": run["mapRunArn"],
            "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"}}


def put_object(bucket, key, text):
    """Writes an object for a ResultWriter and says how long it is."""
    body = text.encode()
    status, _, answer = s3._put_object(bucket, key, body, {"content-type": "application/json"})
    if status != 200:
        raise sfn._ExecutionError("States.ResultWriterFailed", f"Cannot write s3://{bucket}/{key}: {answer!r}")
    return len(body)


def record_map_run(execution, run, failure):
    """Adds a Map Run that has ended to the history of its parent."""
    sfn._add_event(execution, "MapRunStarted", {
        "timestamp": run["startDate"], "mapRunStartedEventDetails": {"mapRunArn": run["mapRunArn"]}})
    if failure:
        details = {"error": failure.error, "cause": failure.cause}
        sfn._add_event(execution, "MapRunFailed", {"mapRunFailedEventDetails": details})
    else:
        sfn._add_event(execution, "MapRunSucceeded")


def run_sub_machine(states, start_at, data, execution, ctx):
    """Runs the states of a branch, an item or a Distributed Map's child, which is an execution of its own."""
    if "mapRunArn" in execution and ctx["Execution"]["Id"] != execution["executionArn"]:
        execution["mapItemIndex"] = ctx.pop("Map")["Item"]["Index"]
        # A child cannot see its parent's variables.
        ctx.update(new_context(execution, ctx["QueryLanguage"], data, {}))
    return ministack_run_sub_machine(states, start_at, data, execution, ctx)


def new_context(execution, query_language, data, variables):
    """ministack's context of an execution, with the members of AWS's context object."""
    machine = execution["stateMachineArn"]
    return {
        "QueryLanguage": query_language,
        "Execution": {"Id": execution["executionArn"], "Input": data, "Name": execution["name"],
                      "StartTime": execution["startDate"], "RedriveCount": execution.get("redriveCount", 0)},
        "StateMachine": {"Id": machine, "Name": machine.split(":")[6]},
        "variables": variables,
    }


def run_execution(arn):
    """Runs an execution from its first state, or a redriven one from the state it was in."""
    execution = sfn._executions[arn]
    # ministack's, for callers that look for a RUNNING execution.
    time.sleep(0.15)
    definition = json.loads(sfn._state_machines[execution["stateMachineArn"]]["definition"])
    first_input = json.loads(execution["input"])
    name, data = execution.setdefault("position", (definition["StartAt"], first_input))
    ctx = new_context(execution, definition.get("QueryLanguage", "JSONPath"), first_input,
                      execution.setdefault("variables", {}))
    attempt = execution.get("redriveCount", 0)

    def runs():
        # A stopped execution may be redriven while its last task goes on here.
        return execution["status"] == "RUNNING" and execution.get("redriveCount", 0) == attempt

    try:
        while name and runs():
            state = definition["States"][name]
            kind = state["Type"]
            execution["position"] = (name, data)
            ctx["State"] = {"Name": name, "EnteredTime": sfn.now_iso(), "RetryCount": 0}
            add_state_event(execution, kind, "Entered", name, "input", data)
            if kind == "Fail":
                raise sfn._ExecutionError(*sfn._fail_state_error(state, data, ctx))
            if kind == "Succeed":
                data, following = run_sub_machine({name: state}, name, data, execution, ctx), None
            else:
                handler = getattr(sfn, f"_execute_{kind.lower()}")
                context = (execution, ctx) if kind in TAKES_EXECUTION else (ctx,)
                data, following = handler(state, data, *context)
            add_state_event(execution, kind, "Exited", name, "output", data)
            name = following
        if runs():
            execution.update(status="SUCCEEDED", output=json.dumps(data), stopDate=sfn.now_iso())
            sfn._add_event(execution, "ExecutionSucceeded", {
                "executionSucceededEventDetails": {"output": execution["output"]}})
            sfn._emit_execution_status_event(execution)
    except Exception as error:
        if not isinstance(error, sfn._ExecutionError):
            sfn.logger.exception("Unexpected error in execution %s", arn)
            error = sfn._ExecutionError("States.Runtime", str(error))
        if runs():
            sfn._fail_execution(execution, error.error, error.cause)


def add_state_event(execution, kind, what, name, direction, data):
    """Adds a top-level state's beginning or end to the history."""
    details = {"name": name, direction: json.dumps(data)}
    sfn._add_event(execution, f"{kind}State{what}", {f"state{what}EventDetails": details})


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
        raise sfn._ExecutionError("States.TaskFailed", json.dumps(result))
    if resource.endswith(".sync:2"):
        result["Output"] = json.loads(result["Output"])
    return result


def describe(execution):
    """An execution's description with the capitalised members of results and causes."""
    members = json.loads(describe_execution({"executionArn": execution["executionArn"]})[2])
    if members["status"] != "SUCCEEDED":
        # ministack's output of a failed execution is its error again.
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
    answer["redriveCount"] = execution.get("redriveCount", 0)
    if "redriveDate" in execution:
        answer["redriveDate"] = execution["redriveDate"]
    answer["redriveStatus"] = "REDRIVABLE" if redrivable(execution) else "NOT_REDRIVABLE"
    if not redrivable(execution):
        answer["redriveStatusReason"] = f"Execution is {execution['status']} and cannot be redriven"
    return sfn.json_response(answer)


def redrivable(execution):
    """Whether an execution can be redriven: an unsuccessful one, also of a Distributed Map whose parent can be."""
    return execution["status"] in ("FAILED", "ABORTED", "TIMED_OUT") and not execution.get("sync")


def redrive_execution(data):
    """RedriveExecution: runs an unsuccessful execution on from the state it was in."""
    execution = sfn._executions.get(data["executionArn"])
    if execution is None:
        return sfn.error_response_json("ExecutionDoesNotExist", f"Execution {data['executionArn']} not found", 400)
    # A child of a Map Run has no position: it is redriven with its parent.
    if not redrivable(execution) or "position" not in execution:
        reason = f"Execution is {execution['status']} and cannot be redriven"
        return sfn.error_response_json("ExecutionNotRedrivable", reason, 400)
    count, date = execution.get("redriveCount", 0) + 1, sfn.now_iso()
    execution.update(status="RUNNING", stopDate=None, output=None, error=None, cause=None,
                     redriveCount=count, redriveDate=date)
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
    sfn._describe_execution = describe_execution
    sfn.handle_request = handle_request
    main()
