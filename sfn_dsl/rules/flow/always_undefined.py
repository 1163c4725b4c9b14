"""A part of a JSONata expression that is always undefined.

The expression still has a value, but the path in it reads what nothing can have written: a key is left out of an object, a
comparison is false, a text is joined with nothing.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": {"rows": 1}, "Next": "B"},
     "B": {"Type": "Succeed", "Output": "{% {'n': $states.input.row, 'of': $states.input.rows} %}"}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": {"rows": 1}, "Next": "B"},
     "B": {"Type": "Succeed", "Output": "{% {'n': $states.input.rows} %}"}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": {"rows": 1}, "Next": "B"},
     "B": {"Type": "Succeed", "Output": "{% $exists($states.input.row) %}"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.telling import distinct, hint, path_of, reason
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["always_undefined"]


@rule("SFN217", "jsonata-always-undefined", severity=Severity.INFO)
def always_undefined(subject: Subject) -> Iterator[Finding]:
    for read in distinct(flow_of(subject).reads):
        if read.part:
            yield Finding(read.pointer, f"`{path_of(read)}` is always undefined: {reason(read)}", hint(read))
