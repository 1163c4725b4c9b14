"""`BatchReady`: what a pipeline says when a batch of its is ready, and what another one is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sfn_dsl.expression import Setting, Template
from sfn_dsl.region import Target
from sfn_dsl.span import Span, caller

__all__ = ["DETAIL_TYPE", "RESERVED", "BatchReady"]

DETAIL_TYPE: Final = "BatchReady"
RESERVED: Final = frozenset({"pipeline", "batch_id", "status", "produced_region"})
"""Members of the event's detail that rules ask for, and that `fields` cannot give another meaning."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BatchReady:
    """The contract between a pipeline and those that go on with its batches.

    `pipeline`: who says it. `batch_id`: the business key, the only thing by which two events are the same. `fields`: what else a
    consumer needs: pointers, not data, because an execution's input has at most 262,144 bytes. The event's detail holds `pipeline`,
    `batch_id`, `status` (`SUCCEEDED`), `produced_region` and the fields; a consumer is started with those of them that its Input
    declares.
    """

    pipeline: str
    batch_id: Template
    fields: Mapping[str, Template] = field(default_factory=dict)
    span: Span = field(default_factory=caller, repr=False)

    def source(self, target: Target) -> str:
        """The event's source, such as `com.acme.etl.guidewire-base`."""
        return f"{target.deployed.events}.{self.pipeline}"

    @property
    def offered(self) -> Mapping[str, Template]:
        """What an Input may take: the batch and the fields."""
        return {"batch_id": self.batch_id, **self.fields}

    @property
    def detail(self) -> dict[str, Template]:
        """The detail of the event."""
        return {
            "pipeline": self.pipeline,
            "status": "SUCCEEDED",
            "produced_region": Setting("region"),
            **self.offered,
        }

    def pattern(self, target: Target) -> dict[str, object]:
        """The event pattern that matches it."""
        return {
            "source": [self.source(target)],
            "detail-type": [DETAIL_TYPE],
            "detail": {"status": ["SUCCEEDED"], "pipeline": [self.pipeline]},
        }
