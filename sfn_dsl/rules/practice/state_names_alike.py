"""Two states whose names differ only in upper and lower case or in blanks.

AWS takes them for two states, people take them for one: in the console, in the history and in a `Next` that is typed by hand.

Fails:
    {"Load": {"Type": "Pass", "Next": "load"}, "load": {"Type": "Succeed"}}
Fails:
    {"Load": {"Type": "Pass", "Next": "Load "}, "Load ": {"Type": "Succeed"}}
Passes:
    {"Load": {"Type": "Pass", "Next": "Loaded"}, "Loaded": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["state_names_alike"]


@rule("SFN708", "state-names-alike", severity=Severity.WARNING)
def state_names_alike(subject: Subject) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for state in subject.states:
        other = first.setdefault("".join(state.name.split()).casefold(), state.name)
        if other != state.name:
            yield Finding(
                state.pointer,
                f"the names of states `{state.name}` and `{other}` differ only in case or blanks",
                "give one of them another name",
            )
