"""A path in the Result of a Pass state, which is not evaluated.

Result is given out as it is written, keys with `.$` and paths included. AWS warns with PASS_RESULT_IS_STATIC.

Fails:
    {"A": {"Type": "Pass", "Result": {"a.$": "$.b"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Result": {"a": ["$.b"]}, "End": true}}
Passes:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$.b"}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.expressions.sites import Role, looks_dynamic, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["static_result"]


@rule("SFN243", "pass-result-static-warning", severity=Severity.WARNING, aws_code="PASS_RESULT_IS_STATIC")
def static_result(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is Role.STATIC and site.field == "Result" and (site.key.endswith(".$") or looks_dynamic(site.text)):
            what = f"`{site.key}`" if site.key.endswith(".$") else f"`{site.text}`"
            message = f"{what} in `Result` of state `{site.state.name}` is not evaluated"
            yield Finding(site.pointer, message, "use `Parameters` for values that are computed")
