"""What the service says of a definition: our own rules under AWS's codes. Source: API reference, ValidateStateMachineDefinition."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_dsl.asl.model import Json
from sfn_dsl.asl.schema import validate
from sfn_dsl.diagnostic import Severity
from sfn_dsl.embedded.api_error import ApiError
from sfn_dsl.errors import DefinitionError
from sfn_dsl.region import partition_of
from sfn_dsl.rules.registry import all_rules
from sfn_dsl.rules.subject import Place, Subject
from sfn_dsl.simulate.program.machine import Program, compile_program
from sfn_dsl.simulate.simulation import load_definition

__all__ = ["Verdict", "program_of", "refuse_wrong", "validated", "verdicts"]

_PLAIN_CODE = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One diagnostic. `severity`: ERROR or WARNING; `location`: as AWS writes it (`/States/A/Catch[0]/Next`), empty without one."""

    severity: str
    code: str
    message: str
    location: str

    @property
    def answer(self) -> dict[str, str]:
        """The diagnostic as ValidateStateMachineDefinition gives it."""
        found = {"severity": self.severity, "code": self.code, "message": self.message}
        return {**found, "location": self.location} if self.location else found

    def __str__(self) -> str:
        return f"{self.code}: {self.message} at {self.location or 'null'}"


@functools.lru_cache(maxsize=256)
def verdicts(definition: str, type: str, region: str, account: str) -> tuple[Verdict, ...]:
    """Everything there is to say of a definition, errors first.

    Rules without a code of AWS count when they are errors; a warning that AWS does not give is left out.
    """
    try:
        value: Json = json.loads(definition)
    except (ValueError, RecursionError) as error:
        return (Verdict(severity="ERROR", code="INVALID_JSON_DESCRIPTION", message=str(error), location=""),)
    subject = Subject(value, type=type, place=Place(partition_of(region), region, account))
    found = [*_ruled(subject, value)]
    if not any(verdict.severity == "ERROR" for verdict in found):
        found += _beyond_rules(value, definition)
    return tuple(sorted(found, key=lambda verdict: verdict.severity))


def _ruled(subject: Subject, value: Json) -> Iterator[Verdict]:
    for rule in all_rules():
        severe = rule.severity is Severity.ERROR and not rule.practice
        if severe or rule.aws_code is not None:
            for finding in rule.check(subject):
                yield Verdict(
                    severity="ERROR" if severe else "WARNING",
                    code=rule.aws_code or _PLAIN_CODE,
                    message=finding.message,
                    location=_location(value, finding.pointer),
                )


def _beyond_rules(value: Json, definition: str) -> Iterator[Verdict]:
    """What the schema forbids, or else what cannot be run."""
    broken = [
        Verdict(severity="ERROR", code=_PLAIN_CODE, message=one.message, location=_location(value, one.pointer))
        for one in validate(value)
    ]
    yield from broken
    if not broken:
        try:
            program_of(definition)
        except DefinitionError as error:
            yield Verdict(severity="ERROR", code=_PLAIN_CODE, message=str(error), location="")


@functools.lru_cache(maxsize=256)
def program_of(definition: str) -> Program:
    """A definition made ready to run. Raises DefinitionError."""
    return compile_program(load_definition(definition))


def refuse_wrong(definition: str, type: str, region: str, account: str) -> None:
    """Raise ApiError (InvalidDefinition) for a definition that has errors."""
    errors = [str(one) for one in verdicts(definition, type, region, account) if one.severity == "ERROR"]
    if errors:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{', '.join(errors)}'")


def validated(request: Mapping[str, Any], region: str, account: str) -> dict[str, Any]:
    """The answer of ValidateStateMachineDefinition."""
    everything = verdicts(request["definition"], request.get("type") or "STANDARD", region, account)
    wanted = [one for one in everything if one.severity == "ERROR" or request.get("severity") == "WARNING"]
    most = request.get("maxResults") or 100
    failed = any(one.severity == "ERROR" for one in everything)
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": [one.answer for one in wanted[:most]],
        "truncated": len(wanted) > most,
    }


def _location(value: Json, pointer: str) -> str:
    """A JSON Pointer as AWS writes a place: indexes in brackets."""
    found = ""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and key.isdigit():
            found += f"[{key}]"
            value = value[int(key)] if int(key) < len(value) else None
        else:
            found += f"/{key}"
            value = value.get(key) if isinstance(value, dict) else None
    return found
