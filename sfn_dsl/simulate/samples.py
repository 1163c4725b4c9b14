"""What runs of a project's pipelines start from, as `setup.cfg` says: members of their inputs, and what they read from S3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_dsl.simulate.items.sample_objects import SampleObjects
from sfn_dsl.simulate.items.store import ObjectStore

__all__ = ["Samples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """By lower-case name of a pipeline. `inputs`: members of its input. `objects`: items or text by glob of the key in S3."""

    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    objects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def input(self, pipeline: str, value: Mapping[str, Any]) -> dict[str, Any]:
        """An input of a pipeline with the members that are given."""
        return {**value, **self.inputs.get(pipeline.lower(), {})}

    def store(self, pipeline: str) -> Callable[[], ObjectStore] | None:
        """What makes the S3 of a run; None where no objects are given."""
        found = self.objects.get(pipeline.lower())
        return None if found is None else lambda: SampleObjects(found)
