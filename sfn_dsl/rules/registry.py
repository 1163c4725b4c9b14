"""The rules there are: those of this package and those of plug-ins (entry-point group `sfn_dsl.rules`).

A rule is a generator over a Subject. Its module's docstring is its documentation and its test: a first line that names the bad
thing, why it is bad, and `Fails:` and `Passes:` blocks with definitions (see `examples.py`).
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from sfn_dsl.diagnostic import Severity
from sfn_dsl.errors import ConfigError
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.subject import Subject

__all__ = ["Check", "Rule", "all_rules", "find_rules", "plug_in_files", "rule"]

_GROUP: Final = "sfn_dsl.rules"
_BEGINNING: Final = re.compile(r"[A-Z]+\d*")

Check = Callable[[Subject], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule. `names`: kebab-case names of what it finds, the first is its own. `practice`: good practice only, so that it is told
    at `info` unless the profile is strict. `aws_code`: the code of ValidateStateMachineDefinition, where AWS has one.
    """

    code: str
    names: tuple[str, ...]
    severity: Severity
    check: Check
    aws_code: str | None = None
    practice: bool = False
    doc: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        """The rule's own name."""
        return self.names[0]

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return self.doc.strip().splitlines()[0] if self.doc.strip() else self.name


def rule(
    code: str, *names: str, severity: Severity = Severity.ERROR, aws_code: str | None = None, practice: bool = False
) -> Callable[[Check], Rule]:
    """Make a rule of a function: `@rule("SFN131", "unreachable-state", aws_code="MISSING_TRANSITION_TARGET")`."""

    def make(check: Check) -> Rule:
        module = importlib.import_module(check.__module__)
        return Rule(
            code=code,
            names=names,
            severity=severity,
            check=check,
            aws_code=aws_code,
            practice=practice,
            doc=module.__doc__ or "",
            source=check.__module__,
        )

    return make


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code. Raises ConfigError when two share a code or a name, or a plug-in cannot be loaded."""
    package = importlib.import_module("sfn_dsl.rules")
    found: list[Rule] = []
    for module in pkgutil.walk_packages(package.__path__, "sfn_dsl.rules."):
        if not module.ispkg:
            found += [value for value in vars(importlib.import_module(module.name)).values() if isinstance(value, Rule)]
    for entry in entry_points(group=_GROUP):
        try:
            value = entry.load()
        except Exception as error:
            raise ConfigError(f"the rules of `{entry.value}` cannot be loaded: {type(error).__name__}: {error}") from error
        found += [value] if isinstance(value, Rule) else [member for member in vars(value).values() if isinstance(member, Rule)]
    unique = list({id(one): one for one in found}.values())
    taken: dict[str, Rule] = {}
    for one in unique:
        for word in (one.code, *one.names):
            if word in taken:
                raise ConfigError(f"rule `{word}` is defined twice, in {taken[word].source} and {one.source}")
            taken[word] = one
    return tuple(sorted(unique, key=lambda one: one.code))


def plug_in_files() -> tuple[Path, ...]:
    """The files that plug-in rules come from. A plug-in that cannot be found is left out: `all_rules` says so."""
    found = []
    for entry in entry_points(group=_GROUP):
        try:
            spec = importlib.util.find_spec(entry.module)
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.origin is not None:
            found.append(Path(spec.origin))
    return tuple(file for file in found if file.is_file())


def find_rules(words: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that words mean: a code, the beginning of one (`SFN2`), or a name. Raises ConfigError for any other word."""
    from sfn_dsl.diagnostic import did_you_mean

    found: dict[str, Rule] = {}
    for word in words:
        matching = [
            one
            for one in all_rules()
            if word in one.names or one.code == word or (_BEGINNING.fullmatch(word) and one.code.startswith(word))
        ]
        if not matching:
            known = [name for one in all_rules() for name in (one.code, *one.names)]
            raise ConfigError(f"there is no rule `{word}`", help=did_you_mean(word, known))
        found |= {one.code: one for one in matching}
    return tuple(found.values())
