"""Which fields a state of each type takes, and which of them belong to one query language only."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.rules.subject import State, Subject

__all__ = ["EVERY_FIELD", "JSONATA_ONLY", "JSONPATH_ONLY", "SUPPORTED", "TOP_LEVEL", "lacks", "language_is_sure"]

TOP_LEVEL = frozenset({"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"})


_ANY = "Type Comment QueryLanguage"
_FLOW = f"{_ANY} InputPath OutputPath Output Assign"
_STEP = f"{_FLOW} Next End"
_WORK = f"{_STEP} Parameters ResultSelector ResultPath Retry Catch"

SUPPORTED: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "Task": f"{_WORK} Arguments Resource Credentials TimeoutSeconds TimeoutSecondsPath HeartbeatSeconds HeartbeatSecondsPath",
        "Parallel": f"{_WORK} Arguments Branches",
        "Map": f"{_WORK} ItemProcessor Iterator Items ItemsPath ItemSelector MaxConcurrency MaxConcurrencyPath ItemReader"
        " ItemBatcher ResultWriter ToleratedFailureCount ToleratedFailureCountPath ToleratedFailurePercentage"
        " ToleratedFailurePercentagePath Label",
        "Pass": f"{_STEP} Parameters Result ResultPath",
        "Wait": f"{_STEP} Seconds SecondsPath Timestamp TimestampPath",
        "Choice": f"{_FLOW} Choices Default",
        "Succeed": f"{_ANY} InputPath OutputPath Output",
        "Fail": f"{_ANY} Error ErrorPath Cause CausePath",
    }.items()
}
EVERY_FIELD = frozenset().union(*SUPPORTED.values())
JSONATA_ONLY = frozenset({"Output", "Arguments", "Items"})
JSONPATH_ONLY = frozenset({"Parameters", "ResultSelector", "Result", *(name for name in EVERY_FIELD if name.endswith("Path"))})


def lacks(body: Mapping[str, Any], *fields: str, known: Container[str] = EVERY_FIELD) -> bool:
    """Whether an object has none of some fields. A misspelt one is not lacking: it is told as an unknown field."""
    if any(field in body for field in fields):
        return False
    hints = [did_you_mean(key, fields) for key in body if key not in known]
    return not any(hints)


def language_is_sure(subject: Subject, state: State) -> bool:
    """Whether the query language of a state is said in a way that AWS takes, so that it can be held to it."""
    named = state.body["QueryLanguage"] if "QueryLanguage" in state.body else subject.root.get("QueryLanguage", "JSONPath")
    return named in ("JSONPath", "JSONata") if isinstance(named, str) else False
