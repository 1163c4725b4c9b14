"""A retrier or catcher that is never taken, because an earlier one takes its errors.

Retriers and catchers are tried in order; the first that names the error is taken, also when a retrier has no attempts left.
`States.TaskFailed` takes every error of a task except time-outs. AWS accepts the later entry, which does nothing.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Z",
           "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}, {"ErrorEquals": ["E"], "Next": "Y"}]},
     "Y": {"Type": "Fail"}, "Z": {"Type": "Succeed"}}
Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
           "Retry": [{"ErrorEquals": ["States.TaskFailed"]}, {"ErrorEquals": ["Lambda.Unknown"], "MaxAttempts": 5}]}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Z",
           "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}, {"ErrorEquals": ["States.TaskFailed"], "Next": "Y"},
                     {"ErrorEquals": ["States.Timeout"], "Next": "Z"}]}, "Y": {"Type": "Fail"}, "Z": {"Type": "Succeed"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.errors.entries import TASK_FAILED, Entry, entries_of, states_with_errors
from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["entry_never_taken"]


@rule("SFN309", "catch-shadowed", "catch-shadowed-by-taskfailed", "retry-shadowed", severity=Severity.WARNING)
def entry_never_taken(subject: Subject) -> Iterator[Finding]:
    for state in states_with_errors(subject):
        for field in ("Retry", "Catch"):
            taken: dict[str, int] = {}
            for entry in entries_of(state, field) if field in state.body else ():
                yield from _shadowed(entry, taken)
                for name in entry.names:
                    taken.setdefault(name, entry.index)


def _shadowed(entry: Entry, taken: Mapping[str, int]) -> Iterator[Finding]:
    lost = [name for name in entry.names if name in taken or (TASK_FAILED in taken and _is_failure(name))]
    same = any(name in taken for name in lost)
    kind = "retry-shadowed" if entry.field == "Retry" else "catch-shadowed" if same else "catch-shadowed-by-taskfailed"
    if lost and len(lost) == len(entry.names) == len(entry.body["ErrorEquals"]):
        by = taken.get(lost[0], taken.get(TASK_FAILED, 0))
        text = f"this {entry.kind} is never taken: `{entry.field}` {by + 1} takes {_listed(lost)} before it"
        yield Finding(entry.pointer, text, "move it before the other, or remove it", kind)
        return
    for name in lost:
        by = taken.get(name, taken.get(TASK_FAILED, 0))
        text = f"this {entry.kind} never gets {shown(name)}: `{entry.field}` {by + 1} takes it before"
        place = entry.at("ErrorEquals", entry.body["ErrorEquals"].index(name))
        yield Finding(place, text, "name the error in one of them only", kind)


def _is_failure(name: str) -> bool:
    return not name.startswith("States.") or name.startswith("States.Http.")


def _listed(names: list[str]) -> str:
    return shown(names[0]) if len(names) == 1 else "all its errors"
