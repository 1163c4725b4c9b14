"""What kind of letters a queue holds, told by its name.

| queue | kind | what lies in it |
|---|---|---|
| `<pipeline>-dead-letters`, `<bus>-forward-dead-letters` | `deliveries` | what rules and schedules could not hand over |
| `<pipeline>-starter-failures` | `calls` | events of which a function could make nothing |
| `<pipeline>-messages-dead-letters` | `messages` | messages of a queue of which a function could make nothing |
| `<pipeline>-poison-dead-letters` | `poison` | batches that a `DeadLetter` step has set aside |
| `<pipeline>-job-failures` | `jobs` | a record of each Glue job run that has failed: to be read, nothing is missing |
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = ["LetterKind", "job_failures", "letter_kind"]

LetterKind: TypeAlias = Literal["deliveries", "calls", "messages", "poison", "jobs"]

_JOBS: Final = "-job-failures"


def job_failures(pipeline: str) -> str:
    """The name of the queue that keeps what is said of failed job runs of a pipeline."""
    return f"{pipeline}{_JOBS}"


def letter_kind(queue: str, pipeline: str = "") -> LetterKind | None:
    """The kind of letters in a queue, None for any other queue. `pipeline`: whose queue it is, empty where it is of none."""
    if queue.endswith(_JOBS):
        return "jobs"
    if queue.endswith("-failures"):
        return "calls"
    if queue.endswith("-poison-dead-letters"):
        return "poison"
    if queue.endswith("-dead-letters"):
        return "messages" if pipeline and queue != f"{pipeline}-dead-letters" else "deliveries"
    return None
