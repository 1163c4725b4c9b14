"""Who is who among the machines of a proof: what is started, what publishes, how long the work takes."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from sfn_dsl.asl.model import UNSET, Json, State, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.expression import InputRoot, Operation, Reference, Template, subexpressions
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.simulate.mocks.answers import Answer, Call, Mock
from sfn_dsl.simulate.prepared import declared_samples, sample_input
from sfn_dsl.simulate.program.resource import task_resource
from sfn_dsl.simulate.results.declared import with_member
from sfn_dsl.simulate.results.sample import sample_result
from sfn_dsl.triggers.shapes import declared_shape

__all__ = ["Cast", "batch_in", "batch_name", "cast_of", "key_paths"]

_OURS: Final = frozenset({"dynamodb", "events", "states", "sfn", "sns", "cloudwatch"})
"""Services that a world answers itself, or whose answers nobody reads."""
_SHORTEST: Final = 600.0
_LONGEST: Final = 2400.0
_UPSTREAM: Final = 1.0
_PUBLISHING: Final = (5.0, 60.0)
_BATCH: Final = re.compile(r"batch-\d{4,}")


def batch_name(number: int) -> str:
    """The business key of a batch, or the text of which the upstream makes it."""
    return f"batch-{number:04d}"


def batch_in(value: Json) -> str:
    """The batch that an input, or the key of a row, tells of: whatever the key is made of, the name is in it."""
    found = _BATCH.search(value if isinstance(value, str) else json.dumps(value))
    assert found is not None, value
    return found.group()


def key_paths(batch: Template) -> tuple[tuple[str, ...], ...]:
    """Paths of the texts of a pipeline's input that a batch's name is seen through: all of which it is made, except by a hash."""
    hashes = [one for one in subexpressions(batch) if isinstance(one, Operation) and one.name == "hash"]
    hashed = {id(one) for one in subexpressions(hashes)}
    return tuple(
        dict.fromkeys(
            tuple(str(name) for name in one._path)
            for one in subexpressions(batch)
            if isinstance(one, Reference)
            and isinstance(one._root, InputRoot)
            and one._path
            and id(one) not in hashed
            and declared_shape(one).kind in ("string", "any")
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The upstream and the pipeline, and how they are played.

    `controlled`: whether the pipeline keeps rows. `sealing`: the last state in which the upstream works, `upstream_stages`: its
    stages. `input`: of an upstream's execution, `keys`: the paths in it of the texts that tell batches apart. `stages`: the state
    that each stage of the pipeline begins with. `announcing`: the upstream's states that tell of a batch. `publish`: the state that
    publishes. `delays`: seconds by state, as a pair to draw from. `samples`: results by state.
    """

    upstream: str
    controlled: bool
    sealing: str
    upstream_stages: tuple[str, ...]
    downstream: str
    input: Mapping[str, Json]
    keys: tuple[tuple[str, ...], ...]
    stages: Mapping[str, str]
    announcing: frozenset[str]
    publish: str
    delays: Mapping[str, tuple[float, float]]
    samples: Mapping[str, Json]

    def input_of(self, number: int) -> Json:
        """The input of the upstream's execution for a batch."""
        found: Json = dict(self.input)
        for path in self.keys:
            found = with_member(found, path, batch_name(number))
        return found

    def mocks(self) -> dict[str, Mock]:
        """Answers by state: samples that take their time."""
        return {name: functools.partial(_worked, Answer(value=self.samples[name]), delay) for name, delay in self.delays.items()}


def _worked(answer: Answer, delay: tuple[float, float], call: Call, rng: Random) -> Answer:
    return Answer(value=answer.value, duration=rng.uniform(*delay))


def cast_of(compiled: Sequence[Compiled], upstream: str, downstream: str) -> Cast:
    """The parts of two pipelines among compiled ones. The work of the pipeline takes 10 to 40 minutes in all, spread over its
    tasks; it publishes in the first task of its last stage."""
    one, other = (next(made for made in compiled if made.pipeline.name == name) for name in (upstream, downstream))
    stages = {stage.name: stage.start_at for stage in other.stages}
    publish = list(stages.values())[-1]
    samples = {**_samples(one), **_samples(other)}
    limits = {name: _limit(state) for name, state in walk(other.machine)}
    working = [name for name in _samples(other) if name != publish]
    shares = {name: (_SHORTEST / len(working), _LONGEST / len(working)) for name in working} | {publish: _PUBLISHING}
    delays = dict.fromkeys(_samples(one), (_UPSTREAM, _UPSTREAM))
    delays |= {name: (min(low, limits[name] / 2), min(high, limits[name])) for name, (low, high) in shares.items()}
    return Cast(
        upstream=upstream,
        controlled=other.pipeline.control is not None,
        upstream_stages=tuple(stage.name for stage in one.stages),
        sealing=list(_samples(one))[-1],
        downstream=downstream,
        input=sample_input(one.pipeline),
        keys=key_paths(one.pipeline.produces.batch_id) if one.pipeline.produces is not None else (),
        stages=stages,
        announcing=_announcing(one.pipeline, downstream),
        publish=publish,
        delays=delays,
        samples=samples,
    )


def _limit(state: State) -> float:
    """Seconds that a task may take, its own time-out not reached."""
    timeout = state.timeout_seconds if isinstance(state, Task) else UNSET
    return 0.8 * timeout if isinstance(timeout, int) else _LONGEST


def _announcing(upstream: Pipeline, downstream: str) -> frozenset[str]:
    return frozenset({"Announce batch", f"Mark ready for {downstream}", f"Start {downstream}"})


def _samples(compiled: Compiled) -> dict[str, Json]:
    """Results of the tasks that are the pipeline's own work, by state."""
    declared = declared_samples(compiled)
    found = {}
    for name, state in walk(compiled.machine):
        if not isinstance(state, Task) or state.resource is UNSET or task_resource(state.resource).service in _OURS:
            continue
        arguments = state.arguments if isinstance(state.arguments, dict) else {}
        function = str(arguments.get("FunctionName", ""))
        if function.endswith(f":{compiled.target.deployed.bridge}"):
            continue
        found[name] = declared.get(name, None) or sample_result(str(state.resource), {})
    return found
