"""What the proof has counted (`bench/proof.py --worlds 100`), for texts that say how often a deployment doubles batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["BATCHES", "COUNTED", "WORLDS", "Counted"]

WORLDS: Final = 100
"""Simulated worlds of each strategy: two Regions, 48 hours, in three of four worlds trouble with the active one."""
BATCHES: Final = 6_000
"""Batches in all these worlds."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Batches of which a stage began more than once (`ran`), and that were published more than once (`published`)."""

    ran: int
    published: int


COUNTED: Final[Mapping[str, Counted]] = {
    "single": Counted(603, 599),
    "single-event-name": Counted(306, 302),
    "single-batch-name": Counted(4, 0),
    "forward": Counted(6_000, 5_997),
    "forward-name": Counted(6_000, 5_996),
    "on-failure": Counted(5, 1),
    "mrec-claim": Counted(2_845, 16),
    "mrec-flag": Counted(28, 24),
    "arbiter": Counted(30, 0),
}
"""By the name of the strategy (`proof/strategies.py`)."""
