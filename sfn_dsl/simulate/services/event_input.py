"""What an EventBridge target receives of an event: all of it, a constant, a part, or a template filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Target", "target_input"]

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_VARIABLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
_OWN = "aws.events."
_PARTS = re.compile(r'"(?:[^"\\]|\\.)*"|<[A-Za-z0-9_.-]+>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a rule sends events. At most one of `input` (JSON text), `input_path` and `input_template` is given.

    `role_arn`: as whom the bus calls the target. `retry_attempts`: 0 to 185, `max_age`: 60 to 86,400 seconds; a delivery that still
    fails goes to the queue `dead_letter` (ARN), if there is one.
    """

    id: str
    arn: str
    input: str | None = None
    input_path: str | None = None
    input_paths: Mapping[str, str] | None = None
    input_template: str | None = None
    role_arn: str | None = None
    retry_attempts: int = 185
    max_age: float = 86_400
    dead_letter: str | None = None

    def check(self) -> None:
        """Refuse what PutTargets refuses. Raises ServiceError."""
        given = [value for value in (self.input, self.input_path, self.input_template) if value is not None]
        if len(given) > 1:
            raise ServiceError(
                "ValidationException",
                f"Only one of Input, InputPath, or InputTransformer must be provided for target {self.id}.",
            )
        for name, value, low, high in (
            ("MaximumRetryAttempts", self.retry_attempts, 0, 185),
            ("MaximumEventAgeInSeconds", self.max_age, 60, 86_400),
        ):
            if not low <= value <= high:
                raise ServiceError("ValidationException", f"{name} of target {self.id} is not from {low} to {high}: {value}")
        for name in _VARIABLE.findall(self.input_template or ""):
            if name not in (self.input_paths or {}) and not name.startswith(_OWN):
                raise ServiceError(
                    "ValidationException", f"InputTemplate for target {self.id} has a variable without a path: {name}"
                )


def target_input(target: Target, event: Mapping[str, Json], rule: str, rule_arn: str, ingested: str) -> str:
    """The JSON text that a target receives. `ingested`: when the bus took the event, ISO 8601.

    A template's variables are replaced: outside quotes by JSON, inside quotes by plain text; a path that leads
    nowhere gives empty text.
    """
    if target.input is not None:
        return target.input
    if target.input_path is not None:
        found, value = _look(event, target.input_path)
        return _compact(value if found else None)
    if target.input_template is None:
        return _compact(event)
    values: dict[str, Json] = {}
    for name, path in (target.input_paths or {}).items():
        found, value = _look(event, path)
        values[name] = value if found else ""
    values |= {
        f"{_OWN}rule-arn": rule_arn,
        f"{_OWN}rule-name": rule,
        f"{_OWN}event.ingestion-time": ingested,
        f"{_OWN}event": {name: value for name, value in event.items() if name != "detail"},
        f"{_OWN}event.json": event,
    }

    def part(found: re.Match[str]) -> str:
        text = found[0]
        if text.startswith("<"):
            return _compact(values.get(text[1:-1], ""))
        return _VARIABLE.sub(lambda variable: _quoted(values.get(variable[1], "")), text)

    return _PARTS.sub(part, target.input_template)


def _compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _quoted(value: Json) -> str:
    """A value inside a quoted text."""
    if isinstance(value, list):
        return "[" + ",".join(_quoted(member) for member in value) + "]"
    text = value if isinstance(value, str) else _compact(value)
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _look(event: Json, path: str) -> tuple[bool, Json]:
    """Whether a path of dots and brackets leads anywhere, and what is there."""
    if not path.startswith("$"):
        return False, None
    value, at = event, 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return False, None
        at = step.end()
        if step[2] is not None:
            if not isinstance(value, list) or int(step[2]) >= len(value):
                return False, None
            value = value[int(step[2])]
        else:
            name = next(text for text in (step[1], step[3], step[4]) if text is not None)
            if not isinstance(value, Mapping) or name not in value:
                return False, None
            value = value[name]
    return True, value
