"""Places where a compiler of this kind goes wrong quietly; each was found by trying to break it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from running import Failure, run

from sfn_dsl import (
    BUSINESS,
    CONTINUE,
    Batches,
    Branch,
    Catcher,
    ConsistencyCheck,
    DbtCall,
    DistributedMap,
    DynamoDB,
    Fail,
    ForEach,
    Input,
    Item,
    Notify,
    Parallel,
    Pipeline,
    Raw,
    Task,
    Transform,
    Wait,
    config,
    context,
    failure,
    fn,
)

Define = Callable[..., dict[str, Any]]
Find = Callable[..., list[tuple[str, str]]]
LANGUAGES = pytest.mark.parametrize("language", ["JSONata", "JSONPath"])


def call(name: str, payload: Any = None, **more: Any) -> Transform:
    return Transform.lambda_(name, function="f", payload={} if payload is None else payload, **more)


def payloads(result: Any, name: str) -> list[Any]:
    return [arguments.get("Payload", arguments) for state, arguments in result.calls if state == name]


@LANGUAGES
@pytest.mark.parametrize(
    "text", ["it's", 'say "x"', "back\\slash", "{} {x}", "line\nbreak", "{% x %}", "ü 😀 \u2028", "$.x", "States.Format('x')"]
)
def test_any_text_survives(definition: Define, language: str, text: str) -> None:
    batch = Input(x=str)
    body = Branch(
        "b",
        (batch.x == text, call("same", {"plain": text, "made": fn.format("{}|{}", text, batch.x)})),
        otherwise=Fail("f", error="No"),
    )
    value = definition(Pipeline(name="p", input=batch, body=body), query_language=language)
    assert payloads(run(value, {"x": text}), "same") == [{"plain": text, "made": f"{text}|{text}"}]


@LANGUAGES
def test_a_catcher_of_a_check_sees_what_the_check_raises(definition: Define, language: str) -> None:
    check = ConsistencyCheck(
        "check", function="c", payload={}, catch=Catcher("DataInconsistencyError", do=call("quarantine", {"e": failure.error}))
    )
    value = definition(Pipeline(name="p", body=check >> call("after"), on_failure=call("alert")), query_language=language)
    result = run(value, {}, {"check": {"Payload": {}}})
    assert payloads(result, "quarantine") == [{"e": "DataInconsistencyError"}]
    assert result.entered[-1] == "after"
    dbt = DbtCall("dbt", function="d", select="x", idempotency_key="k", catch=Catcher(BUSINESS, do=call("handle")))
    value = definition(Pipeline(name="p", body=dbt), query_language=language)
    result = run(value, {}, {"dbt": {"Payload": {"run_id": "r"}}, "dbt / status": {"Payload": {"status": "FAILED"}}})
    assert result.status == "SUCCEEDED"
    assert result.entered[-1] in ("handle", "Done")


def test_a_raw_at_the_end_gives_back_what_is_asked(definition: Define) -> None:
    first, side = call("first"), call("side")
    raw = Raw("raw", {"Type": "Pass", "End": True})
    value = definition(Pipeline(name="p", body=Parallel("fork", first >> raw, side) >> call("after", {"v": first.output.v})))
    assert payloads(run(value, {}, {"first": {"Payload": {"v": 1}}}), "after") == [{"v": 1}]
    value = definition(Pipeline(name="p", body=first >> raw, output={"v": first.output.v}))
    assert run(value, {}, {"first": {"Payload": {"v": 1}}}).output == {"v": 1}


@LANGUAGES
@pytest.mark.parametrize(
    "name", ["count", "type", "exists", "Split", "merge", "string", "states", "input", "failure", "item", "json", "now"]
)
def test_step_names_that_are_functions(definition: Define, language: str, name: str) -> None:
    batch = Input(l=list, m="x")
    step = call(name, {"l": batch.l})
    body = step >> Branch(
        "b", (step.output.n > 1, call("after", {"n": step.output.n, "c": fn.length(batch.l), "m": batch.m})), otherwise=CONTINUE
    )
    value = definition(Pipeline(name="p", input=batch, body=body), query_language=language)
    assert payloads(run(value, {"l": [1, 2]}, {name: {"Payload": {"n": 5}}}), "after") == [{"n": 5, "c": 2, "m": "x"}]


@LANGUAGES
@pytest.mark.parametrize("batches", [None, Batches(max_items=1)])
def test_conditions_on_outer_values_in_a_distributed_map(definition: Define, language: str, batches: Batches | None) -> None:
    batch, item = Input(xs=list, flag=bool), Item()
    first = call("first")
    body = Branch(
        "b", (first.output.flag == True, call("yes")), (batch.flag == True, call("input")), otherwise=call("no", {"i": item})
    )
    value = definition(
        Pipeline(name="p", input=batch, body=first >> DistributedMap("d", items=batch.xs, item=item, do=body, batches=batches)),
        query_language=language,
    )
    assert run(value, {"xs": [1]}, {"first": {"Payload": {}}}).entered[-1] == "no"
    assert "yes" in run(value, {"xs": [1]}, {"first": {"Payload": {"flag": True}}}).entered
    assert "input" in run(value, {"xs": [1], "flag": True}, {"first": {"Payload": {"flag": 1}}}).entered


def test_a_jsonata_raw_in_a_jsonpath_pipeline_says_so(definition: Define) -> None:
    inner = {"StartAt": "in", "States": {"in": {"Type": "Pass", "Output": {"a": "{% 1 + 1 %}"}, "End": True}}}
    raw = Raw("raw", {"Type": "Parallel", "Branches": [inner], "End": True})
    value = definition(Pipeline(name="p", body=call("a") >> raw >> call("b")), query_language="JSONPath")
    assert value["States"]["raw"]["QueryLanguage"] == "JSONata"
    assert value["States"]["raw"]["Branches"][0]["States"]["in"]["QueryLanguage"] == "JSONata"


def test_a_jsonpath_raw_first_assigns_in_its_own_language(definition: Define) -> None:
    batch = Input(m="x")
    raw = Raw("raw", {"Type": "Pass", "End": True}, query_language="JSONPath")
    value = definition(Pipeline(name="p", input=batch, body=raw >> call("a", {"m": batch.m})))
    assert payloads(run(value, {}), "a") == [{"m": "x"}]
    assert payloads(run(value, {"m": "y"}), "a") == [{"m": "y"}]


def test_names_inside_a_raw_are_made_unique(definition: Define) -> None:
    inner = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "End": True}}}
    raw = Raw("raw", {"Type": "Parallel", "Branches": [inner], "End": True})
    value = definition(Pipeline(name="p", body=call("B") >> raw >> call("C")))
    names = [*value["States"], *value["States"]["raw"]["Branches"][0]["States"]]
    assert len(names) == len(set(names))
    assert run(value, {}).status == "SUCCEEDED"


@LANGUAGES
def test_the_handler_goes_on_after_a_failed_verdict(definition: Define, language: str) -> None:
    handler = ConsistencyCheck("look", function="c", payload={}) >> Notify.sns("alert", topic="t", message={"s": failure.step})
    value = definition(Pipeline(name="p", body=call("work"), on_failure=handler), query_language=language)
    result = run(value, {}, {"work": Failure("Boom"), "look": {"Payload": {}}})
    assert result.entered[-2:] == ["alert", "Pipeline failed"]
    assert result.error == "Boom"


def test_a_raw_task_reaches_the_handler(definition: Define) -> None:
    raw = Raw("raw", {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "End": True})
    value = definition(Pipeline(name="p", body=raw, on_failure=call("alert", {"s": failure.step})))
    assert payloads(run(value, {}, {"raw": Failure("Boom")}), "alert") == [{"s": "raw"}]


@LANGUAGES
def test_a_call_without_arguments_gets_none(definition: Define, language: str) -> None:
    value = definition(
        Pipeline(name="p", input=Input(a=str), body=Task("t", resource="aws-sdk:s3:listBuckets")), query_language=language
    )
    assert run(value, {"a": "secret"}).calls == [("t", {})]


def test_settings_in_the_output(definition: Define) -> None:
    value = definition(Pipeline(name="p", body=call("a"), output={"b": config.bucket}))
    assert run(value, {}).output == {"b": "lake-use1"}


@LANGUAGES
def test_dynamodb_types_what_is_declared(definition: Define, language: str) -> None:
    batch = Input(n=int, b=bool, s=str)
    plan = call("plan", returns={"rows": int, "ok": bool, "name": str})
    item = {
        "n": batch.n,
        "b": batch.b,
        "s": batch.s,
        "rows": plan.output.rows,
        "ok": plan.output.ok,
        "any": {"N": fn.text(batch.s)},
    }
    value = definition(
        Pipeline(name="p", input=batch, body=plan >> DynamoDB.put("put", table="t", item=item)), query_language=language
    )
    result = run(value, {"n": 1, "b": True, "s": "2"}, {"plan": {"Payload": {"rows": 3, "ok": False, "name": "x"}}})
    expected = {"n": {"N": "1"}, "b": {"BOOL": True}, "s": {"S": "2"}, "rows": {"N": "3"}, "ok": {"BOOL": False}, "any": {"N": "2"}}
    assert result.calls[1][1]["Item"] == expected


def test_json_of_a_text_is_json(definition: Define) -> None:
    batch = Input(t=str, o={"a": int})
    for language in ("JSONata", "JSONPath"):
        value = definition(
            Pipeline(name="p", input=batch, body=call("a", {"t": fn.to_json(batch.t), "o": fn.to_json(batch.o)})),
            query_language=language,
        )
        [payload] = payloads(run(value, {"t": 'x"y', "o": {"a": 1}}), "a")
        assert (json.loads(payload["t"]), json.loads(payload["o"])) == ('x"y', {"a": 1})


def test_long_chains_of_conditions(definition: Define) -> None:
    batch = Input(n=int)
    condition: Any = batch.n == 0
    for number in range(1, 2000):
        condition = condition | (batch.n == number)
    for language in ("JSONata", "JSONPath"):
        value = definition(
            Pipeline(name="p", input=batch, body=Branch("b", (condition, call("a")), otherwise=CONTINUE)), query_language=language
        )
        assert run(value, {"n": 1999}).entered == ["b", "a"]


FINDINGS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "list in an expression": (lambda: call("a", {"x": fn.append([], [Input(l=list).l])}), "JSONata", "SFN202"),
    "raw of a raw": (
        lambda: (
            (r := Raw("r", {"Type": "Pass", "Assign": {"v": 1}, "End": True}, writes={"v": int}))
            >> Raw("s", {"Type": "Pass", "End": True}, reads={"x": r.output.v})
        ),
        "JSONata",
        "SFN207",
    ),
    "whole raw": (
        lambda: (r := Raw("r", {"Type": "Pass", "End": True}, writes={"v": int})) >> call("a", {"x": r.output}),
        "JSONata",
        "SFN207",
    ),
    "raw not run": (
        lambda: (
            Branch(
                "b",
                (context.Execution.Name == "x", r := Raw("r", {"Type": "Pass", "End": True}, writes={"v": int})),
                otherwise=CONTINUE,
            )
            >> call("a", {"x": r.output.v.default(0)})
        ),
        "JSONata",
        "SFN207",
    ),
    "raw last in a branch": (
        lambda: (
            Parallel("P", r := Raw("r", {"Type": "Pass", "Assign": {"v": 1}, "End": True}, writes={"v": int}), call("b"))
            >> call("a", {"x": r.output.v})
        ),
        "JSONata",
        "SFN207",
    ),
    "raw last in a map": (
        lambda: ForEach(
            "f",
            items=[1],
            item=Item(),
            do=(r := Raw("r", {"Type": "Pass", "Assign": {"v": 1}, "End": True}, writes={"v": int})),
            collect={"v": r.output.v},
        ),
        "JSONata",
        "SFN207",
    ),
    "raw before items": (
        lambda: ForEach(
            "f",
            items=[{"id": 1}],
            item=(i := Item()),
            do=Raw("r", {"Type": "Pass", "End": True}, query_language="JSONPath") >> call("a", {"i": i.id}),
        ),
        "JSONPath",
        "SFN208",
    ),
    "output no object": (lambda: ForEach("f", items=[1], item=Item(), do=call("a"), collect=[]), "JSONPath", "SFN208"),
    "position in a batch": (
        lambda: DistributedMap(
            "d", items=[1], item=(i := Item()), do=call("a", {"i": fn.index_of(i)}), batches=Batches(max_items=2)
        ),
        "JSONata",
        "SFN205",
    ),
    "argument in a raw": (
        lambda: Raw(
            "r",
            {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionNam.$": "$.x"}, "End": True},
            query_language="JSONPath",
        ),
        "JSONata",
        "SFN109",
    ),
    "name twice in a raw": (
        lambda: Raw(
            "r",
            {"Type": "Parallel", "Branches": [{"StartAt": "d", "States": {"d": {"Type": "Pass", "End": True}}}] * 2, "End": True},
        ),
        "JSONata",
        "SFN101",
    ),
    "heartbeat": (lambda: call("a", timeout_seconds=5, heartbeat_seconds=5), "JSONata", "SFN135"),
    "no condition": (lambda: Branch("b", ("abc", call("a")), otherwise=CONTINUE), "JSONata", "SFN104"),
    "language": (lambda: Raw("r", {"Type": "Pass", "End": True}, query_language="jsonata"), "JSONata", "SFN104"),
    "error no text": (lambda: Fail("f", error=5), "JSONata", "SFN104"),
    "figure from the context": (lambda: Wait("w", seconds=context.Execution.Input.n), "JSONPath", "SFN208"),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_is_refused(name: str, findings: Find) -> None:
    make, language, code = FINDINGS[name]
    found = findings(Pipeline(name="p", body=make()), query_language=language)
    assert [one for one, _ in found] == [code], found


def test_context_that_may_be_absent_is_guarded(definition: Define) -> None:
    body = Branch("b", (context.Execution.Input.zz == 1, call("a")), otherwise=CONTINUE)
    for language in ("JSONata", "JSONPath"):
        assert run(definition(Pipeline(name="p", body=body), query_language=language), {}).status == "SUCCEEDED"


def test_a_handler_may_end_itself(definition: Define) -> None:
    value = definition(Pipeline(name="p", body=call("a"), on_failure=call("b") >> Fail("own", error="Own")))
    assert run(value, {}, {"a": Failure("Boom")}).error == "Own"
    assert list(definition(Pipeline(name="p", body=Wait("w", seconds=1), on_failure=call("b")))["States"]) == ["w"]
