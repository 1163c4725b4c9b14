"""The simulator's behaviour: retries and catches on the virtual clock, containers, limits, faults, services, Regions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sfn_dsl.asl.read import read_json
from sfn_dsl.errors import ConfigError, DefinitionError
from sfn_dsl.simulate.bounds import Bounds, BoundsExceeded
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.failure import Failure
from sfn_dsl.simulate.items.store import MemoryStore
from sfn_dsl.simulate.matrix import failure_matrix
from sfn_dsl.simulate.mocks.answers import Answer, Answers, parse_answer
from sfn_dsl.simulate.mocks.faults import parse_fault
from sfn_dsl.simulate.prices import billed_transitions, execution_cost
from sfn_dsl.simulate.program.machine import compile_program
from sfn_dsl.simulate.services.event_input import Target
from sfn_dsl.simulate.simulation import Machine, Simulation, load_definition, simulate
from sfn_dsl.simulate.world import World

LAMBDA = "arn:aws:states:::lambda:invoke"
GLUE = "arn:aws:states:::glue:startJobRun.sync"
TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
CHILD = "arn:aws:states:us-east-1:111122223333:stateMachine:child"


def task(resource: str = LAMBDA, **fields: Any) -> dict[str, Any]:
    arguments = {"FunctionName": "f", "Payload": {}} if resource == LAMBDA else {"JobName": "j"}
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True, **fields}


def machine(language: str = "JSONata", **states: dict[str, Any]) -> dict[str, Any]:
    return {"QueryLanguage": language, "StartAt": next(iter(states)), "States": states}


def passing(**fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", "End": True, **fields}


def retry(*errors: str, **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), **fields}


def catch(*errors: str, to: str = "Caught", **fields: Any) -> dict[str, Any]:
    return {"ErrorEquals": list(errors), "Next": to, **fields}


CAUGHT = {"Caught": passing()}


def types(execution: Execution) -> list[str]:
    return [event.type for event in execution.history]


# Retries


@pytest.mark.parametrize(
    ("rule", "failures", "waited"),
    [
        ({}, 3, 1 + 2 + 4),
        ({"IntervalSeconds": 5, "BackoffRate": 1.0}, 2, 10),
        ({"IntervalSeconds": 10, "BackoffRate": 3.0, "MaxDelaySeconds": 20}, 3, 10 + 20 + 20),
        ({"IntervalSeconds": 2, "BackoffRate": 1.5, "MaxAttempts": 4}, 4, 2 + 3 + 4.5 + 6.75),
    ],
)
def test_backoff(rule: dict[str, Any], failures: int, waited: float) -> None:
    definition = machine(A=task(Retry=[retry("E", **rule)]))
    run = simulate(definition, mocks={"A": {"Return": {"Payload": 1}, "Duration": 0}}, faults=[f"A=E*{failures}"], strict=False)
    took = sum(1.0 for _ in range(failures))  # a failing call takes the second of a function
    assert run.status == "SUCCEEDED"
    assert run.duration == pytest.approx(waited + took)
    assert run.transitions == 1 + failures


@pytest.mark.parametrize(("limit", "took"), [({"TimeoutSeconds": 3600}, 3600), ({"TimeoutSeconds": 5}, 5), ({}, 60)])
def test_a_time_out_lasts_as_long_as_the_state_allows(limit: dict[str, int], took: float) -> None:
    run = simulate(machine(A=task(GLUE, **limit)), faults=["A=timeout"])
    assert (run.error, run.duration) == ("States.Timeout", took)


def test_full_jitter_is_seeded_and_below_the_delay() -> None:
    definition = machine(A=task(Retry=[retry("E", IntervalSeconds=100, BackoffRate=1.0, MaxAttempts=5, JitterStrategy="FULL")]))
    durations = {seed: simulate(definition, faults=["A=E*5"], seed=seed).duration for seed in (1, 1, 2, 3)}
    assert durations[1] == simulate(definition, faults=["A=E*5"], seed=1).duration
    assert len(set(durations.values())) == 3
    assert all(6 < (duration or 0) < 6 + 500 for duration in durations.values())


def test_every_retrier_has_a_counter_of_its_own() -> None:
    rules = [retry("X", MaxAttempts=1, IntervalSeconds=1), retry("Y", MaxAttempts=2, IntervalSeconds=1)]
    answers = [{"Throw": {"Error": error}} for error in ("X", "Y", "Y", "X")]
    run = simulate(machine(A=task(Retry=rules)), mocks={"A": answers})
    assert (run.status, run.error) == ("FAILED", "X")
    assert run.visits[0].retries == (0, 1, 1)


def test_counters_begin_again_with_each_visit() -> None:
    loop = machine(
        A=task(Retry=[retry("X", MaxAttempts=1)], Next="Again"),
        Again={
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.Payload = 'again' %}", "Next": "A"}],
            "Default": "Done",
        },
        Done={"Type": "Succeed"},
    )
    del loop["States"]["A"]["End"]
    error = {"Throw": {"Error": "X"}}
    run = simulate(loop, mocks={"A": [error, {"Payload": "again"}, error, {"Payload": 1}]}, strict=False)
    assert run.status == "SUCCEEDED"


MATCHING = [
    ("E", ["E"], True),
    ("E", ["Other"], False),
    ("E", ["States.TaskFailed"], True),
    ("E", ["States.ALL"], True),
    ("States.Timeout", ["States.TaskFailed"], False),
    ("States.Timeout", ["States.ALL"], True),
    ("States.Runtime", ["States.ALL"], False),
    ("States.Runtime", ["States.Runtime"], False),
    ("States.DataLimitExceeded", ["States.DataLimitExceeded"], True),
    ("States.Permissions", ["States.TaskFailed"], True),
    ("Glue.Any", ["Glue"], False),
]


@pytest.mark.parametrize(("error", "names", "caught"), MATCHING)
def test_which_errors_are_caught(error: str, names: list[str], caught: bool) -> None:
    definition = machine(A=task(Catch=[catch(*names)]), **CAUGHT)
    run = simulate(definition, mocks={"A": {"Throw": {"Error": error, "Cause": "why"}}})
    assert run.states == (["A", "Caught"] if caught else ["A"])
    if caught:
        assert run.output == {"Error": error, "Cause": "why"}
    else:
        assert (run.status, run.error) == ("FAILED", error)


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
def test_the_error_output_of_a_catcher(language: str) -> None:
    extra = (
        {"Output": {"e": "{% $states.errorOutput.Error %}", "in": "{% $states.input %}"}}
        if language == "JSONata"
        else {"ResultPath": "$.error"}
    )
    call = {**task(Catch=[catch("States.ALL", **extra)])}
    if language == "JSONPath":
        call["Parameters"] = call.pop("Arguments")
    run = simulate(machine(language, A=call, **CAUGHT), {"k": 1}, mocks={"A": {"Throw": {"Error": "X"}}})
    assert run.output == ({"e": "X", "in": {"k": 1}} if language == "JSONata" else {"k": 1, "error": {"Error": "X", "Cause": None}})


# Time


def test_a_task_is_given_up_at_its_timeout() -> None:
    run = simulate(
        machine(A=task(TimeoutSeconds=5, Catch=[catch("States.Timeout")]), **CAUGHT),
        mocks={"A": {"Return": {"Payload": 1}, "Duration": 9}},
        strict=False,
    )
    assert (run.duration, run.output) == (5, {"Error": "States.Timeout", "Cause": ""})
    assert "TaskTimedOut" in types(run)


def test_a_job_ends_at_its_own_time() -> None:
    run = simulate(machine(A=task(GLUE, TimeoutSeconds=100)), mocks={"A": {"Return": {"JobRunState": "SUCCEEDED"}, "Duration": 99}})
    assert (run.status, run.duration) == ("SUCCEEDED", 99)
    assert types(run)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_wait_of_a_year_costs_nothing() -> None:
    run = simulate(machine("JSONPath", W={"Type": "Wait", "Seconds": 31_000_000, "End": True}))
    assert run.duration == 31_000_000


def test_a_wait_until_a_moment() -> None:
    definition = machine(W={"Type": "Wait", "Timestamp": "{% $states.input.at %}", "End": True})
    assert simulate(definition, {"at": "2026-01-01T01:00:00+01:00"}).duration == 0
    assert simulate(definition, {"at": "2026-01-02T00:00:00Z"}).duration == 86_400


def test_the_machine_has_a_timeout() -> None:
    definition = {**machine("JSONPath", W={"Type": "Wait", "Seconds": 100, "End": True}), "TimeoutSeconds": 60}
    run = simulate(definition)
    assert (run.status, run.duration, run.error, types(run)[-1]) == ("TIMED_OUT", 60, None, "ExecutionTimedOut")


def test_the_machine_timeout_ends_what_runs_side_by_side() -> None:
    branch = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": True}}}
    other = {"StartAt": "V", "States": {"V": {"Type": "Wait", "Seconds": 200, "End": True}}}
    definition = {
        **machine(
            "JSONPath", P={"Type": "Parallel", "Branches": [branch, other], "Catch": [catch("States.ALL")], "End": True}, **CAUGHT
        ),
        "TimeoutSeconds": 60,
    }
    run = simulate(definition)
    assert (run.status, run.duration) == ("TIMED_OUT", 60)


def test_express_ends_after_five_minutes() -> None:
    run = simulate(machine("JSONPath", W={"Type": "Wait", "Seconds": 400, "End": True}), type="EXPRESS")
    assert (run.status, run.duration) == ("TIMED_OUT", 300)


def test_now_is_the_virtual_clock() -> None:
    definition = machine(
        W={"Type": "Wait", "Seconds": 3600, "Next": "N"}, N=passing(Output="{% {'now': $now(), 'ms': $millis()} %}")
    )
    assert simulate(definition).output == {"now": "2026-01-01T01:00:00.000Z", "ms": 1767229200000}


def test_chance_comes_from_the_seed() -> None:
    definition = machine(R=passing(Output="{% {'r': $random(), 'u': $uuid()} %}"))
    first, again, other = (simulate(definition, seed=seed).output for seed in (7, 7, 8))
    assert first == again
    assert first["r"] != other["r"]
    assert first["u"] != other["u"]


# Containers


def mapping(processor: dict[str, Any], **fields: Any) -> dict[str, Any]:
    first = next(iter(processor))
    return {"Type": "Map", "ItemProcessor": {"StartAt": first, "States": processor}, "End": True, **fields}


def test_a_map_runs_so_many_at_once() -> None:
    wait = {"W": {"Type": "Wait", "Seconds": 10, "End": True}}
    for concurrency, duration in ((1, 100), (3, 40), (10, 10), (0, 10)):
        run = simulate(machine(M=mapping(wait, Items=list(range(10)), MaxConcurrency=concurrency)))
        assert (run.output, run.duration) == (list(range(10)), duration)
    assert simulate(machine(M=mapping(wait, Items=list(range(100))))).duration == 30, "at most 40 side by side"


def test_the_first_failure_ends_the_siblings() -> None:
    slow = {"StartAt": "Slow", "States": {"Slow": task()}}
    bad = {"StartAt": "Bad", "States": {"Bad": {"Type": "Fail", "Error": "Oops"}}}
    definition = machine(P={"Type": "Parallel", "Branches": [slow, bad], "Catch": [catch("Oops")], "End": True}, **CAUGHT)
    run = simulate(definition, mocks={"Slow": {"Return": {"Payload": 1}, "Duration": 1000}}, strict=False)
    assert (run.status, run.duration, run.output["Error"]) == ("SUCCEEDED", 0, "Oops")
    assert [visit.state for visit in run.visits if visit.aborted] == ["Slow"]
    assert types(run).count("TaskStateAborted") == 1
    assert "TaskSucceeded" not in types(run)


def test_inner_threads_read_outer_variables_and_keep_theirs() -> None:
    inner = {"I": passing(Assign={"mine": "{% $x & $states.input %}"}, Next="J"), "J": passing(Output="{% $mine %}")}
    del inner["I"]["End"]
    definition = machine(
        A=passing(Assign={"x": "out"}, Next="M"),
        M=mapping(inner, Items=["a", "b"], Next="Z"),
        Z=passing(Output="{% {'r': $states.input, 'mine': $exists($mine)} %}"),
    )
    for name in ("A", "M"):
        definition["States"][name].pop("End", None)
    assert simulate(definition).output == {"r": ["outa", "outb"], "mine": False}


def test_a_map_is_retried_as_a_whole() -> None:
    definition = machine(M=mapping({"T": task()}, Items=[1, 2], MaxConcurrency=1, Retry=[retry("X", IntervalSeconds=3)]))
    run = simulate(definition, mocks={"T": [{"Payload": 1}, {"Throw": {"Error": "X"}}, {"Payload": 1}]}, strict=False)
    assert run.status == "SUCCEEDED"
    assert run.states == ["M", "T", "T", "T", "T"]
    assert types(run).count("MapStateStarted") == 2
    assert types(run).count("MapStateFailed") == 0


def distributed(processor: dict[str, Any], kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    state = mapping(processor, **fields)
    state["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    return state


@pytest.mark.parametrize(
    ("kind", "transitions", "dollars"),
    [
        # The Map, four starts, two states and one retry in each of four children.
        ("STANDARD", 1 + 4 + 4 * 3, (1 + 4 + 4 * 3) * 0.000025),
        # The Map and four starts; four requests of 11 s (a second of retry) with 64 MB.
        ("EXPRESS", 1 + 4, (1 + 4) * 0.000025 + 4 * (0.000001 + 11.0 / 16 * 0.00001667)),
    ],
)
def test_children_are_priced_by_their_own_type(kind: str, transitions: int, dollars: float) -> None:
    again = retry("X", IntervalSeconds=1)
    inner = {"T": task(Retry=[again], Next="P"), "P": passing()}
    del inner["T"]["End"]
    answers = {"T": [{"Throw": {"Error": "X"}, "Duration": 5}, {"Return": {"Payload": 1}, "Duration": 5}]}
    run = simulate(machine(M=distributed(inner, kind, Items=[1, 2, 3, 4])), mocks=answers, strict=False)
    assert run.status == "SUCCEEDED"
    assert {child.type for child in run.children} == {kind}
    assert billed_transitions(run) == transitions
    assert execution_cost(run) == pytest.approx(dollars)


@pytest.mark.parametrize(
    ("kind", "seconds", "verdict"),
    [
        ("EXPRESS", 200, "retried 2, then caught -> Caught"),  # 200 s and 200 s are more than a child has
        ("EXPRESS", 20, "retried 2, then caught -> Caught"),
        ("STANDARD", 200, "retried 2, then caught -> Caught"),
        ("EXPRESS", 400, "retried 1, then caught -> Caught"),
    ],
)
def test_the_matrix_sees_time_run_out_between_retries(kind: str, seconds: int, verdict: str) -> None:
    inner = {"T": task(Retry=[retry("X", IntervalSeconds=seconds, MaxAttempts=2, BackoffRate=1)])}
    definition = machine(M=distributed(inner, kind, Items=[1, 2], Catch=[catch("States.ALL")]), **CAUGHT)
    simulation = Simulation(machine=Machine(program=compile_program(load_definition(definition))))
    [cell] = [cell for cell in failure_matrix(simulation).cells if cell.error == "X"]
    assert str(cell.always) == verdict


def test_express_children_last_five_minutes() -> None:
    wait = {"W": {"Type": "Wait", "Seconds": 301, "End": True}}
    run = simulate(machine(M=distributed(wait, "EXPRESS", Items=[1])))
    assert [(child.status, child.duration) for child in run.children] == [("TIMED_OUT", 300)]
    assert simulate(machine(M=distributed(wait, Items=[1]))).status == "SUCCEEDED"


CSV = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    "Arguments": {"Bucket": "b", "Key": "k.csv"},
}


@pytest.mark.parametrize(
    ("fields", "failed", "status"),
    [
        ({}, 0, "SUCCEEDED"),
        ({}, 1, "FAILED"),
        ({"ToleratedFailureCount": 2}, 2, "SUCCEEDED"),
        ({"ToleratedFailureCount": 2}, 3, "FAILED"),
        ({"ToleratedFailurePercentage": 30}, 3, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 30}, 4, "FAILED"),
        ({"ToleratedFailurePercentage": 100}, 10, "SUCCEEDED"),
    ],
)
def test_tolerated_failures(fields: dict[str, Any], failed: int, status: str) -> None:
    inner = {
        "C": {
            "Type": "Choice",
            "Choices": [{"Condition": f"{{% $number($states.input.n) < {failed} %}}", "Next": "F"}],
            "Default": "S",
        }
    }
    inner |= {"F": {"Type": "Fail", "Error": "Bad"}, "S": {"Type": "Succeed"}}
    definition = machine(M=distributed(inner, ItemReader=CSV, **fields))
    text = "n\n" + "".join(f"{number}\n" for number in range(10))
    run = simulate(definition, objects=lambda: MemoryStore({("b", "k.csv"): text}))
    assert run.status == status
    assert len(run.children) == 10 if status == "SUCCEEDED" else len(run.children) >= failed
    if status == "FAILED":
        assert (run.error, run.cause) == (
            "States.ExceedToleratedFailureThreshold",
            "The specified tolerated failure threshold was exceeded",
        )
        assert "MapRunFailed" in types(run)


@pytest.mark.parametrize(("bad", "status"), [(5, "SUCCEEDED"), (1, "FAILED")])
def test_tolerated_failures_are_items_whatever_batches_they_stand_in(bad: int, status: str) -> None:
    """Two batches of two, one of one: 40 and 20 % of the items, each a third of the children."""
    condition = f"{{% $exists($states.input.Items[$ = {bad}]) %}}"
    inner = {"C": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "F"}], "Default": "S"}}
    inner |= {"F": {"Type": "Fail", "Error": "Bad"}, "S": {"Type": "Succeed"}}
    batcher = {"MaxItemsPerBatch": 2}
    state = distributed(inner, Items=[1, 2, 3, 4, 5], ItemBatcher=batcher, ToleratedFailurePercentage=30)
    assert simulate(machine(M=state)).status == status


@pytest.mark.parametrize(
    ("bad", "status", "items", "children"),
    [
        ((), "SUCCEEDED", {"Succeeded": 5, "ResultsWritten": 5}, {"Succeeded": 3, "ResultsWritten": 3}),
        ((3,), "SUCCEEDED", {"Succeeded": 3, "Failed": 2, "ResultsWritten": 5}, {"Succeeded": 2, "Failed": 1, "ResultsWritten": 3}),
        ((1, 3), "FAILED", {"Failed": 4, "Pending": 1}, {"Failed": 2, "Pending": 1}),
    ],
)
def test_a_map_run_is_described_by_what_became_of_its_items(
    bad: tuple[int, ...], status: str, items: dict[str, int], children: dict[str, int]
) -> None:
    condition = f"{{% $exists($states.input.Items[$ in {list(bad)}]) %}}"
    inner = {"C": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "F"}], "Default": "S"}}
    inner |= {"F": {"Type": "Fail", "Error": "Bad"}, "S": {"Type": "Succeed"}}
    state = distributed(
        inner,
        Items=[1, 2, 3, 4, 5],
        ItemBatcher={"MaxItemsPerBatch": 2},
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b", "Prefix": "out"}},
        MaxConcurrency=1,
        ToleratedFailurePercentage=40,
    )
    world = World(objects=MemoryStore({}))
    failing = world.start(world.deploy(read_json(machine(M=state)).machine, name="maps"))
    world.run()
    [arn] = failing.map_runs
    ask = {**task(), "Resource": "arn:aws:states:::aws-sdk:sfn:describeMapRun", "Arguments": {"MapRunArn": arn}}
    asking = world.start(world.deploy(read_json(machine(A=ask)).machine, name="asks"))
    world.run()
    found = world.execution(asking).output
    assert (found["MapRunArn"], found["ExecutionArn"], found["Status"]) == (arn, failing.arn, status)
    assert (found["MaxConcurrency"], found["ToleratedFailurePercentage"], found["ToleratedFailureCount"]) == (1, 40, 0)
    assert {name: count for name, count in found["ItemCounts"].items() if count} == {"Total": 5, **items}
    assert {name: count for name, count in found["ExecutionCounts"].items() if count} == {"Total": 3, **children}


def test_children_have_histories_of_their_own_and_results_are_written() -> None:
    store = MemoryStore({("b", "k.csv"): "n\n1\n2\n3\n"})
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b", "Prefix": "out"}}
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"of": "{% $states.input.run %}"}}
    definition = machine(M=distributed({"P": passing()}, ItemReader=CSV, ItemBatcher=batcher, ResultWriter=writer, Label="lbl"))
    run = simulate(definition, {"run": "r"}, objects=lambda: store)
    assert [child.input for child in run.children] == [
        {"BatchInput": {"of": "r"}, "Items": [{"n": "1"}, {"n": "2"}]},
        {"BatchInput": {"of": "r"}, "Items": [{"n": "3"}]},
    ]
    assert [event.type for event in run.children[0].history] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert ":execution:machine/lbl:" in run.children[0].arn
    manifest = json.loads(store.get("b", run.output["ResultWriterDetails"]["Key"]))
    [file] = manifest["ResultFiles"]["SUCCEEDED"]
    assert len(json.loads(store.get("b", file["Key"]))) == 2


def test_a_missing_object_can_be_caught() -> None:
    definition = machine(M=distributed({"P": passing()}, ItemReader=CSV, Catch=[catch("States.ItemReaderFailed")]), **CAUGHT)
    run = simulate(definition, objects=lambda: MemoryStore({("b", "other"): ""}))
    assert (run.status, run.output["Error"]) == ("SUCCEEDED", "States.ItemReaderFailed")


# Callbacks and other executions


def test_a_token_comes_back() -> None:
    definition = machine(
        A={
            **task(TOKEN, HeartbeatSeconds=30, TimeoutSeconds=300),
            "Arguments": {"QueueUrl": "q", "MessageBody": "{% $states.context.Task.Token %}"},
        }
    )
    world = World(callbacks_sampled=False)
    run = world.start(world.deploy(read_json(definition).machine))
    world.run(seconds=20)
    [token] = world.callbacks.waiting
    assert world.send_task_heartbeat(token)
    world.run(seconds=20)
    assert world.send_task_success(token, {"approved": True})
    world.run()
    found = world.execution(run)
    assert (found.status, found.output, found.duration) == ("SUCCEEDED", {"approved": True}, 40)
    assert not world.send_task_success(token, {}), "a token serves once"


@pytest.mark.parametrize(("name", "caught"), [("States.HeartbeatTimeout", True), ("States.Timeout", True), ("Other", False)])
def test_a_heartbeat_is_missed(name: str, caught: bool) -> None:
    definition = machine(A=task(TOKEN, HeartbeatSeconds=30, TimeoutSeconds=300, Catch=[catch(name)]), **CAUGHT)
    run = simulate(definition, faults=["A=no-callback"])
    assert run.duration == 30
    assert (run.output or {}).get("Error") == ("States.Timeout" if caught else None)
    assert run.error == (None if caught else "States.Timeout")


def test_a_failure_may_have_no_words() -> None:
    definition = machine(A=task(TOKEN, Catch=[catch("States.ALL")]), **CAUGHT)
    world = World(callbacks_sampled=False)
    run = world.start(world.deploy(read_json(definition).machine))
    world.run(seconds=1)
    assert world.send_task_failure(world.callbacks.waiting[0])
    world.run()
    assert world.execution(run).output == {"Error": None, "Cause": None}


def parent(pattern: str, **fields: Any) -> dict[str, Any]:
    arguments = {"StateMachineArn": CHILD, "Input": {"n": 1}, "Name": "one"}
    return machine(S={**task(f"arn:aws:states:::states:startExecution{pattern}", **fields), "Arguments": arguments})


def nested(pattern: str, child: dict[str, Any], type: str = "STANDARD", **fields: Any) -> Execution:
    world = World()
    world.deploy(read_json(child).machine, name="child", type=type)
    run = world.start(world.deploy(read_json(parent(pattern, **fields)).machine, name="parent"))
    world.run(until=run)
    return world.execution(run)


def test_an_execution_starts_another() -> None:
    child = machine(W={"Type": "Wait", "Seconds": 50, "Next": "P"}, P=passing(Output={"got": "{% $states.input.n %}"}))
    started, text, value = (nested(pattern, child) for pattern in ("", ".sync", ".sync:2"))
    assert (started.duration, set(started.output)) == (0, {"ExecutionArn", "StartDate"})
    assert (text.duration, text.output["Output"], text.output["Input"]) == (50, '{"got":1}', '{"n":1}')
    assert (value.output["Output"], value.output["Status"]) == ({"got": 1}, "SUCCEEDED")


def test_a_child_that_fails_fails_its_task() -> None:
    run = nested(".sync:2", machine(F={"Type": "Fail", "Error": "Mine", "Cause": "because"}))
    cause = json.loads(run.cause or "")
    assert (run.error, cause["Error"], cause["Cause"], cause["Status"]) == ("States.TaskFailed", "Mine", "because", "FAILED")


@pytest.mark.parametrize("pattern", [".sync", ".sync:2"])
def test_nobody_can_wait_for_an_express_execution(pattern: str) -> None:
    run = nested(pattern, machine(P=passing()), type="EXPRESS")
    assert (run.error, "not valid in this context: express" in (run.cause or "")) == ("StepFunctions.InvalidArnException", True)


def test_names_of_executions_are_taken() -> None:
    world = World()
    child = world.deploy(read_json(machine(W={"Type": "Wait", "Seconds": 50, "End": True})).machine, name="child")
    upper = world.deploy(read_json(parent("")).machine, name="parent")
    assert world.start(child, {"n": 1}, name="one") is world.start(child, {"n": 1}, name="one")
    world.start(upper)
    world.run()
    again = world.start(upper)
    world.run()
    found = world.execution(again)
    assert found.error == "StepFunctions.ExecutionAlreadyExistsException"
    assert "Execution Already Exists" in (found.cause or "")


def test_executions_speak_to_each_other() -> None:
    """One sends the token of another, reads it and stops a third; express machines answer at once."""
    sdk = "arn:aws:states:::aws-sdk:sfn:"
    ask = {**task(TOKEN), "Arguments": {"QueueUrl": "q", "MessageBody": "{% $states.context.Task.Token %}"}}
    world = World(callbacks_sampled=False)
    waiting = world.start(world.deploy(read_json(machine(A=ask)).machine, name="asks"))
    world.run(seconds=1)
    quick = world.deploy(read_json(machine(P=passing(Output="{% $states.input.x + 1 %}"))).machine, name="quick", type="EXPRESS")
    [token] = world.callbacks.waiting
    states = {
        "Send": {
            "Type": "Task",
            "Resource": f"{sdk}sendTaskSuccess",
            "Arguments": {"TaskToken": token, "Output": '{"ok": true}'},
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
        "Look": {
            "Type": "Task",
            "Resource": f"{sdk}describeExecution",
            "Arguments": {"ExecutionArn": waiting.arn},
            "Assign": {"status": "{% $states.result.Status %}"},
            "Next": "Quick",
        },
        "Quick": {
            "Type": "Task",
            "Resource": f"{sdk}startSyncExecution",
            "Arguments": {"StateMachineArn": quick.arn, "Input": '{"x": 1}'},
            "Output": "{% [$status, $states.result.Output] %}",
            "Next": "Late",
        },
        "Late": {
            "Type": "Task",
            "Resource": f"{sdk}sendTaskFailure",
            "Arguments": {"TaskToken": token},
            "Catch": [catch("Sfn.TaskTimedOutException", to="End", Output="{% $states.input %}")],
            "Next": "End",
        },
        "End": passing(),
    }
    run = world.start(world.deploy(read_json(machine(**states)).machine, name="speaks"))
    world.run()
    assert world.execution(waiting).output == {"ok": True}
    assert world.execution(run).output == ["SUCCEEDED", "2"]


def test_a_timeout_stops_the_child() -> None:
    world = World()
    world.deploy(read_json(machine(W={"Type": "Wait", "Seconds": 5000, "End": True})).machine, name="child")
    run = world.start(world.deploy(read_json(parent(".sync:2", TimeoutSeconds=60)).machine, name="parent"))
    world.run()
    assert world.execution(run).error == "States.Timeout"
    assert [other.status for other in world.runs.values()] == ["FAILED", "ABORTED"]


# Limits


def test_a_result_that_is_too_large() -> None:
    definition = machine(A=task(Catch=[catch("States.ALL")], Output={}), **CAUGHT)
    run = simulate(definition, faults=["A=too-large"])
    assert run.states == ["A", "Caught"]
    big = simulate(machine(A=passing(Output="{% $join($map([1..300], function($i) { $pad('', 1000, 'x') })) %}")))
    assert (big.status, big.error) == ("FAILED", "States.DataLimitExceeded")


def test_the_history_has_25000_events() -> None:
    loop = machine("JSONPath", A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"})
    run = simulate(loop)
    assert (run.status, run.error, len(run.history)) == ("FAILED", "States.Runtime", 25_000)
    assert "maximum number of history events" in (run.cause or "")


def test_bounds_end_what_does_not_end() -> None:
    loop = machine("JSONPath", A={"Type": "Pass", "Next": "A"})
    with pytest.raises(BoundsExceeded, match="5000 state transitions"):
        simulate(loop, type="EXPRESS", bounds=Bounds(transitions=5000))
    wait = machine("JSONPath", W={"Type": "Wait", "Seconds": 86_400, "Next": "W"})
    with pytest.raises(BoundsExceeded, match="30 days") as caught:
        simulate(wait, bounds=Bounds(seconds=30 * 86_400))
    assert "--max-days" in caught.value.help


def test_ten_thousand_states_and_deep_nesting() -> None:
    chain = {f"s{i}": {"Type": "Pass", "Next": f"s{i + 1}"} for i in range(9_999)}
    run = simulate(machine("JSONPath", **chain, s9999=passing()))
    assert (run.status, run.transitions) == ("SUCCEEDED", 10_000)
    inner: dict[str, Any] = {"StartAt": "n0", "States": {"n0": passing()}}
    for depth in range(1, 60):
        inner = {"StartAt": f"n{depth}", "States": {f"n{depth}": {"Type": "Parallel", "Branches": [inner], "End": True}}}
    assert simulate({**inner, "QueryLanguage": "JSONata"}).status == "SUCCEEDED"


# Mocks and faults


def test_answers_in_order_and_by_function() -> None:
    loop = machine(
        "JSONPath",
        A={
            "Type": "Task",
            "Resource": LAMBDA,
            "Parameters": {"FunctionName": "arn:aws:lambda:us-east-1:111122223333:function:g:live", "Payload.$": "$"},
            "ResultSelector": {"v.$": "$.Payload"},
            "Next": "B",
        },
    )
    loop["States"]["B"] = {**loop["States"]["A"], "Next": "C"}
    loop["States"]["C"] = {**loop["States"]["A"], "End": True}
    del loop["States"]["C"]["Next"]
    answers = Answers(functions={"g": parse_answer(lambda arguments: [*arguments["Payload"].get("v", []), 1])})
    world = World(answers=answers, strict=False)
    run = world.start(world.deploy(read_json(loop).machine), {})
    world.run()
    assert world.execution(run).output == {"v": [1, 1, 1]}


def test_durations_are_drawn_from_the_seed() -> None:
    definition = machine(A=task(GLUE))
    mocks = {"A": {"Duration": {"uniform": [10, 20]}}}
    durations = [simulate(definition, mocks=mocks, seed=seed).duration for seed in (1, 2, 1)]
    assert durations[0] == durations[2] != durations[1]
    assert all(10 <= (duration or 0) <= 20 for duration in durations)


def test_mocks_must_fit_the_service() -> None:
    definition = machine(A=task(GLUE))
    with pytest.raises(ConfigError, match=r"JobRunState.*must be a string") as caught:
        simulate(definition, mocks={"A": {"JobRun": {"JobRunState": 1}}})
    assert "--loose" in caught.value.help
    assert simulate(definition, mocks={"A": {"JobRun": {"JobRunState": 1}}}, strict=False).status == "SUCCEEDED"


def raising(arguments: Any) -> Any:
    raise KeyError("rows")


def refusing(arguments: Any) -> Any:
    raise Failure("Glue.Any", "no")


BAD = {
    "no state": ({"mocks": {"B": 1}}, ConfigError, "no state `B`"),
    "no task": ({"mocks": {"P": 1}}, ConfigError, "state `P` is a Pass"),
    "two ways": ({"mocks": {"A": {"Return": 1, "Throw": {}}}}, ConfigError, "one of Return, Throw"),
    "empty list": ({"mocks": {"A": []}}, ConfigError, "empty list"),
    "duration": ({"mocks": {"A": {"Return": {}, "Duration": -1}}}, ConfigError, "at least 0"),
    "distribution": ({"mocks": {"A": {"Duration": {"uniform": [1]}}}}, ConfigError, "distribution"),
    "throw": ({"mocks": {"A": {"Throw": "x"}}}, ConfigError, "`Throw` is an object"),
    "callable": ({"mocks": {"A": raising}}, ConfigError, "raised KeyError: 'rows'"),
    "fault": ({"faults": ["A"]}, ConfigError, "`A` is no fault"),
    "fault name": ({"faults": ["A=boom"]}, ConfigError, "neither an error name"),
    "fault count": ({"faults": ["A=E*0"]}, ConfigError, "is no fault"),
    "large input": ({"input": "x" * 300_000}, ConfigError, "300,002 bytes"),
    "input": ({"input": {1, 2}}, ConfigError, "not JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    options, error, message = BAD[name]
    definition = machine(A={**task(), "Next": "P"}, P=passing())
    del definition["States"]["A"]["End"]
    with pytest.raises(error, match=message):
        simulate(definition, **options)


BAD_DEFINITIONS = {
    "no start": ({"StartAt": "X", "States": {"A": passing()}}, "`StartAt` names `X`"),
    "no target": (machine(A={"Type": "Pass", "Next": "Z"}), "`A` goes to `Z`"),
    "bad path": (machine("JSONPath", A=passing(InputPath="$.[")), "state `A`"),
    "bad query": (machine(A=passing(Output="{% 1 + %}")), "state `A`"),
    "schema": ({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "state `A`"),
}


@pytest.mark.parametrize("name", BAD_DEFINITIONS)
def test_bad_definitions(name: str) -> None:
    definition, message = BAD_DEFINITIONS[name]
    with pytest.raises(DefinitionError, match=message):
        simulate(definition)


def test_a_callable_can_fail_a_task() -> None:
    run = simulate(machine(A=task()), mocks={"A": refusing})
    assert (run.error, run.cause) == ("Glue.Any", "no")


def test_a_lost_answer_has_taken_effect() -> None:
    put = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": True}
    put["Arguments"] = {"TableName": "t", "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}
    put["Retry"] = [retry("DynamoDB.SdkClientException")]
    world = World(faults=[parse_fault("P=lost*1")])
    place = world.place("us-east-1")
    place.dynamodb.create_table("t", "id")
    run = world.start(world.deploy(read_json(machine(P=put)).machine))
    world.run()
    assert world.execution(run).error == "DynamoDB.ConditionalCheckFailedException", "the first try was counted"


# Services, events, Regions


def test_a_claim_is_won_once() -> None:
    claim = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Next": "Won",
        "Catch": [catch("DynamoDB.ConditionalCheckFailedException", to="Lost")],
    }
    claim["Arguments"] = {
        "TableName": "t",
        "Item": {"id": {"S": "{% $states.input.batch %}"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    definition = machine(C=claim, Won=passing(Output="won"), Lost=passing(Output="lost"))
    world = World()
    world.place("us-east-1").dynamodb.create_table("t", "id")
    deployed = world.deploy(read_json(definition).machine)
    runs = [world.start(deployed, {"batch": "b1"}) for _ in range(3)]
    world.run()
    assert sorted(world.execution(run).output for run in runs) == ["lost", "lost", "won"]


def test_an_event_starts_a_machine_in_its_region() -> None:
    put = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True}
    put["Arguments"] = {"Entries": [{"Source": "s", "DetailType": "Ready", "EventBusName": "etl", "Detail": {"batch": "b1"}}]}
    world = World(regions=("us-east-1", "us-west-1"))
    east, west = world.place("us-east-1"), world.place("us-west-1")
    east.events.create_bus("etl")
    west.events.create_bus("etl")
    target = world.deploy(
        read_json(machine(P=passing(Output="{% $states.input.detail.batch %}"))).machine, name="down", region="us-west-1"
    )
    east.events.put_rule(
        "forward", "etl", {"source": ["s"]}, [Target("bus", "arn:aws:events:us-west-1:111122223333:event-bus/etl")]
    )
    west.events.put_rule("start", "etl", {"detail-type": ["Ready"]}, [Target("m", target.arn)])
    west.events.put_rule("other", "etl", {"detail-type": ["Other"]}, [Target("m", target.arn)])
    world.start(world.deploy(read_json(machine(E=put)).machine, name="up"))
    world.run()
    world.run(seconds=10)
    downs = [run for run in world.runs.values() if run.machine is target]
    assert [(run.status, run.output, run.machine.region.name) for run in downs] == [("SUCCEEDED", "b1", "us-west-1")]


def test_a_region_stands_still() -> None:
    definition = machine(W={"Type": "Wait", "Seconds": 100, "Next": "P"}, P=passing())
    world = World(regions=("us-east-1", "us-west-1"))
    east = world.start(world.deploy(read_json(definition).machine))
    west = world.start(world.deploy(read_json(definition).machine, region="us-west-1"))
    world.stop_region("us-east-1", after=50, lasting=500)
    world.run()
    assert (world.execution(east).duration, world.execution(west).duration) == (550, 100)
    world = World()
    run = world.start(world.deploy(read_json(definition).machine))
    world.stop_region("us-east-1", after=50)
    world.run()
    assert world.execution(run).status == "RUNNING"


def test_the_same_seed_gives_the_same_bytes() -> None:
    definition = machine(
        A=task(TOKEN, Retry=[retry("States.ALL", JitterStrategy="FULL")], Output="{% {'id': $uuid(), 'r': $states.result} %}")
    )
    first, again = (simulate(definition, faults=["A=E*2"], seed=5) for _ in range(2))
    assert json.dumps(first.events) == json.dumps(again.events)


def test_answers_may_be_values_of_python() -> None:
    run = simulate(machine(A=task()), mocks={"A": Answer(value={"Payload": {"n": 1}}, duration=3)}, strict=False)
    assert (run.output, run.duration) == ({"Payload": {"n": 1}}, 3)
