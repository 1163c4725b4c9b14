"""The items of the control table: keys, statuses, attributes.

| pk | sk | what |
|---|---|---|
| `CONTROL` | `ACTIVE` | the Region that works: `region`, `epoch`, `changed_by`, `changed_at`, `reason` |
| `PIPE#<p>#BATCH#<b>` | `RUN` | one batch: `status`, `attempt`, `exec_arn`, `fence`, `lease_until`, `stages`, `input`, ... |
| the same | `PARKED#<region>` | a passive Region has been asked for the batch (eventually consistent tables only) |
| `PIPE#<p>` | `WATCHED` | `since` when the sweeper looks, while no batch of the pipeline has been done |

`queue` is `<status>#<pipeline>`; its index is what the sweeper reads. Times are numbers:
milliseconds since 1970.
"""

from __future__ import annotations

from typing import Final

from sfn_dsl.expression import Template
from sfn_dsl.functions import format

__all__ = [
    "ACTIVE_KEY",
    "BY_EXECUTION",
    "BY_QUEUE",
    "FAILED",
    "NEXT_LEASE",
    "PARKED",
    "READY",
    "RUN",
    "RUNNING",
    "SUCCEEDED",
    "WATCHED",
    "partition_key",
    "run_key",
]

READY: Final = "READY"
RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
FAILED: Final = "FAILED"
PARKED: Final = "PARKED"
WATCHED: Final = "WATCHED"
RUN: Final = "RUN"
ACTIVE_KEY: Final = {"pk": {"S": "CONTROL"}, "sk": {"S": "ACTIVE"}}
NEXT_LEASE: Final = "next_lease"
"""For how many milliseconds what follows the last stage that is done needs the batch; of the row and of each stage's mark."""
BY_QUEUE: Final = "by_queue"
"""Index on `queue` and `updated_at`."""
BY_EXECUTION: Final = "by_execution"
"""Index on `exec_arn`."""


def partition_key(pipeline: str, batch: Template) -> Template:
    """The `pk` of a batch: text where the batch is known, else the expression that makes it."""
    return f"PIPE#{pipeline}#BATCH#{batch}" if isinstance(batch, str) else format(f"PIPE#{pipeline}#BATCH#{{}}", batch)


def run_key(pipeline: str, batch: Template) -> dict[str, Template]:
    """The key of a batch's row in DynamoDB's form."""
    return {"pk": {"S": partition_key(pipeline, batch)}, "sk": {"S": RUN}}
