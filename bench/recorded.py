"""Executions recorded on real AWS: running them in the simulator, and comparing what comes out.

The comparison is the one that came with the recordings: status, output, error, cause and the order of states entered must agree;
types of events are reported as well. Values that a recording replaced by a token match anything.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sfn_dsl.asl.read import read_json
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.failure import TIMEOUT
from sfn_dsl.simulate.items.store import MemoryStore
from sfn_dsl.simulate.mocks.answers import Answer, Answers, Call
from sfn_dsl.simulate.world import World

Case = dict[str, Any]
Verdict = dict[str, bool]

PASSING = ("status", "output", "error", "cause", "states")
WILD = frozenset(
    [
        "timestamp",
        "date",
        "datetime",
        "time",
        "entered-time",
        "start-time",
        "start-date",
        "stop-date",
        "wait-time",
        "RequestId",
        "X-Amzn-Trace-Id",
        "x-amz-crc32",
        "x-amzn-RequestId",
        "x-amzn-requestid",
        "snf_role_arn",
        "sfn_role_arn",
    ]
)
TOKEN = re.compile(r"<[A-Za-z0-9_\-.\[\] ]+(?::\d+)?>")


def load(folder: Path) -> Iterator[Case]:
    """The cases of a folder, sorted by path."""
    for path in sorted(folder.rglob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


# Running


def simulate(case: Case) -> Execution:
    """Run a recorded execution with the answers its tasks gave on AWS."""
    world = World(
        answers=Answers(states=_Replay(case["mocks"] or [])),  # type: ignore[arg-type]
        objects=MemoryStore({(bucket, key): text for bucket, key, text in case["s3"]}),
        durations=lambda resource: 0.0,
        strict=False,
    )
    machine = world.deploy(
        read_json(case["definition"]).machine,
        name=case["state_machine_arn"].rpartition(":")[2],
        type=case["type"],
        arn=case["state_machine_arn"],
        role_arn=case["role_arn"],
    )
    run = world.start(machine, case["input"], name=case["execution_name"], arn=case["execution_arn"])
    if case["expected"]["status"] == "ABORTED":
        world.run(seconds=0.001)
        world.stop(run)
    world.run(until=run)
    return world.execution(run)


class _Replay(dict[str, Any]):
    """Mocks by state: what the nth call of a state answered."""

    def __init__(self, mocks: Iterable[Mapping[str, Any]]) -> None:
        attempts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        repeated: dict[str, bool] = {}
        for mock in mocks:
            attempts[mock["state"]] += mock["attempts"]
            repeated.setdefault(mock["state"], bool(mock.get("repeat")))
        super().__init__({state: self._player(given, repeated[state]) for state, given in attempts.items()})

    @staticmethod
    def _player(given: list[Mapping[str, Any]], repeats: bool) -> Any:
        used = iter(given)

        def answer(call: Call, rng: random.Random) -> Answer:
            match given[0] if repeats else next(used, None):
                case {"Timeout": True}:
                    return Answer(fails=True, error=TIMEOUT)
                case {"Throw": thrown}:
                    return Answer(fails=True, error=thrown.get("Error"), cause=thrown.get("Cause"))
                case {"Return": value}:
                    return Answer(value=value)
                case _:
                    return Answer(never=True)

        return answer


# Comparing


def compare(case: Case, execution: Execution) -> Verdict:
    """What agrees with the recording, by aspect."""
    want, rules = case["expected"], case["normalise"]
    wild = WILD | {pair[1] for pair in case["jsonpath_replacements"]}
    verdict = {"status": want.get("status") == execution.status}
    if want.get("status") == "SUCCEEDED" and "output" in want:
        got = normalised(parsed({"o": execution.output}), rules)["o"]
        verdict["output"] = same(parsed({"o": want["output"]})["o"], got, wild)
    elif want.get("status") and want["status"] != "SUCCEEDED":
        verdict["error"] = same(want.get("error"), normalised(execution.error, rules), wild)
        cause: Any = execution.cause
        if isinstance(want.get("cause"), dict):
            cause = json_or_text(cause)
        verdict["cause"] = same(want.get("cause"), normalised(cause, rules), wild)
    if "states" in want:
        events = execution.events
        entered = _entered(events)
        top = [name for name in entered if name in case["definition"]["States"]]
        alike = Counter(entered) == Counter(want["states"]) and top == want["states_top"]
        verdict["states"] = entered == want["states"] or alike
        verdict["event_types"] = Counter(event["type"] for event in events) == Counter(want["event_types"])
    return verdict


def passed(verdict: Verdict) -> bool:
    """Whether all aspects that count agree."""
    return all(agrees for aspect, agrees in verdict.items() if aspect in PASSING)


def json_or_text(value: Any) -> Any:
    """The value of a JSON text; anything else as it is."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def parsed(value: Any) -> Any:
    """The recordings hold texts that look like JSON objects, inside objects, as parsed JSON."""
    if isinstance(value, dict):
        members = {}
        for key, member in value.items():
            if isinstance(member, str) and member.startswith("{"):
                member = json_or_text(member)
            members[key] = parsed(member)
        return members
    return [parsed(member) for member in value] if isinstance(value, list) else value


def normalised(value: Any, rules: Iterable[tuple[str, str]]) -> Any:
    """A value with the replacements that the recording made in texts."""
    text = json.dumps(value, default=str)
    for pattern, replacement in rules:
        try:
            text = re.sub(pattern, lambda match, put=replacement: put, text)
        except re.error:
            continue
    return json_or_text(text) if text else value


def same(want: Any, got: Any, wild: frozenset[str]) -> bool:
    """Whether a value is what was recorded; tokens match anything."""
    if isinstance(want, str):
        if want in wild:
            return True
        token = TOKEN.search(want)
        if token is None:
            return bool(want == got)
        if not isinstance(got, str):
            return want == token.group(0)
        return re.fullmatch(".*?".join(map(re.escape, TOKEN.split(want))), got, re.DOTALL) is not None
    if isinstance(want, bool) or isinstance(got, bool) or want is None:
        return want is got
    if isinstance(want, (int, float)):
        return isinstance(got, (int, float)) and want == got
    if isinstance(want, list):
        return isinstance(got, list) and len(want) == len(got) and all(map(same, want, got, [wild] * len(want)))
    if isinstance(want, dict):
        return isinstance(got, dict) and set(want) == set(got) and all(same(want[key], got[key], wild) for key in want)
    return bool(want == got)


def _entered(events: Iterable[Mapping[str, Any]]) -> list[str]:
    return [event["stateEnteredEventDetails"]["name"] for event in events if event["type"].endswith("StateEntered")]
