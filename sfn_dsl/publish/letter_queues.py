"""The dead-letter queues of a project's pipelines: which there are, and what lies in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Final

from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.letters import Letter, letter_of
from sfn_dsl.triggers.letter_kinds import LetterKind, letter_kind

__all__ = ["LetterQueue", "delete_letters", "find_queues", "look_into", "receive", "release"]

_PAGE: Final = 10
_HIDDEN_SECONDS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterQueue:
    """A queue of a Region. `pipeline`: whose it is; empty for that of events that should have gone to the peer Region. `kind`: of
    its letters. `count`: about how many messages wait in it."""

    name: str
    url: str
    arn: str
    region: str
    pipeline: str
    kind: LetterKind
    count: int


def find_queues(clients: Clients, region: str, pipelines: Iterable[str], bus: str) -> tuple[LetterQueue, ...]:
    """The dead-letter queues of some pipelines, and of the bus, in a Region; sorted by name."""
    names = sorted(pipelines)
    urls: dict[str, str] = {}
    for prefix in (*names, f"{bus}-forward"):
        for url in _urls(clients, region, f"{prefix}-"):
            urls[url.rpartition("/")[2]] = url
    found = []
    for name, url in sorted(urls.items()):
        # `orders-daily-dead-letters` is of `orders-daily`, not of `orders`.
        owner = max((pipeline for pipeline in names if name.startswith(f"{pipeline}-")), key=len, default="")
        kind = letter_kind(name, owner)
        if kind is None or (not owner and name != f"{bus}-forward-dead-letters"):
            continue
        wanted = ["ApproximateNumberOfMessages", "QueueArn"]
        counted = clients.call("sqs", region, "get_queue_attributes", QueueUrl=url, AttributeNames=wanted)
        count, arn = int(counted["Attributes"]["ApproximateNumberOfMessages"]), str(counted["Attributes"]["QueueArn"])
        found.append(LetterQueue(name=name, url=url, arn=arn, region=region, pipeline=owner, kind=kind, count=count))
    return tuple(found)


def _urls(clients: Clients, region: str, prefix: str) -> Iterator[str]:
    arguments: dict[str, object] = {"QueueNamePrefix": prefix, "MaxResults": 1000}
    while True:
        page = clients.call("sqs", region, "list_queues", **arguments)
        yield from page.get("QueueUrls", ())
        if "NextToken" not in page:
            return
        arguments["NextToken"] = page["NextToken"]


def receive(clients: Clients, queue: LetterQueue, limit: int) -> Iterator[Letter]:
    """Letters of a queue, each once, at most `limit` and at most as many as were counted; they are hidden from others for two
    minutes."""
    seen: set[str] = set()
    wanted = min(limit, queue.count)
    while len(seen) < wanted:
        answer = clients.call(
            "sqs",
            queue.region,
            "receive_message",
            QueueUrl=queue.url,
            MaxNumberOfMessages=min(_PAGE, wanted - len(seen)),
            VisibilityTimeout=_HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
            AttributeNames=["SentTimestamp"],
        )
        new = [message for message in answer.get("Messages", ()) if message["MessageId"] not in seen]
        if not new:
            return
        for message in new:
            seen.add(message["MessageId"])
            yield letter_of(message, queue.kind)


def release(clients: Clients, queue: LetterQueue, letters: Iterable[Letter]) -> None:
    """Let others see letters again at once."""
    waiting = list(letters)
    for start in range(0, len(waiting), _PAGE):
        entries = [
            {"Id": str(number), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
            for number, letter in enumerate(waiting[start : start + _PAGE])
        ]
        clients.call("sqs", queue.region, "change_message_visibility_batch", QueueUrl=queue.url, Entries=entries)


def delete_letters(clients: Clients, queue: LetterQueue, ids: Set[str]) -> Iterator[Letter]:
    """Take letters out of a queue for good; those that were found, one by one."""
    kept = []
    for letter in receive(clients, queue, queue.count):
        if letter.id not in ids:
            kept.append(letter)
            continue
        clients.call("sqs", queue.region, "delete_message", QueueUrl=queue.url, ReceiptHandle=letter.receipt)
        yield letter
    release(clients, queue, kept)


def look_into(clients: Clients, queue: LetterQueue, limit: int) -> tuple[Letter, ...]:
    """Letters of a queue, oldest first, at most `limit`; they stay where they are."""
    letters = tuple(receive(clients, queue, limit))
    release(clients, queue, letters)
    return tuple(sorted(letters, key=lambda letter: (letter.sent_at, letter.id)))
