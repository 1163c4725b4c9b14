"""What the control table held, and when: every write of every copy, for whoever asks afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sfn_dsl.control.rows import RUN, RUNNING
from sfn_dsl.proof.proof_world import ProofWorld
from sfn_dsl.simulate.services.dynamodb_table import Key, Table
from sfn_dsl.simulate.services.dynamodb_values import Item

__all__ = ["Rows", "Write"]

_ACTIVE: Final = "ACTIVE"


@dataclass(frozen=True, slots=True)
class Write:
    """An item as it was written: `time` in seconds since the world began, `copy` the Region of a copy (empty: one for all)."""

    time: float
    copy: str
    key: Key
    item: Item | None

    def text(self, name: str) -> str:
        """An attribute as text; empty where there is none."""
        value = (self.item or {}).get(name, {})
        return str(value.get("S", value.get("N", "")))


class Rows:
    """The writes to the control table of a world, in order. Writes that reach a copy by replication are not among them."""

    def __init__(self, world: ProofWorld) -> None:
        self.writes: list[Write] = []
        seen: dict[int, tuple[str, Table]] = {}
        for region in world.deployment.replicas:
            table = world.place(region).dynamodb.tables.get(world.deployment.table)
            if table is not None:
                # A strongly consistent table is one object for all Regions.
                seen[id(table)] = ("" if id(table) in seen else region, table)
        for copy, table in seen.values():
            table.changed = self._noting(world, copy, table.changed)

    def _noting(
        self, world: ProofWorld, copy: str, then: Callable[[Key, Item | None], None] | None
    ) -> Callable[[Key, Item | None], None]:
        def note(key: Key, item: Item | None) -> None:
            self.writes.append(Write(world.env.now, copy, key, item))
            if then is not None:
                then(key, item)

        return note

    def of(self, pipeline: str) -> Iterator[Write]:
        """Writes of the rows of a pipeline's batches."""
        start = f"PIPE#{pipeline}#BATCH#"
        return (write for write in self.writes if write.key[1] == RUN and write.key[0].startswith(start))

    def claims(self, pipeline: str) -> list[Write]:
        """Writes by which an execution took a batch, or took it again."""
        found: list[Write] = []
        fences: dict[tuple[Key, str], str] = {}
        for write in self.of(pipeline):
            held = (write.key, write.copy)
            if write.text("status") == RUNNING and write.text("fence") != fences.get(held):
                found.append(write)
            fences[held] = write.text("fence")
        return found

    def promotions(self) -> list[Write]:
        """Writes that said which Region works."""
        return [write for write in self.writes if write.key[1] == _ACTIVE]
