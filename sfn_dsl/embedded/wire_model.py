"""Whether requests and answers fit botocore's models of Step Functions and of the tagging API: members, types, lengths, ranges,
patterns, enumerations.

Values are as they are on the wire: JSON 1.0 with times as numbers of seconds.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_dsl.embedded.api_error import ApiError

__all__ = ["check_answer", "check_error", "check_request", "operations", "violations"]

_COMMON_ERRORS: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InternalFailure",
        "SerializationException",
        "ThrottlingException",
        "UnknownOperationException",
        "ValidationException",
    }
)
"""Errors that every operation can give, whatever its model says. Source: API reference, Common Errors."""

_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "blob": str,
    "structure": dict,
    "map": dict,
    "list": list,
}


@functools.cache
def _models() -> tuple[Any, ...]:
    """No operation has its name in both."""
    import botocore.session

    session = botocore.session.get_session()
    return session.get_service_model("stepfunctions"), session.get_service_model("resourcegroupstaggingapi")


@functools.cache
def _operation(name: str) -> Any:
    return next(model.operation_model(name) for model in _models() if name in model.operation_names)


@functools.cache
def operations() -> frozenset[str]:
    """Names of all operations of Step Functions."""
    return frozenset(_models()[0].operation_names)


def check_request(operation: str, value: Any) -> None:
    """Raise ApiError (ValidationException) for a request that does not fit the model."""
    found = list(violations(_operation(operation).input_shape, value))
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
        raise ApiError("ValidationException", f"{count}: {'; '.join(found)}")


def check_answer(operation: str, value: Any) -> list[str]:
    """What is wrong with an answer of ours."""
    return list(violations(_operation(operation).output_shape, value))


def check_error(operation: str, error: ApiError) -> list[str]:
    """What is wrong with an error of ours: a code that the operation does not have, or members that do not fit."""
    shapes = {shape.name: shape for shape in _operation(operation).error_shapes}
    if error.code not in shapes:
        return [] if error.code in _COMMON_ERRORS else [f"{operation} has no error {error.code}"]
    return list(violations(shapes[error.code], dict(error.members)))


def violations(shape: Any, value: Any) -> Iterator[str]:
    """Everything in a value that does not fit a shape of botocore, in AWS's words."""
    waiting: list[tuple[Any, Any, str]] = [(shape, value, "")]
    while waiting:
        shape, value, path = waiting.pop()
        kind = shape.type_name
        if not _is(kind, value):
            yield _sentence(shape, value, path, f"be a {kind}")
            continue
        yield from _bounds(shape, value, path)
        if kind == "structure":
            for name in shape.required_members:
                if value.get(name) is None:
                    yield f"Value null at '{_below(path, name)}' failed to satisfy constraint: Member must not be null"
            for name, member in value.items():
                if name not in shape.members:
                    yield f"Value at '{_below(path, name)}' failed to satisfy constraint: Member is not known"
                elif member is not None:
                    waiting.append((shape.members[name], member, _below(path, name)))
        elif kind == "list":
            waiting += [(shape.member, member, f"{path}.{index}.member") for index, member in enumerate(value, 1)]
        elif kind == "map":
            for key, member in value.items():
                waiting += [(shape.key, key, f"{path}.key"), (shape.value, member, _below(path, key))]


def _is(kind: str, value: Any) -> bool:
    """Whether a value is of a type of the model; True and False are no numbers."""
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _bounds(shape: Any, value: Any, path: str) -> Iterator[str]:
    limits = shape.metadata
    if isinstance(value, (str, list)):
        if len(value) < limits.get("min", 0):
            yield _sentence(shape, value, path, f"have length greater than or equal to {limits['min']}")
        if len(value) > limits.get("max", len(value)):
            yield _sentence(shape, value, path, f"have length less than or equal to {limits['max']}")
    elif shape.type_name in ("integer", "long"):
        if value < limits.get("min", value):
            yield _sentence(shape, value, path, f"have value greater than or equal to {limits['min']}")
        if value > limits.get("max", value):
            yield _sentence(shape, value, path, f"have value less than or equal to {limits['max']}")
    if limits.get("enum") and value not in limits["enum"]:
        yield _sentence(shape, value, path, f"satisfy enum value set: [{', '.join(limits['enum'])}]")
    if "pattern" in limits and not _pattern(limits["pattern"]).fullmatch(value):
        yield _sentence(shape, value, path, f"satisfy regular expression pattern: {limits['pattern']}")


@functools.cache
def _pattern(java: str) -> re.Pattern[str]:
    return re.compile(java.replace(r"\p{ASCII}", r"[\x00-\x7f]"))


def _sentence(shape: Any, value: Any, path: str, must: str) -> str:
    shown = "" if shape.metadata.get("sensitive") else f" '{value}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: Member must {must}"
