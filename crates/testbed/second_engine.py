"""Serves the Step Functions API with moto's interpreter, which heeds the fields that ministack ignores.

Prints its endpoint when ready. Tasks call Lambda at http://localhost:$MOTO_PORT.
"""

import json

import jsonata
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.stepfunctions.parser.asl.jsonata import jsonata as engine
from werkzeug.serving import make_server


def evaluate(expression):
    result = jsonata.Jsonata.jsonata(expression).evaluate(None)
    # The round trip turns the library's own list type into a plain one.
    return json.loads(json.dumps(result))


# moto would run a Java library here.
engine._eval_jsonata = evaluate
default_user_config["stepfunctions"]["execute_state_machine"] = True

app = DomainDispatcherApplication(create_backend_app)
server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"Running on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
