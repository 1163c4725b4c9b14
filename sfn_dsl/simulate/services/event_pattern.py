"""Event patterns as the simulated services take them: what is wrong with one is an error of the service."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_dsl import event_pattern
from sfn_dsl.asl.model import Json
from sfn_dsl.event_pattern import Matcher, PatternRefused
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Matcher", "compile_pattern", "matches"]


def compile_pattern(pattern: Mapping[str, Json] | str) -> Matcher:
    """What tells whether an event matches. Raises ServiceError (InvalidEventPatternException) with AWS's reason."""
    try:
        return event_pattern.compile_pattern(pattern)
    except PatternRefused as error:
        raise ServiceError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}") from None


def matches(pattern: Mapping[str, Json] | str, event: Json) -> bool:
    """Whether an event matches a pattern. Raises ServiceError; use `compile_pattern` for more than one event."""
    return compile_pattern(pattern)(event)
