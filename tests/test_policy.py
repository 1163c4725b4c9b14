"""Retry policies: presets per service, composition, overrides, and the pipeline's default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sfn_dsl import (
    ALL,
    BUSINESS,
    JOB_FAILED,
    NEVER,
    POISON,
    THROTTLED,
    TIMEOUT,
    TRANSIENT,
    Catcher,
    ConsistencyCheck,
    Extract,
    Metric,
    Pipeline,
    Task,
    Transform,
    Wait,
    retry,
)
from sfn_dsl.asl.services import integration
from sfn_dsl.policy import _THROTTLED, _TRANSIENT


def errors(policy: Any, service: str) -> list[tuple[str, ...]]:
    return [retrier.error_equals for retrier in policy.retriers(service)]


def test_presets_know_the_service() -> None:
    assert "Lambda.ServiceException" in errors(TRANSIENT, "lambda")[0]
    assert "Glue.ConcurrentRunsExceededException" in errors(THROTTLED, "glue")[0]
    assert errors(TRANSIENT, "no-such-service") == []
    assert errors(NEVER, "lambda") == []


def test_presets_never_repeat_what_the_business_decides() -> None:
    forbidden = {"States.ALL", "States.TaskFailed", *BUSINESS.errors, *POISON.errors}
    for service in {*_TRANSIENT, *_THROTTLED}:
        for policy in (TRANSIENT, THROTTLED, TIMEOUT):
            assert not forbidden & {name for names in errors(policy, service) for name in names}


def test_names_of_presets_have_the_prefix_of_their_service() -> None:
    actions = {
        "lambda": "invoke",
        "glue": "startJobRun",
        "batch": "submitJob",
        "dynamodb": "putItem",
        "states": "startExecution",
        "sns": "publish",
        "events": "putEvents",
        "sfn": "describeMapRun",
        "cloudwatch": "putMetricData",
        "sesv2": "sendEmail",
    }
    for service, action in actions.items():
        known = integration(service, action, sdk=service in ("sfn", "cloudwatch", "sesv2"))
        assert known is not None
        for names in (*errors(TRANSIENT, service), *errors(THROTTLED, service)):
            assert all(name.startswith(f"{known.prefix}.") for name in names), (service, names)


def test_presets_name_the_errors_of_sdk_integrations_as_these_do(definition: Callable[..., dict[str, Any]]) -> None:
    own = retry("Mine", "DynamoDB.Own") + TRANSIENT
    step = Task("t", resource="aws-sdk:dynamodb:query", arguments={"TableName": "t"}, retry=own)
    [first, second] = definition(Pipeline(name="p", body=step))["States"]["t"]["Retry"]
    assert first["ErrorEquals"] == ["Mine", "DynamoDb.Own"]
    assert second["ErrorEquals"] == ["DynamoDb.InternalServerErrorException", "DynamoDb.SdkClientException"]


def test_emails_are_tried_again_only_where_none_was_sent() -> None:
    assert errors(TRANSIENT + THROTTLED, "sesv2") == [("SesV2.TooManyRequestsException",)]


def test_figures_are_tried_again_within_seconds(definition: Callable[..., dict[str, Any]]) -> None:
    put, own = Metric("put", metric="M", value=1), Metric("own", metric="M", value=1, retry=THROTTLED)
    check = ConsistencyCheck("check", function="c", payload={}, status_field="s", success="GOOD", metrics={"Quality": "q"})
    states = definition(Pipeline(name="p", body=[put, own, check], retry=TRANSIENT + THROTTLED))["States"]
    for state in ("put", "check / metrics"):
        [transient, throttled] = states[state]["Retry"]
        assert transient["ErrorEquals"] == ["CloudWatch.InternalServiceException", "CloudWatch.SdkClientException"]
        assert throttled["ErrorEquals"] == ["CloudWatch.ThrottlingException"]
        assert {(one["IntervalSeconds"], one["MaxAttempts"]) for one in (transient, throttled)} == {(1, 3)}
    assert states["own"]["Retry"][0]["MaxAttempts"] == 8


def test_composition_keeps_order_and_drops_what_cannot_match() -> None:
    policy = retry("A", "B", max_attempts=0) + retry("B", "C", interval_seconds=5) + JOB_FAILED
    assert errors(policy, "glue") == [("A", "B"), ("C",), ("States.TaskFailed",)]
    assert policy.retriers("glue")[0].max_attempts == 0
    assert errors(retry(BUSINESS.adding("Mine") | POISON), "x")[0][-1] == "States.ItemReaderFailed"


def test_figures_can_be_changed() -> None:
    [changed] = TRANSIENT.with_(max_attempts=1, backoff_rate=3.0).retriers("lambda")
    assert (changed.max_attempts, changed.backoff_rate, changed.interval_seconds) == (1, 3.0, 2)
    [original] = TRANSIENT.retriers("lambda")
    assert original.max_attempts == 6
    assert original.jitter_strategy == "FULL"


@pytest.mark.parametrize(("own", "expected"), [(None, 6), (retry("E", max_attempts=1), 1), (NEVER, None)])
def test_the_pipeline_has_a_default(definition: Callable[..., dict[str, Any]], own: Any, expected: int | None) -> None:
    step = Transform.lambda_("t", function="f", payload={}, retry=own)
    state = definition(Pipeline(name="p", body=step, retry=TRANSIENT))["States"]["t"]
    assert (state["Retry"][0]["MaxAttempts"] if "Retry" in state else None) == expected


def test_catchers_stand_in_order_with_the_wildcard_last(definition: Callable[..., dict[str, Any]]) -> None:
    step = Extract.glue("g", job="j", catch=(Catcher("A", do=Wait("a", seconds=1)), Catcher(ALL, do=Wait("b", seconds=1))))
    state = definition(Pipeline(name="p", body=step, on_failure=Wait("never", seconds=1)))["States"]["g"]
    assert [catcher["ErrorEquals"] for catcher in state["Catch"]] == [["A"], ["States.ALL"]]
    assert [catcher["Next"] for catcher in state["Catch"]] == ["a", "b"]
