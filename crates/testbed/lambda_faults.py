"""Scripted faults of the invocations that state machines make; src/lambda_faults.rs writes the script.

A kill is a real signal to the real runtime process. The other errors are simulated at the engine's side: it sees a
throttle, an error of Lambda's or of the function's, a time-out or a failed init, while the function has not run, has
run, or is still running, as the script says. Where the script wants random tokens, start-copy gets a new one each time.
"""

import contextvars
import json
import os
import signal
import threading
import time
import uuid

from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from ministack.services import stepfunctions as sfn

FOLDER = os.environ.get("STATE_DIR", ".")
SCRIPT = os.path.join(FOLDER, "lambda-faults.json")
LOG = os.path.join(FOLDER, "invocations.jsonl")

ministack_call_lambda = sfn._call_lambda
ministack_acquire_worker = lambda_svc.acquire_worker
lock = threading.Lock()
leased = threading.local()
script = {"Id": None, "Faults": [], "HasRandomTokens": False}


def call_lambda(function, event):
    """Invokes a function for a state machine, with the fault that the script has for this call."""
    global script
    execution = sfn._executions.get(event.get("ExecutionId") if isinstance(event, dict) else None)
    if execution and execution["status"] != "RUNNING":
        # ministack goes on with a Task's retries.
        raise sfn._ExecutionError("States.Runtime", "The execution has ended.")
    with lock:
        if os.path.exists(SCRIPT):
            with open(SCRIPT) as file:
                written = json.load(file)
            if written["Id"] != script["Id"]:
                script = written
        fault = take(function)
        run = script["Id"]
        if script["HasRandomTokens"] and "-StartCopyFunction-" in function:
            event = {**event, "IdempotencyToken": str(uuid.uuid4())}
        log(run, function, "Started")
    if fault is None:
        return invoke(run, function, event)
    kind = fault["Kind"]
    if kind in ("Killed", "Exits"):
        number = signal.SIGKILL if kind == "Killed" else signal.SIGTERM
        threading.Thread(target=kill_on_request, args=(run, function, number), daemon=True).start()
        return invoke(run, function, event)
    if kind == "Run":
        invoke(run, function, event)
    elif kind == "GoesOn":
        context = contextvars.copy_context().run
        threading.Thread(target=context, args=(invoke, run, function, event), daemon=True).start()
    else:
        if kind == "InitFails":
            for worker in sandboxes(function):
                worker.kill()
        log(run, function, "Ended")
    raise sfn._ExecutionError(fault["Error"], json.dumps({"errorType": fault["Error"], "errorMessage": "Scripted."}))


def take(function):
    """The fault of this call of a function, if the script has one."""
    for fault in script["Faults"]:
        if f"-{fault['Function']}-" not in function:
            continue
        if fault["Times"]:
            fault["Times"] -= 1
            return fault
    return None


def invoke(run, function, event):
    """Runs a function, in the sandbox that is free."""
    failed, leased.worker = True, None
    try:
        result = ministack_call_lambda(function, event)
        failed = False
        return result
    finally:
        process = leased.worker and leased.worker._proc
        log(run, function, "Ended", failed=failed, sandbox=process.pid if process else None)


def acquire_worker(*args, **kwargs):
    """Leases a sandbox, and notes which one this thread has."""
    leased.worker, reason = ministack_acquire_worker(*args, **kwargs)
    return leased.worker, reason


def kill_on_request(run, function, number):
    """Ends the function's runtime process once the file that asks for it is there."""
    while not os.path.exists(os.path.join(FOLDER, f"kill-{run}")):
        time.sleep(0.02)
    for worker in sandboxes(function):
        if worker.in_use:
            worker._proc.send_signal(number)


def sandboxes(function):
    """The runtime processes of a function that are there."""
    workers = [worker for pool in list(lambda_runtime._workers.values()) for worker in pool]
    return [worker for worker in workers if worker.func_name in function and worker._proc]


def log(run, function, phase, failed=False, sandbox=None):
    """Notes that an invocation started or ended, and in which process it ran."""
    line = {"Id": run, "Function": function, "Phase": phase, "HasFailed": failed, "Sandbox": sandbox}
    with open(LOG, "a") as file:
        file.write(json.dumps(line) + "\n")
