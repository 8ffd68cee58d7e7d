"""The Runtime API, in place of Lambda's own client for Python, which is not installable everywhere."""

import json
import os
from http.client import HTTPConnection

from handler import handle

INVOCATION = "/2018-06-01/runtime/invocation/"
api = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

while True:
    api.request("GET", INVOCATION + "next")
    invocation = api.getresponse()
    request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    answer = handle(json.load(invocation), None)
    api.request("POST", f"{INVOCATION}{request_id}/response", json.dumps(answer))
    api.getresponse().read()
