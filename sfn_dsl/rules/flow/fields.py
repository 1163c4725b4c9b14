"""The fields of a state that lead to no result: they are read all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_dsl.rules.flow.values import Value
from sfn_dsl.rules.flow.visit import Visit, Where

__all__ = ["work"]

_PATH_FIELDS: Final[Mapping[str, tuple[Where, ...]]] = {
    "Task": (("TimeoutSecondsPath",), ("HeartbeatSecondsPath",)),
    "Wait": (("SecondsPath",), ("TimestampPath",)),
    "Map": (
        ("MaxConcurrencyPath",),
        ("ToleratedFailureCountPath",),
        ("ToleratedFailurePercentagePath",),
        ("ItemReader", "ReaderConfig", "MaxItemsPath"),
        ("ItemBatcher", "MaxItemsPerBatchPath"),
        ("ItemBatcher", "MaxInputBytesPerBatchPath"),
    ),
}
_TEMPLATES: Final[Mapping[str, tuple[Where, ...]]] = {
    "Task": (("Credentials",),),
    "Map": (("ItemReader", "Parameters"), ("ResultWriter", "Parameters")),
}
_QUERIES: Final[Mapping[str, tuple[Where, ...]]] = {
    "Task": (("TimeoutSeconds",), ("HeartbeatSeconds",), ("Credentials",)),
    "Wait": (("Seconds",), ("Timestamp",)),
    "Fail": (("Error",), ("Cause",)),
    "Map": (
        ("MaxConcurrency",),
        ("ToleratedFailureCount",),
        ("ToleratedFailurePercentage",),
        ("ItemReader", "ReaderConfig", "MaxItems"),
        ("ItemReader", "Arguments"),
        ("ItemBatcher", "MaxItemsPerBatch"),
        ("ItemBatcher", "MaxInputBytesPerBatch"),
        ("ResultWriter", "Arguments"),
    ),
}


def work(visit: Visit, document: Value) -> None:
    """Read the fields that lead to no result."""
    kind = visit.state.type or ""
    if visit.state.jsonata:
        for where in _QUERIES.get(kind, ()):
            if visit.has(*where):
                visit.payload(where, visit.field(*where))
        return
    for where in _PATH_FIELDS.get(kind, ()):
        if visit.has(*where):
            visit.path(where, visit.field(*where), document)
    for where in _TEMPLATES.get(kind, ()):
        if visit.has(*where):
            visit.template(where, visit.field(*where), document)
    if kind == "Fail":
        for name in ("ErrorPath", "CausePath"):
            if visit.has(name):
                visit.reference((name,), visit.field(name), document)
