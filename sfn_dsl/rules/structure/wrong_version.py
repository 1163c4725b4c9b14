"""A `Version` other than `"1.0"`.

`Version` is the version of the Amazon States Language, not that of your pipeline; there is only `"1.0"`.

Fails:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Version": "2.0"}
Fails:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Version": 1.0}
Passes:
    {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}, "Version": "1.0"}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["wrong_version"]


@rule("SFN116", "version-enum", aws_code="SCHEMA_VALIDATION_FAILED")
def wrong_version(subject: Subject) -> Iterator[Finding]:
    version = subject.root.get("Version", "1.0")
    if version != "1.0" and not (isinstance(version, str) and subject.is_open(version)):
        yield Finding("/Version", "`Version` is not the text `1.0`", 'write `"Version": "1.0"`, or leave it out')
