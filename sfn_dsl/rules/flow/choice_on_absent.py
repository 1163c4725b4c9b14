"""A Choice rule on a value that may not be there.

A JSONPath Choice that looks at a value that is not there fails with `States.Runtime` ("The choice state's condition path
references an invalid value"), even where it has a Default. Only `IsPresent` may look. Values of the execution's input are taken
to be there.

Fails:
    {"A": {"Type": "Pass", "Result": {"a": 1}, "Next": "B"},
     "B": {"Type": "Choice", "Choices": [{"Variable": "$.status", "StringEquals": "ok", "Next": "C"}], "Default": "C"},
     "C": {"Type": "Succeed"}}
Passes:
    {"A": {"Type": "Pass", "Result": {"a": 1}, "Next": "B"},
     "B": {"Type": "Choice", "Choices": [{"And": [{"Variable": "$.status", "IsPresent": true},
                                                  {"Variable": "$.status", "StringEquals": "ok"}], "Next": "C"}], "Default": "C"},
     "C": {"Type": "Succeed"}}
Passes:
    {"B": {"Type": "Choice", "Choices": [{"Variable": "$.status", "StringEquals": "ok", "Next": "C"}], "Default": "C"},
     "C": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.telling import distinct, path_of, reason
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["choice_on_absent"]


@rule("SFN214", "choice-on-absent", severity=Severity.WARNING)
def choice_on_absent(subject: Subject) -> Iterator[Finding]:
    for read in distinct(flow_of(subject).reads):
        if not read.test:
            continue
        path = path_of(read)
        why = reason(read) if read.absent else f"not every way to state `{read.state.name}` writes it"
        message = f"the Choice looks at `{path}`, which {'cannot' if read.absent else 'may not'} be there: {why}"
        yield Finding(read.pointer, message, f"test `{path}` with `IsPresent` first, in the same `And`")
