"""`S3Event`: a new object in a bucket starts the pipeline, by way of EventBridge's default bus."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sfn_dsl.constants import fold
from sfn_dsl.diagnostic import Diagnostic, Severity, did_you_mean
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.resources.model import Bucket, Resource, Rule
from sfn_dsl.resources.model import RetryPolicy as Delivery
from sfn_dsl.triggers.batches import batch_inputs
from sfn_dsl.triggers.limits import delivery_problems
from sfn_dsl.triggers.parts import event_role, input_problems, logical_id, start_target, transformer
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["S3Event"]

_PATHS: Final[Mapping[str, str]] = {
    "bucket": "$.detail.bucket.name",
    "key": "$.detail.object.key",
    "version": "$.detail.object.version-id",
    "etag": "$.detail.object.etag",
    "size": "$.detail.object.size",
    "sequencer": "$.detail.object.sequencer",
    "time": "$.time",
}
_VERSIONS: Final = frozenset({"version", "etag", "sequencer"})
_BUCKET: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
_NAMING: Final = "use 3 to 63 lower-case letters, digits, `.` and `-`, with a letter or a digit at both ends"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class S3Event(Trigger):
    """A rule for `Object Created` of a bucket, optionally of keys with a prefix and a suffix.

    The bucket must tell EventBridge of its objects; with `owned=True` the template makes the bucket so. `input`: input name to
    `bucket`, `key`, `version`, `etag`, `size`, `sequencer` or `time`. The batch is one version of one object, so that events that
    come twice start nothing twice: build the control row's batch of bucket, key and version.
    """

    kind = "s3"

    bucket: str | Expression
    prefix: str = ""
    suffix: str = ""
    input: Mapping[str, str]
    owned: bool = False
    retries: int = 185
    max_age_seconds: int = 86_400

    def names(self, pipeline: Pipeline) -> tuple[str, ...]:
        label = self.label or "object"
        return (f"on-{label}", *([f"{label}-bucket"] if self.owned else []))

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        yield from delivery_problems(self.retries, self.max_age_seconds, "EventBridge", self.span)
        if isinstance(self.bucket, str) and not _BUCKET.fullmatch(self.bucket):
            yield Diagnostic(code="SFN102", message=f"`{self.bucket}` is no name of a bucket", span=self.span, help=_NAMING)
        for part in self.input.values():
            if not isinstance(part, str) or part not in _PATHS:
                yield Diagnostic(
                    code="SFN520",
                    message=f"an S3 event has no `{part}`",
                    span=self.span,
                    help=did_you_mean(str(part), _PATHS) or f"use one of {', '.join(_PATHS)}",
                )
        yield from input_problems(pipeline, self.input, self.span)
        if pipeline.control is None:
            yield Diagnostic(
                code="SFN527",
                message=f"pipeline `{pipeline.name}` is started by S3 without a control row, so that an event that comes twice "
                "does its object twice",
                span=self.span,
                help="give it a `control=Control(...)` whose batch is made of the object's key and version",
                severity=Severity.WARNING,
            )
        yield from self._batch(pipeline)

    def _batch(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        """A batch that is not one version of one object."""
        names = batch_inputs(pipeline)
        if not names:
            return
        parts = {str(part) for name, part in self.input.items() if name in names}
        several = len({_text_of(one.bucket) for one in _listed(pipeline.triggers) if isinstance(one, S3Event)}) > 1
        if not parts & {"key", *_VERSIONS}:
            yield Diagnostic(
                code="SFN524",
                message=f"the batch of pipeline `{pipeline.name}` holds nothing of the S3 event that tells one object from "
                "another, so that batches would be taken for each other",
                span=self.span,
                help="take `key` and `version` into the input, and make the batch of them",
            )
        elif "key" not in parts:
            yield self._alike(
                pipeline, f"without the object's key, and `{min(parts & _VERSIONS)}` may be the same for two objects", "`key`"
            )
        elif parts.isdisjoint(_VERSIONS):
            help = "`version`, or `sequencer` where the bucket keeps no versions,"
            yield self._alike(pipeline, "without the object's version: an object that is written again is taken for done", help)
        elif several and "bucket" not in parts:
            yield self._alike(pipeline, "without the bucket, and objects of two buckets may have one key", "`bucket`")

    def _alike(self, pipeline: Pipeline, what: str, missing: str) -> Diagnostic:
        return Diagnostic(
            code="SFN524",
            message=f"the batch of pipeline `{pipeline.name}` is made {what}",
            span=self.span,
            help=f"take {missing} into the input and into the batch",
            severity=Severity.WARNING,
        )

    def resources(self, pipeline: Pipeline, target: Target) -> tuple[Resource, ...]:
        bucket = str(fold(self.bucket, target, self.span))
        if not _BUCKET.fullmatch(bucket):
            raise DeclarationError(f"`{bucket}` is no name of a bucket in {target.region}", help=_NAMING, span=self.span)
        label = self.label or "object"
        role = event_role(pipeline, target, "default", pipeline.name)
        keys = [{kind: text} for kind, text in (("prefix", self.prefix), ("suffix", self.suffix)) if text]
        # In one field the alternatives of a pattern are joined by "or", so prefix and suffix together become a wildcard.
        if len(keys) == 2:
            keys = [{"wildcard": f"{_plain(self.prefix)}*{_plain(self.suffix)}"}]
        detail: dict[str, object] = {"bucket": {"name": [bucket]}}
        if keys:
            detail["object"] = {"key": keys}
        delivery = Delivery(maximum_retry_attempts=self.retries, maximum_event_age_in_seconds=self.max_age_seconds)
        made = transformer({name: _PATHS[part] for name, part in self.input.items()})
        rule = Rule(
            id=logical_id("on", label),
            name=f"{pipeline.name}-on-{label}",
            event_pattern={"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail},  # type: ignore[dict-item]
            targets=(start_target(target, pipeline.name, role, delivery, made),),
            description=f"Starts {pipeline.name} for new objects in {bucket}.",
        )
        made_here = (Bucket(id=logical_id(label, "bucket"), bucket_name=bucket, versioning=True),) if self.owned else ()
        return (*made_here, role, rule)


def _text_of(bucket: str | Expression) -> str:
    """What two triggers of one bucket share."""
    return bucket if isinstance(bucket, str) else f"${getattr(bucket, 'name', id(bucket))}"


def _listed(triggers: object) -> Iterable[object]:
    return triggers if isinstance(triggers, (list, tuple)) else (triggers,)


def _plain(text: str) -> str:
    """Text in a wildcard pattern that stands for itself."""
    return text.replace("\\", "\\\\").replace("*", "\\*")
