"""Where the user wrote something: file, line and, where it is known, column."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

__all__ = ["NOWHERE", "Span", "caller", "made_for"]

_PACKAGE = str(Path(__file__).parent) + "/"


@dataclass(frozen=True, slots=True)
class Span:
    """A line of a file. `line` counts from 1; 0 means that only the file is known.

    `called_from`: the line at the top level of a module that led there, where the line itself is inside a function.
    `column`: counts characters from 1; 0 means that only the line is known.
    """

    file: str
    line: int = 0
    called_from: Span | None = None
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


NOWHERE = Span("<unknown>")


_MADE_FOR: ContextVar[Span | None] = ContextVar("made_for", default=None)


@contextmanager
def made_for(span: Span) -> Iterator[None]:
    """What is made meanwhile comes from a line of the user's, whoever has called the compiler."""
    token = _MADE_FOR.set(span)
    try:
        yield
    finally:
        _MADE_FOR.reset(token)


def caller() -> Span:
    """The innermost line on the stack that lies outside this package and dataclass-made code."""
    known = _MADE_FOR.get()
    if known is not None:
        return known
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((_PACKAGE, "<")):
        frame = frame.f_back
    if frame is None:
        return NOWHERE
    file, line = frame.f_code.co_filename, frame.f_lineno
    top: FrameType | None = frame
    while top is not None and top.f_code.co_name != "<module>":
        top = top.f_back
    imported = top is not None and top.f_back is not None and top.f_back.f_code.co_filename.startswith("<frozen importlib")
    if top is None or top is frame or not imported:
        return Span(file, line)
    return Span(file, line, Span(top.f_code.co_filename, top.f_lineno))
