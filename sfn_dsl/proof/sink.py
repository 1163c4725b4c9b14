"""Where batches are published: every publication is noted, with what a ledger would have said to it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Publication", "Sink"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A call that publishes a batch. `time`: seconds since the world began. `accepted`: the ledger let it through, because the
    batch was not published and nobody with a higher fence had asked before."""

    batch: str
    fence: int
    region: str
    time: float
    accepted: bool


class Sink:
    """One sink for all Regions. With a ledger only `accepted` publications count; without one all do."""

    def __init__(self) -> None:
        self.publications: list[Publication] = []
        self._fences: dict[str, int] = {}
        self._published: set[str] = set()

    def publish(self, batch: str, fence: int, region: str, time: float) -> bool:
        """Publish a batch; whether the ledger lets it through. It is one transaction: check, publish, note."""
        accepted = batch not in self._published and self._fences.get(batch, 0) <= fence
        self._fences[batch] = max(fence, self._fences.get(batch, 0))
        if accepted:
            self._published.add(batch)
        self.publications.append(Publication(batch=batch, fence=fence, region=region, time=time, accepted=accepted))
        return accepted
