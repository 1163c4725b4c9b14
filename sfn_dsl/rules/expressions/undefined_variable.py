"""A variable that no state before sets.

AWS creates the state machine, and the state fails when it reads the variable. A variable set inside a Map or Parallel is gone
after it, branches do not see each other's, and the states of a distributed Map read none of those around it.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$x"}, "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $x %}", "Assign": {"x": 1}, "End": true}}
Fails:
    {"M": {"Type": "Map", "Next": "A",
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "Assign": {"x": 2}, "End": true}}}},
     "A": {"Type": "Pass", "InputPath": "$x", "End": true}}
Fails:
    {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
     "M": {"Type": "Map", "End": true,
           "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                             "StartAt": "P", "States": {"P": {"Type": "Pass", "InputPath": "$x.y", "End": true}}}}}
Passes:
    {"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
     "M": {"Type": "Map", "End": true,
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "InputPath": "$x.y", "End": true}}}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity, did_you_mean
from sfn_dsl.rules.expressions.called_functions import unknown_functions
from sfn_dsl.rules.expressions.sites import Site, sites_of
from sfn_dsl.rules.expressions.variables import Variables, variables_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["undefined_variable"]


@rule(
    "SFN273",
    "variable-undefined-jsonpath",
    "jsonata-undefined-variable",
    "variable-scope-leak",
    "variable-distributed-map-outer",
    severity=Severity.WARNING,
)
def undefined_variable(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        names = _read(site)
        if names:
            variables = variables_of(subject)
            for name in sorted(names - variables.before[site.state]):
                yield _finding(site, name, variables)


def _read(site: Site) -> frozenset[str]:
    if site.query is not None:
        return site.query.variables - {"states"} - unknown_functions(site.query)
    return frozenset(path.root for path in site.paths if path.root not in ("", "$$"))


def _finding(site: Site, name: str, variables: Variables) -> Finding:
    state = site.state
    message = f"state `{state.name}` reads the variable `${name}`, which "
    around = list(state.scope.ancestry)
    edge = next((number for number, scope in enumerate(around) if scope.distributed), len(around)) + 1
    if any(name in variables.scopes[scope] for scope in around[:edge]):
        return Finding(site.pointer, f"{message}no state before it sets", "set it in a state before", _plain(site))
    if any(name in variables.scopes[scope] for scope in around[edge:]):
        message += "is set outside of a distributed Map"
        help = "give the value to the items with `ItemSelector`"
        return Finding(site.pointer, message, help, "variable-distributed-map-outer")
    if any(name in names for names in variables.scopes.values()):
        message += "is only set inside another Map or Parallel"
        return Finding(site.pointer, message, "return the value in the output of that state", "variable-scope-leak")
    known = variables.before[state]
    return Finding(site.pointer, f"{message}no state sets", did_you_mean(name, known), _plain(site))


def _plain(site: Site) -> str:
    return "jsonata-undefined-variable" if site.query is not None else "variable-undefined-jsonpath"
