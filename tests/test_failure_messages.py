"""What tells of a failure is a text whatever came, so that the failure handler always runs and the run ends with its own error."""

from __future__ import annotations

from typing import Any

import pytest
from compiling import compiled
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl import (
    CONTINUE,
    Branch,
    Catcher,
    ConsistencyCheck,
    Fail,
    ForEach,
    Input,
    Item,
    Parallel,
    Pipeline,
    Succeed,
    Transform,
    failure,
    fn,
    retry,
)
from sfn_dsl.asl.emit import to_json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.expression import Template
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.simulation import simulate
from sfn_dsl.steps.step import Block

LANGUAGES = pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
batch = Input(a=object, b=object)
values = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", 0.5]) | st.just([]) | st.just({"x": [1]})
inputs = st.dictionaries(st.sampled_from(["a", "b"]), values)

leaves = st.sampled_from([batch.a, batch.b, batch.a.x, batch.b["x"]])
numbers = st.builds(lambda x, y: x + y, leaves, st.just(1)) | st.builds(lambda x: -x * 2, leaves)
texts = st.builds(fn.uppercase, leaves) | st.builds(fn.trim, leaves) | st.builds(fn.hash, leaves) | st.builds(fn.text, leaves)
lists = st.builds(fn.sum, leaves) | st.builds(fn.length, leaves) | st.builds(lambda x: fn.join(x, ","), leaves)
others = (
    st.builds(lambda x: x.default("none"), leaves)
    | st.builds(lambda x, y: fn.when(x == 1, x, y), leaves, leaves)
    | st.builds(fn.coalesce, leaves, leaves)
    | st.builds(fn.to_json, leaves)
    | st.builds(fn.merge, leaves, leaves)
    | st.builds(lambda x: fn.substring(x, 0, 3), leaves)
)
parts = leaves | numbers | texts | lists | others
messages = parts | st.builds(lambda x, y: fn.format("it is {} of {}", x, y), parts, parts)


def ended(body: Block, language: str, value: Any, *, handled: bool = True, **more: Any) -> Execution:
    handler = Transform.lambda_("tell", function="f", payload={"error": failure.error, "cause": failure.cause}) if handled else ()
    result = compiled(Pipeline(name="p", input=batch, body=body, on_failure=handler), query_language=language)
    assert [found for found in result.diagnostics if found.severity is Severity.ERROR] == []
    return simulate(to_json(result.machine), value, **more)


@given(messages, inputs)
@settings(max_examples=150, deadline=None)
def test_a_fail_ends_with_its_own_error(cause: Template, value: Any) -> None:
    for handled in (True, False):
        done = ended(Fail("no", error="No", cause=cause), "JSONata", value, handled=handled)
        assert (done.status, done.error) == ("FAILED", "No"), done.cause
        assert isinstance(done.cause, str)
        assert ("tell" in done.states) == handled


@given(leaves | st.builds(lambda x: fn.format("it is {}", x), leaves) | st.builds(fn.to_json, leaves), inputs)
@settings(max_examples=100, deadline=None)
def test_jsonpath_says_the_same(cause: Template, value: Any) -> None:
    answers: dict[str, Any] = {"f": {}}
    check = ConsistencyCheck("check", function="f", payload={}, error="No", cause=cause)
    for body in (Fail("no", error="No", cause=cause), check):
        jsonata, jsonpath = (ended(body, language, value, functions=answers) for language in ("JSONata", "JSONPath"))
        assert (jsonata.status, jsonata.error, jsonata.cause) == (jsonpath.status, jsonpath.error, jsonpath.cause)
        assert (jsonata.error, jsonata.states[-2:]) == ("No", ["tell", "Pipeline failed"])


@LANGUAGES
@pytest.mark.parametrize("thrown", [{}, {"Error": "Rejected"}, {"Cause": "no"}])
def test_a_callback_may_fail_without_words(language: str, thrown: dict[str, str]) -> None:
    """SendTaskFailure without fields makes both null."""
    work = Transform.lambda_("work", function="f", payload={})
    done = ended(work, language, {}, mocks={"work": {"Throw": thrown}})
    assert done.states == ["work", "tell", "Pipeline failed"]
    assert (done.error, done.cause) == (thrown.get("Error", "null"), thrown.get("Cause", "null"))


@LANGUAGES
def test_a_missing_result_is_told(language: str) -> None:
    work = Transform.lambda_("work", function="f", payload={}, returns={"share": float})
    share = work.output.share
    no = Fail("no", error="No", cause=fn.format("the share is {}", share))
    done = ended(
        work >> Branch("b", (share >= 1, CONTINUE), otherwise=no) >> Succeed("yes"),
        language,
        {},
        mocks={"work": {"Payload": {}}},
        strict=False,
    )
    assert (done.error, done.cause) == ("No", "the share is (unknown)")


def lambda_(name: str, **more: Any) -> Transform:
    return Transform.lambda_(name, function=name, payload={}, **more)


FIRST = lambda_("first", returns={"rows": list})
ROWS: dict[str, Any] = {"first": {"rows": ["x"]}}
INSIDE: dict[str, Any] = {
    "parallel": Parallel("all", lambda_("a"), lambda_("b"), lambda_("c")),
    "nested": Parallel("all", Parallel("some", lambda_("a"), lambda_("b")), lambda_("c")),
    "map": FIRST >> ForEach("each", items=FIRST.output.rows, item=Item(), do=lambda_("a") >> lambda_("b")),
    "map in parallel": FIRST
    >> Parallel("all", lambda_("a"), ForEach("each", items=FIRST.output.rows, item=Item(), do=lambda_("b"))),
    "own catcher": Parallel("all", lambda_("a"), lambda_("b", catch=Catcher("Other", do=Succeed("fine")))),
}


@LANGUAGES
@pytest.mark.parametrize("name", INSIDE)
def test_the_cause_names_the_step_inside(name: str, language: str) -> None:
    thrown = {"b": {"Throw": {"Error": "Boom", "Cause": "no disk"}}}
    done = ended(INSIDE[name], language, {}, mocks=thrown, functions=ROWS)
    assert (done.error, done.cause) == ("Boom", "b: no disk")
    assert done.states[-2:] == ["tell", "Pipeline failed"]
    good = ended(INSIDE[name], language, {}, functions=ROWS)
    plain = ended(INSIDE[name], language, {}, handled=False, functions=ROWS)
    assert (good.status, good.transitions) == ("SUCCEEDED", plain.transitions), "it costs nothing while all goes well"
    assert ended(INSIDE[name], language, {}, handled=False, mocks=thrown, functions=ROWS).cause == "no disk"


@LANGUAGES
def test_a_parallel_is_retried_and_caught_by_what_its_steps_raise(language: str) -> None:
    body = Parallel(
        "all", lambda_("a"), lambda_("b"), retry=retry("Boom", max_attempts=1), catch=Catcher("Bang", do=Succeed("fine"))
    )
    mocks = {"b": [{"Throw": {"Error": "Boom"}}, {"Throw": {"Error": "Bang"}}]}
    done = ended(body, language, {}, mocks=mocks)
    assert (done.status, done.states[-1]) == ("SUCCEEDED", "fine")
    [visit] = [visit for visit in done.visits if visit.state == "all"]
    assert len(visit.retries) == 1


@pytest.mark.parametrize(("mode", "states"), [("record", ["a", "all / 1 failed"]), ("redrivable", ["a"])])
def test_what_can_be_redriven_is_not_caught(mode: str, states: list[str]) -> None:
    pipeline = Pipeline(name="p", body=INSIDE["parallel"], on_failure=lambda_("tell"), failure_mode=mode)
    parallel = to_json(compiled(pipeline).machine)["States"]["all"]
    assert list(parallel["Branches"][0]["States"]) == states
