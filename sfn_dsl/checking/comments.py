"""Comments `# sfn: allow RULE` in Python files, which silence findings on their line or on the one below."""

from __future__ import annotations

from collections.abc import Iterable

from sfn_dsl.checking.selection import allowed_words
from sfn_dsl.span import Span

__all__ = ["Comments"]


class Comments:
    """The words that comments in Python files allow, file by file."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def allowed(self, span: Span) -> frozenset[str]:
        """Words on the line of a span, on the line above, and on the line it was called from."""
        found: frozenset[str] = frozenset()
        for place in _chain(span):
            lines = self._read(place.file)
            for number in (place.line - 1, place.line):
                if 0 < number <= len(lines) and "#" in lines[number - 1]:
                    found |= allowed_words(lines[number - 1].partition("#")[2])
        return found

    def _read(self, file: str) -> list[str]:
        if file not in self._files:
            try:
                with open(file, encoding="utf-8") as stream:
                    self._files[file] = stream.read().splitlines()
            except (OSError, UnicodeDecodeError):
                self._files[file] = []
        return self._files[file]


def _chain(span: Span) -> Iterable[Span]:
    while True:
        yield span
        if span.called_from is None:
            return
        span = span.called_from
