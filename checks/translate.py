"""Prints what the SAM transform makes of a template: cfn-lint looks closer at that than at the template itself."""

import sys

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

with open(sys.argv[1]) as template:
    validator = SamTemplateValidator(yaml_parse(template.read()), managed_policy_loader=None, region="us-east-1")
print(validator.get_translated_template_if_valid())
