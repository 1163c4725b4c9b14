"""What lies in a dead-letter queue: its shapes, by which it is told how each is sent again.

| shape | from | body |
|---|---|---|
| `event` | a rule that could not hand an event over | the event; attributes `RULE_ARN`, `TARGET_ARN`, `ERROR_CODE`, ... |
| `schedule` | EventBridge Scheduler | the target's input; attributes `SCHEDULE_ARN`, `TARGET_ARN`, `ERROR_CODE`, ... |
| `function` | the destination of failed asynchronous calls | a record; the event is its `requestPayload` |
| `poison` | a `DeadLetter` step | what the step says; our handlers say `pipeline`, `batch`, `step`, `error`, `cause`, `input` |
| `message` | a queue whose messages a function could not take | the message |
| `job` | the rule for failed runs of Glue jobs | the event |
| `unknown` | anything else | |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from sfn_dsl.triggers.letter_kinds import LetterKind

__all__ = ["STARTED_ALREADY", "Letter", "Shape", "letter_of"]

Shape: TypeAlias = Literal["event", "schedule", "function", "poison", "message", "job", "unknown"]

STARTED_ALREADY: Final = "RESOURCE_ALREADY_EXISTS"
"""Error code of an event whose execution exists: nothing has been missed."""

_ATTRIBUTES: Final = ("RULE_ARN", "SCHEDULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE", "RETRY_ATTEMPTS", "SCHEDULED_TIME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message. `content`: the event of an `event`, `function` or `job`, the input of a `schedule`, the note of a `poison`, the
    text of a `message`, None where nothing can be made of it. `sent_at`: milliseconds since 1970. `error`: what was wrong, in the
    sender's words or code. `attributes`: those above. `receipt` is what SQS deletes it by. Neither body nor content is shown by
    `repr`."""

    id: str
    receipt: str = field(repr=False)
    sent_at: int
    shape: Shape
    error: str
    batch: str
    attributes: Mapping[str, str]
    content: Any = field(repr=False)
    body: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Where it comes from: the end of the ARN of a rule, schedule or function; the step that has set a batch aside; the job and
        its run."""
        if self.shape == "poison":
            return str(self.content.get("step", ""))
        if self.shape == "job":
            return "/".join(("job", *(str(self.content["detail"].get(name, "-")) for name in ("jobName", "jobRunId"))))
        arn = self.attributes.get("RULE_ARN") or self.attributes.get("SCHEDULE_ARN") or self.attributes.get("FUNCTION_ARN", "")
        return arn.split(":", 5)[-1]


def letter_of(message: Mapping[str, Any], kind: LetterKind = "deliveries") -> Letter:
    """The letter that a message of `ReceiveMessage` is. `kind`: of the letters in its queue."""
    written = message.get("MessageAttributes", {})
    attributes = {name: str(written[name].get("StringValue", "")) for name in _ATTRIBUTES if name in written}
    body = str(message["Body"])
    shape, content = _shape(body, attributes, kind)
    error = attributes.get("ERROR_CODE", "")
    if shape == "poison":
        error = str(content.get("error", ""))
    elif shape == "job":
        error = str(content["detail"].get("state", ""))
    if shape == "function":
        record = json.loads(body)
        attributes["FUNCTION_ARN"] = str(record.get("requestContext", {}).get("functionArn", ""))
        failed = record.get("responsePayload")
        told = failed.get("errorType") if isinstance(failed, dict) else None
        error = str(told or record.get("requestContext", {}).get("condition", ""))
    return Letter(
        id=str(message["MessageId"]),
        receipt=str(message["ReceiptHandle"]),
        sent_at=int(message.get("Attributes", {}).get("SentTimestamp", 0)),
        shape=shape,
        error=error,
        batch=_batch(shape, content),
        attributes=attributes,
        content=content,
        body=body,
    )


def _shape(body: str, attributes: Mapping[str, str], kind: LetterKind) -> tuple[Shape, Any]:
    if kind == "messages":
        return "message", body
    try:
        value = json.loads(body)
    except ValueError:
        return "unknown", None
    if not isinstance(value, dict):
        return "unknown", None
    if kind == "poison":
        return "poison", value
    if kind == "jobs":
        return ("job", value) if _is_event(value) else ("unknown", None)
    if "RULE_ARN" in attributes:
        return ("event", value) if _is_event(value) else ("unknown", None)
    if "TARGET_ARN" in attributes:
        slot = attributes.get("SCHEDULED_TIME")
        if "<aws.scheduler.scheduled-time>" in body and slot is None:
            return "unknown", None
        return "schedule", json.loads(body.replace("<aws.scheduler.scheduled-time>", slot or ""))
    if isinstance(value.get("requestContext"), dict) and _is_event(value.get("requestPayload")):
        return "function", value["requestPayload"]
    return "unknown", None


def _is_event(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("source"), str)
        and isinstance(value.get("detail-type"), str)
        and isinstance(value.get("detail"), dict)
    )


def _batch(shape: Shape, content: Any) -> str:
    """The batch that a letter is about, as far as it says one; a schedule that looks for batches says its slot."""
    if shape in ("unknown", "message"):
        return ""
    if shape == "poison":
        return str(content.get("batch", ""))
    found = content if shape == "schedule" else content["detail"]
    return str(found.get("batch_id", found.get("slot", "") if shape == "schedule" else ""))
