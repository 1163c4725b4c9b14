"""parliament's judgement of a policy, without its false alarms.

parliament 1.6.4 carries a reference of some years ago and wants, of an action that works on one of several kinds of resources, all of
them: of `states:DescribeExecution` the ARN of an express execution too. A mismatch counts here when the statement names no ARN of any
kind that the action works on today.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from typing import Any

from sfn_dsl.region import Target
from sfn_dsl.resources.iam.evaluation import covers
from sfn_dsl.resources.iam.reference import resource_types
from sfn_dsl.resources.iam.statement import Statement, document

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ResourceWarning)  # it leaves its data file open
    from parliament import analyze_policy_string

__all__ = ["findings_of"]

# Condition keys that are newer than parliament's copy.
NEWER = {"states:HTTPEndpoint", "states:HTTPMethod", "kms:ResourceAliases"}
ANYWHERE = tuple(Target(region=region, account="111122223333") for region in ("us-east-1", "us-west-1"))


def _fits(action: str, resources: tuple[str, ...]) -> bool:
    prefix, _, name = action.partition(":")
    kinds = [kind for target in ANYWHERE for kind in resource_types(prefix, name, target)]
    if not kinds:
        return resources == ("*",)
    if resources == ("*",):
        return False
    return any(covers(kind.pattern, arn) for kind in kinds for arn in resources)


def _alarm(finding: Any, statement: Statement) -> bool:
    if finding.issue == "RESOURCE_MISMATCH":
        return not all(_fits(one["action"], statement.resources) for one in finding.detail)
    if finding.issue == "UNKNOWN_CONDITION_FOR_ACTION":
        return not any(key in str(finding.detail) for key in NEWER)
    # A text message goes to a number, which has no ARN.
    return not (finding.issue == "RESOURCE_STAR" and statement.actions == ("sns:Publish",))


def findings_of(statements: Iterable[Statement]) -> list[str]:
    """What parliament finds, as text; statement by statement, so that it is known which one a finding is about."""
    found = []
    for one in statements:
        findings = analyze_policy_string(json.dumps(document([one]))).findings
        found += [str(finding) for finding in findings if _alarm(finding, one)]
    return found
