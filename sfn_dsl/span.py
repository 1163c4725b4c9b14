"""Where the user wrote something: file and line."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NOWHERE", "Span", "caller"]

_PACKAGE = str(Path(__file__).parent) + "/"


@dataclass(frozen=True, slots=True)
class Span:
    """A line of a file. `line` counts from 1; 0 means that only the file is known."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


NOWHERE = Span("<unknown>")


def caller() -> Span:
    """The innermost line on the stack that lies outside this package and dataclass-made code."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_PACKAGE) and not file.startswith("<"):
            return Span(file, frame.f_lineno)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return NOWHERE
