"""The bridge to AWS's `stepfunctions` SDK (extra `[sdk]`), in both directions.

SDK objects may stand wherever a step may: `load >> sdk_step`, `Pipeline(name=..., body=workflow)`. They become fragments of
JSONPath states. `to_workflow` gives an SDK `Workflow` of a machine of ours.

    from sfn_dsl.sdk import steps          # stepfunctions.steps, without the noise and the slow look-ups of a plain import

The SDK is imported only when it is used. It writes the partition of the caller's ambient Region into its ARNs; here they get
the partition of the Region that is compiled for.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, Final

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.model import Json, StateMachine
from sfn_dsl.errors import DeclarationError, EnvironmentFault
from sfn_dsl.expression import Expression, Operation, Setting
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import REGIONS
from sfn_dsl.span import Span, caller
from sfn_dsl.steps.raw import Raw
from sfn_dsl.steps.step import Step

__all__ = ["INSTALL", "as_step", "fast_partition", "from_sdk", "load", "pipeline_from_sdk", "to_workflow"]

INSTALL: Final = "pip install 'stepfunctions==2.3.0' 'sagemaker>=2.1,<3' 'setuptools<82'"
"""The command that installs versions which work together; a plain install of `stepfunctions` fails when it is imported."""

_MODULES = ("steps", "inputs", "workflow")
_AMBIENT = ("AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE")
_INTEGRATION = re.compile(r"arn:[\w-]+(:states:::.+)", re.S)
_LITERAL = frozenset({"Parameters", "Result"})
_MAX_DEPTH = 100


# The package


def __getattr__(name: str) -> Any:
    """`stepfunctions` and its modules `steps`, `inputs` and `workflow`, imported when first asked for."""
    if name == "stepfunctions":
        return load()
    if name in _MODULES:
        load()
        return importlib.import_module(f"stepfunctions.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load() -> ModuleType:
    """The package `stepfunctions`: imported without printing, with a fast partition look-up, and with the process's logging
    level and exception hook as they were. Raises EnvironmentFault where the extra is missing."""
    try:
        with _quiet():
            package = importlib.import_module("stepfunctions")
            importlib.import_module("stepfunctions.steps")
    except ImportError as error:
        raise EnvironmentFault(f"the `stepfunctions` SDK cannot be imported ({error}): {INSTALL}") from error
    fast_partition()
    return package


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What the SDK and sagemaker do to a process when they are imported, undone. What they still log goes to stderr."""
    root, chatty = logging.getLogger(), logging.getLogger("sagemaker.config")
    level, hook = root.level, sys.excepthook
    if chatty.level == logging.NOTSET:
        chatty.setLevel(logging.WARNING)
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            root.setLevel(level)
            sys.excepthook = hook


def fast_partition() -> None:
    """Give the SDK a partition look-up that works once per ambient Region (its own costs about 270 ms per step).

    The answer stays the SDK's own: the partition of the Region that boto3 would use, `aws` where there is none.
    """
    for name in ("utils", "integration_resources"):
        module: Any = importlib.import_module(f"stepfunctions.steps.{name}")
        module.get_aws_partition = _ambient_partition


def _ambient_partition() -> str:
    return _partition(tuple(os.environ.get(name) for name in _AMBIENT))


@functools.cache
def _partition(_environment: tuple[str | None, ...]) -> str:
    region = importlib.import_module("botocore.session").get_session().get_config_variable("region")
    return REGIONS.get(region or "", "aws")


# SDK objects come in


def as_step(node: object, span: Span | None = None) -> Step:
    """The step for an object of the SDK: a state, `Chain`, `Graph` or `Workflow`. Named like its first state.

    `span`: where the user put it, if that is known. Raises DeclarationError for what the SDK could not write as a definition.
    """
    return _step(node, None, {}, span)


def from_sdk(node: object, name: str | None = None, *, keep: Mapping[str, str] | None = None) -> Step:
    """The step for an object of the SDK, under a name of its own.

    `name` replaces the name of the first state; the others keep theirs. A state that ends goes on with what follows in the
    pipeline; `Succeed` and `Fail` end it. The first state gets `{}` from a step of ours before it, so values come in by
    `ExecutionInput` or by our own references, which may stand in `parameters`. `keep` says what later steps may read of the
    result: `keep={"rows": "$.Payload.rows"}` makes `step.output.rows`.
    """
    load()
    return _step(node, name, keep or {}, caller())


def pipeline_from_sdk(workflow: Any, name: str | None = None, **fields: Any) -> Pipeline:
    """A pipeline from a `Workflow`, with its name, comment, tags and time limit, or from a state, `Chain` or `Graph` and a
    name. `fields` are those of `Pipeline`, and win."""
    load()
    span = caller()
    found: dict[str, Any] = {"name": name, "span": span, "body": _step(workflow, None, {}, span, timeout=True)}
    graph = workflow
    if _is_workflow(workflow):
        graph = workflow.definition
        found["name"] = name or workflow.name
        found["tags"] = {str(tag["key"]): str(tag["value"]) for tag in workflow.tags or ()}
    if isinstance(graph, _states().Graph):
        about = graph.to_dict()
        found |= {"comment": about.get("Comment", ""), "timeout_seconds": about.get("TimeoutSeconds")}
    if not found["name"]:
        raise DeclarationError("a pipeline made of SDK steps needs a name", help="pass `name=`", span=span)
    return Pipeline(**{**found, **fields})


def _states() -> Any:
    """The SDK's module of states; there is one in every process that has an SDK object."""
    return importlib.import_module("stepfunctions.steps.states")


def _is_workflow(node: object) -> bool:
    return isinstance(node, importlib.import_module("stepfunctions.workflow").Workflow)


def _step(node: Any, name: str | None, keep: Mapping[str, str], span: Span | None, *, timeout: bool = False) -> Raw:
    sdk = _states()
    try:
        if _is_workflow(node):
            node = node.definition
        if isinstance(node, sdk.Graph):
            fragment = _plain(node.to_dict(), "the graph", False)
        elif isinstance(node, (sdk.State, sdk.Chain)):
            fragment = _fragment(node, sdk)
        else:
            raise DeclarationError(
                f"`{type(node).__name__}` of the SDK is not a step", help="use a state, a Chain, a Graph or a Workflow"
            )
        start, states = fragment.get("StartAt"), fragment.get("States")
        if not isinstance(start, str) or not isinstance(states, dict) or start not in states:
            raise DeclarationError("the SDK's graph has no `States` with its `StartAt`", help="give it a whole definition")
        if "TimeoutSeconds" in fragment and not timeout:
            raise DeclarationError(
                f"the SDK's workflow that starts with `{start}` has `timeout_seconds`, which only a pipeline can have",
                help="use `pipeline_from_sdk(workflow)`, or remove it and set `timeout_seconds` on the Pipeline",
            )
    except DeclarationError as error:
        raise DeclarationError(str(error), help=error.help, span=error.span or span) from None
    language = str(fragment.get("QueryLanguage", "JSONPath"))
    _portable(states)
    _kept(states, keep, language)
    return Raw(
        start if name is None else name,
        asl={"StartAt": start, "States": states},
        comment=str(fragment.get("Comment", "")),
        writes=dict.fromkeys(keep, object),
        query_language=language,
        span=caller() if span is None else span,
    )


def _fragment(start: Any, sdk: Any) -> dict[str, Json]:
    """The definition of all states that a state or chain leads to, in the SDK's own order. Iterative."""
    root: dict[str, Json] = {}
    scopes: list[tuple[Any, dict[str, Json], int]] = [(start, root, 0)]
    while scopes:
        block, place, depth = scopes.pop()
        if depth > _MAX_DEPTH:
            raise DeclarationError(f"steps of the SDK are nested more than {_MAX_DEPTH} levels deep", help="nest fewer of them")
        met: dict[str, Any] = {}
        states: dict[str, Json] = {}
        place |= {"StartAt": _entry(block, sdk), "States": states}
        stack = [block]
        while stack:
            node = stack.pop()
            if isinstance(node, sdk.Chain):
                stack += reversed(node.steps)
                continue
            if met.get(node.state_id) is node:
                continue
            nested, following = isinstance(node, (sdk.Parallel, sdk.Map)), _after(node, sdk)
            body = _body(node, sdk, nested)
            if node.state_id in met:
                if nested or body != states[node.state_id]:
                    raise DeclarationError(
                        f"two different states of the SDK are called `{node.state_id}`", help="give each a name of its own"
                    )
                continue
            met[node.state_id], states[node.state_id] = node, body
            for inner, member in _inside(node, sdk, body):
                scopes.append((inner, member, depth + 1))
            stack += reversed(following)
    return root


def _entry(block: Any, sdk: Any) -> str:
    """The name of the first state of a state or chain."""
    while isinstance(block, sdk.Chain) and block.steps:
        block = block.steps[0]
    if isinstance(block, sdk.Chain):
        raise DeclarationError("a chain of the SDK is empty", help="give it a state")
    if not isinstance(block, sdk.State):
        raise DeclarationError(
            f"`{type(block).__name__}` stands where the SDK needs a state", help="use a state or chain of its own"
        )
    return str(block.state_id)


def _body(node: Any, sdk: Any, nested: bool) -> dict[str, Json]:
    """The JSON of one state as the SDK writes it, without what a Parallel or Map holds: the SDK would go down for that."""
    try:
        body = sdk.State.to_dict(node) if nested else node.to_dict()
        return {key: _plain(value, f"state `{node.state_id}`", key in _LITERAL) for key, value in body.items() if key != "Iterator"}
    except RecursionError:
        raise DeclarationError(f"a value of the SDK's state `{node.state_id}` contains itself", help="pass a copy") from None


def _inside(node: Any, sdk: Any, body: dict[str, Json]) -> list[tuple[Any, dict[str, Json]]]:
    """What runs inside a Parallel or Map, each with the place in its JSON where that has to go."""
    if isinstance(node, sdk.Parallel):
        body["Branches"] = [{} for _ in node.branches]
        return list(zip(node.branches, body["Branches"], strict=True))
    if isinstance(node, sdk.Map):
        body["Iterator"] = {}
        return [(node.iterator, body["Iterator"])]
    return []


def _after(node: Any, sdk: Any) -> list[Any]:
    """Where a state leads to, in the order in which the SDK writes states down."""
    if isinstance(node, sdk.Choice):
        found = [node.default, *(target for _, target in node.choices)]
    else:
        found = [node.next_step, *(catch.next_step for catch in node.catches)]
    found = [target for target in found if target is not None]
    for target in found:
        _entry(target, sdk)
    return found


def _plain(value: Any, where: str, literal: bool) -> Json:
    """The value as JSON. Placeholders become their paths where the language takes paths; expressions of ours stay."""
    if isinstance(value, Expression) or value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(member, where, literal or key in _LITERAL) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(member, where, literal) for member in value]
    if isinstance(value, importlib.import_module("stepfunctions.inputs").Placeholder):
        if not literal:
            return value.to_jsonpath()
        raise DeclarationError(
            f"a placeholder of the SDK stands in {where} where JSONPath takes none",
            help="use it as the value of a field, not as an element of a list or as the whole payload",
        )
    raise DeclarationError(f"a `{type(value).__name__}` in {where} of the SDK is not JSON", help="use text, numbers, lists")


def _portable(states: dict[str, Json]) -> None:
    """Write the partition of the service integrations as a setting, which becomes that of the Region compiled for."""
    stack: list[Json] = list(states.values())
    while stack:
        part = stack.pop()
        if not isinstance(part, dict):
            continue
        match = _INTEGRATION.fullmatch(part["Resource"]) if isinstance(part.get("Resource"), str) else None
        if match:
            part["Resource"] = Operation("format", ("arn:", Setting("partition"), match[1]))
        stack += [part.get("ItemReader"), part.get("ResultWriter")]
        branches = part.get("Branches")
        for inner in [*(branches if isinstance(branches, list) else ()), part.get("Iterator"), part.get("ItemProcessor")]:
            if isinstance(inner, dict) and isinstance(inner.get("States"), dict):
                stack += inner["States"].values()


def _kept(states: dict[str, Json], keep: Mapping[str, str], language: str) -> None:
    """Assign what later steps read on every state that the fragment is left by."""
    for state in states.values():
        if keep and isinstance(state, dict) and state.get("End"):
            suffix = ".$" if state.get("QueryLanguage", language) == "JSONPath" else ""
            state["Assign"] = {**state.get("Assign", {}), **{f"{name}{suffix}": path for name, path in keep.items()}}


# Machines of ours go out


def to_workflow(machine: StateMachine, *, name: str, role: str, client: Any = None) -> Any:
    """An SDK `Workflow` of a machine: `.create()`, `.execute()`, `.render_graph()` work on it.

    `role`: ARN of the execution role. `client`: a boto3 client for Step Functions; the SDK makes one of the ambient Region
    when there is none. Raises EnvironmentFault where the extra is missing or there is no Region.
    """
    load()
    graph = _states().FrozenGraph(to_json(machine))
    try:
        return importlib.import_module("stepfunctions.workflow").Workflow(name, graph, role, client=client)
    except importlib.import_module("botocore.exceptions").NoRegionError:
        raise EnvironmentFault(
            "the SDK finds no Region for its client", help="pass `client=boto3.client('stepfunctions', region_name=...)`"
        ) from None
