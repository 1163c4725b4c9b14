"""JSONata: agreement with the reference implementation, AWS's functions, bounds, refusals, and what a query reads."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonata import Jsonata
from jsonata.jexception import JException

from sfn_dsl.simulate.jsonata.query import QueryError, UnsupportedExpression, compile_query

REFERENCE = json.loads((Path(__file__).parent / "cases" / "jsonata.json").read_text(encoding="utf-8"))
THREW = "threw an error during evaluation"
# Where AWS is known to differ from the reference.
DIFFERENT = {'$eval("1")': "AWS has removed $eval: T1006 (asl.md 3.2)"}


class World:
    """A world that stands still at 2023-11-14T22:13:20Z."""

    now_ms = 1_700_000_000_000

    def __init__(self) -> None:
        self._random = Random(7)
        self._uuids = 0

    def random(self) -> Random:
        return self._random

    def uuid(self) -> str:
        self._uuids += 1
        return f"00000000-0000-4000-8000-{self._uuids:012d}"


def value(expression: str, **bindings: Any) -> Any:
    return compile_query(expression).evaluate(bindings, World())


def fails(expression: str, **bindings: Any) -> str:
    with pytest.raises(QueryError) as caught:
        value(expression, **bindings)
    return str(caught.value)


def same(left: Any, right: Any) -> bool:
    """Equality that tells true from 1 and an int from a float."""
    return repr(left) == repr(right)


def outcome(expression: str, bindings: dict[str, Any]) -> tuple[str, Any]:
    try:
        return "value", compile_query(expression).evaluate(bindings, World())
    except UnsupportedExpression as error:
        return "refused", str(error)
    except QueryError as error:
        return "failed", str(error)


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["expression"])
def test_agrees_with_the_reference(case: dict[str, Any]) -> None:
    bindings = {**REFERENCE["variables"], "states": {"input": REFERENCE["input"]}}
    kind, found = outcome(case["expression"], bindings)
    if case.get("undefined"):
        expected = "failed", "returned nothing (undefined)."
    elif "code" not in case:
        expected = "value", case["result"]
    elif case["code"].startswith("S"):
        expected = "refused", case["message"]
    else:
        expected = "failed", f"{THREW}. {case['code']}: {case['message']}"
    agrees = kind == expected[0] and json.dumps(found) == json.dumps(expected[1])
    assert agrees is (case["expression"] not in DIFFERENT), (kind, found, expected)


AWS = [
    ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
    ("$partition([1,2,3,4,5], 2.9)", [[1, 2], [3, 4], [5]]),
    ("$partition([1], 5)", [[1]]),
    ("$partition([1,2,3])", [[1, 2, 3]]),
    ("$range(0, 10, 3)", [0, 3, 6, 9]),
    ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
    ("$range(5, 1, -1.5)", [5, 4, 3, 2, 1]),
    ("$range(3, 3, 1)", 3),
    ("$count($range(-9223372036854775808, 9223372036854775807, 9223372036854775807))", 3),
    ("$hash('Hello', 'MD5')", "8b1a9953c4611296a827abf8c47804d7"),
    ("$hash('Hello', 'SHA-1')", "f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"),
    ("$hash('ñ', 'MD5')", "94e9342ecbb1458b6043ecd3bfcbc192"),
    ("$random(42)", 0.7275636800328681),
    ("$random(0.9)", 0.730967787376657),
    ("$parse('-0')", 0),
    ("$parse('1.0')", 1),
    ("$parse('null')", None),
    ("$exists($parse('null'))", True),
    ('$parse(\'{"b":1,"a":[2]}\').a', [2]),
    ("$map(['{\"a\":1}', '{\"a\":2}'], $parse).a", [1, 2]),
    ("$parse('9223372036854775807')", 2**63 - 1),
    ("$parse('9223372036854775808')", float(2**63)),
    ("$string(5890840712243076)", "5890840712243076"),
    ("$string(1e20)", "100000000000000000000"),
    ("$string(-1e21)", "-1e+21"),
    ("$string($parse('9223372036854775808'))", "9223372036854776000"),
    ("1/0", "Infinity"),
    ("[-1/0, 0/0]", ["-Infinity", "NaN"]),
    ("$parseInteger('abc', '0')", "NaN"),
    ("$toMillis('2017-13-01')", "NaN"),
    ("$round(100, 1.5)", 100),
    ("$pad('a', -3.9, '-')", "--a"),
    ("$formatNumber(-1200, '#0.00;(#0.0)')", "(1200.0)"),
    ("$formatNumber(1234567.891, '#,##,##0.0#')", "12,34,567.89"),
    ("$formatNumber(0.14, '###pm', {'per-mille': 'pm'})", "140pm"),
    ("$now()", "2023-11-14T22:13:20.000Z"),
    ("$now('[H01]:[m01] [Y]', '+0100')", "23:13 2023"),
    ("$millis()", 1_700_000_000_000),
    ("$toMillis('10:30', '[H01]:[m01]')", 1_699_957_800_000),
    ("[$uuid(), $uuid()]", ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]),
    ("$random()", Random(7).random()),
    ("$count($shuffle([1..9])) & $sum($shuffle([1..9]))", "945"),
    ("$match('a😀b', /b/).index", 3),
    ("'\uffff' < '😀'", False),
    ("$contains('a\n', /a$/)", False),
    ("$contains('é', /^\\w/)", False),
    ("$replace('2024-05', /(?<y>\\d+)-(\\d+)/, '$2/$1')", "05/2024"),
]


@pytest.mark.parametrize(("expression", "expected"), AWS, ids=[expression for expression, _ in AWS])
def test_functions_as_on_aws(expression: str, expected: Any) -> None:
    assert same(value(expression), expected)


UNDEFINED = "returned nothing (undefined)."
UNSUPPORTED = "returned an unsupported result type."
DEEP = (
    f"{THREW}: Stack overflow error: Check for non-terminating recursive function. "
    "Consider rewriting as tail-recursive. Depth=101 max=100"
)
FULL = f"{THREW}: Expression evaluation memory limit exceeded: Check for excessive memory usage"
RECURSION = "($f := function($x){ $x <= 0 ? 0 : 1 + $f($x-1) }; $f(%d))"
DOUBLING = "($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', %d)))"


def _signature(index: int, name: str) -> str:
    return f'{THREW}. T0410: Argument {index} of function "{name}" does not match function signature'


FAILURES = [
    ("$doesNotExist", UNDEFINED),
    ("$partition([], 2)", UNDEFINED),
    ("$partition([1], -0.5)", UNDEFINED),
    ("$range(1, 5)", UNDEFINED),
    ("$range(5, 1, 1)", UNDEFINED),
    ("$hash('a')", UNDEFINED),
    ("$parse()", UNDEFINED),
    ("$partition([1], -1)", f"{THREW}. D3137: Second argument must be zero or greater"),
    ("$partition(null, 2)", f'{THREW}. T0412: Argument 1 of function "partition" must be an array of undefined'),
    ("$partition([1], 2, 3)", _signature(3, "partition")),
    ("$range(1)", _signature(2, "range")),
    ("$range(1, 2, 'a')", _signature(3, "range")),
    ("$hash(42, 'MD5')", _signature(1, "hash")),
    ("$hash('a', 'md5')", f"{THREW}. D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"),
    ("$random(1, 2)", _signature(2, "random")),
    ("$uuid('x')", _signature(1, "uuid")),
    ("$parse(null)", _signature(1, "parse")),
    *((f"$parse({text!r})", f"{THREW}. D3137: Invalid JSON") for text in ("", "{} {}", '{"a":1,"a":2}', "1e400", "NaN", "[1")),
    ("$randomSeeded(1)", f"{THREW}. T1006: Attempted to invoke a non-function"),
    ("$uppercase", UNSUPPORTED),
    ("[1, function($x){$x}]", UNSUPPORTED),
    ("$fn := function($x){$x}", UNSUPPORTED),
    ("1" + "+1" * 100, DEEP),
    ("(" * 100 + "1" + ")" * 100, DEEP),
    ("[" * 100 + "1" + "]" * 100, DEEP),
    ("1" + "~>$string" * 100, DEEP),
    (RECURSION % 32, DEEP),
    (RECURSION % 1_000_000, DEEP),
    ("[1..873783] ~> $count()", FULL),
    ("$range(1, 360146, 1)", FULL),
    ("$range(1, 1000000000000, 1)", FULL),
    (DOUBLING % 23, FULL),
    ("[[1..500000], [1..500000]]", FULL),
    ("$pad('a', 1e9)", FULL),
    ("($f := function($x){ $f($x+1) }; $f(1))", f"{THREW}: Expression evaluation timeout: Check for infinite loop"),
]


@pytest.mark.parametrize(("expression", "expected"), FAILURES, ids=[expression[:60] for expression, _ in FAILURES])
def test_failures_as_on_aws(expression: str, expected: str) -> None:
    assert fails(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1" + "+1" * 99, 100),
        ("(" * 99 + "1" + ")" * 99, 1),
        ("1" + "~>$string" * 99, "1"),
        (RECURSION % 31, 31),
        ("($f := function($x){ $x = 0 ? 'done' : $f($x-1) }; $f(20000))", "done"),
        ("[1..873782] ~> $count()", 873782),
        ("$count($range(1, 360145, 1))", 360145),
        (DOUBLING % 22, 4194304),
    ],
)
def test_the_bounds_are_not_narrower_than_on_aws(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_data_that_nests_deep_never_raises_a_recursion_error() -> None:
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    assert fails("$string($x)", x=deep) == DEEP
    assert fails("$x = $x[0]", x=deep) == DEEP
    assert value("$x", x=deep) is deep
    assert value("$count($x.**)", x=deep) == 0
    with pytest.raises(UnsupportedExpression):
        compile_query("(" * 100_000)


def test_values_keep_their_kind_and_are_not_copied() -> None:
    given = {"nil": None, "long": 2**63 - 1, "text": "a", "list": [None, {"k": None}], "true": True}
    assert value("$x", x=given) is given
    assert same(value("$x.*", x={"a": None, "b": 1.0, "c": 2**70}), [None, 1, float(2**70)])
    assert same(
        value("{'n': $x.nil, 'e': $exists($x.nil), 't': $type($x.nil), 'm': $x.no}", x=given),
        {"n": None, "e": True, "t": "null"},
    )
    assert same(value("$x.list", x=given), [None, {"k": None}])
    assert same(value("$x.list.k", x=given), None)
    assert same(value("$x", x={"a": [1.0, 1.5]}), {"a": [1, 1.5]})
    assert type(value("$x.a", x=[{"a": 1}, {"a": 2}])) is list
    assert value("($x := $x + 1; $x)", x=1) == 2
    transformed = {"a": {"b": 1}}
    assert value("$x ~> |a|{'b': 2}|", x=transformed) == {"a": {"b": 2}}
    assert transformed == {"a": {"b": 1}}


def test_assignments_do_not_reach_the_caller() -> None:
    bindings = {"x": 1}
    assert compile_query("$y := $x + 1").evaluate(bindings, World()) == 2
    assert bindings == {"x": 1}


REFUSALS = [
    ("phone", ["Reference to 'phone' at the top level is not supported."]),
    ("phone[0].x", ["Reference to 'phone' at the top level is not supported."]),
    ("a + b", ["Reference to 'a' at the top level is not supported.", "Reference to 'b' at the top level is not supported."]),
    ("$.phone", ["Reference to '$' at the top level is not supported."]),
    ("$$", ["Reference to '$$' is not supported."]),
    ("$states.input.items[$$.x = 1]", ["Reference to '$$' is not supported."]),
    ("{'a': [phone]}", ["Reference to 'phone' at the top level is not supported."]),
    ("$map($states.input.a, function($x){ b })", ["Reference to 'b' at the top level is not supported."]),
    ("($x := y; $x)", ["Reference to 'y' at the top level is not supported."]),
    ("$sum(a)", ["Reference to 'a' at the top level is not supported."]),
    ("true ? a : 1", ["Reference to 'a' at the top level is not supported."]),
    ("$states.input.items[value > 3]", []),
    ("$states.input.items.(a & b)", []),
    ("$states.input.items^(a){k: v}", []),
    ("$map($states.input.a, function($x){ $x.phone })", []),
    ("$states.input ~> |a|{'b': c}|", []),
    ("[1..3].($ * 2)", []),
]


@pytest.mark.parametrize(("expression", "messages"), REFUSALS)
def test_references_that_aws_refuses_at_creation(expression: str, messages: list[str]) -> None:
    refused = compile_query(expression).restrictions()
    assert [str(refusal) for refusal in refused] == messages
    assert {refusal.code for refusal in refused} <= {"UNSUPPORTED_JSONATA_EXPRESSION"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a[1,2)", 'Expected "]", got ","'),
        ('"open', "String literal must be terminated by a matching quote"),
        ('{"a":}', 'The symbol "}" cannot be used as a unary operator'),
        ("$match($x, /abc", "No terminating / in regular expression"),
        ("", "Unexpected end of expression"),
        ("a ?: b", 'The symbol ":" cannot be used as a unary operator'),
        ("a ?? b", 'The symbol "?" cannot be used as a unary operator'),
        ("!a", 'Unknown operator: "!"'),
        ('"\\q"', 'Unsupported escape sequence: \\"q"'),
        ("2 := 1", "The left side of := must be a variable name (start with $)"),
    ],
)
def test_mistakes_of_syntax(expression: str, message: str) -> None:
    for _ in range(2):
        with pytest.raises(UnsupportedExpression) as caught:
            compile_query(expression)
        assert (caught.value.code, str(caught.value)) == ("INVALID_JSONATA_EXPRESSION", message)


@pytest.mark.parametrize(
    "expression", ["/", "/*", "a /* b", '"\\', "$x.`a", "1 /* */ /", "$f(", "function($x", "[a..", "/(/", "/[z-a]/"]
)
def test_no_mistake_escapes_as_another_exception(expression: str) -> None:
    with pytest.raises(UnsupportedExpression):
        compile_query(expression)


READS: list[tuple[str, set[str], set[str] | None]] = [
    ("1", set(), set()),
    ("$states.input.a", {"states"}, {"input"}),
    ("$states.result.x & $states.errorOutput.Cause", {"states"}, {"result", "errorOutput"}),
    ("$states.`context`.Execution", {"states"}, {"context"}),
    ("$states", {"states"}, None),
    ("$states.*", {"states"}, None),
    ("$lookup($states, 'input')", {"states"}, None),
    ("$states.input.items[price > $limit].{'n': $name}", {"states", "limit", "name"}, {"input"}),
    ("($a := $b; $a + $c)", {"b", "c"}, set()),
    ("($x := $x + 1; $x)", {"x"}, set()),
    ("$map($list, function($v, $i) { $v + $i + $k })", {"list", "k"}, set()),
    ("($even := function($n) { $odd($n) }; $odd := function($n) { $even($n) }; $even(1))", set(), set()),
    ("$x.a@$o.b#$i.{'o': $o, 'i': $i, 'y': $y}", {"x", "y"}, set()),
    ("$count($x) ~> $string", {"x"}, set()),
    ("function($states) { $states }(1)", set(), set()),
]


@pytest.mark.parametrize(("expression", "variables", "fields"), READS)
def test_what_a_query_reads(expression: str, variables: set[str], fields: set[str] | None) -> None:
    query = compile_query(expression)
    assert (set(query.variables), None if query.states_fields is None else set(query.states_fields)) == (variables, fields)


def test_the_text_has_no_outer_blanks() -> None:
    assert compile_query("  $x + 1 \n").text == "$x + 1"


SCALARS = st.sampled_from(["a", "b", "", 0, 1, 2, -1, 2.5, True, False])
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=12,
)
LITERALS = st.sampled_from(["1", "0", "2", '"a"', '""', "true", "[]", "{}", "$x.none"])
STEPS = st.sampled_from([".a", ".b", ".c", "[0]", "[-1]", "[a = 1]", "[b]", "[$ > 1]", ".{'k': a}", ".[a]", ".(b)", "[]", "^(a)"])
PATHS = st.lists(STEPS, max_size=4).map(lambda steps: "$x" + "".join(steps))


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["=", "!=", "<", ">=", "&", "and", "or", "+", "-", "*"])
    return st.one_of(
        st.tuples(inner, signs, inner).map(lambda parts: "(" + " ".join(parts) + ")"),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        inner.map(lambda part: f"{{'k': {part}, 'l': 1}}"),
        st.tuples(inner, inner, inner).map(lambda parts: "({} ? {} : {})".format(*parts)),
        inner.map(lambda part: f"$exists({part})"),
        inner.map(lambda part: f"$count({part})"),
        inner.map(lambda part: f"$map({part}, function($v) {{ $v }})"),
    )


def _library(expression: str, data: Any) -> tuple[str, Any]:
    query = Jsonata(expression)
    query.set_output_convert_nulls(False)
    try:
        found = query.evaluate(None, {"x": data})
    except JException as error:
        return "failed", error.error
    return ("failed", "undefined") if found is None else ("value", json.loads(json.dumps(found)))


@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(expression=st.recursive(PATHS | LITERALS, _larger, max_leaves=5), data=DATA)
def test_agrees_with_jsonata_python(expression: str, data: Any) -> None:
    kind, found = outcome(expression, {"x": data})
    if kind == "failed":
        found = "undefined" if found == UNDEFINED else found.removeprefix(f"{THREW}. ").partition(":")[0]
    expected = _library(expression, data)
    assert (kind, found) == expected
