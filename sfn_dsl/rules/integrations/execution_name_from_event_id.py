"""An execution name made of an event's id.

An event gets a new id when it is sent again, and when a rule forwards it to a bus in another Region. A name made of the id
therefore keeps nothing from being started twice. Make the name of the business key in the event's detail. What is read beside it
in the definition (`detail`) tells an event from any other input with an `id`.

Fails:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
           "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m", "Name.$": "$.id",
                          "Input.$": "$.detail"}}}
Fails:
    {"A": {"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::states:startExecution", "End": true,
           "Arguments": {"StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m",
                         "Name": "{% 'run-' & $states.input.id %}", "Input": "{% $states.input.detail %}"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
           "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m",
                          "Name.$": "$.detail.batch_id", "Input.$": "$.detail"}}}
Passes:
    {"A": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
           "Parameters": {"StateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:m", "Name.$": "$.id",
                          "Input.$": "$.order"}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.integrations.call import calls, texts_in
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["execution_name_from_event_id"]

_ROOT: Final = r"\$(?:\$\.Execution\.Input|states\.input|states\.context\.Execution\.Input)?"
_ID: Final = re.compile(rf"{_ROOT}\.id(?![\w.\[])")
_DETAIL: Final = re.compile(rf"{_ROOT}\.(?:detail|`detail-type`)(?!\w)|\['detail-type'\]")


@rule("SFN507", "execution-name-from-event-id", severity=Severity.WARNING)
def execution_name_from_event_id(subject: Subject) -> Iterator[Finding]:
    event: bool | None = None
    for call in calls(subject):
        payload = call.payload
        if call.action not in ("startExecution", "startSyncExecution") or not isinstance(payload, Mapping):
            continue
        for name in ("Name", "Name.$"):
            text = payload.get(name)
            if not isinstance(text, str) or not _ID.search(text):
                continue
            if event is None:
                event = any(_DETAIL.search(found) for _, found in texts_in(subject.value, ""))
            if event:
                yield Finding(
                    call.state.at(call.field, name),
                    "the execution's name is made of the event's id, which is a new one when the event is forwarded or sent again",
                    "make it of the business key, such as `detail.batch_id`",
                )
