"""The ARN of a Lambda function as Resource that has not the form of one.

A function's ARN is `arn:<partition>:lambda:<region>:<account>:function:<name>`, with `:<version or alias>` where one is meant. AWS
refuses a definition with another form.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333;function:f", "End": true}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:f", "End": true}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f:live", "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import arn_of, resources
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["lambda_arn_malformed"]

_REST = re.compile(r"function:[^:;,/]+(:[^:;,/]+)?")
_BAD = re.compile(r"[;,/@]")


@rule("SFN171", "lambda-arn-malformed", aws_code="SCHEMA_VALIDATION_FAILED")
def lambda_arn_malformed(subject: Subject) -> Iterator[Finding]:
    for state, text in resources(subject):
        arn = arn_of(text)
        if arn is None or arn.service != "lambda" or any(character.isspace() for character in text):
            continue
        open_rest = subject.is_open(arn.rest) and not _REST.fullmatch(arn.rest)
        if not open_rest and (not _REST.fullmatch(arn.rest) or _BAD.search(arn.region) or _BAD.search(arn.account)):
            help = "write `arn:aws:lambda:<region>:<account>:function:<name>`"
            yield Finding(state.at("Resource"), f"`{text[:120]}` is not the ARN of a Lambda function", help)
