"""Amazon States Language as frozen values: eight state types, the state machine and their parts.

Every field of the language is here, for JSONPath and for JSONata; which of them may stand together is the business of the
schema (`schema.py`). Names are the ASL names in snake_case, so `MaxDelaySeconds` is `max_delay_seconds`. A field that is not
written is `UNSET`, because `null` is a value of its own for `InputPath`, `ResultPath`, `OutputPath` and payloads.

What a document says beyond the language (an unknown field, a value of a wrong type) is kept in `extra` under its ASL name.

Source: states-language.net/spec.html (2024-11-22) and the AWS Step Functions Developer Guide.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sfn_dsl.span import Span

__all__ = [
    "CHOICE_OPERATORS",
    "UNSET",
    "And",
    "Catcher",
    "Choice",
    "ChoiceRule",
    "Comparison",
    "Condition",
    "Fail",
    "ItemBatcher",
    "ItemReader",
    "Json",
    "Map",
    "Not",
    "Or",
    "Origin",
    "Parallel",
    "Pass",
    "Payload",
    "ProcessorConfig",
    "ReaderConfig",
    "ResultWriter",
    "Retrier",
    "State",
    "StateMachine",
    "SubMachine",
    "Succeed",
    "Task",
    "Test",
    "Unset",
    "Wait",
    "WriterConfig",
]

Json: TypeAlias = Any
"""A JSON value: dict with str keys, list, str, int, float, bool or None."""


class Unset(enum.Enum):
    """The type of `UNSET`, so that type checkers can narrow on it."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

Payload: TypeAlias = Json | Unset
Text: TypeAlias = str | Unset
Path: TypeAlias = str | Unset | None
Number: TypeAlias = int | float | str | Unset
"""A number, or a JSONata expression that makes one."""

Extra: TypeAlias = Mapping[str, Json]


def _comparisons() -> frozenset[str]:
    names = {"StringMatches", "BooleanEquals", "BooleanEqualsPath"}
    names |= {"IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"}
    for kind in ("String", "Numeric", "Timestamp"):
        for relation in ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"):
            names |= {kind + relation, kind + relation + "Path"}
    return frozenset(names)


CHOICE_OPERATORS: Final = _comparisons()
"""The 39 comparison operators of a JSONPath Choice rule."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The step that a state was compiled from, and where the user wrote it."""

    step: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """When and how often to try again (`Retry[]`).

    `error_equals`: error names. `interval_seconds`: wait before the first retry, 1..99999999, AWS default 1.
    `max_attempts`: 0..99999999, AWS default 3. `backoff_rate`: at least 1.0, AWS default 2.0.
    `max_delay_seconds`: 1..31622400, none by default. `jitter_strategy`: `FULL` or `NONE` (AWS default).
    """

    comment: Text = UNSET
    error_equals: tuple[str, ...] | Unset = UNSET
    interval_seconds: int | Unset = UNSET
    max_attempts: int | Unset = UNSET
    backoff_rate: int | float | Unset = UNSET
    max_delay_seconds: int | Unset = UNSET
    jitter_strategy: Text = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catcher:
    """Where to go when an error is left after all retries (`Catch[]`)."""

    comment: Text = UNSET
    error_equals: tuple[str, ...] | Unset = UNSET
    result_path: Path = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    next: Text = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One JSONPath comparison, for instance `{"Variable": "$.x", "NumericEquals": 1}`."""

    variable: str
    operator: str
    value: Json
    comment: Text = UNSET


@dataclass(frozen=True, slots=True)
class And:
    """True when every test is."""

    tests: tuple[Test, ...]
    comment: Text = UNSET


@dataclass(frozen=True, slots=True)
class Or:
    """True when one test is."""

    tests: tuple[Test, ...]
    comment: Text = UNSET


@dataclass(frozen=True, slots=True)
class Not:
    """True when its test is not."""

    test: Test
    comment: Text = UNSET


@dataclass(frozen=True, slots=True)
class Condition:
    """A JSONata condition: a boolean, or a string `{% ... %}`."""

    value: str | bool


Test: TypeAlias = Comparison | And | Or | Not | Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRule:
    """A rule of a Choice: the test and where to go. `test` is UNSET only for a rule that `read` could not make sense of."""

    comment: Text = UNSET
    test: Test | Unset = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    next: Text = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all eight types share."""

    comment: Text = UNSET
    query_language: Text = UNSET
    extra: Extra = field(default_factory=dict)
    origin: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(State):
    """Calls a service, an activity or an HTTP endpoint."""

    resource: Text = UNSET
    input_path: Path = UNSET
    parameters: Payload = UNSET
    arguments: Payload = UNSET
    credentials: Payload = UNSET
    timeout_seconds: int | str | Unset = UNSET
    timeout_seconds_path: Text = UNSET
    heartbeat_seconds: int | str | Unset = UNSET
    heartbeat_seconds_path: Text = UNSET
    result_selector: Payload = UNSET
    result_path: Path = UNSET
    output_path: Path = UNSET
    retry: tuple[Retrier, ...] | Unset = UNSET
    catch: tuple[Catcher, ...] | Unset = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    next: Text = UNSET
    end: bool | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(State):
    """Hands on its input, or what `Result`, `Parameters` or `Output` say."""

    input_path: Path = UNSET
    parameters: Payload = UNSET
    result: Payload = UNSET
    result_path: Path = UNSET
    output_path: Path = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    next: Text = UNSET
    end: bool | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(State):
    """Waits for a time (`Seconds`) or until a time (`Timestamp`)."""

    input_path: Path = UNSET
    seconds: int | str | Unset = UNSET
    seconds_path: Text = UNSET
    timestamp: Text = UNSET
    timestamp_path: Text = UNSET
    output_path: Path = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    next: Text = UNSET
    end: bool | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(State):
    """Goes to the first rule that is true, else to `default`."""

    input_path: Path = UNSET
    choices: tuple[ChoiceRule, ...] | Unset = UNSET
    output_path: Path = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    default: Text = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(State):
    """Ends the execution, branch or iteration well."""

    input_path: Path = UNSET
    output_path: Path = UNSET
    output: Payload = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(State):
    """Ends the execution, branch or iteration with an error. Error at most 256 characters, cause at most 32,768."""

    error: Text = UNSET
    error_path: Text = UNSET
    cause: Text = UNSET
    cause_path: Text = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorConfig:
    """`Mode` INLINE or DISTRIBUTED; `ExecutionType` STANDARD or EXPRESS for the latter."""

    mode: Text = UNSET
    execution_type: Text = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubMachine:
    """A branch of a Parallel or the item processor of a Map."""

    comment: Text = UNSET
    processor_config: ProcessorConfig | Unset = UNSET
    start_at: Text = UNSET
    states: Mapping[str, State] = field(default_factory=dict)
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(State):
    """Runs its branches side by side; its result is the list of their outputs."""

    input_path: Path = UNSET
    parameters: Payload = UNSET
    arguments: Payload = UNSET
    branches: tuple[SubMachine, ...] | Unset = UNSET
    result_selector: Payload = UNSET
    result_path: Path = UNSET
    output_path: Path = UNSET
    retry: tuple[Retrier, ...] | Unset = UNSET
    catch: tuple[Catcher, ...] | Unset = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    next: Text = UNSET
    end: bool | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderConfig:
    """How a distributed Map reads its data set."""

    input_type: Text = UNSET
    transformation: Text = UNSET
    manifest_type: Text = UNSET
    csv_header_location: Text = UNSET
    csv_headers: tuple[str, ...] | Unset = UNSET
    csv_delimiter: Text = UNSET
    items_pointer: Text = UNSET
    max_items: int | str | Unset = UNSET
    max_items_path: Text = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReader:
    """Where a distributed Map reads its items from: `s3:getObject` or `s3:listObjectsV2`."""

    resource: Text = UNSET
    reader_config: ReaderConfig | Unset = UNSET
    parameters: Payload = UNSET
    arguments: Payload = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBatcher:
    """Groups items for one child execution, which gets `{"BatchInput": {...}, "Items": [...]}`."""

    max_items_per_batch: int | str | Unset = UNSET
    max_items_per_batch_path: Text = UNSET
    max_input_bytes_per_batch: int | str | Unset = UNSET
    max_input_bytes_per_batch_path: Text = UNSET
    batch_input: Payload = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterConfig:
    """How results are written: `Transformation` NONE, COMPACT or FLATTEN; `OutputType` JSON or JSONL."""

    transformation: Text = UNSET
    output_type: Text = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultWriter:
    """Where a distributed Map puts its results: `s3:putObject`."""

    resource: Text = UNSET
    writer_config: WriterConfig | Unset = UNSET
    parameters: Payload = UNSET
    arguments: Payload = UNSET
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(State):
    """Runs its processor once per item, inline or as child executions of a distributed Map Run."""

    input_path: Path = UNSET
    items_path: Text = UNSET
    items: Payload = UNSET
    item_reader: ItemReader | Unset = UNSET
    item_selector: Payload = UNSET
    parameters: Payload = UNSET
    item_batcher: ItemBatcher | Unset = UNSET
    max_concurrency: int | str | Unset = UNSET
    max_concurrency_path: Text = UNSET
    tolerated_failure_count: int | str | Unset = UNSET
    tolerated_failure_count_path: Text = UNSET
    tolerated_failure_percentage: Number = UNSET
    tolerated_failure_percentage_path: Text = UNSET
    label: Text = UNSET
    item_processor: SubMachine | Unset = UNSET
    iterator: SubMachine | Unset = UNSET
    result_writer: ResultWriter | Unset = UNSET
    result_selector: Payload = UNSET
    result_path: Path = UNSET
    output_path: Path = UNSET
    retry: tuple[Retrier, ...] | Unset = UNSET
    catch: tuple[Catcher, ...] | Unset = UNSET
    assign: Payload = UNSET
    output: Payload = UNSET
    next: Text = UNSET
    end: bool | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine:
    """A whole definition. `states` keeps the order in which the states were declared."""

    comment: Text = UNSET
    query_language: Text = UNSET
    version: Text = UNSET
    start_at: Text = UNSET
    timeout_seconds: int | Unset = UNSET
    states: Mapping[str, State] = field(default_factory=dict)
    extra: Extra = field(default_factory=dict)
