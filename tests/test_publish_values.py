"""Laws of plans, hashes and paces, and the input of dry runs."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from fake_aws import EAST, WEST, FakeAws
from hypothesis import given
from hypothesis import strategies as st

from sfn_dsl import Input, Pipeline, Wait
from sfn_dsl.compile.dry_run import dry_run_input
from sfn_dsl.diff import Added, Changed, FieldEdit, Removed, Renamed
from sfn_dsl.publish.desired import fingerprint
from sfn_dsl.publish.plan import Entry, Options, Plan, Problem
from sfn_dsl.publish.plan_file import plan_from_json, plan_to_json

TEXT = st.text(max_size=5)
NUMBER = st.integers(0, 2000)
FIELDS = st.lists(st.builds(FieldEdit, TEXT, TEXT, TEXT), max_size=2).map(tuple)
EDITS = st.lists(
    st.one_of(
        st.builds(Added, TEXT, TEXT),
        st.builds(Removed, TEXT, TEXT),
        st.builds(Renamed, TEXT, TEXT),
        st.builds(Changed, TEXT, FIELDS),
    ),
    max_size=3,
).map(tuple)
ENTRIES = st.builds(
    Entry,
    region=TEXT,
    name=TEXT,
    arn=TEXT,
    action=st.sampled_from(["added", "changed", "unchanged", "removed"]),
    work=st.lists(st.sampled_from(["create", "update", "alias", "tags"]), max_size=3).map(tuple),
    version=NUMBER,
    routing=st.lists(st.tuples(NUMBER, NUMBER), max_size=2).map(tuple),
    edits=EDITS,
    settings=FIELDS,
    manual=EDITS,
    running=st.dictionaries(NUMBER, NUMBER, max_size=2),
    problems=st.lists(st.builds(Problem, message=TEXT, help=TEXT, refused=st.booleans()), max_size=2).map(tuple),
)
PLANS = st.builds(
    Plan,
    project=TEXT,
    commit=TEXT,
    options=st.builds(Options, alias=TEXT, force=st.booleans()),
    entries=st.lists(ENTRIES, max_size=3).map(tuple),
    missing=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
)


@given(PLANS)
def test_any_plan_is_the_same_after_json(plan: Plan) -> None:
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.lists(st.integers()))), st.randoms())
def test_the_hash_does_not_depend_on_the_order_of_keys(value: dict[str, Any], chance: random.Random) -> None:
    keys = list(value)
    chance.shuffle(keys)
    one, other = json.dumps(value), json.dumps({key: value[key] for key in keys}, indent=3)
    assert fingerprint(one, "role", {}) == fingerprint(other, "role", {})
    assert fingerprint(one, "role", {}) != fingerprint(one, "another", {})


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ({"loggingConfiguration": {"level": "OFF"}}, {}),
        ({"loggingConfiguration": {"level": "OFF", "includeExecutionData": False, "destinations": []}}, {}),
        ({"tracingConfiguration": {"enabled": False}}, {}),
        ({"encryptionConfiguration": {"type": "AWS_OWNED_KEY"}}, {}),
        ({"type": "STANDARD"}, {}),
        ({"tags": [{"key": "a", "value": "b"}]}, {}),
    ],
)
def test_the_hash_knows_defaults(said: dict[str, Any], same: dict[str, Any]) -> None:
    assert fingerprint("{}", "role", said) == fingerprint("{}", "role", same)


BATCH = Input(id=str, dry=False, mode=str, options={"dry": bool, "size": int}, rows=[int], late=float)
SAMPLE = {"id": "dry-run", "mode": "dry-run", "options": {"dry": False, "size": 0}, "rows": [], "late": 0.0}


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (BATCH.dry == True, {**SAMPLE, "dry": True}),
        (BATCH.dry, {**SAMPLE, "dry": True}),
        (BATCH.mode == "check", {**SAMPLE, "mode": "check"}),
        ((BATCH.mode == "check") & BATCH.dry, {**SAMPLE, "mode": "check", "dry": True}),
        ((BATCH.mode == "check") | BATCH.dry, {**SAMPLE, "mode": "check"}),
        (BATCH.options.dry, {**SAMPLE, "options": {"dry": True, "size": 0}}),
        (BATCH.late > 3, None),
        (~BATCH.dry, None),
        (BATCH.rows[0] == 1, None),
        ((BATCH.mode == "a") & (BATCH.mode == "b"), None),
        (False, None),
    ],
)
def test_the_input_of_a_dry_run(condition: Any, wanted: Any) -> None:
    pipeline = Pipeline(name="p", input=BATCH, body=Wait("w", seconds=1), dry_run=condition)
    assert dry_run_input(pipeline) == wanted


def test_every_write_of_a_publication_is_paced(cloud: FakeAws, first: Path) -> None:
    from sfn_dsl.publish.pacing import Clock, Pace

    waits: list[float] = []
    now = [0.0]
    pace = Pace(clock=Clock(now=lambda: now[0], sleep=waits.append))
    for _ in range(100):
        pace.wait(EAST, "update_state_machine")
    assert waits == []
    pace.wait(EAST, "update_state_machine")
    assert waits == [1.0]
    pace.wait(WEST, "update_state_machine")
    assert waits == [1.0]
    now[0] = 30.0
    pace.wait(EAST, "update_state_machine")
    assert waits == [1.0]
