"""Documents with positions: JSON, YAML, templates, and what definitions a file holds."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_dsl.diagnostic import Severity
from sfn_dsl.documents import yaml_positions
from sfn_dsl.documents.definitions import Definition, definitions_in
from sfn_dsl.documents.json_positions import read_json
from sfn_dsl.documents.position import Document, Position, pointer_of
from sfn_dsl.documents.yaml_positions import read_yaml

KEYS = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
LOADERS = [loader for loader in (getattr(yaml, "CSafeLoader", None), yaml.SafeLoader) if loader]


def found(document: Document) -> list[tuple[int, int, str]]:
    return [(problem.position.line, problem.position.column, problem.name.removeprefix("json-")) for problem in document.problems]


def pointers(value: Any) -> Iterator[tuple[str, Any]]:
    """Every value and its pointer."""
    pending: list[tuple[list[str], Any]] = [([], value)]
    while pending:
        parts, one = pending.pop()
        yield pointer_of(parts), one
        members = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        pending += [([*parts, str(key)], member) for key, member in members]


def offset(text: str, position: Position) -> int:
    lines = text.replace("\r\n", "\r\0").replace("\r", "\n").split("\n")
    return sum(len(line) + 1 for line in lines[: position.line - 1]) + position.column - 1


@given(VALUES, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_json_is_what_json_loads_gives_and_every_position_leads_to_its_value(value: Any, indent: Any, ascii: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii)
    document = read_json(text)
    assert document.problems == ()
    assert repr(document.value) == repr(value)
    for pointer, one in pointers(value):
        decoder = json.JSONDecoder()
        assert repr(decoder.raw_decode(text, offset(text, document.position_of(pointer)))[0]) == repr(one)
        key = text[offset(text, document.key_position_of(pointer)) :]
        parent, _, last = pointer.rpartition("/")
        if pointer and isinstance(dict(pointers(value))[parent], dict):
            assert decoder.raw_decode(key)[0] == last.replace("~1", "/").replace("~0", "~")


@given(VALUES)
def test_positions_inside_a_text_that_holds_json(value: Any) -> None:
    value = {"StartAt": "A", "x": value}
    inner = json.dumps(value, indent=1)
    outer = json.dumps({"definition": inner, "type": "EXPRESS"})
    (definition,) = definitions_in(outer, "machine.json")
    assert (definition.type, repr(definition.value)) == ("EXPRESS", repr(value))
    plain = read_json(inner)
    for pointer, _ in pointers(value):
        start = offset(inner, plain.position_of(pointer))
        before = len(json.dumps(inner[:start])) - 2
        assert offset(outer, definition.position_of(pointer)) == outer.index('"{') + 1 + before


JSON_FAULTS: dict[str, list[tuple[int, int, str]]] = {
    "": [(1, 1, "syntax")],
    " \n ": [(2, 2, "syntax")],
    "not a definition": [(1, 1, "syntax"), (1, 5, "syntax")],
    '{"a": 1,}': [(1, 8, "syntax")],
    "[1, 2,\n]": [(1, 6, "syntax")],
    "[1,, 2]": [(1, 4, "syntax")],
    '{"a": 1 "b": 2}': [(1, 9, "syntax")],
    "[1 2]": [(1, 4, "syntax")],
    "{'a': 'b'}": [(1, 2, "syntax"), (1, 7, "syntax")],
    "{a: 1}": [(1, 2, "syntax")],
    '{"a"}': [(1, 2, "syntax")],
    '{"a": }': [(1, 7, "syntax")],
    '{"a" 1}': [(1, 6, "syntax")],
    '{"a" = 1}': [(1, 6, "syntax")],
    "[NaN, Infinity, -Infinity]": [(1, 2, "syntax"), (1, 7, "syntax"), (1, 17, "syntax")],
    "[True, None]": [(1, 2, "syntax"), (1, 8, "syntax")],
    "[01, +1, .5, 1., 0x1, -]": [(1, column, "syntax") for column in (2, 6, 10, 14, 18, 23)],
    "// a\n[1, /* b */ 2] # c": [(1, 1, "syntax"), (2, 5, "syntax"), (2, 16, "syntax")],
    "[/* nothing */]": [(1, 2, "syntax")],
    "{} {}": [(1, 4, "syntax")],
    "[": [(1, 1, "syntax")],
    '{"a": [1': [(1, 7, "syntax")],
    '{"a": {"b"': [(1, 7, "syntax"), (1, 8, "syntax")],
    '{"a": [1}': [(1, 9, "syntax")],
    "]": [(1, 1, "syntax")],
    '["abc': [(1, 2, "syntax")],
    '["a\nb"]': [(1, 2, "syntax")],
    '["a\\qb", "\\u12"]': [(1, 4, "syntax"), (1, 11, "syntax")],
    '["a\tb"]': [(1, 4, "syntax")],
    '["\\ud83d\\ude00", "\\ud83d", "\ud83d"]': [(1, 19, "syntax"), (1, 29, "syntax")],
    "[${Timeout}]": [(1, 2, "syntax")],
    "\ufeff{}": [(1, 1, "syntax")],
    "[1e999, -1e999]": [(1, 2, "number"), (1, 9, "number")],
    f"[{'9' * 5000}]": [(1, 2, "number")],
    '{"a": 1,\n "a": 2}': [(2, 2, "duplicate-key")],
    '{"States": {"A": {"b": 1, "b": 2}, "A": 1}}': [(1, 27, "duplicate-key"), (1, 36, "duplicate-state-key")],
    '{"\\u0061": 1, "a": 2}': [(1, 15, "duplicate-key")],
}


@pytest.mark.parametrize("text", JSON_FAULTS)
def test_json_faults(text: str) -> None:
    document = read_json(text)
    assert found(document) == JSON_FAULTS[text]
    assert document.broken == any(name == "syntax" for _, _, name in found(document))
    assert all(problem.message and problem.message[-1] != "." for problem in document.problems)


def test_what_json_faults_leave() -> None:
    assert read_json('{\'a\': [True, 2,], b: .5 // c\n "c": "x\\q"}').value == {"a": [True, 2], "b": 0, "c": "x\\q"}
    assert read_json("[${Timeout}]", substitutions=True).value == ["${Timeout}"]
    assert read_json("[${Timeout}]", substitutions=True).problems == ()
    assert read_json('{"a": 1, "a": {"b": [2]}}').position_of("/a/b/0") == Position(1, 22)
    document = read_json('{"a~/b": [10, {"c": null}]}')
    assert document.position_of("/a~0~1b/1/c") == Position(1, 21)
    for missing in ("/a~0~1b/1/d", "/a~0~1b/1/c/0/x"):
        assert document.position_of(missing) in (Position(1, 15), Position(1, 21))
    assert document.position_of("/a~0~1b/7") == document.position_of("/a~0~1b/x") == Position(1, 10)
    assert document.key_position_of("/a~0~1b") == Position(1, 2)
    assert read_json('{"a": [{"b": 1, "b": 2}]}').problems[0].pointer == "/a/0/b"


BIG: dict[str, Callable[[], str]] = {
    "arrays": lambda: "[" * 100_000 + "]" * 100_000,
    "open arrays": lambda: "[" * 100_000,
    "open objects": lambda: '{"a":' * 100_000,
    "crossed": lambda: "[" * 100_000 + "}" * 100_000,
    "text": lambda: json.dumps("a" * 10**7),
    "escapes": lambda: json.dumps("\n" * 10**6),
    "surrogates": lambda: json.dumps("\U0001f600" * 10**5),
    "backslashes": lambda: '"' + "\\" * 10**6,
    "digits": lambda: "9" * 10**6,
    "fraction": lambda: "0." + "9" * 10**6,
    "commas": lambda: "[" + "," * 10**6,
    "duplicates": lambda: "{" + '"a":1,' * 10**5 + '"a":2}',
    "blanks": lambda: "[1, " + " " * 10**6 + "]",
    "comments": lambda: "/*" + "*" * 10**6,
    "placeholders": lambda: "${" * 10**5,
    "quotes": lambda: "'\\" * 10**5,
    "records": lambda: json.dumps([{"n": f"x{n}", "l": [n, 1.5, None]} for n in range(20_000)]),
    "block": lambda: "- " * 100_000,
    "flow": lambda: "{a: " * 100_000,
    "laughs": lambda: "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
    "merges": lambda: "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 60)),
}


@pytest.mark.parametrize("name", BIG)
@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_nothing_is_too_big_or_too_deep(read: Callable[[str], Document], name: str) -> None:
    text = BIG[name]()
    document = read(text)
    document.position_of("/0/0/0")
    assert len(document.problems) <= 250


@settings(max_examples=300)
@given(st.text(alphabet=list("{}[]:,\"'\\ \n\t-?&*!|>%#@`ab10.eE+~<=/$\x00\u2028\ufeff\ud800é"), max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    for document in (read_json(text), read_json(text, substitutions=True), read_yaml(text)):
        for pointer, _ in pointers(document.value):
            position = document.position_of(pointer)
            assert offset(text, position) <= len(text)
    for name in ("x.asl.json", "x.asl.yaml", "x.template", "x.json"):
        for definition in definitions_in(text, name, expected=True):
            definition.position_of("/States")


def test_mutated_definitions() -> None:
    chance = random.Random(7)
    for name, source in (("t.json", json.dumps(json.loads(read_template_json()), indent=1)), ("t.yaml", TEMPLATE)):
        for _ in range(150):
            chars = list(source)
            for _ in range(chance.randint(1, 4)):
                at = chance.randrange(len(chars))
                chars[at : at + chance.randint(0, 3)] = chance.choice(
                    ["", '"', "{", "}", ",", ":", "\n", "- ", "*a", "&a ", "!x ", "\x00"]
                )
            for definition in definitions_in("".join(chars), name, expected=True):
                for pointer, _ in pointers(definition.value):
                    definition.position_of(pointer)


YAML_VALUES: dict[str, Any] = {
    "a: 1\nb: [x, 'y', {z: null}]": {"a": 1, "b": ["x", "y", {"z": None}]},
    "a: 2024-01-01\nb: 2024-01-01T00:00:00Z": {"a": "2024-01-01", "b": "2024-01-01T00:00:00Z"},
    "a: true\nb: False\nc: ~\nd:\ne: 1.5\nf: +3\ng: 1e3": {
        "a": True,
        "b": False,
        "c": None,
        "d": None,
        "e": 1.5,
        "f": 3,
        "g": "1e3",
    },
    "a: !!str 1\nb: ! 12\nc: '1'": {"a": "1", "b": "12", "c": "1"},
    "a: &x {b: 1}\nc: *x\nd: {e: 2, <<: *x}\nf: {<<: [*x, {b: 3, g: 4}], b: 5}": {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": {"b": 1, "e": 2},
        "f": {"b": 5, "g": 4},
    },
    "a: !Sub '${x}'\nb: !GetAtt c.d\ne: !Join [',', [f, !Ref g]]": {
        "a": {"Fn::Sub": "${x}"},
        "b": {"Fn::GetAtt": "c.d"},
        "e": {"Fn::Join": [",", ["f", {"Ref": "g"}]]},
    },
    "\ufeffa: é\r\nb: 1": {"a": "é", "b": 1},
}
YAML_FAULTS: dict[str, list[tuple[int, int, str]]] = {
    "": [(1, 1, "yaml-syntax")],
    "a: [1": [(1, 6, "yaml-syntax")],
    "a: b: c": [(1, 5, "yaml-syntax")],
    "---\na: 1\n---\nb: 2": [(3, 1, "yaml-syntax")],
    "a: &x [*x]": [(1, 8, "yaml-syntax")],
    "a: *x": [(1, 4, "yaml-syntax")],
    "? [a]\n: b": [(1, 3, "yaml-syntax")],
    "a: !!python/object/apply:os.system [x]": [(1, 4, "yaml-syntax")],
    "é: \x00": [(1, 4, "yaml-syntax")],
    "é: \ud800": [(1, 4, "yaml-syntax")],
    "1: a\non: b\nnull: c": [(1, 1, "yaml-key"), (2, 1, "yaml-key"), (3, 1, "yaml-key")],
    "[yes, Off, 010, 1:30, 1_000, 0x1F]": [(1, column, "yaml-scalar") for column in (2, 7, 12, 17, 23, 30)],
    "[.inf, .nan, 1.0e+999]": [(1, 2, "number"), (1, 8, "number"), (1, 14, "number")],
    "é: 1\nb: 1\né: 2": [(3, 1, "duplicate-key")],
    "States:\n  A: {b: 1, b: 2}\n  A: 1": [(2, 13, "duplicate-key"), (3, 3, "duplicate-state-key")],
    "a: {<<: 1}": [(1, 9, "yaml-syntax")],
}


@pytest.mark.parametrize("loader", LOADERS)
def test_yaml(monkeypatch: pytest.MonkeyPatch, loader: Any) -> None:
    monkeypatch.setattr(yaml_positions, "_Loader", loader)
    for text, value in YAML_VALUES.items():
        assert (read_yaml(text).value, read_yaml(text).problems) == (value, ())
    for text, faults in YAML_FAULTS.items():
        if text != "a: [1" or loader is not yaml.SafeLoader:
            assert (text, found(read_yaml(text))) == (text, faults)


@given(VALUES, st.sampled_from([None, '"', "'", "|", ">"]), st.booleans())
def test_every_position_in_yaml_leads_to_its_value(value: Any, style: Any, flow: bool) -> None:
    text = yaml.safe_dump(value, default_style=style, default_flow_style=flow, allow_unicode=True)
    document = read_yaml(text)
    assert repr(document.value) == repr(read_yaml(text).value)
    scalars = [(pointer, one) for pointer, one in pointers(document.value) if isinstance(one, str)]
    for pointer, one in scalars:
        offsets = document.offsets_of(pointer)
        assert len(offsets) == len(one) + 1
        assert offsets == sorted(offsets)
        assert offset(text, document.position_of(pointer)) <= offsets[0]
        for at, char in zip(offsets, one, strict=False):
            if char.isalnum() and text[at] != "\\":
                assert text[at] == char


TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Literal:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineType: EXPRESS
      DefinitionString: |
        {"StartAt": "A",
         "States": {"A": {"Type": "Pass", "Mark": 1}}}
  Sub:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: !Sub >-
        {"StartAt": "A",

         "States": {"Ä": {"Type": "Task", "Resource": "${Fn}",
           "TimeoutSeconds": ${T}, "Mark": 2}}}
  Quoted:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineType: !Ref Kind
      DefinitionString: "{\\"StartAt\\": \\"A\\",\\n \\"States\\":\\
        {\\"A\\": {\\"Mark\\": 3}}}"
  Single:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: '{"StartAt": "it''s",
        "States": {"A": {"Mark": 4}}}'
  Join:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: !Join
        - " "
        - - '{"StartAt": "A", "States": {"A": {"Resource": "'
          - !GetAtt Fn.Arn
          - !Sub '${Alias}",'
          - '"Mark": 5}}}'
  Object:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      Definition:
        StartAt: A
        States:
          A:
            Type: Task
            Resource: !GetAtt Fn.Arn
            Parameters: {a: !Ref B, c: !If [d, e, f], g: !Join ["", [h, !Ref I]]}
            Retry: !Ref AWS::NoValue
            Mark: 6
  ToJson:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionSubstitutions: {x: !Ref y}
      DefinitionString:
        Fn::ToJsonString: {StartAt: A, States: {A: {Mark: 7}}}
  Uri:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machines/x.asl.json
      DefinitionSubstitutions: {T: 1}
  Bucket:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionS3Location: {Bucket: b, Key: k}
  Unknown:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: !Ref Parameter
  Broken:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: |
        {"StartAt": "A",
         "States": {"A": {"Mark": 8, "Mark": 9,}}}
  Other:
    Type: AWS::Lambda::Function
"""
LINKED = '{"StartAt": "A", "States": {"A": {"TimeoutSeconds": ${T}, "Mark": 10}}}'


def read_template_json() -> str:
    return json.dumps(read_yaml(TEMPLATE).value)


def marks(definition: Definition) -> list[tuple[int, int, int]]:
    """Line and column of the key, column of the value, of each `Mark`."""
    at = [pointer for pointer, _ in pointers(definition.value) if pointer.endswith("/Mark")]
    keys, values = [definition.key_position_of(one) for one in at], [definition.position_of(one) for one in at]
    return [(key.line, key.column, value.column) for key, value in zip(keys, values, strict=True)]


def test_templates() -> None:
    by_name = {one.name: one for one in definitions_in(TEMPLATE, "t.yaml", read={"machines/x.asl.json": LINKED.encode()}.get)}
    assert list(by_name) == [name for name, one in read_yaml(TEMPLATE).value["Resources"].items() if "Lambda" not in one["Type"]]
    assert {name: one.type for name, one in by_name.items() if one.type != "STANDARD"} == {
        "Literal": "EXPRESS",
        "Quoted": None,
        "Object": "EXPRESS",
    }
    assert [name for name, one in by_name.items() if one.substitutions] == ["Sub", "Join", "Object", "ToJson", "Uri"]
    assert [name for name, one in by_name.items() if not one.readable] == ["Bucket", "Unknown", "Broken"]
    lines = TEMPLATE.split("\n")
    for number, name in enumerate(("Literal", "Sub", "Quoted", "Single", "Join", "Object", "ToJson"), 1):
        ((line, key, value),) = marks(by_name[name])
        assert lines[line - 1][key - 1 :].lstrip('"\\').startswith("Mark")
        assert lines[line - 1][value - 1] == str(number)
    assert by_name["Sub"].value["States"]["Ä"] == {"Type": "Task", "Resource": "${Fn}", "TimeoutSeconds": "${T}", "Mark": 2}
    assert by_name["Join"].value["States"]["A"]["Resource"] == " ${Fn.Arn} ${Alias}"
    assert by_name["Object"].value["States"]["A"] == {
        "Type": "Task",
        "Resource": "${Fn.Arn}",
        "Parameters": {"a": "${B}", "c": "${Fn::If}", "g": "h${I}"},
        "Mark": 6,
    }
    assert (by_name["Uri"].file, marks(by_name["Uri"])) == (
        "machines/x.asl.json",
        [(1, LINKED.index('"Mark') + 1, LINKED.index("10") + 1)],
    )
    assert by_name["Uri"].value["States"]["A"]["TimeoutSeconds"] == "${T}"
    last = next(number for number, line in enumerate(lines, 1) if '"Mark": 9' in line)
    text = lines[last - 1]
    assert [(problem.position, problem.name) for problem in by_name["Broken"].problems] == [
        (Position(last, text.rindex('"Mark') + 1), "json-duplicate-key"),
        (Position(last, text.rindex(",") + 1), "json-syntax"),
    ]
    assert [problem.severity for name in ("Bucket", "Unknown") for problem in by_name[name].problems] == [Severity.INFO] * 2


def test_templates_in_json() -> None:
    text = json.dumps(json.loads(read_template_json()), indent=2)
    read = {one.name: one.value for one in definitions_in(text, "t.json")}
    assert read == {one.name: one.value for one in definitions_in(TEMPLATE, "t.yaml")}


def test_a_missing_file_of_a_template() -> None:
    text = "Resources: {M: {Type: 'AWS::Serverless::StateMachine', Properties: {DefinitionUri: ../m.json}}}"
    for read, name in ((lambda file: None, "definition-missing"), (None, "definition-elsewhere")):
        (definition,) = definitions_in(text, "a/b/t.yaml", read=read)
        assert (definition.readable, definition.problems[0].name) == (False, name)
        assert "a/m.json" in definition.problems[0].message
    machine = {"a/m.json": b"[1"}
    (definition,) = definitions_in(text, "a/b/t.yaml", read=machine.get)
    assert (definition.file, definition.readable) == ("a/m.json", False)


ASL = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
FILES: list[tuple[str, str | bytes, int, bool | None]] = [
    # name, text, number of definitions, whether the first is readable
    ("m.asl.json", ASL, 1, True),
    ("m.json", ASL, 1, True),
    ("m.asl", ASL, 1, True),
    ("m", "StartAt: A\nStates: {}", 1, True),
    ("m.yaml", "StartAt: A\nStates: {A: {Type: Succeed}}", 1, True),
    ("m.json", '{"States": {"A": {"Type": "Pass"}}}', 1, True),
    ("m.json", f'{{"definition": {ASL}}}', 1, True),
    ("m.json", json.dumps({"definition": ASL}), 1, True),
    ("m.json", json.dumps(ASL), 1, True),
    ("m.json", ASL[:-1], 1, False),
    ("m.json", ASL.encode() + b"\xff", 1, False),
    ("m.asl.json", b"\xff\xfe", 1, False),
    ("m.asl.json", "[]", 1, True),
    ("m.asl.yaml", "- 1", 1, True),
    ("m.asl.yml", "a: [", 1, False),
    ("m.json", "{}", 0, None),
    ("m.json", '{"States": ["AZ", "CA"]}', 0, None),
    ("m.json", '{"States": {"A": {"Type": "x"}}}', 0, None),
    ("m.json", "{", 0, None),
    ("m.json", b"\xff", 0, None),
    ("m.yaml", "kind: Deployment\n---\nkind: Service", 0, None),
    ("m.yaml", "Resources: {F: {Type: AWS::Lambda::Function}}", 0, None),
    ("m.yaml", "{{ jinja }}", 0, None),
]


@pytest.mark.parametrize(("name", "text", "count", "readable"), FILES)
def test_what_a_file_holds(name: str, text: str | bytes, count: int, readable: bool | None) -> None:
    definitions = definitions_in(text, name)
    assert len(definitions) == count
    if count:
        assert definitions[0].readable is readable
        assert bool(definitions[0].problems) is not readable
    else:
        assert len(definitions_in(text, name, expected=True)) == 1


def test_where_bytes_are_not_utf_8() -> None:
    (definition,) = definitions_in('{"StartAt":\n "é'.encode() + b"\xff", "m.json")
    assert definition.problems[0].position == Position(2, 4)
    assert definition.position_of("/StartAt") == Position(1, 1)


@pytest.mark.parametrize(("text", "expected"), [("${Arn}", True), ("{% ${'a': 1} %}", False), ("$.a", False)])
def test_placeholders_of_a_file(text: str, expected: bool) -> None:
    assert definitions_in(json.dumps({"StartAt": text}), "m.json")[0].substitutions is expected


def test_our_own_definitions() -> None:
    for file in sorted(Path(__file__).parent.parent.glob("build/*/*.asl.json"))[:20]:
        (definition,) = definitions_in(file.read_bytes(), str(file))
        assert (definition.value, definition.problems) == (json.loads(file.read_text(encoding="utf-8")), ())
