"""Changes on disk, a line of JSON each, so that a server can come to the same state again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["Entry", "Journal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change that was made, or that moto refused.

    `time`: seconds since 1970; `identity`: what new names were made from. `environ`: the parts of the WSGI request that matter,
    `body` as Latin-1 text. `succeeded`: whether the answer was no error. Without a `service` the body holds samples that tasks
    answer with from then on.
    """

    service: str
    operation: str
    region: str
    account: str
    time: float
    identity: str
    environ: dict[str, str]
    body: str
    succeeded: bool


class Journal:
    """The file `journal.jsonl` of a folder. A last line that was cut short is dropped."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal.jsonl"
        self._mend()
        self._file = self._path.open("a", encoding="ascii")

    def _mend(self) -> None:
        if self._path.exists():
            data = self._path.read_bytes()
            whole = data[: data.rfind(b"\n") + 1]
            if whole != data:
                self._path.write_bytes(whole)

    def entries(self) -> Iterator[Entry]:
        """What was done, in order."""
        with self._path.open(encoding="ascii") as lines:
            for line in lines:
                value: dict[str, Any] = json.loads(line)
                yield Entry(**value)

    def add(self, entry: Entry) -> None:
        """Write a change down; it is in the file when this returns."""
        self._file.write(json.dumps(asdict(entry), separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
