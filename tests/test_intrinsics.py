"""The intrinsic functions: grammar of calls, results, and the errors AWS gives."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sfn_dsl.simulate.intrinsics.calls import InvalidCall, compile_call, is_call
from sfn_dsl.simulate.intrinsics.functions import FUNCTIONS, IntrinsicError
from sfn_dsl.simulate.java.random import JavaRandom
from sfn_dsl.simulate.java.text import json_text, map_text
from sfn_dsl.simulate.jsonpath.path import Missing, Path


class Seeded:
    """A source of randomness that says what it gave."""

    def __init__(self) -> None:
        self.generator = random.Random(5)

    def uuid(self) -> str:
        return "11111111-2222-4333-8444-555555555555"

    def random(self) -> random.Random:
        return self.generator


DATA: dict[str, Any] = {
    "s": "text",
    "n": 3,
    "f": 1.5,
    "t": True,
    "z": None,
    "list": [1, 2, 3, 4, 5],
    "empty": [],
    "obj": {"a": 1, "b": [None, "x", {"c": False}]},
    "template": "<{}>",
    "json": '"x"',
    "a-b": {"c)d": "odd"},
    "big": "b" * 10_001,
    "utf16": "\U0001f680" * 5_001,
}


def resolve(path: Path) -> Any:
    return path.find(DATA if path.root == "" else {"Name": "job"} if path.root == "$$" else {"k": path.root})


def run(call: str) -> Any:
    return compile_call(call).evaluate(resolve, Seeded())


RESULTS: list[tuple[str, Any]] = [
    ("States.Format('no place')", "no place"),
    ("States.Format('{}, {}!', 'Hi', $.s)", "Hi, text!"),
    ("States.Format('{}|{}|{}|{}|{}', $.n, $.f, $.t, $.z, '')", "3|1.5|true|null|"),
    ("States.Format('{}', $.obj)", "{a=1, b=[null, x, {c=false}]}"),
    ("States.Format('{}', 1e10)", "1.0E10"),
    ("States.Format('{} {}', 12345678.5, 0.0001)", "1.23456785E7 1.0E-4"),
    ("States.Format('{} {}', 1.0, -0.5)", "1.0 -0.5"),
    (r"States.Format('\{\"{}\"\} it\'s \\', $.n)".replace(r"\"", '"'), '{"3"} it\'s \\'),
    ("States.Format($.template, $.s)", "<text>"),
    ("States.Format($.n)", "3"),
    ("States.Format('{}', States.JsonToString($.obj))", '{"a":1,"b":[null,"x",{"c":false}]}'),
    ("States.Format('{}', States.StringToJson($.json))", '"x"'),
    ("States.Format('{}-{}', $$.Name, $name.k)", "job-name"),
    ("States.Format('{}', $['a-b']['c)d'])", "odd"),
    ("States.StringToJson('')", None),
    ("States.StringToJson('  ')", None),
    ('States.StringToJson(\' {"a": [1, 1.5, "é"]} \')', {"a": [1, 1.5, "é"]}),
    ("States.StringToJson('{} and more')", {}),
    ("States.StringToJson('-0')", 0),
    ("States.JsonToString($.list)", "[1,2,3,4,5]"),
    ("States.JsonToString('a\"\\\\/é')", '"a\\"\\\\/é"'),
    ("States.Array()", []),
    ("States.Array( $.n , 'x',null,true, -1.5 )", [3, "x", None, True, -1.5]),
    ("States.Array($.list[?(@.x == ',')], States.Array(1))", [[], [1]]),
    ("States.ArrayPartition($.list, 2)", [[1, 2], [3, 4], [5]]),
    ("States.ArrayPartition($.list, 2.9)", [[1, 2], [3, 4], [5]]),
    ("States.ArrayPartition($.empty, 4)", []),
    ("States.ArrayContains($.list, 3)", True),
    ("States.ArrayContains($.list, '3')", True),
    ("States.ArrayContains($.list, 3.0)", False),
    ("States.ArrayContains(States.Array(0, null), false)", False),
    ("States.ArrayContains(States.Array(0, null), null)", True),
    ("States.ArrayContains(States.Array($.obj), $.obj)", True),
    ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
    ("States.ArrayRange(1.6, 1.4, 1)", [1]),
    ("States.ArrayRange(5.4, -0.6, -2.4)", [5, 3, 1]),
    ("States.ArrayRange(5, 1, 1)", []),
    ("States.ArrayRange(3, 3, -1)", [3]),
    ("States.ArrayGetItem($.list, 4)", 5),
    ("States.ArrayGetItem($.list, 1.9)", 2),
    ("States.ArrayGetItem($.empty, 99)", None),
    ("States.ArrayLength($.list)", 5),
    ("States.ArrayUnique(States.Array(3, 1, 3, 2))", [1, 2, 3]),
    ("States.ArrayUnique(States.Array(1, '1', 1.0, true, 1))", [1.0, 1, "1", True]),
    ("States.ArrayUnique(States.Array(true, false, true))", [False, True]),
    ("States.ArrayUnique(States.Array(States.Array(1, 2), States.Array(1, 2), States.Array(2, 1)))", [[2, 1], [1, 2]]),
    ("States.ArrayUnique(States.Array('b', null, 'a', null))", [None, "a", "b"]),
    ("States.ArrayUnique(States.Array($.obj, $.obj))", [DATA["obj"]]),
    ("States.Base64Encode('✓')", "4pyT"),
    ("States.Base64Decode('4pyT')", "✓"),
    ("States.Base64Decode('aGVsbG8')", "hello"),
    ("States.Base64Decode(' aGVs\nbG8= ignored ')", "hello"),
    ("States.Hash('hello', 'MD5')", "5d41402abc4b2a76b9719d911017c592"),
    ("States.Hash(123, 'SHA-1')", "40bd001563085fc35165329ea1ff5c5ecbdbbeef"),
    ('States.JsonMerge($.obj, States.StringToJson(\'{"b":2,"c":3}\'), false)', {"a": 1, "b": 2, "c": 3}),
    ("States.JsonMerge($.obj, $.obj, 'false')", DATA["obj"]),
    ("States.MathAdd(1.5, -2.5)", 0),
    ("States.MathAdd(-1.49, 0.49999999999999994)", -1),
    ("States.MathAdd(2147483646, 1)", 2147483647),
    ("States.MathRandom(1, 100, 42)", 63),
    ("States.MathRandom(1, 1000, 1)", 106),
    ("States.MathRandom(1.9, 10, -10)", 1),
    ("States.MathRandom(1, 5, 42)", 3),
    ("States.StringSplit('a.,b+c', ',.+')", ["a", "b", "c"]),
    ("States.StringSplit(',,a,', ',')", ["a"]),
    ("States.StringSplit('', ',')", []),
    ("States.StringSplit('a]b^c-d', '^-]')", ["a", "b", "c", "d"]),
    ("States.StringSplit('abc', '')", ["abc"]),
    ("States.UUID( )", "11111111-2222-4333-8444-555555555555"),
    ("States.UUID('ignored', 2)", "11111111-2222-4333-8444-555555555555"),
    (" States.ArrayLength($.list)  ", 5),
]


@pytest.mark.parametrize(("call", "expected"), RESULTS)
def test_results(call: str, expected: Any) -> None:
    result = run(call)
    assert result == expected
    assert repr(result) == repr(expected), "1, 1.0 and true are different values"


@pytest.mark.parametrize(
    "call",
    [
        "States.Format(null)",
        "States.Format()",
        "States.StringToJson(5)",
        "States.StringToJson()",
        "States.StringToJson($.s, $.n)",
        "States.JsonToString()",
        "States.ArrayPartition($.list, 0)",
        "States.ArrayPartition($.list, 0.6)",
        "States.ArrayPartition($.list, '2')",
        "States.ArrayPartition($.s, 1)",
        "States.ArrayPartition($.list, true)",
        "States.ArrayContains('x', 'x')",
        "States.ArrayContains($.list)",
        "States.ArrayRange(1, 1001, 1)",
        "States.ArrayRange(1, 5, 0.49)",
        "States.ArrayRange(1, 5)",
        "States.ArrayRange(null, 5, 1)",
        "States.ArrayGetItem($.list, 5)",
        "States.ArrayGetItem($.list, -1)",
        "States.ArrayGetItem($.list, '1')",
        "States.ArrayLength(States.JsonToString($.list))",
        "States.ArrayUnique($.obj)",
        "States.Base64Encode(1)",
        "States.Base64Encode($.big)",
        "States.Base64Encode($.utf16)",
        "States.Base64Decode($.big)",
        "States.Hash('x', 'sha-256')",
        "States.Hash('x', 1)",
        "States.Hash($.big, 'MD5')",
        "States.JsonMerge($.obj, $.obj, true)",
        "States.JsonMerge($.obj, $.list, false)",
        "States.JsonMerge($.obj, $.obj)",
        "States.MathAdd(2147483647, 1)",
        "States.MathAdd(3000000000, -1000000000)",
        "States.MathAdd(true, 1)",
        "States.MathAdd('1', 1)",
        "States.MathAdd(1)",
        "States.MathRandom(1, 1)",
        "States.MathRandom(1.4, 1.6)",
        "States.MathRandom(-2147483648, 2147483647)",
        "States.MathRandom(1, 9, null)",
        "States.MathRandom(1, 9, 5, 5)",
        "States.StringSplit(1, ',')",
        "States.StringSplit('a', null)",
    ],
)
def test_invalid_arguments_fail_when_the_call_runs(call: str) -> None:
    compiled = compile_call(call)
    with pytest.raises(IntrinsicError) as caught:
        compiled.evaluate(resolve, Seeded())
    prefix = f"There was an error while evaluating the intrinsic function: {call}. "
    assert str(caught.value) == f"{prefix}Invalid arguments in {compiled.name}"


SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: "
JSON = "Cannot convert String to Json in States.StringToJson, caused by: "
VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


@pytest.mark.parametrize(
    ("call", "detail"),
    [
        ("States.Format('a {', $.n)", "Invalid template in States.Format: matching '}' not found for '{'."),
        ("States.Format('{{}}', $.n)", "Invalid template in States.Format: matching '}' not found for '{'."),
        ("States.Format('}')", "Invalid template in States.Format: matching '{' not found for '}'."),
        (
            "States.Format('{} {}', 1)",
            "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.",
        ),
        (
            "States.Format($.n, 1)",
            "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.",
        ),
        (
            "States.StringToJson('{key: 1}')",
            f"{JSON}Unexpected character ('k' (code 107)): was expecting double-quote to start field name\n at {SOURCE}1, column: 2]",
        ),
        (
            "States.StringToJson('[1,\n [2')",
            f"{JSON}Unexpected end-of-input: expected close marker for Array (start marker at {SOURCE}2, column: 2])"
            f"\n at {SOURCE}2, column: 4]",
        ),
        (
            "States.StringToJson('nope')",
            f"{JSON}Unrecognized token 'nope': was expecting {VALUES}\n at {SOURCE}1, column: 5]",
        ),
        (
            "States.StringToJson('[1 2]')",
            f"{JSON}Unexpected character ('2' (code 50)): was expecting comma to separate Array entries\n at {SOURCE}1, column: 4]",
        ),
        (
            "States.StringToJson('{\"a\" 1}')",
            f"{JSON}Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value\n at {SOURCE}1, column: 6]",
        ),
        (
            "States.StringToJson('{\"a\":')",
            f"{JSON}Unexpected end-of-input within/between Object entries\n at {SOURCE}1, column: 6]",
        ),
        (
            "States.StringToJson('\"a')",
            f"{JSON}Unexpected end-of-input: was expecting closing quote for a string value\n at {SOURCE}1, column: 3]",
        ),
        (
            "States.StringToJson('[1}')",
            f"{JSON}Unexpected close marker '}}': expected ']' (for Array starting at {SOURCE}1, column: 1])\n at {SOURCE}1, column: 3]",
        ),
    ],
)
def test_other_errors(call: str, detail: str) -> None:
    with pytest.raises(IntrinsicError) as caught:
        run(call)
    assert str(caught.value) == f"There was an error while evaluating the intrinsic function: {call}. {detail}"


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", "1e999", "[1e999]", "01", "1x", "[1,]", "[", "{} {".replace("{} ", ""), "[[],{]", "'a'"]
)
def test_text_that_is_no_json(text: str) -> None:
    with pytest.raises(IntrinsicError, match="Cannot convert String to Json"):
        compile_call("States.StringToJson($.x)").evaluate(lambda path: text, Seeded())


@pytest.mark.parametrize(
    "call",
    """States.Nope()|States.format('x')|States.Format('x'|States.Format("x")|States.Format('x)|States.Array(1,)|States.Array(,)
    |States.Array(1 2)|States.Array(1.)|States.Array(.5)|States.Array(01)|States.Array([1])|States.Array(x)|States.Array($.a[)
    |States.Array($.a b)|States.Array() more|States.Array(|States.Array(True)|States.Base64Decode('a\\nb')|States.Array('\\"')
    |States.Array(States.Nope())|States.Array($.a[?(@.b)|States.UUID)|$.a|Format('x')""".replace("\n", "").split("|"),
)
def test_refused_calls(call: str) -> None:
    with pytest.raises(InvalidCall):
        compile_call(call.strip())


def test_nesting_is_limited() -> None:
    def nested(levels: int) -> str:
        return "States.Array(" * levels + ")" * levels

    assert run(nested(10)) == [[[[[[[[[[]]]]]]]]]]
    for levels in (11, 5000):
        with pytest.raises(InvalidCall, match="nested"):
            compile_call(nested(levels))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("States.UUID()", True),
        (" States.format(", True),
        ("States.Anything('x')", True),
        ("$.States.UUID()", False),
        ("States.ALL", False),
        ("text", False),
        ("", False),
    ],
)
def test_is_call(text: str, expected: bool) -> None:
    assert is_call(text) is expected


def test_a_call_knows_its_name_and_paths() -> None:
    call = compile_call("States.Format($.t, States.ArrayLength($$.X.y), $v['a,b'])")
    assert call.name == "States.Format"
    assert [(path.text, path.root) for path in call.paths] == [("$.t", ""), ("$$.X.y", "$$"), ("$v['a,b']", "v")]
    assert compile_call(call.text) is call


def test_what_resolve_raises_passes_through() -> None:
    with pytest.raises(Missing, match="No results for path"):
        run("States.Array($.absent)")


def test_unseeded_random_comes_from_the_world() -> None:
    drawn = random.Random(5).randrange(1, 1000)
    assert run("States.MathRandom(1, 1000)") == drawn


def test_there_are_eighteen_functions() -> None:
    assert len(FUNCTIONS) == 18


def test_java_random() -> None:
    assert JavaRandom(42).next_double() == 0.7275636800328681
    tens = JavaRandom(42)
    assert [tens.next_int(10) for _ in range(6)] == [0, 3, 8, 4, 0, 5]
    assert JavaRandom(0).next_int(100) == 60
    assert JavaRandom(-1).next_int(1 << 30) == JavaRandom((1 << 64) - 1).next_int(1 << 30)
    for bound in (0, -1, 1 << 31):
        with pytest.raises(ValueError, match="bound"):
            JavaRandom(1).next_int(bound)


def test_texts_have_no_limit_of_depth() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    assert json_text(deep) == map_text(deep) == "[" * 20_001 + "]" * 20_001
    other: list[Any] = []
    for _ in range(20_000):
        other = [other]
    unique = compile_call("States.ArrayUnique($.x)").evaluate(lambda path: [deep, other], Seeded())
    assert len(unique) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\x01\n\x1f", '"\\u0001\\n\\u001F"'),
        (1e21, "1.0E21"),
        (1.25e-7, "1.25E-7"),
        (0.001, "0.001"),
        (1e7, "1.0E7"),
        (-0.0, "-0.0"),
    ],
)
def test_json_as_jackson_writes_it(value: Any, text: str) -> None:
    assert json_text(value) == text
