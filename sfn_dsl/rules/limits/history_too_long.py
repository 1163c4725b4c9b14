"""A loop or an inline Map that writes more than 25,000 events into the history.

A Standard execution ends when its history has 25,000 events. A Task writes about five, other states two; so a loop that asks every
second whether a job is done fills the history within hours. A loop is counted only where its end is known: by a literal that a
Choice of it compares a number with, or by the machine's `TimeoutSeconds`. A Map is counted where its items are written in the
definition.

Fails:
    {"StartAt": "Wait", "TimeoutSeconds": 86400, "States": {
      "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Ask"},
      "Ask": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "Done?"},
      "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.done", "BooleanEquals": true, "Next": "End"}], "Default": "Wait"},
      "End": {"Type": "Succeed"}}}
Fails (JSONata):
    {"A": {"Type": "Map", "Items": "{% [1..10000] %}", "MaxConcurrency": 10, "End": true, "ItemProcessor": {"StartAt": "B",
     "States": {"B": {"Type": "Pass", "End": true}}}}}
Passes:
    {"StartAt": "Wait", "TimeoutSeconds": 86400, "States": {
      "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
      "Ask": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "Done?"},
      "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.done", "BooleanEquals": true, "Next": "End"}], "Default": "Wait"},
      "End": {"Type": "Succeed"}}}
Passes:
    {"StartAt": "Wait", "TimeoutSeconds": 86400, "States": {
      "Wait": {"Type": "Wait", "Seconds": 5, "Next": "Ask"},
      "Ask": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "Done?"},
      "Done?": {"Type": "Choice", "Choices": [{"Variable": "$.rounds", "NumericGreaterThan": 99, "Next": "End"}],
       "Default": "Wait"},
      "End": {"Type": "Succeed"}}}
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.limits.events import counter_of, events_of, literal_items, scope_events
from sfn_dsl.rules.limits.loops import WaitLoop, integer, runs_express, wait_loops
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["history_too_long"]

LIMIT = 25_000


@rule("SFN412", "history-too-long", severity=Severity.WARNING)
def history_too_long(subject: Subject) -> Iterator[Finding]:
    for loop in wait_loops(subject):
        if not runs_express(subject, loop.wait):
            yield from _loop(subject, loop)
    for state in subject.of_type("Map"):
        items = 0 if any(scope.distributed for scope in state.inner) else literal_items(state)
        if items > 1 and not runs_express(subject, state):
            each = 2 + min(scope_events(scope) for scope in state.inner)
            if items * each > LIMIT:
                yield Finding(
                    state.pointer,
                    f"inline Map `{state.name}` writes at least {items * each:,} events ({items:,} items, {each} each), "
                    f"and an execution ends at {LIMIT:,}",
                    "use a distributed Map",
                )


def _loop(subject: Subject, loop: WaitLoop) -> Iterator[Finding]:
    bounds = []
    limit = integer(subject.root.get("TimeoutSeconds"))
    if limit is not None and 0 < limit < 99_999_999 and loop.seconds:
        bounds.append((limit // (loop.seconds + len(loop.tasks)), f"`TimeoutSeconds` {limit:,}"))
    counter = counter_of(loop)
    if counter is not None:
        bounds.append((counter, f"the counter's {counter:,}"))
    if not bounds:
        return
    rounds, why = min(bounds)
    events = sum(events_of(state) for state in loop.states)
    if rounds * events > LIMIT:
        yield Finding(
            loop.wait.pointer,
            f"the loop {loop} writes about {events} events a round, {rounds * events:,} in the {rounds:,} rounds of {why}, "
            f"and an execution ends at {LIMIT:,}",
            "wait longer, use `.sync`, or go on in a new execution",
        )
