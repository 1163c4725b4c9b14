"""The benchmark of the simulator: a table of times, limits and ratios against peers. See `README.md` in this folder.

    python bench/simulate_speed.py [CASES] [--quick] [--moto-python PATH] [--node-modules DIR]

CASES is a folder with `executions/` recorded on AWS. Like `speed.py` it runs every measurement in a process of its own and stays
small itself; the names of its own parts come after `--own`.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import json
import os
import pstats
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers.measure import time_of
from table import WORKERS, Row, Whole, growth, import_time, print_table, seconds

HERE = Path(__file__).resolve().parent
Report = dict[str, Any]
States = dict[str, dict[str, Any]]

LEAST_TIMES_MOTO = 20
MATRIX_STATES = 20
# What a peer gets per case; a parse of 10,000 states by moto is the longest that ends.
PEER_SECONDS = 300
LONGEST = ("pass-10000", "map-10000", "distributed-10000")
WORDS = {
    "pass-100": "chain of 100 Pass",
    "pass-1000": "chain of 1,000 Pass",
    "pass-10000": "chain of 10,000 Pass",
    "tasks-100": "chain of 100 mocked Lambda tasks",
    "map-1000": "inline Map of 1,000 items",
    "map-10000": "inline Map of 10,000 items",
    "distributed-1000": "distributed Map of 1,000 items",
    "distributed-10000": "distributed Map of 10,000 items",
    "jsonata-20": "20 JSONata states of 5 expressions",
    "choice-1000": "1,000 rounds of a loop with And, Or, Not",
    "retries-100": "100 tasks, each retried 3 times",
}
TENFOLD = (("pass-1000", "pass-10000"), ("map-1000", "map-10000"), ("distributed-1000", "distributed-10000"))


# The cases: plain JSON, the same for all.


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A definition to run. `answers`: what the nth call of a state gives; `output`: what must come out."""

    definition: dict[str, Any]
    input: Any
    output: Any
    transitions: int
    answers: Mapping[str, list[Any]]
    type: str = "STANDARD"

    def json(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__})


def machine(states: States, language: str = "JSONPath") -> dict[str, Any]:
    """A chain in the order of the states; one that names its way itself is left alone."""
    names = list(states)
    for name, following in zip(names, [*names[1:], None], strict=True):
        if states[name]["Type"] not in ("Choice", "Succeed", "Fail") and "Next" not in states[name]:
            states[name] |= {"End": True} if following is None else {"Next": following}
    return {"QueryLanguage": language, "StartAt": names[0], "States": states}


def passes(count: int) -> Case:
    states: States = {f"Pass {n}": {"Type": "Pass", "Result": {"step": n}, "ResultPath": "$.last"} for n in range(count)}
    output = {"batch": "b1", "last": {"step": count - 1}}
    return Case(definition=machine(states), input={"batch": "b1"}, output=output, transitions=count, answers={})


def tasks(count: int, failures: int = 0) -> Case:
    """Lambda tasks; each is throttled so often before it answers."""
    states: States = {}
    answers: dict[str, list[Any]] = {}
    error = "Lambda.TooManyRequestsException"
    for number in range(count):
        states[f"Step {number}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": f"step-{number}", "Payload": {"batch.$": "$.batch"}},
            "ResultSelector": {"rows.$": "$.Payload.rows"},
            "ResultPath": "$.last",
            "Retry": [{"ErrorEquals": [error], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2}],
        }
        good = {"Return": {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": {"rows": number}}}
        answers[f"Step {number}"] = [*[{"Throw": {"Error": error, "Cause": "Rate exceeded"}}] * failures, good]
    output = {"batch": "b1", "last": {"rows": count - 1}}
    transitions = count * (1 + failures)
    return Case(definition=machine(states), input={"batch": "b1"}, output=output, transitions=transitions, answers=answers)


def items(count: int, mode: str) -> Case:
    """A Map of two states per item. Express, because an inline Map of 10,000 items passes the 25,000 events of Standard."""
    processor = machine(
        {"Take": {"Type": "Pass", "Parameters": {"item.$": "$.n"}}, "Give": {"Type": "Pass", "OutputPath": "$.item"}}
    )
    processor["ProcessorConfig"] = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
    del processor["QueryLanguage"]
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": {"n.$": "$$.Map.Item.Value", "batch.$": "$.batch"},
        "ItemProcessor": processor,
    }
    given = list(range(count))
    return Case(
        definition=machine({"Map": state}),
        input={"batch": "b1", "items": given},
        output=given,
        transitions=1 + 2 * count,
        answers={},
        type="EXPRESS" if mode == "INLINE" else "STANDARD",
    )


def queries(count: int) -> Case:
    state = {
        "Type": "Pass",
        "Assign": {"total": "{% $sum($states.input.lines.(price * quantity)) %}"},
        "Output": {
            "id": "{% $states.input.id %}",
            "lines": "{% $states.input.lines %}",
            "large": "{% $count($states.input.lines[price > 3]) %}",
            "label": "{% $uppercase($states.input.id) & '-' & $join($states.input.lines.sku, ',') %}",
        },
    }
    lines: list[dict[str, Any]] = [{"sku": f"s{n}", "price": n, "quantity": 2} for n in range(10)]
    output = {"id": "b1", "lines": lines, "large": 6, "label": "B1-" + ",".join(line["sku"] for line in lines)}
    states: States = {f"Query {number}": dict(state) for number in range(count)}
    given = {"id": "b1", "lines": lines}
    return Case(definition=machine(states, "JSONata"), input=given, output=output, transitions=count, answers={})


def choices(rounds: int) -> Case:
    present, kind = {"Variable": "$.stop", "IsPresent": True}, {"Variable": "$.kind", "StringEquals": "full"}
    enough = {"Variable": "$.n", "NumericGreaterThanEquals": rounds}
    rules = [
        {"And": [enough, {"Or": [kind, {"Not": present}]}], "Next": "Done"},
        {"Or": [{"And": [present, kind]}, {"Variable": "$.kind", "StringMatches": "bad-*"}], "Next": "Wrong"},
        {"Not": {"Or": [{"Variable": "$.n", "NumericLessThan": 0}, {"Not": kind}]}, "Next": "Count"},
    ]
    count = {"n.$": "States.MathAdd($.n, 1)", "kind.$": "$.kind"}
    states: States = {
        "Enough?": {"Type": "Choice", "Choices": rules, "Default": "Wrong"},
        "Count": {"Type": "Pass", "Parameters": count, "Next": "Enough?"},
        "Wrong": {"Type": "Fail"},
        "Done": {"Type": "Succeed"},
    }
    return Case(
        definition=machine(states),
        input={"n": 0, "kind": "full"},
        output={"n": rounds, "kind": "full"},
        transitions=2 * rounds + 2,
        answers={},
    )


CASES: Mapping[str, Callable[[], Case]] = {
    "pass-100": lambda: passes(100),
    "pass-1000": lambda: passes(1000),
    "pass-10000": lambda: passes(10_000),
    "tasks-100": lambda: tasks(100),
    "map-1000": lambda: items(1000, "INLINE"),
    "map-10000": lambda: items(10_000, "INLINE"),
    "distributed-1000": lambda: items(1000, "DISTRIBUTED"),
    "distributed-10000": lambda: items(10_000, "DISTRIBUTED"),
    "jsonata-20": lambda: queries(20),
    "choice-1000": lambda: choices(1000),
    "retries-100": lambda: tasks(100, failures=3),
}


# Our own work, each part in a process that does nothing else.


def own_case(path: Path, runs: int) -> Report:
    """Times of a case, the peak of its first run over what stood before in MiB, and the share of simpy in a run."""
    from sfn_dsl.asl.read import read_json
    from sfn_dsl.simulate.mocks.answers import Answers, parse_answer
    from sfn_dsl.simulate.program.machine import compile_program
    from sfn_dsl.simulate.simulation import Machine, Simulation

    case = json.loads(path.read_text(encoding="utf-8"))
    compiled = time_of(lambda: compile_program(read_json(case["definition"]).machine), runs)
    program = compile_program(read_json(case["definition"]).machine)
    answers = Answers(states={name: parse_answer(given) for name, given in case["answers"].items()})
    simulation = Simulation(machine=Machine(program=program, type=case["type"]), answers=answers)
    before = peak()
    execution = simulation.run(case["input"])
    after = peak()
    passed = execution.transitions - len(execution.children) + sum(child.transitions for child in execution.children)
    if (execution.output, passed) != (case["output"], case["transitions"]):
        raise ValueError(f"{path.stem}: {execution.status}, {passed} transitions, {execution.error}: {execution.cause}")
    del execution
    timed = time_of(lambda: simulation.run(case["input"]), runs)
    profile = cProfile.Profile()
    gc.disable()  # its pauses would count for whoever makes a value when one is due
    profile.runcall(simulation.run, case["input"])
    return {"prepare": compiled, "run": timed, "peak": after, "grown": after - before, "simpy": share_of_simpy(profile)}


def peak() -> float:
    """Peak resident memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def share_of_simpy(profile: cProfile.Profile) -> float:
    """The share of simpy's own time, built-in functions that it calls included."""
    found = total = 0.0
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        total += own
        if "simpy" in file:
            found += own
        elif file == "~":
            found += sum(times[2] for (caller, _, _), times in callers.items() if "simpy" in caller)
    return found / total


def own_recorded(folder: Path, runs: int) -> Report:
    """Seconds of the recorded cases with compiling, the mean of the first pass and each of the best, and the mean of compiling."""
    from recorded import load, simulate

    from sfn_dsl.asl.read import read_json
    from sfn_dsl.simulate.program.machine import compile_program

    cases = list(load(folder / "executions"))
    simulate(cases[0])
    whole: list[list[float]] = []
    compiling: list[float] = []
    for _ in range(runs):
        took = []
        for case in cases:
            started = time.perf_counter()
            simulate(case)
            took.append(time.perf_counter() - started)
        whole.append(took)
        started = time.perf_counter()
        for case in cases:
            compile_program(read_json(case["definition"]).machine)
        compiling.append(time.perf_counter() - started)
    return {
        "first": sum(whole[0]) / len(cases),
        "each": min(whole, key=sum),
        "compile": min(compiling) / len(cases),
    }


def own_matrix(processes: int | None, runs: int) -> Report:
    """The matrix of a pipeline of Lambda functions and Glue jobs with a failure handler."""
    from sfn_dsl import THROTTLED, TRANSIENT, Input, Notify, Pipeline, Transform
    from sfn_dsl.asl.walk import walk
    from sfn_dsl.compile.machine import compile_pipeline
    from sfn_dsl.region import Target
    from sfn_dsl.simulate.matrix import failure_matrix
    from sfn_dsl.simulate.prepared import declared_samples, machine_of, sample_input
    from sfn_dsl.simulate.simulation import Simulation

    batch = Input(batch_id=str)
    body: list[Transform] = []
    for number in range(MATRIX_STATES // 2 - 1):
        body += [
            Transform.lambda_(f"Prepare {number}", function=f"prepare-{number}", payload={"id": batch.batch_id}),
            Transform.glue(f"Load {number}", job=f"load-{number}", arguments={"--id": batch.batch_id}),
        ]
    alert = Notify.sns("Alert", topic="arn:aws:sns:us-east-1:111122223333:alerts", subject="failed", message="it failed")
    pipeline = Pipeline(name="pipeline", input=batch, body=body, on_failure=[alert], retry=TRANSIENT + THROTTLED)
    compiled = compile_pipeline(pipeline, Target(region="us-east-1", account="111122223333"))
    states = len(dict(walk(compiled.machine)))
    if compiled.diagnostics or states != MATRIX_STATES:
        raise ValueError(f"{states} states; {compiled.diagnostics}")
    simulation = Simulation(machine=machine_of(compiled), samples=dict(declared_samples(compiled)))
    given = sample_input(pipeline)
    matrix = failure_matrix(simulation, given, processes=processes)
    timed = time_of(lambda: failure_matrix(simulation, given, processes=processes), runs)
    kinds = {outcome.kind for cell in matrix.cells for outcome in (cell.once, cell.always)}
    return {**timed, "cells": len(matrix.cells), "kinds": sorted(kinds)}


def own(part: str, argument: str, runs: int) -> Report:
    """One of the parts above in a process of its own."""
    command = [sys.executable, str(HERE / "simulate_speed.py"), "--runs", str(runs), "--own", part, argument]
    return report_of(command, os.environ)


def report_of(command: Sequence[str], environment: Mapping[str, str], limit: float | None = None) -> Report:
    """What a process says in the last line that it prints."""
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=limit)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stderr}")
    report: Report = json.loads(done.stdout.splitlines()[-1])
    return report


# The rows.


def speed(took: float, transitions: int) -> str:
    return f"{transitions / took:,.0f} transitions/s ({took / transitions * 1e6:.1f} µs each)"


def own_rows(reports: Mapping[str, Report], transitions: Mapping[str, int]) -> Iterator[Row]:
    for name, found in reports.items():
        memory = f"peak {found['peak']:.0f} MiB ({found['grown']:.0f} over the start)"
        text = f"{speed(found['run']['best'], transitions[name])}; compile {seconds(found['prepare']['best'])}; {memory}"
        yield Row(what=f"run: {WORDS[name]}", measured=f"{text}; simpy {found['simpy']:.0%}")
    for small, large in TENFOLD:
        if large in reports:
            yield growth(f"{WORDS[small]} -> 10,000", reports[large]["run"]["best"] / reports[small]["run"]["best"] / 10)


def recorded_rows(found: Report) -> Iterator[Row]:
    each = found["each"]
    best = statistics.fmean(each)
    slow = f"slowest {milliseconds(max(each))}, {sum(one > 0.001 for one in each)} over 1 ms"
    yield Row(
        what=f"recorded: compile and run one of {len(each)} cases",
        measured=f"{milliseconds(found['first'])} the first time, {milliseconds(best)} at best; {slow}",
        limit="1.00 ms",
        over=found["first"] > 0.001,
    )
    yield Row(what="recorded: run alone, compiled before", measured=milliseconds(best - found["compile"]))


def milliseconds(value: float) -> str:
    return f"{value * 1000:.2f} ms"


def matrix_rows(runs: int) -> Iterator[Row]:
    for processes, words in (("1", "1 core"), ("0", f"{os.cpu_count()} cores")):
        found = own("matrix", processes, runs)
        yield Row(
            what=f"matrix: {MATRIX_STATES} states, {found['cells']} cells, {words}",
            measured=f"{seconds(found['best'])} (median {seconds(found['median'])}; outcomes: {', '.join(found['kinds'])})",
            limit="1.00 s",
            over=found["best"] > 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer: what runs it (None: not there), and what of it does not end in the time that it gets."""

    name: str
    command: Sequence[str] | None
    missing: str
    jsonata: bool
    least: float | None = None


def peer_rows(peer: Peer, folder: Path, names: Sequence[str], ours: Mapping[str, Report], runs: int) -> Iterator[Row]:
    transitions = {name: json.loads((folder / f"{name}.json").read_text())["transitions"] for name in names}
    label = f"peer: {peer.name}"
    if peer.command is None:
        yield Row(what=label, measured=peer.missing)
        return
    for name in names:
        what = f"{label}, {WORDS[name]}"
        try:
            found = report_of([*peer.command, "--runs", str(runs), str(folder / f"{name}.json")], os.environ, PEER_SECONDS)
        except subprocess.TimeoutExpired:
            yield Row(what=what, measured=f"did not end in {PEER_SECONDS} s")
            continue
        if "error" in found:
            yield Row(what=what, measured=found["error"])
            continue
        theirs, best = found["run"]["best"], ours[name]["run"]["best"]
        prepared = f"made ready in {seconds(found['prepare']['best'])}, ours {seconds(ours[name]['prepare']['best'])}"
        yield Row(
            what=what,
            measured=f"{speed(theirs, transitions[name])}: {theirs / best:.1f} x our time; {prepared}",
            limit="" if peer.least is None else f"{peer.least:.0f} x",
            over=None if peer.least is None else theirs / best < peer.least,
        )


def peer_recorded(peer: Peer, folder: Path, scratch: Path, each: Sequence[float], runs: int) -> Iterator[Row]:
    """Cases without tasks, in the query languages that the peer knows."""
    if peer.command is None:
        return
    chosen, ours = [], []
    for path, took in zip(sorted((folder / "executions").rglob("*.json")), each, strict=True):
        case = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps(case["definition"])
        plain = case["needs"] == "none" and '"Type": "Task"' not in text
        if plain and case["expected"]["status"] != "ABORTED" and (peer.jsonata or "JSONata" not in text):
            chosen.append({name: case[name] for name in ("definition", "input", "type")})
            ours.append(took)
    (scratch / "recorded.json").write_text(json.dumps(chosen), encoding="utf-8")
    found = report_of([*peer.command, "--runs", str(runs), "--recorded", str(scratch / "recorded.json")], os.environ, PEER_SECONDS)
    own_best = statistics.fmean(ours)
    yield Row(
        what=f"peer: {peer.name}, parse and run one of {len(ours)} recorded cases without tasks",
        measured=f"{milliseconds(found['best'])}, ours {milliseconds(own_best)}: {found['best'] / own_best:.1f} x our time",
    )


def moto(python: str) -> Peer:
    known = subprocess.run([python, "-c", "import moto.stepfunctions.parser"], capture_output=True, text=True, check=False)
    command = [python, str(WORKERS / "asl_with_moto.py")] if known.returncode == 0 else None
    return Peer(name="moto", command=command, missing="not installed", jsonata=True, least=LEAST_TIMES_MOTO)


def local_stepfunctions(modules: Path | None) -> Peer:
    node = shutil.which("node")
    there = modules is not None and (modules / "aws-local-stepfunctions").is_dir()
    command = [node, str(WORKERS / "asl_with_local_stepfunctions.mjs"), "--node-modules", str(modules)] if node and there else None
    missing = "not installed (name its folder with --node-modules)"
    return Peer(name="aws-local-stepfunctions", command=command, missing=missing, jsonata=False)


def processes(runs: int) -> Iterator[Row]:
    imports = "import sfn_dsl.simulate.simulation"
    yield Row(what=f"process: `{imports}`", measured=f"+{seconds(import_time(sys.executable, imports, os.environ))}")
    with tempfile.TemporaryDirectory(prefix="sfn-dsl-bench-") as name:
        whole = Whole(HERE.parent, Path(name), runs)
        yield whole.row("process: `sfn-dsl simulate guidewire-base`", None, "simulate", "guidewire-base")
        yield whole.row("process: `sfn-dsl simulate guidewire-base --matrix`", None, "simulate", "guidewire-base", "--matrix")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the simulator of sfn_dsl and its peers; print a table.")
    parser.add_argument("cases", nargs="?", type=Path, help="a folder with executions/ recorded on AWS; left out when not given")
    parser.add_argument("--quick", action="store_true", help="fewer runs; leave out what takes minutes")
    parser.add_argument(
        "--moto-python", default=sys.executable, metavar="PATH", help="the Python that has moto (default: this one)"
    )
    parser.add_argument("--node-modules", type=Path, metavar="DIR", help="the node_modules folder that has aws-local-stepfunctions")
    parser.add_argument("--runs", type=int, help="how often each measurement is taken")
    parser.add_argument("--own", nargs=2, metavar=("PART", "ARGUMENT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    runs = chosen.runs or (3 if chosen.quick else 9)
    if chosen.own:
        part, argument = chosen.own
        parts: dict[str, Callable[[], Report]] = {
            "case": lambda: own_case(Path(argument), runs),
            "recorded": lambda: own_recorded(Path(argument), runs),
            "matrix": lambda: own_matrix(int(argument) or None, runs),
        }
        print(json.dumps(parts[part]()))
        return
    names = [name for name in CASES if not (chosen.quick and name in LONGEST)]
    peers = (moto(chosen.moto_python), local_stepfunctions(chosen.node_modules))
    rows = list(processes(runs))
    with tempfile.TemporaryDirectory(prefix="sfn-dsl-bench-") as scratch:
        folder = Path(scratch)
        transitions = {}
        for name in names:
            case = CASES[name]()
            transitions[name] = case.transitions
            (folder / f"{name}.json").write_text(case.json(), encoding="utf-8")
        ours = {name: own("case", str(folder / f"{name}.json"), runs) for name in names}
        rows += own_rows(ours, transitions)
        rows += matrix_rows(min(runs, 5))
        found = own("recorded", str(chosen.cases), min(runs, 5)) if chosen.cases else None
        rows += recorded_rows(found) if found else [Row(what="recorded", measured="no folder of cases given")]
        for peer in peers:
            rows += peer_rows(peer, folder, names, ours, min(runs, 5))
            rows += peer_recorded(peer, chosen.cases, folder, found["each"], min(runs, 3)) if found else []
    print_table(rows)


if __name__ == "__main__":
    main()
