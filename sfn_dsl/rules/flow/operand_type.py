"""A JSONata operator beside a value of a type that it does not take.

`+ - * / %` take numbers, `< > <= >=` two numbers or two texts. Anything else ends the state with `States.QueryEvaluationError`.
Nothing is said about parts that a condition, `and` or `or` may pass over.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": {"rows": "3"}, "Next": "B"},
     "B": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.rows > 0 %}", "Next": "C"}], "Default": "C"},
     "C": {"Type": "Succeed"}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": {"count": {"rows": 3}}, "Next": "B"},
     "B": {"Type": "Pass", "Output": "{% $states.input.count + 1 %}", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "Output": {"rows": "3"}, "Next": "B"},
     "B": {"Type": "Choice", "Choices": [{"Condition": "{% $number($states.input.rows) > 0 %}", "Next": "C"}], "Default": "C"},
     "C": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.flow.analysis import flow_of
from sfn_dsl.rules.flow.values import kind_names
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["operand_type"]


@rule("SFN219", "jsonata-operand-type", severity=Severity.WARNING)
def operand_type(subject: Subject) -> Iterator[Finding]:
    for pointer, misfit in dict.fromkeys(flow_of(subject).misfits):
        message = f"`{misfit.operator}` fails here: its {misfit.side} side is {kind_names(misfit.kinds)}"
        if misfit.beside:
            message += f", the other side {kind_names(misfit.beside)}"
        yield Finding(pointer, message, f"make it {kind_names(misfit.wanted)}, for instance with `$number(...)` or `$string(...)`")
