"""DynamoDB's global tables: replicas that hear of each other late, or one table that all agree on.

Source: DynamoDB Developer Guide, pages `V2globaltables_HowItWorks` and `V2globaltables_MRSC`. With eventual consistency a condition
is judged on the Region's own copy and the last writer of an item wins. With strong consistency a call needs most of the three
members; all reads are taken for strongly consistent ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sfn_dsl.simulate.place import Place
from sfn_dsl.simulate.running.thread import Steps
from sfn_dsl.simulate.running.troubles import reunion
from sfn_dsl.simulate.services.dynamodb_table import Key, Table
from sfn_dsl.simulate.services.dynamodb_values import Item
from sfn_dsl.simulate.services.service_error import ServiceError

if TYPE_CHECKING:
    from sfn_dsl.simulate.surroundings import Surroundings

__all__ = ["eventual_table", "strong_table"]

_MEMBERS: Final = 3
_SPREAD: Final = 0.5
"""Standard deviation of the logarithm of the lag; its median is what the table says."""

_Stamp = tuple[float, int, str]
"""When an item was written, as which of the writes of that moment, and where: the greater one wins."""


def eventual_table(
    world: Surroundings,
    name: str,
    keys: Sequence[str],
    regions: Sequence[str],
    *,
    lag: float = 1.0,
    indexes: Mapping[str, tuple[str, str | None]] = MappingProxyType({}),
    key_types: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Table]:
    """A copy of a table in each Region; a change reaches the others after a lag (median, in seconds), once they can be reached."""
    replicas = [_Replica(world, world.place(region), lag) for region in regions]
    for replica in replicas:
        table = replica.place.dynamodb.create_table(name, *keys, indexes=indexes, key_types=key_types)
        replica.join(table, [other for other in replicas if other is not replica])
    return {replica.place.name: replica.table for replica in replicas}


class _Replica:
    """A Region's copy and when each of its items was last written, here or elsewhere; deleted items count."""

    def __init__(self, world: Surroundings, place: Place, lag: float) -> None:
        self.place = place
        self.table: Table
        self._world = world
        self._lag = lag
        self._others: Sequence[_Replica] = ()
        self._stamps: dict[Key, _Stamp] = {}

    def join(self, table: Table, others: Sequence[_Replica]) -> None:
        self.table = table
        self._others = others
        table.changed = self._changed

    def _changed(self, key: Key, item: Item | None) -> None:
        now, last = self._world.env.now, self._stamps.get(key)
        number = last[1] + 1 if last is not None and last[0] == now else 0
        stamp = self._stamps[key] = (now, number, self.place.name)
        for other in self._others:
            self._world.env.process(self._send(other, key, item, stamp))

    def _send(self, other: _Replica, key: Key, item: Item | None, stamp: _Stamp) -> Steps:
        lag = self._lag * self._world.rng.lognormvariate(0.0, _SPREAD)
        yield self._world.env.timeout(lag)
        yield from reunion(self._world, self.place, other.place)
        other.receive(key, item, stamp)

    def receive(self, key: Key, item: Item | None, stamp: _Stamp) -> None:
        """Take a change of another Region unless a later one is here."""
        if key in self._stamps and self._stamps[key] >= stamp:
            return
        self._stamps[key] = stamp
        if item is None:
            self.table.items.pop(key, None)
        else:
            self.table.items[key] = item


def strong_table(
    world: Surroundings,
    name: str,
    keys: Sequence[str],
    regions: Sequence[str],
    *,
    witness: str | None = None,
    conflicts: float = 0.0,
    indexes: Mapping[str, tuple[str, str | None]] = MappingProxyType({}),
    key_types: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Table]:
    """One table for all Regions, which answers in a Region that reaches most of the members: replicas and witness, three in all.

    `conflicts`: how probable it is that a write is refused because of one elsewhere (ReplicatedWriteConflictException). Raises
    ValueError for another number of members.
    """
    members = [world.place(region) for region in (*regions, *([witness] if witness else []))]
    if len({place.name for place in members}) != _MEMBERS or len(members) != _MEMBERS:
        raise ValueError(
            f"a strongly consistent table has three members, replicas and at most one witness; {name} has {len(members)}"
        )

    def admit(region: str, *, writes: bool) -> None:
        here = world.place(region)
        reached = sum(world.reachable(here, member) for member in members)
        if 2 * reached <= _MEMBERS:
            raise ServiceError("InternalServerError", "Internal server error", status=500)
        if writes and world.chance(conflicts):
            raise ServiceError(
                "ReplicatedWriteConflictException", "One or more items in this request are being modified elsewhere."
            )

    first, *others = (world.place(region) for region in regions)
    table = first.dynamodb.create_table(name, *keys, indexes=indexes, key_types=key_types)
    table.admit = admit
    for place in others:
        place.dynamodb.add_table(table)
    return dict.fromkeys(regions, table)
