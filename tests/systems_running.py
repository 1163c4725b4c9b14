"""The systems of this project in a simulated world, with their control table and good answers of everything they call."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from operating import SimulatedTable

from sfn_dsl.pytest_plugin import BuiltProject
from sfn_dsl.simulate.control_table import provide_control_table
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.items.store import MemoryStore
from sfn_dsl.simulate.mocks.answers import Answers, Call, parse_answer
from sfn_dsl.simulate.mocks.faults import Faults, parse_fault
from sfn_dsl.simulate.prepared import declared_samples, machine_of
from sfn_dsl.simulate.provisions import provide
from sfn_dsl.simulate.world import World

ROOT = Path(__file__).parent.parent
SYSTEMS = ("guidewire-base", "dbt-semantic", "lakehouse-etl", "lakehouse-etl-express", "payments", "kinesis-redshift")
SLOT = "2026-11-21T07:00:00Z"
PAYMENT = {"key": "incoming/ach/f1.pgp", "version": "v1", "arrived": "2026-11-21T10:00:00Z"}
PAYMENT_BATCH = "incoming-ach-f1-pgp-v1-cbc6b25935b454ef"
ROWS = [f'{{"id": "p{number}", "amount": "{number}.00", "currency": "USD"}}' for number in range(200)]

INPUTS: dict[str, dict[str, Any]] = {
    "guidewire-base": {"batch_id": SLOT},
    "dbt-semantic": {
        "batch_id": SLOT,
        "business_date": "2026-11-21",
        "manifest": {"uri": "s3://m", "sha256": "x", "object_count": 1},
    },
    "lakehouse-etl": {"batch_id": SLOT},
    "lakehouse-etl-express": {"batch_id": SLOT},
    "payments": PAYMENT,
    "kinesis-redshift": {"slot": SLOT},
}
BATCHES = {
    "guidewire-base": SLOT,
    "dbt-semantic": SLOT,
    "lakehouse-etl": f"structured/{SLOT}",
    "lakehouse-etl-express": f"structured/{SLOT}",
    "payments": PAYMENT_BATCH,
    "kinesis-redshift": "2026-11-21",
}
FUNCTIONS: dict[str, Any] = {
    "gw-batch-manifest": {"uri": "s3://m", "sha256": "x", "object_count": 1},
    "gw-base-check": {"consistencyStatus": "SUCCESS"},
    "dbt-proxy": {"run_id": "r1", "status": "SUCCEEDED", "artifacts": "s3://a"},
    "dbt-results-check": {"verdict": "PASSED"},
    "snowflake-runner": {"published_rows": 3},
    "lakehouse-extract": {"uri": "s3://u"},
    "lakehouse-transform": {},
    "lakehouse-validate": {"quality": 0.99, "rejected": 1},
    "lakehouse-load": {"rows": 3},
    "payments-transfer": {"uri": "s3://p", "sha256": "x"},
    "payments-unwrap": {"uri": "s3://p", "sha256": "x"},
    "kr-validate": {"verdict": "PASSED", "quality": 0.99},
    "kr-report": {"url": "https://report", "text": "all is well"},
}


@functools.cache
def project() -> BuiltProject:
    """The project, built once."""
    return BuiltProject(ROOT)


def payments_store(rows: Iterable[str] = ROWS, bucket: str = "acme-payments-use1") -> MemoryStore:
    """The bucket of payments with the tokens of a file."""
    return MemoryStore({(bucket, f"tokens/{PAYMENT_BATCH}.jsonl"): "\n".join(rows)})


def stages(name: str) -> list[str]:
    """The names of a system's stages."""
    return [step.name for step in project().compiled(name).pipeline.steps]


class Life:
    """A world with a system and its control table. `calls`: state and arguments of every call, repeated ones too."""

    def __init__(
        self,
        name: str,
        *,
        region: str = "us-east-1",
        states: Mapping[str, Any] | None = None,
        functions: Mapping[str, Any] | None = None,
        faults: Iterable[str] = (),
        rows: Iterable[str] = ROWS,
        standby: bool = False,
    ) -> None:
        compiled = project().compiled(name, region)
        self.name = name
        self.calls: list[tuple[str, Any]] = []
        given = {**FUNCTIONS, **(functions or {})}
        answers = Answers(
            states={state: parse_answer(value) for state, value in (states or {}).items()},
            functions={function: parse_answer(value) for function, value in given.items()},
        )
        bucket = "acme-payments-use1" if region == "us-east-1" else "acme-payments-usw1"
        self.world = World(
            regions=(region,),
            answers=answers,
            samples=declared_samples(compiled),
            objects=payments_store(rows, bucket),
            faults=[parse_fault(fault) for fault in faults],
        )
        self.world.audit = self.note
        machine = machine_of(compiled)
        self.machine = self.world.deploy(machine.program, name=name, region=region, type=machine.type, arn=machine.arn)
        provide_control_table(self.world, compiled.target, standby=standby)
        provide(self.world)
        reach = compiled.target.deployed.reached_from(region)
        self.place = self.world.place(region)
        self.table = SimulatedTable(self.world.place(region if reach.direct else reach.regions[0]).dynamodb)

    def note(self, call: Call, run: object) -> None:
        self.calls.append((call.state, call.arguments))

    def run(self, given: Mapping[str, Any] | None = None, *, name: str | None = None) -> Execution:
        """Run the system to its end. `given`: input beside the good one."""
        self.calls = []
        run = self.world.start(self.machine, {**INPUTS[self.name], **(given or {})}, name=name)
        self.world.run(until=run)
        return self.world.execution(run)

    def mend(self) -> None:
        """From now on nothing goes wrong."""
        self.world.faults = Faults(())

    def arguments(self, state: str) -> Any:
        """What a state called with, the last time."""
        return [arguments for called, arguments in self.calls if called == state][-1]

    def count(self, state: str) -> int:
        """How often a state called."""
        return [called for called, _ in self.calls].count(state)
