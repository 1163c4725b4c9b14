"""JSONata that calls a function that there is not.

AWS accepts it when the state machine is created; the call fails when it runs (States.QueryEvaluationError, T1006). `$eval` has
been taken out of JSONata in Step Functions. Variables hold JSON and so no function.

Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $cuont([1]) %}", "End": true}}
Fails (JSONata):
    {"A": {"Type": "Pass", "Output": "{% $eval('1') %}", "End": true}}
Passes (JSONata):
    {"A": {"Type": "Pass", "End": true,
           "Output": "{% ($twice := function($x) {$x * 2}; $twice($count([1])) & $uuid() & '$no(') %}"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity, did_you_mean
from sfn_dsl.rules.expressions.called_functions import unknown_functions
from sfn_dsl.rules.expressions.sites import sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject
from sfn_dsl.simulate.jsonata.functions import FUNCTIONS

__all__ = ["unknown_function"]


@rule("SFN265", "jsonata-unknown-function", "jsonata-eval", severity=Severity.WARNING)
def unknown_function(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        for name in sorted(unknown_functions(site.query)) if site.query else ():
            where = f"in `{site.field}` of state `{site.state.name}`"
            if name == "eval":
                help = "use `$parse` to read JSON"
                yield Finding(site.pointer, f"there is no function `$eval` in Step Functions, called {where}", help, "jsonata-eval")
            else:
                help = did_you_mean(f"${name}", [f"${known}" for known in FUNCTIONS])
                message = f"there is no function `${name}`, called {where}"
                yield Finding(site.pointer, message, help, "jsonata-unknown-function")
