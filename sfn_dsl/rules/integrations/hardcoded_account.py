"""An account id that stands as a literal in the ARN or URL of a resource.

Such a definition runs in one account only; a substitution or an input keeps it the same for all. Definitions compiled from a
pipeline are made for one account, so nothing is said of them.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:111122223333:function:f"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import texts_in
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["hardcoded_account"]

_ACCOUNT = re.compile(r"\barn:[\w-]+:[\w-]+:[\w-]*:(\d{12}):|\bhttps://sqs\.[\w.-]+/(\d{12})/")
_FIELDS = ("Resource", "Parameters", "Arguments", "Credentials")


@rule("SFN191", "bp-hardcoded-account", severity=Severity.INFO, practice=True)
def hardcoded_account(subject: Subject) -> Iterator[Finding]:
    if subject.ours:
        return
    for state in subject.of_type("Task"):
        for field in _FIELDS:
            for pointer, text in texts_in(state.get(field), state.at(field)):
                match = _ACCOUNT.search(text) if len(text) > 12 else None
                if match:
                    message = f"the account id `{match[1] or match[2]}` is a literal"
                    yield Finding(pointer, message, "use a substitution, or pass the ARN in the input")
