"""Which rules count: chosen, ignored, per file, and the profile.

A suppression is a comment `sfn: allow NAME, CODE` on the line of the finding or the line above (Python, YAML), or the same words in
the `Comment` of the state or of the machine it is about (JSON).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sfn_dsl.codes import CODES
from sfn_dsl.diagnostic import Severity
from sfn_dsl.errors import ConfigError
from sfn_dsl.rules.registry import Rule, all_rules, find_rules

__all__ = ["Selection", "allowed_words", "make_selection"]

_BEGINNING = re.compile(r"[A-Z]+\d*")
_ALLOW = re.compile(r"sfn:\s*allow\s+([\w\s,-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rules of a check. `ignored` holds codes and names; `per_file` more of them by glob of the file name."""

    rules: tuple[Rule, ...]
    ignored: frozenset[str] = frozenset()
    per_file: Mapping[str, frozenset[str]] = field(default_factory=dict)
    strict: bool = False

    def for_file(self, file: str) -> frozenset[str]:
        """Codes and names that do not count in a file."""
        found = set(self.ignored)
        for pattern, words in self.per_file.items():
            if fnmatch.fnmatchcase(file, pattern):
                found |= words
        return frozenset(found)

    def severity(self, rule: Rule) -> Severity:
        """How bad a rule's findings are: good practice is only told, unless the profile is strict."""
        if not rule.practice:
            return rule.severity
        return Severity.WARNING if self.strict else Severity.INFO


def make_selection(
    *,
    chosen: Iterable[str] = (),
    ignored: Iterable[str] = (),
    per_file: Mapping[str, Iterable[str]] | None = None,
    profile: str = "default",
    errors_only: bool = False,
) -> Selection:
    """A selection from words: codes, beginnings of codes (`SFN7`), names. Raises ConfigError for a word that means no rule."""
    if profile not in ("default", "strict"):
        raise ConfigError(f"unknown profile `{profile}`", help="use default or strict")
    chosen = tuple(chosen)
    rules = find_rules(chosen) if chosen else all_rules()
    if errors_only:
        rules = tuple(rule for rule in rules if rule.severity is Severity.ERROR and not rule.practice)
    return Selection(
        rules=rules,
        ignored=_words(ignored),
        per_file={pattern: _words(words) for pattern, words in (per_file or {}).items()},
        strict=profile == "strict",
    )


def _words(words: Iterable[str]) -> frozenset[str]:
    """The words themselves where they name a rule's finding, else the codes of the rules and of the other findings they mean."""
    found: set[str] = set()
    names = {name for rule in all_rules() for name in rule.names}
    for word in words:
        if word in names:
            found.add(word)
            continue
        codes = {one.code for one in CODES if word == one.name or (_BEGINNING.fullmatch(word) and one.code.startswith(word))}
        rules = {rule.code for rule in all_rules() if _BEGINNING.fullmatch(word) and rule.code.startswith(word)}
        found |= codes | rules or {rule.code for rule in find_rules([word])}
    return frozenset(found)


def allowed_words(text: object) -> frozenset[str]:
    """Codes and names that a comment allows; none for anything but text."""
    if not isinstance(text, str) or "sfn:" not in text:
        return frozenset()
    return frozenset(word for match in _ALLOW.findall(text) for word in re.split(r"[\s,]+", match) if word)
