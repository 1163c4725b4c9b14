"""Rules over a subject: every finding of every rule, what a rule's crash included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sfn_dsl.checking.selection import Selection, allowed_words
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import Rule
from sfn_dsl.rules.subject import State, Subject

__all__ = ["CRASHED", "Found", "findings_of"]

CRASHED = "SFN100"
"""The code of a rule that fell over; the other rules go on."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with its rule's code and severity, its name, and the state it is about (None: the machine).
    `silenced`: a setting, an option or a Comment leaves it out."""

    code: str
    name: str
    severity: Severity
    finding: Finding
    state: State | None
    aws_code: str | None = None
    silenced: bool = False

    @property
    def message(self) -> str:
        """What the rule says, with the state's name where it does not stand in it."""
        message = self.finding.message
        if self.state is None or f"`{self.state.name}`" in message:
            return message
        return f"state `{self.state.name}`: {message}"


def findings_of(subject: Subject, selection: Selection, file: str = "") -> Iterator[Found]:
    """What the selected rules find."""
    whole = selection.for_file(file) | allowed_words(subject.root.get("Comment"))
    states = {state.pointer: state for state in subject.states}
    for rule in selection.rules:
        unwanted = rule.code in whole or whole.issuperset(rule.names)
        for finding in _safely(rule, subject):
            name = finding.name or rule.name
            state = _state_at(finding.pointer, states)
            silenced = unwanted or name in whole or (state is not None and not _allowed(state).isdisjoint((name, rule.code)))
            crashed = finding.name == "rule-crashed"
            severity = Severity.WARNING if crashed else selection.severity(rule)
            code, aws_code = (CRASHED, None) if crashed else (rule.code, rule.aws_code)
            yield Found(code, name, severity, finding, state, aws_code, silenced)


def _safely(rule: Rule, subject: Subject) -> Iterator[Finding]:
    try:
        yield from rule.check(subject)
    except Exception as error:
        message = f"rule `{rule.name}` ({rule.code}) fell over: {type(error).__name__}: {error}"
        yield Finding("", message, "please report this with the definition", "rule-crashed")


def _state_at(pointer: str, states: dict[str, State]) -> State | None:
    """The innermost state that a pointer leads into."""
    while pointer:
        if pointer in states:
            return states[pointer]
        pointer = pointer.rpartition("/")[0]
    return None


def _allowed(state: State) -> frozenset[str]:
    return allowed_words(state.body.get("Comment"))
