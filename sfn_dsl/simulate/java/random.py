"""The generator of `java.util.Random`: what AWS's seeded random functions draw from.

The algorithm is in Java's public API documentation: a linear congruential generator of 48 bits.
"""

from __future__ import annotations

__all__ = ["JavaRandom"]

_MULTIPLIER = 0x5DEECE66D
_INCREMENT = 0xB
_MASK = (1 << 48) - 1


class JavaRandom:
    """The same numbers as `new java.util.Random(seed)` in the same order."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        """`seed`: any integer; Java takes its low 48 bits."""
        self._state = (seed ^ _MULTIPLIER) & _MASK

    def _bits(self, count: int) -> int:
        self._state = (self._state * _MULTIPLIER + _INCREMENT) & _MASK
        return self._state >> (48 - count)

    def next_int(self, bound: int) -> int:
        """An integer from 0 to `bound - 1`. Raises ValueError unless 1 <= bound <= 2^31 - 1."""
        if not 1 <= bound < 1 << 31:
            raise ValueError(f"the bound {bound} is not between 1 and 2147483647")
        if bound & (bound - 1) == 0:
            return (bound * self._bits(31)) >> 31
        while True:
            drawn = self._bits(31)
            value = drawn % bound
            if drawn - value + bound - 1 < 1 << 31:
                return value

    def next_double(self) -> float:
        """A number n, 0 <= n < 1."""
        return ((self._bits(26) << 27) + self._bits(27)) * 2.0**-53
