"""The compiler's front door: a pipeline and a target in, a state machine out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sfn_dsl.asl.limits import STANDARD_SECONDS
from sfn_dsl.asl.model import UNSET, Json, StateMachine
from sfn_dsl.asl.services import Pattern
from sfn_dsl.asl.shapes import Shape
from sfn_dsl.compile.assemble import Assembler
from sfn_dsl.compile.check import check_graph
from sfn_dsl.compile.controlled import controlled
from sfn_dsl.compile.field_types import misfits
from sfn_dsl.compile.graph import Scope, ScopeKind
from sfn_dsl.compile.lowering import Lowered, lower
from sfn_dsl.compile.mending import mended
from sfn_dsl.compile.problems import Problems
from sfn_dsl.compile.resolve import Resolver
from sfn_dsl.constants import fold
from sfn_dsl.diagnostic import Diagnostic, did_you_mean
from sfn_dsl.draft import Call, Fixed
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Expression
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target
from sfn_dsl.steps.approval import Approval
from sfn_dsl.steps.task import Task

__all__ = ["Compiled", "Sample", "StageRecord", "compile_pipeline"]

_NAME = re.compile(r"[0-9A-Za-z_-]{1,80}")
_LANGUAGES = ("JSONata", "JSONPath")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """A stage as a boundary of data: where it starts, and the variables that later states read of it.

    `variables` maps each to the fields it holds (empty for a variable that is one value). Who skips the stage restores these.
    """

    name: str
    start_at: str
    variables: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the user has declared about a Task's result: the shape of the value at `path`, and members of a good one."""

    path: tuple[str, ...]
    shape: Shape
    members: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """What a pipeline becomes for one target. `settings` are the fields of CreateStateMachine beside the definition, `samples`
    what is declared about the results of Task states, by name of state."""

    pipeline: Pipeline
    target: Target
    machine: StateMachine
    settings: Mapping[str, Json]
    stages: tuple[StageRecord, ...] = ()
    samples: Mapping[str, Sample] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = field(default=())


def compile_pipeline(pipeline: Pipeline, target: Target, *, query_language: str = "JSONata") -> Compiled:
    """Compile a pipeline for a target; `query_language` is the project's, for pipelines that do not name one.

    All that is wrong with the pipeline is in `diagnostics`; the machine is only good when none of these is an error.
    """
    problems = Problems()
    pipeline, mistyped = mended(pipeline)
    problems.take(mistyped)
    if pipeline.deployment is not None:
        target = replace(target, deployment=pipeline.deployment)
    declared = pipeline
    pipeline, lease_seconds = controlled(pipeline, target)
    language = pipeline.query_language or query_language
    _settings_make_sense(pipeline, language, problems)
    lowered = lower(pipeline, target, problems, lease_seconds)
    resolver = Resolver(lowered, pipeline, language, problems)
    check_graph(lowered.root, lowered.output, pipeline, target, problems)
    _tokens_stay_out_of_logs(pipeline, lowered.root, problems)
    if not lowered.cut:
        resolver.run()
    foreign = _jsonpath_fragment(lowered.root)
    mark = language == "JSONata" and foreign
    machine = StateMachine()
    if not problems:
        assembler = Assembler(resolver, target, language, mark, problems)
        entry = lowered.root.entry.node
        machine = StateMachine(
            comment=pipeline.comment or UNSET,
            query_language="JSONata" if language == "JSONata" and not foreign else UNSET,
            start_at=entry.name if entry else UNSET,
            timeout_seconds=UNSET if pipeline.timeout_seconds is None else pipeline.timeout_seconds,
            states=assembler.states(lowered.root),
        )
    return Compiled(
        pipeline=declared,
        target=target,
        machine=machine,
        settings=_settings(pipeline, target, problems),
        stages=_stages(lowered, resolver),
        samples=_samples(lowered.root),
        diagnostics=problems.found,
    )


def _settings_make_sense(pipeline: Pipeline, language: str, problems: Problems) -> None:
    def choice(what: str, value: str, known: tuple[str, ...]) -> None:
        if value not in known:
            hint = did_you_mean(str(value), known) or f"use one of {', '.join(known)}"
            problems.add("SFN104", f"pipeline `{pipeline.name}` has the unknown {what} `{value}`", pipeline.span, hint)

    if not isinstance(pipeline.name, str) or not _NAME.fullmatch(pipeline.name):
        problems.add(
            "SFN102", f"`{pipeline.name}` is no name for a pipeline", pipeline.span, "use 1 to 80 of letters, digits, `_` and `-`"
        )
    choice("query language", language, _LANGUAGES)
    choice("type", pipeline.type, ("STANDARD", "EXPRESS"))
    choice("failure mode", pipeline.failure_mode, ("record", "redrivable"))
    choice("logging level", pipeline.logging.level, ("ALL", "ERROR", "FATAL", "OFF"))
    if pipeline.dry_run is not MISSING and not isinstance(pipeline.dry_run, (bool, Expression)):
        message = f"`dry_run` of pipeline `{pipeline.name}` is no condition"
        problems.add("SFN104", message, pipeline.span, "write a comparison, such as `batch.dry_run == True`")
    timeout = pipeline.timeout_seconds
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int) or not 1 <= timeout <= 99_999_999):
        problems.add(
            "SFN104", f"`timeout_seconds` of pipeline `{pipeline.name}` is {timeout!r}", pipeline.span, "it must be 1 to 99,999,999"
        )
    _alarms_make_sense(pipeline, problems)
    for key, value in pipeline.tags.items():
        if len(key) > 128 or not isinstance(value, str) or len(value) > 256:
            problems.add(
                "SFN104",
                f"tag `{key}` of pipeline `{pipeline.name}` is too long or no text",
                pipeline.span,
                "128 and 256 characters",
            )


def _alarms_make_sense(pipeline: Pipeline, problems: Problems) -> None:
    wrong = list(misfits(pipeline.alarms, expressions=False))
    for misfit in wrong:
        message = f"`{misfit.field}` of the alarms of pipeline `{pipeline.name}` is no {misfit.wanted}"
        problems.add("SFN104", message, pipeline.span, misfit.help)
    for name in ("below", "above") if not wrong else ():
        for metric, limit in getattr(pipeline.alarms, name).items():
            if not isinstance(metric, str) or isinstance(limit, bool) or not isinstance(limit, (int, float)):
                message = f"`{name}` of the alarms of pipeline `{pipeline.name}` has {limit!r} for `{metric}`"
                problems.add("SFN104", message, pipeline.span, "write a number for each metric, by the name of the metric")
    if wrong:
        return
    for name, value, most in (
        ("duration_seconds", pipeline.alarms.duration_seconds, STANDARD_SECONDS),
        ("fresh_within_hours", pipeline.alarms.fresh_within_hours, 168),
    ):
        if value is not None and not 1 <= value <= most:
            message = f"`{name}` of the alarms of pipeline `{pipeline.name}` is {value:,}"
            problems.add("SFN104", message, pipeline.span, f"write 1 to {most:,}, or leave it out")


def _tokens_stay_out_of_logs(pipeline: Pipeline, root: Scope, problems: Problems) -> None:
    """Events of level ALL hold what a task was given, and whoever has the token of a question may answer it."""
    if pipeline.logging.level != "ALL" or not pipeline.logging.include_execution_data:
        return
    for node in (node for scope in root.walk() for node in scope.nodes):
        if isinstance(node.occurrence.step, Approval):
            message = (
                f"logs of level ALL with execution data would hold the task token of `{node.name}`, by which anybody can answer"
            )
            problems.add("SFN104", message, node.span, 'leave `include_execution_data` out, or log level "ERROR"')


def _jsonpath_fragment(root: Scope) -> bool:
    return any(
        isinstance(node.draft, Fixed) and node.draft.query_language == "JSONPath" for scope in root.walk() for node in scope.nodes
    )


def _samples(root: Scope) -> dict[str, Sample]:
    found = {}
    for scope in root.walk():
        for node in scope.nodes:
            draft = node.draft
            if not isinstance(draft, Call) or draft.shape is None or not (draft.sample or draft.shape.kind != "any"):
                continue
            # Other shapes are those of a service, which is known without the declaration.
            if draft.prefix or draft.sample or draft.pattern is Pattern.CALLBACK or isinstance(node.occurrence.step, Task):
                found[node.name] = Sample(path=draft.prefix, shape=draft.shape, members=draft.sample)
    return found


def _settings(pipeline: Pipeline, target: Target, problems: Problems) -> Mapping[str, Json]:
    """Name, type, logging, tracing, encryption and tags, in the form of CreateStateMachine."""
    settings: dict[str, Json] = {"name": pipeline.name, "type": pipeline.type}
    logging = pipeline.logging
    settings["loggingConfiguration"] = {"level": logging.level, "includeExecutionData": logging.include_execution_data}
    if logging.level != "OFF":
        group = logging.group or f"/aws/vendedlogs/states/{pipeline.name}"
        arn = target.arn("logs", f"log-group:{group}:*")
        settings["loggingConfiguration"]["destinations"] = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
    settings["tracingConfiguration"] = {"enabled": pipeline.tracing}
    if pipeline.encryption is not None:
        try:
            key = fold(pipeline.encryption.key, target, pipeline.span)
        except DeclarationError as error:
            problems.caught(error, pipeline.span)
            key = ""
        if not 60 <= pipeline.encryption.reuse_seconds <= 900:
            problems.add("SFN104", f"`reuse_seconds` of pipeline `{pipeline.name}` must be 60 to 900", pipeline.span)
        settings["encryptionConfiguration"] = {
            "type": "CUSTOMER_MANAGED_KMS_KEY",
            "kmsKeyId": key,
            "kmsDataKeyReusePeriodSeconds": pipeline.encryption.reuse_seconds,
        }
    if pipeline.tags:
        settings["tags"] = [{"key": key, "value": value} for key, value in sorted(pipeline.tags.items())]
    return settings


def _stages(lowered: Lowered, resolver: Resolver) -> tuple[StageRecord, ...]:
    """Per stage, the variables that states outside it read, and what the first state of the machine keeps."""
    found = []
    for name in lowered.stages:
        nodes = [node for node in lowered.root.nodes if node.occurrence.stage == name]
        if not nodes:
            continue
        variables: dict[str, tuple[str, ...]] = {}
        for record in resolver.records.values():
            if record.scope.kind is ScopeKind.ROOT and record.producer in nodes:
                variables[record.name] = () if record.bare else tuple(record.keys.values())
        if lowered.root.entry.node in nodes:
            for record in resolver.entered.records.values():
                if record.scope.kind is ScopeKind.ROOT:
                    variables[record.name] = () if record.bare else tuple(record.keys.values())
        found.append(StageRecord(name=name, start_at=nodes[0].name, variables=variables))
    return tuple(found)
