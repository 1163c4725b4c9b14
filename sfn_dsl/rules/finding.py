"""What a rule says: a place in the document, a sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding", "escaped", "pointer_to"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of a rule.

    `pointer`: JSON Pointer (RFC 6901) to the value it is about, `""` for the whole definition. `message`: lower case, no full stop,
    names in back-ticks, stands on its own. `help`: what to do. `name`: which of the rule's names, where it has several.
    """

    pointer: str
    message: str
    help: str = ""
    name: str = ""


def escaped(key: str) -> str:
    """A key as part of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def pointer_to(base: str, *parts: str | int) -> str:
    """A pointer to something below a pointer."""
    return base + "".join(f"/{part if isinstance(part, int) else escaped(part)}" for part in parts)
