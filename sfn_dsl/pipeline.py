"""`Pipeline`, `Stage` and `Input`: what users declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from sfn_dsl.asl.shapes import Shape, declared
from sfn_dsl.control.contract import BatchReady
from sfn_dsl.control.control import Control
from sfn_dsl.deployment import Deployment
from sfn_dsl.draft import Draft, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, InputRoot, Reference, Template
from sfn_dsl.policy import NEVER, RetryPolicy
from sfn_dsl.resources.iam.narrowing import Permissions
from sfn_dsl.span import NOWHERE, Span, caller
from sfn_dsl.steps.step import Block, Step, as_steps

__all__ = ["Alarms", "Default", "Encryption", "Input", "Logging", "Pipeline", "Skip", "Stage"]


class Default:
    """A default value for an input, where the value alone could be taken for a type: `Default({"a": 1})`."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Input(Reference):
    """The typed input of a pipeline: `Input(batch_id=str, mode="full")`.

    A type makes a field required, a value makes it optional with that default. Types: `str`, `int`, `float`, `bool`, `list`,
    `dict`, `[element]`, `{field: type}`. A step reads `batch.batch_id`.
    """

    __slots__ = ("defaults", "shape", "types")

    def __init__(self, **fields: Any) -> None:
        super().__init__(InputRoot(self), (), caller())
        self.types: dict[str, Any] = {}
        self.defaults: dict[str, Any] = {}
        for name, value in fields.items():
            if isinstance(value, Default):
                self.types[name], self.defaults[name] = type(value.value), value.value
            elif _is_type(value):
                self.types[name] = value
            elif _holds_class(value):
                declared(value)  # says which one is no type of a value
            else:
                self.types[name], self.defaults[name] = (Any if value is None else type(value)), value
        self.shape: Shape = declared(self.types)


def _is_type(value: Any) -> bool:
    try:
        declared(value)
    except DeclarationError:
        return False
    return not (isinstance(value, Mapping) and not value)


def _holds_class(value: Any) -> bool:
    """Whether a value has a class in it, and so is meant as a type. Iterative."""
    stack, seen = [value], set()
    while stack:
        node = stack.pop()
        if isinstance(node, type):
            return True
        if isinstance(node, (Mapping, list, tuple)) and id(node) not in seen:
            seen.add(id(node))
            stack += node.values() if isinstance(node, Mapping) else node
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """Execution logs. `level`: ALL, ERROR, FATAL or OFF. `group`: name of the log group; None makes
    `/aws/vendedlogs/states/<pipeline>`. Data of executions is left out unless asked for."""

    level: str = "ERROR"
    include_execution_data: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """A customer managed key. `key`: id, alias or ARN. `reuse_seconds`: how long a data key is reused, 60 to 900."""

    key: Template
    reuse_seconds: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """What people want to be told of, beside executions that fail.

    `duration_seconds`: of one execution. `fresh_within_hours`: since the last batch was done, or since the sweeper looked first;
    without a control row since the last execution that succeeded, 1 to 168. `calls`: errors of the Lambda functions and failed runs
    of the Glue jobs that states call, also where a retry mends them. `below`, `above`: limits of the figures that `Metric` steps
    put, by their names; batches beyond one ring, those within minutes of each other once.
    """

    duration_seconds: int | None = None
    fresh_within_hours: int | None = None
    calls: bool = False
    below: Mapping[str, float] = field(default_factory=dict)
    above: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Skip:
    """When a stage need not run again, and where the values that it would set are kept: JSON text, an object of variables."""

    condition: Template
    values: Template


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Stage(Step):
    """Steps that belong together: what a re-run can skip. What later stages use of it is kept as one record.

    `lease_seconds`: how long an execution may take for it before another one takes the batch over; the sum of its steps' time-outs
    and the deployment's margin, unless given. `skip`: set by the compiler for pipelines with a control row.
    """

    steps: tuple[Step, ...]
    lease_seconds: int | None
    skip: Skip | None

    def __init__(
        self,
        name: str,
        *steps: Block,
        comment: str = "",
        lease_seconds: int | None = None,
        skip: Skip | None = None,
        span: Span | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise DeclarationError("the name of a stage comes first, a text", help='write `Stage("load", ...)`', span=caller())
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "comment", comment)
        object.__setattr__(self, "span", span or caller())
        object.__setattr__(self, "steps", as_steps(steps))
        object.__setattr__(self, "lease_seconds", lease_seconds)
        object.__setattr__(self, "skip", skip)

    def lower(self, site: Site) -> tuple[Draft, ...]:
        raise DeclarationError(
            f"stage `{self.name}` stands inside another step", help="stages stand in the body of a pipeline", span=self.span
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """A data pipeline: what it is called, what it takes, what it does.

    `name`: 1 to 80 of `[0-9A-Za-z_-]`; also the name of the state machine.
    `body`: steps, usually `a >> b >> c`, or stages.
    `output`: what an execution gives back, in terms of steps that have certainly run; nothing by default.
    `on_failure`: steps that run once when an outermost step, or a check, has failed; then the execution fails with the
    original error. `failure_mode`: `record` (the handler is wired by Catch; such a run cannot be redriven) or `redrivable`
    (no catch-all, so that AWS's RedriveExecution can continue the run; the handler is not part of the machine).
    `control`: a row of the control table per batch; its stages can be skipped by a re-run. `produces`: what other pipelines are
    told when a batch is ready; `consumes`: what this one is told. `triggers`: what starts it (`EventRule`, `Schedule`, ...); by
    default an event rule for everything that it consumes. `deployment`: its Regions, where they differ from the project's.
    `alarms`: what is too long. `permissions`: rights to add to those that the states need, or to narrow.
    `before` and `after`: steps that triggers add in front of the claim and behind the body.
    `retry`: the policy of steps that do not name one. `dry_run`: a condition; where it holds the execution reads it and
    succeeds at once. `query_language`: JSONata, JSONPath, or None for the project's.
    `type`: STANDARD or EXPRESS. `timeout_seconds`: for the whole execution, 1 to 99,999,999.
    """

    name: str
    _: KW_ONLY
    body: Block
    input: Input = field(default_factory=Input)
    output: Template = field(default_factory=dict)
    on_failure: Block = None
    failure_mode: str = "record"
    retry: RetryPolicy = NEVER
    dry_run: Template = MISSING
    query_language: str | None = None
    type: str = "STANDARD"
    logging: Logging = Logging()
    tracing: bool = False
    encryption: Encryption | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: int | None = None
    control: Control | None = None
    produces: BatchReady | None = None
    consumes: tuple[BatchReady, ...] = ()
    triggers: tuple[Any, ...] = ()
    deployment: Deployment | None = None
    before: Block = None
    after: Block = None
    alarms: Alarms = Alarms()
    permissions: Permissions = field(default_factory=Permissions)
    comment: str = ""
    span: Span = field(default_factory=caller, repr=False)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The body, flattened to its outermost steps and stages."""
        return as_steps(self.body)

    @property
    def file(self) -> str:
        """The file that declares it."""
        return self.span.file if self.span is not NOWHERE else ""
