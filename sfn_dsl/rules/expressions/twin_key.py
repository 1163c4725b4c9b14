"""A payload with the same key twice, with and without `.$`.

A payload template loses the ending `.$` of its keys when it is filled in, so that `a.$` and `a` give the same field. AWS
refuses it.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$.b", "a": 1}, "End": true}}
Passes:
    {"A": {"Type": "Pass", "Parameters": {"a.$": "$.b", "b": {"a": 1}}, "End": true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.expressions.sites import Role, sites_of
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["twin_key"]


@rule("SFN237", "payload-duplicate-after-strip", aws_code="SCHEMA_VALIDATION_FAILED")
def twin_key(subject: Subject) -> Iterator[Finding]:
    for site in sites_of(subject):
        if site.role is Role.PAYLOAD and site.twin:
            plain = site.key[:-2]
            message = f"`{site.field}` of state `{site.state.name}` has both `{plain}` and `{site.key}`, which are the same field"
            yield Finding(site.pointer, message, f"remove `{plain}` or `{site.key}`")
