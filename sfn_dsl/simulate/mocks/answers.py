"""What tasks answer: values, sequences per attempt, callables, files, recorded histories, durations.

A mock file is JSON: `{"states": {NAME: ANSWER}, "functions": {NAME: ANSWER}, "resources": {RESOURCE: ANSWER}}`. An ANSWER is a
value; a list, one element per attempt (the last one repeats); or an object of these keys alone: `Return` (a value), `Throw`
(`{"Error", "Cause"}`), `Timeout` (true: no answer until the task's own timeout), `Never` (true: a callback that never comes),
`File` (a path to JSON, relative to the mock file), `Duration` (seconds, or `{"uniform": [low, high]}`,
`{"triangular": [low, high, mode]}`, `{"normal": [mean, deviation]}`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import ConfigError
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.program.resource import Resource

__all__ = ["Answer", "Answers", "Call", "Mock", "answers_of", "parse_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A task's call: everything an answer may depend on.

    `attempt` counts from 0 within one visit of the state, `number` from 0 within the execution.
    """

    state: str
    resource: Resource
    arguments: Json
    attempt: int
    number: int
    region: str
    time: float
    token: str | None = None
    execution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a call ends. `error` and `cause` count when `fails`; with `never` there is no answer at all.

    `duration` in virtual seconds; None takes the default of the kind of task. `mocked` tells answers that a user gave, `sampled`
    one that leaves the value to the simulator and only says how long it takes, `function` one whose value a function returns.
    `late`: a failure that comes when the task's own time is up, if it has a limit.
    """

    value: Json = None
    fails: bool = False
    error: str | None = None
    cause: str | None = None
    never: bool = False
    duration: float | None = None
    mocked: bool = True
    sampled: bool = False
    function: bool = False
    late: bool = False


Mock: TypeAlias = "Callable[[Call, random.Random], Answer]"
_Duration: TypeAlias = "Callable[[random.Random], float] | None"

_KEYS: Final = frozenset({"Return", "Throw", "Timeout", "Never", "File", "Duration"})
_DISTRIBUTIONS: Final[Mapping[str, tuple[int, str]]] = {
    "uniform": (2, "uniform"),
    "triangular": (3, "triangular"),
    "normal": (2, "gauss"),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """The mocks of a world, by name of state, of function and of resource; the first that is there counts, in this order."""

    states: Mapping[str, Mock] = field(default_factory=dict)
    functions: Mapping[str, Mock] = field(default_factory=dict)
    resources: Mapping[str, Mock] = field(default_factory=dict)

    def find(self, call: Call, rng: random.Random) -> Answer | None:
        """The answer to a call; None when nothing is said about it."""
        mock = self.states.get(call.state)
        if mock is not None:
            return mock(call, rng)
        mock = self.functions.get(_function(call)) if self.functions else None
        if mock is not None:
            return replace(mock(call, rng), function=True)
        mock = self.resources.get(call.resource.name)
        return mock(call, rng) if mock is not None else None


def _function(call: Call) -> str:
    """The name of the Lambda function that a call invokes, or an empty string."""
    name = call.resource.arn if call.resource.kind == "lambda" else ""
    if call.resource.name == "lambda:invoke" and isinstance(call.arguments, dict):
        name = str(call.arguments.get("FunctionName", ""))
    parts = name.split(":")
    return parts[6] if len(parts) > 6 else parts[0]


def parse_answer(value: Any, folder: Path | None = None, where: str = "mock") -> Mock:
    """A mock from a value, a callable, a list of answers or an object of the keys above.

    A callable gets the call's arguments and returns a value or an Answer, or raises Failure. Raises ConfigError for what makes no
    sense.
    """
    if callable(value):
        return _callable(value, where)
    if isinstance(value, list):
        if not value:
            raise ConfigError(f"{where}: an empty list answers nothing", help="give one answer per attempt")
        mocks = [parse_answer(member, folder, where) for member in value]
        return lambda call, rng: mocks[min(call.number, len(mocks) - 1)](call, rng)
    if isinstance(value, Answer):
        return _always(value)
    if isinstance(value, dict) and value and _KEYS.issuperset(value):
        return _explicit(value, folder, where)
    return _always(Answer(value=value))


def _always(answer: Answer) -> Mock:
    return lambda call, rng: answer


def _callable(function: Callable[[Json], Any], where: str) -> Mock:
    def answer(call: Call, rng: random.Random) -> Answer:
        try:
            found = function(json.loads(json.dumps(call.arguments)))
        except Failure as failure:
            return Answer(fails=True, error=failure.error, cause=failure.cause)
        except Exception as error:
            raise ConfigError(
                f"{where}: the callable raised {type(error).__name__}: {error}",
                help="a callable answers with a value; to fail the task let it raise `Failure(error, cause)`",
            ) from error
        return found if isinstance(found, Answer) else Answer(value=found)

    return answer


def _explicit(value: Mapping[str, Any], folder: Path | None, where: str) -> Mock:
    ways = [key for key in value if key != "Duration"]
    if len(ways) > 1:
        raise ConfigError(f"{where}: an answer says one of Return, Throw, Timeout, Never and File", help="and, beside it, Duration")
    duration = _duration(value.get("Duration"), where)
    match ways:
        case ["Return"]:
            answer = Answer(value=value["Return"])
        case ["File"]:
            answer = Answer(value=_json_file((folder or Path()) / str(value["File"]), where))
        case ["Throw"]:
            thrown = value["Throw"]
            if not isinstance(thrown, dict) or not isinstance(thrown.get("Error"), (str, type(None))):
                raise ConfigError(f"{where}: `Throw` is an object with `Error` and, if you like, `Cause`")
            answer = Answer(fails=True, error=thrown.get("Error"), cause=thrown.get("Cause"))
        case [_]:
            answer = Answer(never=True)
        case _:
            answer = Answer(sampled=True)
    if duration is None:
        return _always(answer)
    return lambda call, rng: replace(answer, duration=max(duration(rng), 0.0))


def _duration(value: Any, where: str) -> _Duration:
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return lambda rng: float(value)
    if isinstance(value, dict) and len(value) == 1:
        [(name, figures)] = value.items()
        count, method = _DISTRIBUTIONS.get(name, (0, ""))
        if count and isinstance(figures, list) and len(figures) == count and all(isinstance(x, (int, float)) for x in figures):
            return lambda rng: float(getattr(rng, method)(*figures))
    raise ConfigError(
        f"{where}: `Duration` is a number of seconds of at least 0 or a distribution",
        help='for instance 30, {"uniform": [10, 60]}, {"triangular": [10, 60, 20]} or {"normal": [30, 5]}',
    )


def _json_file(path: Path, where: str) -> Json:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{where}: cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{where}: {path} is not JSON: {error}") from None


def answers_of(value: Any, path: Path) -> Answers:
    """The mocks that a parsed mock file means. Raises ConfigError for what is unknown in it."""
    known = ("states", "functions", "resources")
    help = "a mock file has `states`, `functions` and `resources`, each an object of names and answers"
    if not isinstance(value, dict):
        raise ConfigError(f"{path} is no mock file", help=help)
    for key in value:
        if key not in known:
            raise ConfigError(f"{path}: `{key}` is unknown", help=help)
    parts: dict[str, dict[str, Mock]] = {}
    for part in known:
        given = value.get(part, {})
        if not isinstance(given, dict):
            raise ConfigError(f"{path}: `{part}` is no object", help=help)
        parts[part] = {name: parse_answer(answer, path.parent, f"{path}: {part}.{name}") for name, answer in given.items()}
    return Answers(**parts)
