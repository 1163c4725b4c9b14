"""Sending dead letters again. A letter is deleted only after AWS has taken what it stands for; what nothing can be made of stays.

Everything can be sent twice without harm: an event has the batch in its detail, and the claim lets one execution through; a start
that this module makes itself bears the letter's id in its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.letter_queues import LetterQueue, receive, release
from sfn_dsl.publish.letters import STARTED_ALREADY, Letter
from sfn_dsl.region import parse_arn
from sfn_dsl.simulate.services.event_input import Target, target_input

__all__ = ["Fate", "Outcome", "Stays", "republish", "start"]

Fate: TypeAlias = Literal["sent", "started", "exists", "stays"]

_AWS: Final = "aws."


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a letter: `sent` to a bus, `started` directly, `exists` (its execution was there already), or `stays` in the
    queue. `detail`: to which bus or machine, or why it stays."""

    letter: Letter
    fate: Fate
    detail: str


class Stays(Exception):
    """A letter that nothing can be done about; its text says why."""


def republish(
    clients: Clients, queue: LetterQueue, *, bus: str, limit: int, run_again: Callable[[LetterQueue, Letter], tuple[Fate, str]]
) -> Iterator[Outcome]:
    """Send the letters of a queue again, at most `limit`, one by one. `bus`: where events of function records belong. `run_again`:
    runs a batch that was set aside again, or raises Stays.

    Only letters are taken that were counted when the queue was found, so that what fails again at once is not sent in a circle.
    Raises EnvironmentFault where AWS cannot be asked; what is not done then appears in the queue again within two minutes.
    """
    kept = []
    for letter in receive(clients, queue, limit):
        try:
            fate, detail = run_again(queue, letter) if letter.shape == "poison" else _send(clients, queue, letter, bus)
        except Stays as reason:
            kept.append(letter)
            yield Outcome(letter=letter, fate="stays", detail=str(reason))
            continue
        clients.call("sqs", queue.region, "delete_message", QueueUrl=queue.url, ReceiptHandle=letter.receipt)
        yield Outcome(letter=letter, fate=fate, detail=detail)
    release(clients, queue, kept)


def _send(clients: Clients, queue: LetterQueue, letter: Letter, bus: str) -> tuple[Fate, str]:
    region, target = queue.region, letter.attributes.get("TARGET_ARN", "")
    if letter.shape == "message":
        command = f"aws sqs start-message-move-task --region {region} --source-arn {queue.arn}"
        raise Stays(f"SQS itself sends it back to its queue: {command}")
    if letter.shape == "job":
        raise Stays("it is a record of a failed job run, and nothing is missing: read it, then `dlq delete` it")
    if letter.shape == "unknown":
        raise Stays("it is no dead letter of a rule, a schedule or a function")
    if letter.error == STARTED_ALREADY:
        return "exists", target
    if letter.shape == "schedule":
        return start(clients, region, letter, target, letter.content)
    event = letter.content
    if letter.shape == "event":
        rule = letter.attributes["RULE_ARN"].partition(":rule/")[2]
        bus, _, name = rule.rpartition("/")
        bus = bus or "default"
        if event["source"].startswith(_AWS):
            # Nobody may put an event of AWS's own on a bus, so its rule's work is done here.
            return start(clients, region, letter, target, _input_of(clients, region, letter, bus, name, target))
    elif event["source"].startswith(_AWS):
        raise Stays(f"nobody may send an event of `{event['source']}` again")
    return _put(clients, region, event, bus)


def _put(clients: Clients, region: str, event: dict[str, Any], bus: str) -> tuple[Fate, str]:
    entry: dict[str, Any] = {
        "EventBusName": bus,
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"], ensure_ascii=False),
        "Resources": event.get("resources", []),
    }
    with suppress(ValueError):
        entry["Time"] = datetime.fromisoformat(str(event.get("time")))
    answer = clients.call("events", region, "put_events", Entries=[entry])
    [taken] = answer["Entries"]
    if "ErrorCode" in taken:
        raise Stays(f"the bus {bus} refuses it: {taken['ErrorCode']}")
    return "sent", f"event-bus/{bus}"


def _input_of(clients: Clients, region: str, letter: Letter, bus: str, rule: str, target: str) -> Any:
    """What the rule would have given the target."""
    try:
        found = clients.call("events", region, "list_targets_by_rule", Rule=rule, EventBusName=bus)["Targets"]
    except Declined as refusal:
        if refusal.code != "ResourceNotFoundException":
            raise
        raise Stays(f"the rule {rule} is no more") from None
    planned = next((one for one in found if one["Arn"] == target), None)
    if planned is None:
        raise Stays(f"the rule {rule} has no target {target} any more")
    made = planned.get("InputTransformer", {})
    described = Target(
        id=planned["Id"],
        arn=target,
        input=planned.get("Input"),
        input_path=planned.get("InputPath"),
        input_paths=made.get("InputPathsMap"),
        input_template=made.get("InputTemplate"),
    )
    time = str(letter.content.get("time", ""))
    try:
        return json.loads(target_input(described, letter.content, rule, letter.attributes["RULE_ARN"], time))
    except ValueError:
        raise Stays(f"what the rule {rule} makes of it is no JSON") from None


def start(clients: Clients, region: str, letter: Letter, target: str, given: Any) -> tuple[Fate, str]:
    """Start a machine with an input, under a name made of the letter. Raises Stays where that cannot be."""
    arn = parse_arn(target)
    if arn is None or arn.service != "states" or not arn.resource.startswith("stateMachine:"):
        raise Stays(f"its target {target or '(none)'} is no state machine")
    text = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        clients.call(
            "stepfunctions", region, "start_execution", stateMachineArn=target, name=f"letter-{letter.id}"[:80], input=text
        )
    except Declined as refusal:
        if refusal.code == "ExecutionAlreadyExists":
            return "exists", arn.resource
        if refusal.code in ("StateMachineDoesNotExist", "InvalidExecutionInput"):
            raise Stays(f"{arn.resource} does not take it: {refusal.code}") from None
        raise
    return "started", arn.resource
