"""A `.waitForTaskToken` task that does not pass its token on.

Somebody must call SendTaskSuccess or SendTaskFailure with the token, which stands in `$$.Task.Token` (JSONPath) or
`$states.context.Task.Token` (JSONata). A task that does not send it waits until it times out, for a year by default.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
           "Parameters": {"FunctionName": "f", "Payload": {"id.$": "$.id"}}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
           "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}}}
Passes (JSONata):
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
           "Arguments": {"FunctionName": "f", "Payload": "{% {'token': $states.context.Task.Token} %}"}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.asl.services import Pattern
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import Call, calls, texts_in
from sfn_dsl.rules.integrations.pattern_not_supported import is_unsupported
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["token_missing"]

# The token itself, or something that it is a part of.
_PATH = re.compile(r"\$\$(?!\.(?!Task\b))")
_JSONATA = re.compile(r"\$states(?!\.(input|result|errorOutput)\b)(?!\.context\.(?!Task\b))")


@rule("SFN181", "task-token-missing", severity=Severity.WARNING)
def token_missing(subject: Subject) -> Iterator[Finding]:
    for call in calls(subject):
        if call.pattern is Pattern.CALLBACK and not is_unsupported(call) and not _passes_it_on(subject, call):
            source = "$states.context.Task.Token" if call.state.jsonata else "$$.Task.Token"
            has_payload = call.field in call.state.body
            pointer = call.state.at(call.field) if has_payload else call.state.pointer
            message = f"state `{call.state.name}` waits for a task token, but does not send it"
            yield Finding(pointer, message, f"pass `{source}` in `{call.field}`")


def _passes_it_on(subject: Subject, call: Call) -> bool:
    mention = _JSONATA if call.state.jsonata else _PATH
    path = call.state.get("InputPath")
    if not call.state.jsonata and isinstance(path, str) and mention.search(path):
        return True
    return any(mention.search(text) or subject.is_open(text) for _, text in texts_in(call.payload, ""))
