"""A re-run that skips stages gives what an undisturbed run gives: for every prefix of stages that are done, over generated pipelines."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from estate import ARBITER, EAST, WEST, Estate, Worker
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl import CONTINUE, Branch, Control, ForEach, Input, Item, Parallel, Pipeline, Raw, Stage, Transform, fn
from sfn_dsl.deployment import Deployment
from sfn_dsl.steps.step import Step

KINDS = ["task", "parallel", "branch", "skipped branch", "foreach", "raw"]
RETURNS = {"text": str, "n": int, "share": float, "flag": bool, "items": [{"k": str}], "deep": dict}


def answer(payload: Any) -> dict[str, Any]:
    """What the function gives back: values of all kinds, which depend on all that it was given. Fractions are short: the row keeps
    15 digits of one."""
    if payload["step"].startswith("inner"):
        return {"text": f"<{payload['given']}>"}
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:8]
    number = int(digest, 16)
    return {
        "text": f'\u00e9 "{digest}" {{% $x %}} \\ $.y \n',
        "n": number,
        "share": (2 * (number % 100_000) + 1) / 8,
        "flag": number % 2 == 0,
        "items": [{"k": f"{digest}{position}"} for position in range(number % 3 + 1)],
        "deep": {"a": [1, {"b": None}, []], "c": digest, "": {}},
    }


@dataclass
class Made:
    """A pipeline in the making: `values` are what later steps may read, with what stands for them where they are absent."""

    values: list[Any] = field(default_factory=list)
    count: int = 0

    def task(self, *, sure: bool = True) -> Step:
        self.count += 1
        name = f"step {self.count}"
        payload = {"step": name, "given": self.values[-6:]}
        step = Transform.lambda_(name, function="f", payload=payload, returns=RETURNS, timeout_seconds=60)
        values = [step.output.text, step.output.n, step.output.share, step.output.flag, step.output.deep, step.output["items"][0].k]
        self.values += values if sure else [step.output.text.default("none"), step.output.n.default(0)]
        return step

    def steps(self, kind: str) -> list[Step]:
        """A task first, so that each stage can be made to fail, then what the kind is about."""
        first = self.task()
        self.count += 1
        name = f"{kind} {self.count}"
        match kind:
            case "task":
                return [first, self.task()]
            case "parallel":
                seen = list(self.values)
                branches, made = [], []
                for length in (1, 2):
                    self.values = list(seen)
                    branches.append([self.task() for _ in range(length)])
                    made += self.values[len(seen) :]
                self.values = seen + made
                return [first, Parallel(name, *branches)]
            case "branch" | "skipped branch":
                holds = first.output.n >= 0 if kind == "branch" else first.output.n < 0
                return [first, Branch(name, (holds, self.task(sure=False)), otherwise=CONTINUE)]
            case "foreach":
                item = Item(k=str)
                inner = Transform.lambda_(
                    f"inner {self.count}",
                    function="f",
                    payload={"step": "inner", "given": fn.format("{}/{}", first.output.text, item.k)},
                    returns={"text": str},
                    timeout_seconds=60,
                )
                each = ForEach(name, items=first.output["items"], item=item, do=inner, collect={"t": inner.output.text})
                self.values += [each.output[0].t, each.output]
                return [first, each]
            case _:
                raw = Raw(
                    name,
                    {"Type": "Pass", "Assign": {f"v{self.count}": f"{{% $given{self.count} & '!' %}}"}, "End": True},
                    reads={f"given{self.count}": first.output.text},
                    writes={f"v{self.count}": str},
                )
                self.values.append(raw.output[f"v{self.count}"])
                return [first, raw]


def pipeline_of(stages: list[str]) -> tuple[Pipeline, list[str]]:
    """A pipeline, and the first task of each stage."""
    made = Made()
    batch = Input(batch_id=str, mode="full", limit=3)
    body, firsts = [], []
    for number, kind in enumerate(stages):
        if number == 1:
            # Not in the first step, where JSONPath has no place for a default.
            made.values += [batch.mode, batch.limit]
        steps = made.steps(kind)
        firsts.append(steps[0].name)
        body.append(Stage(f"stage {number}", steps))
    output = {f"v{number}": value for number, value in enumerate(made.values)}
    return Pipeline(name="p", input=batch, control=Control(batch.batch_id), body=body, output=output), firsts


class Failing(Worker):
    """The function; it fails once, at a step."""

    def __init__(self) -> None:
        super().__init__(answer, seconds=1.0)
        self.victim = ""

    def __call__(self, call: Any, rng: object) -> Any:
        if call.arguments["Payload"]["step"] == self.victim:
            self.victim = ""
            self.errors = ["Boom"]
        return super().__call__(call, rng)

    def since(self, start: int) -> list[Any]:
        """What the function was given, in an order that does not depend on which branch was first."""
        return sorted((payload for _, payload in self.calls[start:]), key=lambda payload: json.dumps(payload, sort_keys=True))


def prefixes_are_skipped(stages: list[str], language: str, deployment: Deployment, region: str) -> None:
    pipeline, firsts = pipeline_of(stages)
    worker = Failing()
    estate = Estate([pipeline], {"f": worker}, deployment=deployment, language=language, schedules=False)
    if region != deployment.active:
        estate.promote(region)
    undisturbed = estate.start("p", {"batch_id": "b"}, region)
    estate.run(600)
    assert (undisturbed.status, undisturbed.error) == ("SUCCEEDED", None)
    whole = worker.since(0)
    assert any(payload["step"] == firsts[-1] for payload in whole)
    for number, victim in enumerate(firsts):
        batch, begun = f"b{number}", len(worker.calls)
        worker.victim = victim
        failed = estate.start("p", {"batch_id": batch}, region)
        estate.run(600)
        assert (failed.status, failed.error) == ("FAILED", "Boom")
        row = estate.row("p", batch)
        assert row is not None
        assert list(row["stages"]) == [f"stage {done}" for done in range(number)]
        before = worker.since(begun)
        estate.change("p", batch, status={"S": "READY"}, attempt={"N": "2"})
        begun = len(worker.calls)
        run = estate.start("p", {"batch_id": batch}, region)
        estate.run(600)
        assert (run.status, run.output) == ("SUCCEEDED", undisturbed.output)
        again = worker.since(begun)
        both = [payload for payload in before if payload["step"] != victim] + again
        assert sorted(map(json.dumps, both)) == sorted(map(json.dumps, whole)), (
            "each step's work is done once, from the same values"
        )


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_step(kind: str, language: str) -> None:
    prefixes_are_skipped([kind, "task", kind], language, Deployment(active=EAST), EAST)


@pytest.mark.parametrize("region", [EAST, WEST])
@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_with_an_arbiter(language: str, region: str) -> None:
    prefixes_are_skipped(["parallel", "foreach", "raw", "branch"], language, ARBITER, region)


@settings(max_examples=12, deadline=None)
@given(stages=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), language=st.sampled_from(["JSONata", "JSONPath"]))
def test_any_pipeline(stages: list[str], language: str) -> None:
    prefixes_are_skipped(stages, language, Deployment(active=EAST), EAST)
