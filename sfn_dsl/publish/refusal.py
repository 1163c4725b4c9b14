"""What an operator asks for and cannot have."""

from __future__ import annotations

from sfn_dsl.errors import SfnError

__all__ = ["Refused"]


class Refused(SfnError):
    """What was asked for makes no sense as things stand: an unknown batch, a lease that still holds. Nothing was changed."""

    exit_code = 1
