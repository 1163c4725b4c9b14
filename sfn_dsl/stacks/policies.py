"""The managed policies of a role whose rights are too many for inline ones.

A right that moves from one policy to another is missing while the one has lost it and the other has not got it yet. So the ARN
alone says which of the policies holds a right: a new state changes the policies that its own ARNs fall to, and no others while
these have room.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sfn_dsl.resources.iam.statement import Statement, merge, size, split

__all__ = ["INLINE", "MOST", "managed"]

INLINE: Final = 10_240
"""Characters of all inline policies of a role together."""

MOST: Final = 10
"""Managed policies of a role."""

_MANAGED: Final = 6_144


def managed(statements: Sequence[Statement]) -> Mapping[int, tuple[Statement, ...]]:
    """Statements of managed policies, by the number of the policy, from 1. Together they say what the given ones say.

    As few policies as hold the ARNs at the places that their names give them. When one more is needed, rights move into new ones
    only. A number that no ARN falls to is left out. Where `MOST` policies are too few for that, as when a bucket has very many
    patterns, statements are cut and packed in order, any of them may move with the next state, and there may be more than `MOST`.
    Raises ConfigError when one action on one resource is longer than a policy may be.
    """
    parts: dict[bytes, list[Statement]] = {}
    for one in statements:
        for resource in one.resources:
            parts.setdefault(_weights(one, resource), []).append(replace(one, resources=(resource,)))
    for count in range(1, MOST + 1):
        places: dict[int, list[Statement]] = {}
        for weights, rights in parts.items():
            place = max(range(count), key=lambda number: weights[3 * number : 3 * number + 3])
            places.setdefault(place + 1, []).extend(rights)
        found = {number: merge(places[number]) for number in sorted(places)}
        if all(size(own) <= _MANAGED for own in found.values()):
            return found
    return dict(enumerate(split(statements, _MANAGED), 1))


def _weights(one: Statement, resource: str) -> bytes:
    """Three bytes for each policy there can be: rights go to the policy of the highest. A function and its versions go together."""
    name = resource.partition("*")[0].rstrip(":/")
    return hashlib.sha256(json.dumps([name, one.conditions], sort_keys=True).encode()).digest()
