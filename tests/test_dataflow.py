"""Values reach the steps that use them, through every scope, in both query languages; and the two languages agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from compiling import compiled
from running import Failure, run

from sfn_dsl import (
    CONTINUE,
    THROTTLED,
    TRANSIENT,
    Batches,
    Branch,
    Catcher,
    ConsistencyCheck,
    CsvFile,
    DbtCall,
    DistributedMap,
    Fail,
    ForEach,
    Input,
    Item,
    Load,
    Notify,
    Parallel,
    Pipeline,
    Raw,
    Stage,
    Succeed,
    Transform,
    Wait,
    failure,
    fn,
)

Define = Callable[..., dict[str, Any]]
LANGUAGES = pytest.mark.parametrize("language", ["JSONata", "JSONPath"])


def call(name: str, payload: Any = None, **more: Any) -> Transform:
    return Transform.lambda_(name, function="f", payload={} if payload is None else payload, **more)


def payloads(result: Any, name: str) -> list[Any]:
    return [arguments.get("Payload", arguments) for state, arguments in result.calls if state == name]


@LANGUAGES
def test_only_what_is_read_is_kept(definition: Define, language: str) -> None:
    first = call("first")
    value = definition(
        Pipeline(name="p", body=first >> call("second", {"x": first.output.a}) >> call("third")), query_language=language
    )
    assert list(value["States"]["first"]["Assign"]) == ["first"]
    assert "Assign" not in value["States"]["second"]
    assert len(value["States"]) == 3
    result = run(value, {}, {"first": {"Payload": {"a": 1, "b": 2}}})
    assert payloads(result, "second") == [{"x": 1}]
    assert result.output == {}


@LANGUAGES
def test_output_of_the_pipeline_may_read_the_last_step(definition: Define, language: str) -> None:
    first, last = call("first"), call("last")
    value = definition(
        Pipeline(name="p", body=first >> last, output={"a": first.output.a, "b": last.output.b, "c": 3}), query_language=language
    )
    assert run(value, {}, {"first": {"Payload": {"a": 1}}, "last": {"Payload": {"b": 2}}}).output == {"a": 1, "b": 2, "c": 3}


@LANGUAGES
def test_values_leave_a_parallel(definition: Define, language: str) -> None:
    left, middle, right, inner = call("left"), call("middle"), call("right"), call("inner")
    fork = Parallel("fork", left >> middle, Parallel("nested", inner, right))
    after = call("after", {"l": left.output.v, "r": right.output.v, "i": inner.output.v})
    value = definition(Pipeline(name="p", body=fork >> after, output={"m": middle.output.v}), query_language=language)
    answers = {name: {"Payload": {"v": name}} for name in ("left", "middle", "right", "inner")}
    result = run(value, {}, answers)
    assert payloads(result, "after") == [{"l": "left", "r": "right", "i": "inner"}]
    assert result.output == {"m": "middle"}


@LANGUAGES
def test_items_and_outer_values_in_nested_maps(definition: Define, language: str) -> None:
    batch = Input(run=str)
    listing = call("listing", {"run": batch.run})
    outer, inner = Item(), Item()
    touch = call("touch", {"o": outer.name, "i": inner, "at": fn.index_of(inner), "run": batch.run, "l": listing.output.tag})
    again = call("again", {"o": outer.name, "i": inner, "t": touch.output.v})
    loop = ForEach(
        "outer",
        items=listing.output.groups,
        item=outer,
        do=ForEach("inner", items=outer.members, item=inner, do=touch >> again, collect={"t": touch.output.v}),
    )
    value = definition(Pipeline(name="p", input=batch, body=listing >> loop, output={}), query_language=language)
    groups = [{"name": "g", "members": [7, 8]}]
    result = run(
        value,
        {"run": "r"},
        {"listing": {"Payload": {"groups": groups, "tag": "t"}}, "touch": lambda a: {"Payload": {"v": a["Payload"]["i"]}}},
    )
    assert payloads(result, "touch") == [
        {"o": "g", "i": 7, "at": 0, "run": "r", "l": "t"},
        {"o": "g", "i": 8, "at": 1, "run": "r", "l": "t"},
    ]
    assert payloads(result, "again") == [{"o": "g", "i": 7, "t": 7}, {"o": "g", "i": 8, "t": 8}]


@LANGUAGES
def test_a_map_gives_back_what_it_collects(definition: Define, language: str) -> None:
    batch, item = Input(rows=list), Item(k=int)
    double = call("double", {"k": item.k})
    loop = ForEach("each", items=batch.rows, item=item, do=double, collect={"v": double.output.v})
    body = loop >> call("last", {"all": loop.output})
    value = definition(Pipeline(name="p", input=batch, body=body), query_language=language)
    result = run(value, {"rows": [{"k": 1}, {"k": 2}]}, {"double": lambda a: {"Payload": {"v": 2 * a["Payload"]["k"]}}})
    assert payloads(result, "last") == [{"all": [{"v": 2}, {"v": 4}]}]


def test_a_map_may_give_back_its_items(definition: Define, findings: Callable[..., list[tuple[str, str]]]) -> None:
    item = Item(k=int)
    loop = ForEach("each", items=[{"k": 1}], item=item, do=call("work"), collect={"k": item.k})
    pipeline = Pipeline(name="p", body=loop, output={"all": loop.output})
    assert run(definition(pipeline), {}).output == {"all": [{"k": 1}]}
    assert [code for code, _ in findings(pipeline, query_language="JSONPath")] == ["SFN208"]


@LANGUAGES
@pytest.mark.parametrize("batches", [None, Batches(max_items=2)])
def test_a_distributed_map_is_handed_what_it_needs(definition: Define, language: str, batches: Batches | None) -> None:
    batch, item = Input(run=str, mode="full"), Item()
    first = call("first")
    work, more = (
        call("work", {"item": item, "run": batch.run, "mode": batch.mode, "f": first.output.f}),
        call("more", {"item": item}),
    )
    loop = DistributedMap("each", reader=CsvFile(bucket="b", key=first.output.key), item=item, do=work >> more, batches=batches)
    value = definition(Pipeline(name="p", input=batch, body=first >> loop), query_language=language)
    objects = {("b", "k"): "a\n1\n2\n3\n"}
    result = run(value, {"run": "r"}, {"first": {"Payload": {"f": 1, "key": "k"}}}, objects=objects)
    seen = [each["item"] for each in payloads(result, "work")]
    assert seen == ([{"a": "1"}, {"a": "2"}, {"a": "3"}] if batches is None else [[{"a": "1"}, {"a": "2"}], [{"a": "3"}]])
    assert {(each["run"], each["mode"], each["f"]) for each in payloads(result, "work")} == {("r", "full", 1)}
    assert [each["item"] for each in payloads(result, "more")] == seen


@LANGUAGES
@pytest.mark.parametrize(
    ("status", "error"),
    [("SUCCESS", None), ("FAILED", "DataInconsistencyError"), (None, "DataInconsistencyError"), (7, "DataInconsistencyError")],
)
def test_consistency_check_means_what_the_seed_means(definition: Define, language: str, status: Any, error: str | None) -> None:
    body = ConsistencyCheck("DataConsistencyCheck", function="c", payload={}) >> call("ProcessData")
    value = definition(Pipeline(name="p", body=body), query_language=language)
    answer = {} if status is None else {"consistencyStatus": status}
    result = run(value, {}, {"DataConsistencyCheck": {"Payload": answer}})
    assert result.error == error
    assert ("ProcessData" in result.entered) is (error is None)


@LANGUAGES
@pytest.mark.parametrize("put", [{}, Failure("Boom", "x")], ids=["put", "not put"])
@pytest.mark.parametrize(("verdict", "error"), [("GOOD", None), ("BAD", "DataInconsistencyError")])
def test_figures_are_put_before_the_verdict_and_never_decide_it(
    definition: Define, language: str, put: Any, verdict: str, error: str | None
) -> None:
    check = ConsistencyCheck("check", function="c", payload={}, status_field="verdict", success="GOOD", metrics={"Quality": "q"})
    value = definition(Pipeline(name="p", body=check >> call("next"), on_failure=call("tell")), query_language=language)
    result = run(value, {}, {"check": {"Payload": {"verdict": verdict, "q": 0.5}}, "check / metrics": put})
    assert result.error == error
    assert (("next" in result.entered), ("tell" in result.entered)) == (error is None, error is not None)
    [figure] = [arguments for state, arguments in result.calls if state == "check / metrics"]
    assert figure["MetricData"][0]["Value"] == 0.5


@LANGUAGES
def test_failure_handler_runs_once_for_tasks_and_checks(definition: Define, language: str) -> None:
    check = ConsistencyCheck("check", function="c", payload={})
    alert = Notify.sns("alert", topic="t", message={"step": failure.step, "error": failure.error, "cause": failure.cause})
    value = definition(Pipeline(name="p", body=call("work") >> check, on_failure=call("record") >> alert), query_language=language)
    result = run(value, {}, {"work": Failure("Boom", "why"), "record": Failure("Other", "x")})
    assert result.error == "Boom"
    assert result.cause == "why"
    assert [arguments["Message"] for state, arguments in result.calls if state == "alert"] == [
        {"step": "work", "error": "Boom", "cause": "why"}
    ]
    result = run(value, {}, {"check": {"Payload": {}}})
    assert result.error == "DataInconsistencyError"
    assert result.entered[-3:] == ["record", "alert", "Pipeline failed"]


def test_redrivable_wires_no_catch_all(definition: Define) -> None:
    pipeline = Pipeline(name="p", body=call("work"), on_failure=call("record"), failure_mode="redrivable")
    value = definition(pipeline)
    assert list(value["States"]) == ["work"]
    assert "Catch" not in value["States"]["work"]


@LANGUAGES
def test_a_caught_step_goes_on(definition: Define, language: str) -> None:
    fallback = call("fallback", {"error": failure.error})
    first = call("first", catch=Catcher("Known", do=fallback))
    value = definition(Pipeline(name="p", body=first >> call("second", {"v": first.output.v.default(0)})), query_language=language)
    assert payloads(run(value, {}, {"first": {"Payload": {"v": 5}}}), "second") == [{"v": 5}]
    result = run(value, {}, {"first": Failure("Known")})
    assert payloads(result, "fallback") == [{"error": "Known"}]
    assert payloads(result, "second") == [{"v": 0}]
    assert payloads(run(value, {}, {"first": {"Payload": {}}}), "second") == [{"v": 0}]
    assert run(value, {}, {"first": Failure("Unknown")}).error == "Unknown"


@LANGUAGES
def test_arms_that_end_do_not_count(definition: Define, language: str) -> None:
    batch = Input(n=int)
    work = call("work")
    body = Branch("n?", (batch.n > 1, work), (batch.n == 1, Succeed("stop")), otherwise=Fail("no", error="No")) >> call(
        "after", {"v": work.output.v}
    )
    value = definition(Pipeline(name="p", input=batch, body=body), query_language=language)
    answers = {"work": {"Payload": {"v": 1}}}
    assert payloads(run(value, {"n": 2}, answers), "after") == [{"v": 1}]
    assert run(value, {"n": 1}, answers).status == "SUCCEEDED"
    assert run(value, {}, answers).error == "No"
    assert run(value, {"n": "2"}, answers).error == "No"


@LANGUAGES
def test_inputs_have_defaults(definition: Define, language: str) -> None:
    batch = Input(mode="full", limit=10, day=str)
    body = call("first", {"day": batch.day}) >> call("second", {"mode": batch.mode, "limit": batch.limit})
    value = definition(Pipeline(name="p", input=batch, body=body), query_language=language)
    assert payloads(run(value, {"day": "d"}), "second") == [{"mode": "full", "limit": 10}]
    assert payloads(run(value, {"day": "d", "mode": None, "limit": 3}), "second") == [{"mode": None, "limit": 3}]
    assert run(value, {}).error in ("States.QueryEvaluationError", "States.Runtime")


def test_a_default_in_the_first_state_is_written_out(definition: Define) -> None:
    batch = Input(mode="full")
    fork = Parallel("fork", call("left", {"m": batch.mode}), call("right", {"m": batch.mode}))
    value = definition(Pipeline(name="p", input=batch, body=fork >> call("after", {"m": batch.mode})))
    for given, expected in (({}, "full"), ({"mode": "x"}, "x")):
        result = run(value, given)
        assert [payloads(result, name) for name in ("left", "right", "after")] == [[{"m": expected}]] * 3


def test_jsonpath_says_when_it_cannot(findings: Callable[..., list[tuple[str, str]]]) -> None:
    batch = Input(mode="full", n=int)
    cases = {
        "first": call("a", {"m": batch.mode}),
        "times": call("a", {"m": batch.n * 2}),
        "when": call("a", {"m": fn.when(batch.n > 1, 1, 2)}),
        "whole": Transform.lambda_("a", function="f", payload={"x": [fn.to_json({"n": batch.n})]}),
        "wait": call("a") >> Wait("w", seconds=batch.n + 1),
    }
    for name, body in cases.items():
        found = findings(Pipeline(name="p", input=batch, body=body), query_language="JSONPath")
        assert [code for code, _ in found] == ["SFN208"], name
        assert "JSONPath cannot express" in found[0][1]


@LANGUAGES
def test_inputs_as_figures_of_later_states(definition: Define, language: str) -> None:
    batch, item = Input(n=int, rows=list), Item()
    work = call("work", timeout_seconds=batch.n)
    body = (
        call("first")
        >> Wait("w", seconds=batch.n)
        >> ForEach("each", items=batch.rows, item=item, do=work, max_concurrency=batch.n)
    )
    value = definition(Pipeline(name="p", input=batch, body=body), query_language=language)
    assert run(value, {"n": 3, "rows": [1]}).status == "SUCCEEDED"
    if language == "JSONPath":
        assert value["States"]["first"]["Assign"] == {"input.$": "$$.Execution.Input"}
        assert value["States"]["w"]["SecondsPath"] == "$input.n"


@LANGUAGES
def test_one_fragment_used_twice(definition: Define, language: str) -> None:
    step = call("work")
    body = step >> call("middle", {"v": step.output.v}) >> step >> call("last", {"v": step.output.v})
    value = definition(Pipeline(name="p", body=body), query_language=language)
    assert list(value["States"]) == ["work", "middle", "work (2)", "last"]
    result = run(value, {}, {"work": {"Payload": {"v": 1}}, "work (2)": {"Payload": {"v": 2}}})
    assert payloads(result, "middle") == [{"v": 1}]
    assert payloads(result, "last") == [{"v": 2}]


@LANGUAGES
def test_dry_run_reads_and_succeeds(definition: Define, language: str) -> None:
    batch = Input(dry=bool)
    value = definition(Pipeline(name="p", input=batch, body=call("work"), dry_run=batch.dry), query_language=language)
    assert run(value, {"dry": True}).entered == ["Dry run?", "Dry run? / yes"]
    assert run(value, {"dry": False}).entered == ["Dry run?", "work"]
    assert run(value, {}).entered == ["Dry run?", "work"]


@LANGUAGES
def test_dbt_call_polls_and_restarts(definition: Define, language: str) -> None:
    dbt = DbtCall("dbt", function="proxy", select="x", idempotency_key="k", poll_seconds=60, timeout_seconds=300)
    value = definition(Pipeline(name="p", body=dbt >> call("after", {"a": dbt.output.artifacts})), query_language=language)
    start = {"dbt": {"Payload": {"run_id": "r1"}}, "dbt / restart": {"Payload": {"run_id": "r2"}}}

    def status(*words: str) -> list[Any]:
        return [{"Payload": {"status": word, "summary": {"error": 1}, "artifacts": {"k": "s3"}}} for word in words]

    good = run(value, {}, {**start, "dbt / status": status("QUEUED", "RUNNING", "SUCCEEDED")})
    assert good.status == "SUCCEEDED"
    assert payloads(good, "after") == [{"a": {"k": "s3"}}]
    lost = run(value, {}, {**start, "dbt / status": status("LOST", "SUCCEEDED")})
    assert payloads(lost, "dbt / restart")[0]["idempotency_key"] == "k/restart-1"
    assert [each["run_id"] for each in payloads(lost, "dbt / status")] == ["r1", "r2"]
    assert run(value, {}, {**start, "dbt / status": status("LOST", "LOST")}).error == "DbtRunLost"
    failed = run(value, {}, {**start, "dbt / status": status("FAILED")})
    assert (failed.error, failed.cause) == ("DbtRunFailed", '{"error":1}')
    assert run(value, {}, {**start, "dbt / status": status(*["RUNNING"] * 9)}).error == "DbtRunTimeout"
    assert run(value, {}, {**start, "dbt / status": [{"Payload": {}}]}).error == "DbtRunFailed"


CANCELLED = [
    (["STARTED"] * 4, "RedshiftStatementTimeout"),
    (["STARTED"] * 3 + ["ABORTED"], "RedshiftStatementTimeout"),
    (["STARTED"] * 3 + ["FINISHED"], None),
]


@LANGUAGES
@pytest.mark.parametrize(
    "cancel", [{"Status": True}, Failure("RedshiftData.ValidationException", "it is finished")], ids=["yes", "no"]
)
@pytest.mark.parametrize(("told", "error"), CANCELLED, ids=lambda value: str(value))
def test_a_statement_is_cancelled_before_its_step_gives_up(
    definition: Define, language: str, told: list[str], error: str | None, cancel: Any
) -> None:
    copy = Load.redshift("copy", workgroup="w", database="d", sql="call m()", timeout_seconds=30)
    pipeline = Pipeline(name="p", body=copy >> call("next"), retry=TRANSIENT + THROTTLED, on_failure=call("tell"))
    value = definition(pipeline, query_language=language)
    answers = {"copy": {"Id": "s1"}, "copy / status": [{"Status": one} for one in told], "copy / cancel": cancel}
    result = run(value, {}, answers)
    assert (result.error, "next" in result.entered) == (error, error is None)
    assert [arguments for state, arguments in result.calls if state == "copy / cancel"] == [{"Id": "s1"}]
    calls = [value["States"][name] for name in ("copy", "copy / status", "copy / cancel")]
    assert all(state["TimeoutSeconds"] == 60 for state in calls)
    full = ["RedshiftData.ActiveStatementsExceededException" in str(state["Retry"]) for state in calls]
    assert full == [True, False, False], "only a new statement can be one too many"


def test_raw_reads_and_writes(definition: Define) -> None:
    first = call("first")
    raw = Raw(
        "raw",
        {"Type": "Pass", "Assign": {"total": "{% $given + 1 %}"}, "End": True},
        reads={"given": first.output.n},
        writes={"total": int},
    )
    value = definition(Pipeline(name="p", body=first >> raw >> call("after", {"t": raw.output.total})))
    assert payloads(run(value, {}, {"first": {"Payload": {"n": 4}}}), "after") == [{"t": 5}]


def test_a_jsonpath_fragment_makes_the_others_say_jsonata(definition: Define) -> None:
    batch = Input(n=int)
    raw = Raw("raw", {"Type": "Pass", "Parameters": {"x": batch.n}, "End": True}, query_language="JSONPath")
    value = definition(Pipeline(name="p", input=batch, body=call("a", {"n": batch.n}) >> raw))
    assert "QueryLanguage" not in value
    assert value["States"]["a"]["QueryLanguage"] == "JSONata"
    assert value["States"]["raw"]["Parameters"] == {"x.$": "$$.Execution.Input.n"}


@LANGUAGES
def test_skipping_any_prefix_of_stages_gives_the_same_result(definition: Define, language: str) -> None:
    batch = Input(run=str, mode="full")
    one, two, three = call("one"), call("two"), call("three", {"mode": batch.mode})
    four = call("four", {"one": one.output.v, "two": two.output.v})
    body = [
        Stage("first", one),
        Stage("second", Parallel("fork", two, call("side", {"v": one.output.v}))),
        Stage("third", three, call("sub", {"t": three.output.v, "run": batch.run})),
        Stage("fourth", four),
    ]
    pipeline = Pipeline(name="p", input=batch, body=body, output={"f": four.output.v, "o": one.output.v, "t": three.output.v})
    result = compiled(pipeline, query_language=language)
    value = definition(pipeline, query_language=language)
    answers = {name: {"Payload": {"v": name}} for name in ("one", "two", "three", "four", "side", "sub")}
    whole = run(value, {"run": "r"}, answers)
    assert whole.output == {"f": "four", "o": "one", "t": "three"}
    assert [stage.name for stage in result.stages] == ["first", "second", "third", "fourth"]
    for position, stage in enumerate(result.stages):
        skipped = result.stages[:position]
        kept = {name for done in skipped for name in done.variables}
        before = whole.snapshots[stage.start_at]
        again = run(value, {"run": "r"}, answers, start_at=stage.start_at, variables={name: before[name] for name in kept})
        assert again.output == whole.output
        assert list(again.calls) == whole.calls[len(whole.calls) - len(again.calls) :]
        assert kept == set(before)


@LANGUAGES
def test_ten_thousand_steps_and_fifty_levels(definition: Define, language: str) -> None:
    chain: Any = call("0")
    previous = chain
    for number in range(1, 10_000):
        step = call(str(number), {"v": previous.output.v} if number % 100 == 0 else None)
        chain, previous = chain >> step, step
    value = definition(Pipeline(name="p", body=chain), query_language=language)
    assert len(value["States"]) == 10_000
    deep: Any = call("deep")
    for level in range(50):
        deep = Parallel(f"level {level}", deep)
    value = definition(Pipeline(name="p", body=deep), query_language=language)
    for level in reversed(range(50)):
        value = value["States"][f"level {level}"]["Branches"][0]
    assert list(value["States"]) == ["deep"]


def test_no_state_is_added_for_data(definition: Define) -> None:
    extract = Load.glue("a", job="j")
    body = (
        extract
        >> Branch("b", (extract.output.JobRunState == "SUCCEEDED", CONTINUE), otherwise=Fail("f", error="E"))
        >> call("c", {"id": extract.output.Id})
    )
    assert list(definition(Pipeline(name="p", body=body))["States"]) == ["a", "b", "f", "c"]
