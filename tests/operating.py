"""What the tests of the operators' commands share: a project, a control table in moto or in the simulator, and rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfn_dsl.control.rows import BY_EXECUTION, BY_QUEUE
from sfn_dsl.publish.table import Item
from sfn_dsl.simulate.services.dynamodb import ConditionalCheckFailed, DynamoDB

ACCOUNT = "123456789012"
EAST, WEST, OREGON = "us-east-1", "us-west-1", "us-west-2"
NOW = 1_790_000_000_000
STAGES = ("extract", "load", "check", "publish")

_TARGETS = f"""
[sfn_dsl:us-east-1]
account = {ACCOUNT}
[sfn_dsl:us-west-1]
account = {ACCOUNT}
"""
_BOTH = "[sfn_dsl]\nregions = us-east-1, us-west-1\nactive = us-east-1\npassive = us-west-1\n"
ARBITER = f"{_BOTH}gate = arbiter\narbiter = us-east-1, us-west-2\nwitness = us-east-2\n{_TARGETS}"
MANUAL = f"{_BOTH}gate = mrec-manual\n{_TARGETS}"
UNGATED = f"{_BOTH}gate = none\n{_TARGETS}"

PIPELINES = (
    f"STAGES = {STAGES}\n"
    + """from sfn_dsl import *
batch = Input(batch_id=str)
def stage(name):
    return Stage(name, Load.glue("Run " + name, job=name, timeout_seconds=600))
orders = Pipeline(name="orders", input=batch, control=Control(batch.batch_id), body=[stage(s) for s in STAGES])
daily = Pipeline(name="orders-daily", input=Input(batch_id=str), body=Load.glue("Load daily", job="j"))
"""
)


@dataclass(frozen=True)
class SimulatedTable:
    """The simulator's DynamoDB as operators use it."""

    service: DynamoDB
    region: str = EAST
    name: str = "etl-control"

    def get(self, key: Item) -> Item | None:
        found = self._call("GetItem", {"Key": key, "ConsistentRead": True})
        return found.get("Item")

    def put(self, **request: Any) -> bool:
        return self._written("PutItem", request) is not None

    def update(self, **request: Any) -> Item | None:
        return self._written("UpdateItem", {**request, "ReturnValues": "ALL_NEW"})

    def query(self, **request: Any) -> list[Item]:
        return list(self._call("Query", request)["Items"])

    def _written(self, operation: str, request: Mapping[str, Any]) -> Item | None:
        try:
            return self._call(operation, request).get("Attributes", {})
        except ConditionalCheckFailed:
            return None

    def _call(self, operation: str, request: Mapping[str, Any]) -> Any:
        return self.service.call(operation, {"TableName": self.name, **request}, NOW / 1000)


def make_simulated(service: DynamoDB | None = None) -> SimulatedTable:
    """An empty control table."""
    service = service or DynamoDB(region=EAST, account=ACCOUNT)
    indexes = {BY_QUEUE: ("queue", "updated_at"), BY_EXECUTION: ("exec_arn", None)}
    service.create_table("etl-control", "pk", "sk", indexes=indexes, key_types={"updated_at": "N"})
    return SimulatedTable(service)


def make_table(client: Any) -> None:
    """The control table by boto3."""
    typed = [("pk", "S"), ("sk", "S"), ("queue", "S"), ("updated_at", "N"), ("exec_arn", "S")]

    def index(name: str, *keys: str) -> dict[str, Any]:
        schema = [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)]
        return {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}

    client.create_table(
        TableName="etl-control",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": type} for name, type in typed],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[index(BY_QUEUE, "queue", "updated_at"), index(BY_EXECUTION, "exec_arn")],
    )


def run_item(
    status: str = "FAILED",
    done: tuple[str, ...] = (),
    *,
    batch: str = "b1",
    region: str = EAST,
    lease_until: int = NOW + 600_000,
    **more: Any,
) -> Item:
    """A row as claims and marks write it."""
    marks = {
        stage: {"M": {"status": {"S": "SUCCEEDED"}, "attempt": {"N": "1"}, "out": {"S": json.dumps({"rows": stage})}}}
        for stage in done
    }
    return {
        "pk": {"S": f"PIPE#orders#BATCH#{batch}"},
        "sk": {"S": "RUN"},
        "status": {"S": status},
        "queue": {"S": f"{status}#orders"},
        "pipeline": {"S": "orders"},
        "batch_id": {"S": batch},
        "exec_arn": {"S": f"arn:aws:states:{region}:{ACCOUNT}:execution:orders:first"},
        "region": {"S": region},
        "lease_until": {"N": str(lease_until)},
        "created_at": {"N": str(NOW - 9_000)},
        "updated_at": {"N": str(NOW - 5_000)},
        "input": {"S": f'{{"batch_id":"{batch}"}}'},
        "fence": {"N": "3"},
        "attempt": {"N": "1"},
        "stages": {"M": marks},
        **({"error": {"M": {"error": {"S": "Boom"}}}} if status == "FAILED" else {}),
        **more,
    }


def write_project(project: Callable[[dict[str, str]], Path], setup: str = ARBITER) -> Path:
    """A project folder with the pipelines above."""
    return project({"setup.cfg": setup, "pipelines/orders.py": PIPELINES})
