"""The definitions in a rule's documentation.

A block `Fails:` or `Passes:` holds JSON, indented, up to a blank line or the next block. An object without `States` is the
states of a machine that starts at the first of them. Words in brackets say more, separated by commas: `Fails (JSONata):`,
`Fails (EXPRESS):`, `Fails (strict):`, `Fails (us-east-1):`, `Fails (text):` for a text that is not JSON.
"""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from typing import Any

from sfn_dsl.rules.subject import Place, Subject

__all__ = ["Example", "examples_of"]

_BLOCK = re.compile(r"^(Fails|Passes)(?: \(([^)]*)\))?:\n((?:[ \t]+\S.*\n?)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A definition that a rule must or must not find fault with. `text` is its JSON."""

    fails: bool
    text: str
    words: frozenset[str]

    def subject(self) -> Subject:
        """The definition as the rule sees it."""
        region = next((word for word in self.words if re.fullmatch(r"[a-z]+(-[a-z]+)+-\d", word)), None)
        return Subject(
            json.loads(self.text),
            type="EXPRESS" if "EXPRESS" in self.words else "STANDARD",
            place=Place("aws", region, "111122223333") if region else None,
            strict="strict" in self.words,
        )


def examples_of(doc: str) -> list[Example]:
    """The examples of a documentation. Raises ValueError for a block that is not JSON."""
    found = []
    for kind, words, block in _BLOCK.findall(doc + "\n"):
        marks = frozenset(word.strip() for word in words.split(",")) if words else frozenset()
        text = textwrap.dedent(block).strip()
        if "text" not in marks:
            text = json.dumps(_machine(json.loads(text), marks))
        found.append(Example(kind == "Fails", text, marks))
    return found


def _machine(value: Any, marks: frozenset[str]) -> Any:
    if not isinstance(value, dict) or "States" in value or "StartAt" in value or "whole" in marks:
        return value
    machine = {"StartAt": next(iter(value), ""), "States": value}
    return {"QueryLanguage": "JSONata", **machine} if "JSONata" in marks else machine
