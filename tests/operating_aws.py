"""A moto server over HTTP with control tables in the Regions of an arbiter, and the command line pointed at it."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
from operating import ACCOUNT, make_table

from sfn_dsl.cli.main import run
from sfn_dsl.publish.table import Item

SECRETS = {"aws_access_key_id": "AKIATESTING", "aws_secret_access_key": "VERYSECRET"}
REGIONS = ("us-east-1", "us-west-1", "us-west-2")


class Aws:
    """What the tests do at AWS behind the commands' back. `url`: of the server."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._capsys = capsys
        self._made: dict[tuple[str, str], Any] = {}
        for region in REGIONS:
            make_table(self.client("dynamodb", region))

    def client(self, service: str, region: str) -> Any:
        if (service, region) not in self._made:
            self._made[service, region] = boto3.client(service, region_name=region, endpoint_url=self.url, **SECRETS)
        return self._made[service, region]

    def cli(self, folder: Path, *arguments: str, endpoint: bool = True) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = run(["-C", str(folder), *arguments, *(("--endpoint-url", self.url) if endpoint else ())])
        out, err = self._capsys.readouterr()
        assert "VERYSECRET" not in out + err
        return code, out, err

    def reset(self) -> None:
        """Forget everything, tables too."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")).close()

    @staticmethod
    def now() -> int:
        return time.time_ns() // 1_000_000

    def put(self, region: str, item: Item) -> None:
        self.client("dynamodb", region).put_item(TableName="etl-control", Item=item)

    def activate(self, region: str, active: str, epoch: int = 4) -> None:
        """Write into a Region's table which Region is active."""
        values = {"region": {"S": active}, "epoch": {"N": str(epoch)}, "changed_by": {"S": "ann"}, "changed_at": {"N": "1000"}}
        self.put(region, {"pk": {"S": "CONTROL"}, "sk": {"S": "ACTIVE"}, **values})

    def active(self, region: str) -> Item:
        key = {"pk": {"S": "CONTROL"}, "sk": {"S": "ACTIVE"}}
        found: Item = self.client("dynamodb", region).get_item(TableName="etl-control", Key=key).get("Item", {})
        return found

    def items(self, region: str) -> list[Item]:
        found: list[Item] = self.client("dynamodb", region).scan(TableName="etl-control")["Items"]
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def row(self, region: str) -> Item:
        [found] = [item for item in self.items(region) if item["sk"] == {"S": "RUN"}]
        return found

    def clear(self, region: str) -> None:
        for item in self.items(region):
            self.client("dynamodb", region).delete_item(TableName="etl-control", Key={"pk": item["pk"], "sk": item["sk"]})

    @staticmethod
    def arn(region: str, name: str = "orders") -> str:
        return f"arn:aws:states:{region}:{ACCOUNT}:stateMachine:{name}"

    def machine(self, region: str, name: str = "orders") -> None:
        definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}})
        role = f"arn:aws:iam::{ACCOUNT}:role/r"
        self.client("stepfunctions", region).create_state_machine(name=name, definition=definition, roleArn=role)

    def started(self, region: str, name: str = "orders") -> list[tuple[str, Any]]:
        """ARN and input of each execution, by name."""
        client = self.client("stepfunctions", region)
        arns = sorted(one["executionArn"] for one in client.list_executions(stateMachineArn=self.arn(region, name))["executions"])
        return [(arn, json.loads(client.describe_execution(executionArn=arn)["input"])) for arn in arns]
