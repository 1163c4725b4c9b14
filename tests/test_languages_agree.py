"""One expression, two query languages, one meaning: what both can express, both evaluate alike."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from compiling import compiled
from hypothesis import given, settings
from hypothesis import strategies as st
from running import run

from sfn_dsl import Branch, Input, Pipeline, Succeed, Transform, fn
from sfn_dsl.asl.emit import to_json
from sfn_dsl.expression import Template

batch = Input(a=object, b=object, c=object)
FIELDS = {"a": batch.a, "b": batch.b, "c": batch.c}
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, 2.5])
    | st.sampled_from(["", "a", "b", "ab", "it's", "1"])
)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.sampled_from(["x", "y"]), scalars, max_size=2)
inputs = st.dictionaries(st.sampled_from(["a", "b", "c"]), values)
operators = st.sampled_from([operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
references = st.sampled_from(sorted(FIELDS)).map(FIELDS.__getitem__)


def _compare(compare: Any, left: Any, right: Any) -> Any:
    return compare(left, right)


equalities = st.sampled_from([operator.eq, operator.ne])
comparisons = (
    st.builds(
        _compare, operators, references, st.integers(-3, 3) | st.sampled_from([0.5, 1.0]) | st.sampled_from(["", "a", "it's"])
    )
    | st.builds(_compare, equalities, references, st.none() | st.booleans())
    | st.builds(_compare, operators, references, references)
    | st.builds(fn.exists, references)
    | st.builds(fn.matches, references, st.sampled_from(["a*", "*", "it's", "*b", "a\\*"]))
)
conditions = st.recursive(
    comparisons,
    lambda inner: (
        st.builds(lambda x, y: x & y, inner, inner) | st.builds(lambda x, y: x | y, inner, inner) | st.builds(lambda x: ~x, inner)
    ),
    max_leaves=4,
)


def outcome(pipeline: Pipeline, language: str, value: Any) -> tuple[Any, ...]:
    result = compiled(pipeline, query_language=language)
    assert result.diagnostics == ()
    done = run(to_json(result.machine), value)
    failed = "an absent or mistyped value" if done.error in ("States.Runtime", "States.QueryEvaluationError") else done.error
    return (done.status, failed, done.entered, [] if done.error else done.calls)


@given(conditions, inputs)
@settings(max_examples=400, deadline=None)
def test_conditions(condition: Template, value: Any) -> None:
    pipeline = Pipeline(name="p", input=batch, body=Branch("b", (condition, Succeed("yes")), otherwise=Succeed("no")))
    jsonata, jsonpath = (outcome(pipeline, language, value) for language in ("JSONata", "JSONPath"))
    assert jsonata == jsonpath
    assert jsonata[0] == "SUCCEEDED"


def _expected(condition: Any, value: dict[str, Any]) -> bool:
    """What a comparison with a plain value means, in Python."""
    name, right = condition.left._path[0], condition.right
    if name not in value:
        return False
    left = value[name]
    kinds = (
        (str,)
        if isinstance(right, str)
        else (bool,)
        if isinstance(right, bool)
        else (int, float)
        if right is not None
        else (type(None),)
    )
    alike = isinstance(left, kinds) and (isinstance(left, bool) == isinstance(right, bool))
    if right is None:
        return (left is None) == (condition.op == "==")
    if not alike:
        return False
    return {
        "==": left == right,
        "!=": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[condition.op]


@given(operators, st.sampled_from(sorted(FIELDS)), st.integers(-3, 3) | st.sampled_from(["", "a", "it's"]), inputs)
@settings(max_examples=200, deadline=None)
def test_comparisons_mean_what_they_say(compare: Any, name: str, right: Any, value: Any) -> None:
    condition = compare(FIELDS[name], right)
    pipeline = Pipeline(name="p", input=batch, body=Branch("b", (condition, Succeed("yes")), otherwise=Succeed("no")))
    status, _, entered, _ = outcome(pipeline, "JSONata", value)
    assert status == "SUCCEEDED"
    assert (entered[-1] == "yes") == _expected(condition, value)


plain = st.integers(-3, 3) | st.sampled_from(["", "a", "it's", "{x}", "b\\c"])
integers = references | st.integers(-5, 5)
computed = (
    references
    | st.builds(lambda x, y: fn.format("{}-{}", x, y), references, references)
    | st.builds(lambda x, y: fn.format("x{}it's {{}}", x), references, references)
    | st.builds(fn.to_json, references)
)


@given(st.dictionaries(st.sampled_from(["p", "q"]), computed | plain | st.lists(plain, max_size=2), min_size=1), inputs)
@settings(max_examples=300, deadline=None)
def test_payloads(payload: Template, value: Any) -> None:
    # Texts of objects, lists and half numbers are written differently by the two languages; the field's types say so.
    value = {name: given for name, given in value.items() if given is None or isinstance(given, (bool, int, str))}
    pipeline = Pipeline(name="p", input=batch, body=Transform.lambda_("t", function="f", payload=payload))
    assert outcome(pipeline, "JSONata", value) == outcome(pipeline, "JSONPath", value)


@given(st.integers(-1000, 1000), st.integers(-1000, 1000))
@settings(max_examples=50, deadline=None)
def test_integers(left: int, right: int) -> None:
    pipeline = Pipeline(
        name="p", input=batch, body=Transform.lambda_("t", function="f", payload={"sum": batch.a + right, "less": batch.a - right})
    )
    for language in ("JSONata", "JSONPath"):
        result = run(to_json(compiled(pipeline, query_language=language).machine), {"a": left})
        assert result.calls[0][1]["Payload"] == {"sum": left + right, "less": left - right}


def test_integers_past_2_to_the_53() -> None:
    big = 2**53 + 1
    plain_payload = Pipeline(name="p", body=Transform.lambda_("t", function="f", payload={"n": big}))
    for language in ("JSONata", "JSONPath"):
        assert run(to_json(compiled(plain_payload, query_language=language).machine), {}).calls[0][1]["Payload"] == {"n": big}
    in_expression = Pipeline(
        name="p", input=batch, body=Transform.lambda_("t", function="f", payload={"n": fn.format("{}", batch.a + big)})
    )
    for language in ("JSONata", "JSONPath"):
        assert [found.code for found in compiled(in_expression, query_language=language).diagnostics] == ["SFN208"]


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_null_is_not_absent(language: str) -> None:
    body = Branch("b", (fn.is_null(batch.a), Succeed("null")), (fn.exists(batch.a), Succeed("there")), otherwise=Succeed("absent"))
    value = to_json(compiled(Pipeline(name="p", input=batch, body=body), query_language=language).machine)
    for given_input, expected in (({"a": None}, "null"), ({"a": 0}, "there"), ({}, "absent")):
        assert run(value, given_input).entered[-1] == expected
