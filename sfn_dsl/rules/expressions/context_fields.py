"""A field of the context object that there is not.

`$$` (in JSONata `$states.context`) has the objects Execution, State, StateMachine, Task and Map with fixed fields. AWS does not
check the names when the state machine is created; a wrong one fails the state when it runs.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$$.Exec.Id"}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $states.context.Execution.id %}", "End": true}}
Passes:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$$.Execution.Input.any", "b.$": "$$.State.Name"}, "End": true}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity, did_you_mean
from sfn_dsl.rules.expressions.sites import Site, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["context_fields"]

_FIELDS = {
    "": ("Execution", "State", "StateMachine", "Task", "Map"),
    "Execution": ("Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"),
    "State": ("EnteredTime", "Name", "RetryCount"),
    "StateMachine": ("Id", "Name"),
    "Task": ("Token",),
    "Map": ("Item",),
    "Map.Item": ("Index", "Value", "Key", "Source"),
}
_IN_PATH = re.compile(r"\$\$\.([\w.]+)")
_IN_QUERY = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|/\*.*?\*/|\$states\.context\.([\w.]+)", re.DOTALL)


@rule("SFN241", "context-object-unknown", severity=Severity.WARNING)
def context_fields(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        for names in _read(site) if site.key != "ResultPath" else ():
            where = ""
            for name in names.split("."):
                known = _FIELDS.get(where)
                if known is None:
                    break
                if name not in known:
                    owner = f"`{where}` of the context object" if where else "the context object"
                    message = f"{owner} has no field `{name}`, which state `{site.state.name}` reads"
                    yield Finding(site.pointer, message, did_you_mean(name, known))
                    break
                where = f"{where}.{name}" if where else name


def _read(site: Site) -> list[str]:
    """What is read of the context object, as names with dots."""
    if site.query is not None:
        return [names for names in _IN_QUERY.findall(site.query.text) if names] if "context" in site.query.text else []
    matches = (_IN_PATH.match(path.text.strip()) for path in site.paths if path.root == "$$")
    return [match[1] for match in matches if match is not None]
