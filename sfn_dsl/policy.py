"""Retry and catch policies: what is tried again, what is handled, and what never is.

    retry=TRANSIENT                       faults of the called service that pass by themselves
    retry=TRANSIENT + THROTTLED           several, in this order
    retry=TRANSIENT.with_(max_attempts=2) the same with other figures
    retry=NEVER                           no retry, also where the pipeline has a default

A preset knows, per service, the error names that AWS recommends to retry; it never names `States.ALL`, so errors that the
business raises (a failed check, bad data) are not repeated. `JOB_FAILED` retries a job that ran and failed, on purpose.

Source: Developer Guide pages `sfn-best-practices` and `concepts-error-handling`; error prefixes as recorded from AWS.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from sfn_dsl.asl.model import UNSET, Retrier
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression, Logic, Reference
from sfn_dsl.functions import matches
from sfn_dsl.span import Span, caller

if TYPE_CHECKING:
    from sfn_dsl.steps.step import Block

__all__ = [
    "ALL",
    "BUSINESS",
    "JOB_FAILED",
    "NEVER",
    "POISON",
    "THROTTLED",
    "TIMEOUT",
    "TRANSIENT",
    "Catcher",
    "ErrorClass",
    "Retrier",
    "RetryPolicy",
    "retry",
]


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """A named set of error names, to be used wherever error names are listed. `a | b` joins two."""

    name: str
    errors: tuple[str, ...] = ()

    def __or__(self, other: ErrorClass) -> ErrorClass:
        return ErrorClass(f"{self.name} or {other.name}", (*self.errors, *other.errors))

    def adding(self, *errors: str) -> ErrorClass:
        """The same class with the error names of a project."""
        return ErrorClass(self.name, (*self.errors, *errors))

    def has(self, failure: Reference) -> Expression:
        """Condition, in a handler: the failure is of this class. `POISON.has(failure)`.

        Its error is one of the names. A job that has failed says `States.TaskFailed`, whatever its reason, so then its cause must
        hold one of the names; those that begin with `States.` are not looked for there. Raises DeclarationError for a class without
        names.
        """
        if not self.errors:
            raise DeclarationError(f"error class `{self.name}` has no names", help="add some by `.adding(...)`", span=caller())
        told = [matches(failure.cause, f"*{name}*") for name in self.errors if not name.startswith("States.")]
        found = [failure.error == name for name in self.errors]
        return _any(found + ([(failure.error == "States.TaskFailed") & _any(told)] if told else []))


def _any(conditions: Sequence[Expression]) -> Expression:
    """Whether one of at least one condition holds."""
    return Logic("or", tuple(conditions)) if len(conditions) > 1 else conditions[0]


ALL: Final = ErrorClass("all", ("States.ALL",))
BUSINESS: Final = ErrorClass("business", ("DataInconsistencyError", "DbtRunFailed"))
"""Errors that say something about the data: repeating the same work gives the same answer."""
POISON: Final = ErrorClass("poison", ("States.DataLimitExceeded", "States.ItemReaderFailed"))
"""Errors of an input that can never be processed."""


class Figures(TypedDict, total=False):
    """The figures of a `Retrier`, for `RetryPolicy.with_` and `retry`."""

    interval_seconds: int
    max_attempts: int
    backoff_rate: float
    max_delay_seconds: int
    jitter_strategy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A retrier whose error names depend on what is called: a service, or one action of it as `service:action`; `""` stands for
    every service."""

    names: tuple[tuple[str, tuple[str, ...]], ...]
    figures: tuple[tuple[str, int | float | str], ...]

    def retrier(self, service: str, action: str) -> Retrier | None:
        called = ("", service, f"{service}:{action}")
        errors = tuple(error for owner, errors in self.names if owner in called for error in errors)
        return Retrier(error_equals=errors, **dict(self.figures)) if errors else None  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """An ordered list of retriers. `a + b` tries `a` first; `retriers(service)` is what the ASL gets."""

    rules: tuple[_Rule, ...] = ()

    def __add__(self, other: RetryPolicy) -> RetryPolicy:
        return RetryPolicy(self.rules + other.rules)

    def with_(self, **figures: Unpack[Figures]) -> RetryPolicy:
        """The same errors with other figures."""
        return RetryPolicy(tuple(dataclasses.replace(rule, figures=(*rule.figures, *_figures(**figures))) for rule in self.rules))

    @functools.cache  # noqa: B019 - policies are few and live as long as the program
    def retriers(self, service: str, action: str = "") -> tuple[Retrier, ...]:
        """The retriers for a service part of a resource, such as `lambda`, `glue` or `redshiftdata`, and for its `action`, such as
        `executeStatement`. An error name that an earlier retrier has is left out of later ones, where it could never match."""
        seen: set[str] = set()
        found = []
        for rule in self.rules:
            retrier = rule.retrier(service, action)
            if retrier is None or retrier.error_equals is UNSET:
                continue
            names = tuple(dict.fromkeys(name for name in retrier.error_equals if name not in seen))
            if names:
                seen.update(names)
                found.append(dataclasses.replace(retrier, error_equals=names))
        return tuple(found)


def _figures(**figures: Unpack[Figures]) -> tuple[tuple[str, int | float | str], ...]:
    return tuple((name, value) for name, value in figures.items() if isinstance(value, (int, float, str)))


def _errors(listed: tuple[str | ErrorClass, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for entry in listed:
        names += entry.errors if isinstance(entry, ErrorClass) else (entry,)
    return tuple(names)


def retry(*errors: str | ErrorClass, **figures: Unpack[Figures]) -> RetryPolicy:
    """A policy for error names of your own, for instance `retry("MyError", max_attempts=5)`."""
    return RetryPolicy((_Rule(names=(("", _errors(errors)),), figures=_figures(**figures)),))


_TRANSIENT: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda": (
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ClientExecutionTimeoutException",
    ),
    "glue": ("Glue.InternalServiceException", "Glue.OperationTimeoutException", "Glue.SdkClientException"),
    "batch": ("Batch.ServerException", "Batch.SdkClientException"),
    "ecs": ("ECS.ServerException", "ECS.AmazonECSException"),
    "athena": ("Athena.InternalServerException",),
    "redshiftdata": ("RedshiftData.InternalServerException",),
    "dynamodb": ("DynamoDB.InternalServerErrorException", "DynamoDB.SdkClientException"),
    "sns": ("SNS.InternalErrorException", "SNS.SdkClientException"),
    "sqs": ("SQS.SdkClientException",),
    "states": ("StepFunctions.SdkClientException",),
    "sfn": ("Sfn.SdkClientException",),
    "emr-serverless": ("EMRServerless.InternalServerException",),
    "elasticmapreduce": ("ElasticMapReduce.InternalServerException",),
    "events": ("EventBridge.InternalException",),
    "cloudwatch": ("CloudWatch.InternalServiceException", "CloudWatch.SdkClientException"),
    # Not `sesv2`: a call without an answer may have sent the e-mail.
    "http": ("States.Http.Socket", "States.Http.StatusCode.502", "States.Http.StatusCode.503", "States.Http.StatusCode.504"),
}

_THROTTLED: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda": ("Lambda.TooManyRequestsException",),
    "glue": ("Glue.ConcurrentRunsExceededException", "Glue.ThrottlingException", "Glue.ResourceNumberLimitExceededException"),
    "batch": ("Batch.TooManyRequestsException",),
    "ecs": ("ECS.ThrottlingException",),
    "athena": ("Athena.TooManyRequestsException", "Athena.ThrottlingException"),
    "redshiftdata:executeStatement": ("RedshiftData.ActiveStatementsExceededException",),
    "redshiftdata:batchExecuteStatement": ("RedshiftData.ActiveStatementsExceededException",),
    "redshiftdata": ("RedshiftData.ThrottlingException",),
    "dynamodb": (
        "DynamoDB.ProvisionedThroughputExceededException",
        "DynamoDB.RequestLimitExceededException",
        "DynamoDB.ThrottlingException",
    ),
    "sns": ("SNS.ThrottledException",),
    "sqs": ("SQS.RequestThrottledException",),
    "states": ("StepFunctions.ExecutionLimitExceededException", "StepFunctions.ThrottlingException"),
    "sfn": ("Sfn.ThrottlingException",),
    "emr-serverless": ("EMRServerless.ThrottlingException", "EMRServerless.ServiceQuotaExceededException"),
    "elasticmapreduce": ("ElasticMapReduce.ThrottlingException",),
    "events": ("EventBridge.ThrottlingException",),
    "cloudwatch": ("CloudWatch.ThrottlingException",),
    "sesv2": ("SesV2.TooManyRequestsException",),
    "http": ("States.Http.StatusCode.429",),
}

TRANSIENT: Final = RetryPolicy(
    (
        _Rule(
            names=tuple(_TRANSIENT.items()),
            figures=_figures(interval_seconds=2, max_attempts=6, backoff_rate=2.0, max_delay_seconds=60, jitter_strategy="FULL"),
        ),
    )
)
"""Faults on the way to the service or inside it; up to 6 retries from 2 s, doubling to 60 s, with full jitter."""

THROTTLED: Final = RetryPolicy(
    (
        _Rule(
            names=tuple(_THROTTLED.items()),
            figures=_figures(interval_seconds=30, max_attempts=8, backoff_rate=2.0, max_delay_seconds=600, jitter_strategy="FULL"),
        ),
    )
)
"""The service has no room now; up to 8 retries from 30 s, doubling to 10 minutes, with full jitter."""

TIMEOUT: Final = RetryPolicy(
    (
        _Rule(
            names=(("", ("States.Timeout", "States.HeartbeatTimeout")),),
            figures=_figures(interval_seconds=30, max_attempts=2, backoff_rate=2.0, jitter_strategy="FULL"),
        ),
    )
)
"""The work did not end or did not report in time; 2 retries. Only for work that may be repeated."""

JOB_FAILED: Final = RetryPolicy(
    (
        _Rule(
            names=(("", ("States.TaskFailed",)),),
            figures=_figures(interval_seconds=60, max_attempts=2, backoff_rate=2.0, max_delay_seconds=900, jitter_strategy="FULL"),
        ),
    )
)
"""The job ran and failed; 2 retries. A job that has failed says `States.TaskFailed` whatever the reason (its cause says more, but
no retrier sees causes), so only for jobs of which no failure is a matter of the data. The name matches every error but a time-out:
for functions, whose errors have names, put first what must not be repeated, `retry(BUSINESS, max_attempts=0) + JOB_FAILED`."""

NEVER: Final = RetryPolicy()
"""No retry at all."""


class Catcher:
    """What to do when an error is left after all retries.

    `Catcher("DataInconsistencyError", do=quarantine)`: error names or classes, then a step or chain. In `do`, `failure.error`,
    `failure.cause` and `failure.step` tell what happened. After `do` the pipeline goes on with the step that follows the
    caught one, unless `do` ends in `Succeed` or `Fail`.
    """

    __slots__ = ("do", "errors", "span")

    def __init__(self, *errors: str | ErrorClass, do: Block) -> None:
        self.errors = _errors(errors) or ALL.errors
        self.do = do
        self.span: Span = caller()
