"""Trust policies: who may assume the roles of a pipeline, and on whose behalf, so that no other account can use them."""

from __future__ import annotations

from sfn_dsl.asl.model import Json
from sfn_dsl.region import Target

__all__ = ["trust_events", "trust_lambda", "trust_scheduler", "trust_states"]


def trust_states(target: Target) -> Json:
    """For the role of a state machine: Step Functions, for any state machine of the target's account and Region."""
    return _trust("states", target, "ArnLike", target.arn("states", "stateMachine:*"))


def trust_events(target: Target, bus: str, *, source_arn: bool = True) -> Json:
    """For the role of rules on a bus: EventBridge, for those rules. Rules of the default bus have no bus in their ARN.

    `source_arn=False` leaves out the condition on the rule, which AWS does not document for these roles; the account stays.
    """
    rules = "rule/*" if bus == "default" else f"rule/{bus}/*"
    return _trust("events", target, "ArnLike", target.arn("events", rules) if source_arn else "")


def trust_scheduler(target: Target, group_arn: str) -> Json:
    """For the role of schedules: EventBridge Scheduler, for the schedules of one group. Its ARN is the source, not a schedule's."""
    return _trust("scheduler", target, "ArnEquals", group_arn)


def trust_lambda() -> Json:
    """For the role of a function. Lambda sends no source, so there is no condition."""
    return _document("lambda", {})


def _trust(service: str, target: Target, operator: str, source: str) -> Json:
    conditions: dict[str, Json] = {"StringEquals": {"aws:SourceAccount": target.account}}
    if source:
        conditions[operator] = {"aws:SourceArn": source}
    return _document(service, {"Condition": {name: conditions[name] for name in sorted(conditions)}})


def _document(service: str, rest: dict[str, Json]) -> Json:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **rest}
    return {"Version": "2012-10-17", "Statement": [statement]}
