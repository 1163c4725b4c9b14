"""The benchmark: a table of times, limits and ratios against peers. See `README.md` in this folder.

    python bench/speed.py [PROJECT] [--quick] [--peer-python NAME=PATH]...

It runs every measurement in a process of its own and stays small itself, so that the peak memory of a child is the child's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from table import BARE, WORKERS, Ended, Row, Whole, both, growth, import_time, print_table, ratio, run, seconds

HERE = Path(__file__).resolve().parent
SHARED = ("chain-12", "chain-100", "chain-1000", "estate")
WORDS = {
    "chain-12": "chain of 12",
    "chain-100": "chain of 100",
    "chain-1000": "chain of 1,000",
    "estate": "20 pipelines of 12 x 2 Regions",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer: its worker, what a program imports of it, and cases that take minutes or do not end well."""

    name: str
    package: str
    imports: str
    worker: str
    runs: int = 5
    slow: frozenset[str] = frozenset()
    hopeless: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


CDK = Peer(
    name="cdk",
    package="aws-cdk-lib",
    imports="from aws_cdk import App, aws_lambda, aws_stepfunctions, aws_stepfunctions_tasks",
    worker="with_cdk.py",
    runs=3,
    slow=frozenset({"chain-1000"}),
    environment={"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"},
)
PEERS = (
    Peer(name="sfnx", package="sfnx", imports="import sfnx.compiler", worker="with_sfnx.py"),
    CDK,
    replace(CDK, package="aws-cdk-lib, CDK_VALIDATION=false", environment={**CDK.environment, "CDK_VALIDATION": "false"}),
    Peer(
        name="stepfunctions",
        package="stepfunctions",
        imports="import stepfunctions.steps, stepfunctions.workflow",
        worker="with_stepfunctions.py",
        runs=1,
        slow=frozenset({"chain-100", "estate"}),
        hopeless={"chain-1000": "RecursionError after some minutes, not run"},
        environment={"AWS_DEFAULT_REGION": "us-east-1"},
    ),
)
OWN_IMPORTS = "from sfn_dsl import Pipeline, Transform; import sfn_dsl.compile.machine, sfn_dsl.asl.emit"


def whole_processes(whole: Whole) -> Iterator[Row]:
    yield whole.bare()
    yield whole.row("process: `sfn_dsl --help`", 0.10, "--help")
    yield whole.row(f"process: `build`, {whole.targets} Regions, warm", 0.60, "build")
    yield whole.row(f"process: `build --check`, {whole.targets} Regions, warm", None, "build", "--check")
    yield whole.row(f"process: `build`, {whole.targets} Regions, empty cache", 1.20, "build", before=whole.forget)


def worker(python: str, script: str, cases: Sequence[str], runs: int, environment: Mapping[str, str]) -> dict[str, Any]:
    """The report of a worker: the last line it prints."""
    done = subprocess.run(
        [python, str(WORKERS / script), "--runs", str(runs), *cases],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
        timeout=900,
    )
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def in_process(cases: Mapping[str, Any], quick: bool) -> Iterator[Row]:
    def plain(what: str, name: str, limit: float | None = None) -> Row:
        best, median = cases[name]["best"], cases[name]["median"]
        text = "" if limit is None else seconds(limit)
        return Row(
            what=f"in process: {what}", measured=both(best, median), limit=text, over=None if limit is None else best > limit
        )

    def tenfold(what: str, small: str, large: str) -> Row:
        return growth(what, cases[large]["best"] / cases[small]["best"] / 10)

    yield plain("one pipeline of 12 states", "chain-12", 0.005)
    yield plain("20 pipelines of 12 states x 2 Regions", "estate", 0.200)
    yield plain("chain of 1,000 states", "chain-1000", 0.100)
    yield plain("chain of 1,000 states, JSONPath", "jsonpath-1000")
    yield plain("chain of 1,000 states, each reads the one before", "linked-1000")
    yield plain("100 pipelines of 12 states x 1 Region", "pipelines-100")
    if not quick:
        yield plain("chain of 10,000 states", "chain-10000")
        yield plain("chain of 10,000 states, each reads the one before", "linked-10000")
        yield plain("1,000 pipelines of 12 states x 1 Region", "pipelines-1000")
        yield tenfold("chain of 1,000 -> 10,000 states", "chain-1000", "chain-10000")
        yield tenfold("the same, each reads the one before", "linked-1000", "linked-10000")
        yield tenfold("100 -> 1,000 pipelines", "pipelines-100", "pipelines-1000")
    yield plain("`emit` of 1,000 states (model to text)", "emit-1000")
    ratio = cases["dumps-1000"]["best"] / cases["canonical-1000"]["best"]
    yield Row(
        what="in process: `canonical` of 1,000 states against `json.dumps(indent=2)`",
        measured=f"{seconds(cases['canonical-1000']['best'])}, {ratio:.2f} times as fast",
    )


def validation(cases: Mapping[str, Any], cold: float) -> Row:
    first, best = cases["validate-12"]["first"], cases["validate-12"]["best"]
    share = f"{first / cold:.0%} of a whole `build` with an empty cache"
    return Row(
        what="in process: schema validation of one 12-state machine",
        measured=f"{seconds(best)}; first, with its import, {seconds(first)} ({share})",
    )


PIPELINE = """from sfn_dsl import TRANSIENT, Input, Pipeline, Transform

batch = Input(batch_id=str)
body = [
    Transform.lambda_(f"Step {{step}}", function=f"step-{{step}}-of-{number}", payload={{"batch": batch.batch_id, "index": step}})
    for step in range(12)
]
pipeline = Pipeline(name="pipeline-{number}", input=batch, body=body, retry=TRANSIENT)
"""


def many_pipelines(whole: Whole, quick: bool) -> Iterator[Row]:
    """Builds of generated projects: time and peak memory of the whole process."""
    empty = run(BARE, whole.scratch, whole.environment)
    cold: dict[int, Ended] = {}
    warm: dict[int, Ended] = {}
    for count in (10, 100) if quick else (10, 100, 1000):
        project = whole.scratch / f"many-{count}"
        (project / "pipelines").mkdir(parents=True)
        (project / "setup.cfg").write_text("[sfn_dsl]\nregions = us-east-1\n\n[sfn_dsl:us-east-1]\naccount = 111122223333\n")
        for number in range(count):
            (project / "pipelines" / f"p{number}.py").write_text(PIPELINE.format(number=number))
        whole.forget()
        cold[count] = whole.once("build", project=project)
        warm[count] = min((whole.once("build", project=project) for _ in range(2)), key=lambda ended: ended.seconds)
        for name, ended in (("first build", cold[count]), ("warm build", warm[count])):
            peak = f"peak {ended.peak:.0f} MiB ({ended.peak - empty.peak:.0f} over bare Python)"
            yield Row(
                what=f"process: {name} of {count:,} pipelines x 1 Region",
                measured=f"+{seconds(ended.seconds - empty.seconds)}, {peak}",
            )
    for name, found in (("first build", cold), ("warm build", warm)):
        if not quick:
            # The cost of a build of 10 is taken off both, so that starting Python does not hide growth.
            large, small = found[1000].seconds - found[10].seconds, found[100].seconds - found[10].seconds
            yield growth(f"{name}, 100 -> 1,000 pipelines", large / small / 11)


def against(peer: Peer, python: str, own: Mapping[str, Any], own_import: float, quick: bool, runs: int) -> Iterator[Row]:
    label = f"peer: {peer.package}"
    environment = {**os.environ, **peer.environment}
    left_out = {name: "left out by --quick" for name in peer.slow if quick} | dict(peer.hopeless)
    try:
        imported = import_time(python, peer.imports, environment)
    except FileNotFoundError:
        yield Row(what=label, measured=f"no interpreter {python}")
        return
    except subprocess.CalledProcessError as error:
        missing = "ModuleNotFoundError" in error.output
        yield Row(what=label, measured="not installed" if missing else f"cannot be imported: {error.output.splitlines()[-1]}")
        return
    yield Row(what=f"{label}, import", measured=ratio(imported, own_import))
    try:
        report = worker(python, peer.worker, [name for name in SHARED if name not in left_out], min(runs, peer.runs), environment)
    except subprocess.TimeoutExpired:
        yield Row(what=label, measured="ran out of time")
        return
    for name in SHARED:
        found = report["cases"].get(name, {"error": left_out.get(name)})
        if "error" in found:
            yield Row(what=f"{label}, {WORDS[name]}", measured=found["error"])
            continue
        text = ratio(found["best"], own["cases"][name]["best"])
        yield Row(what=f"{label}, {WORDS[name]}", measured=f"{text}; first {seconds(found['first'])}")
    yield Row(what=f"{label}, version", measured=report["version"])


def peer_python(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    known = {peer.name for peer in PEERS}
    if name not in known or not path:
        raise argparse.ArgumentTypeError(f"write NAME=PATH with NAME one of {', '.join(sorted(known))}")
    return name, path


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure sfn_dsl and its peers; print a table.")
    parser.add_argument("project", nargs="?", type=Path, default=HERE.parent, help="project folder (default: this repository)")
    parser.add_argument("--quick", action="store_true", help="fewer runs; leave out what takes minutes")
    parser.add_argument("--peer-python", action="append", type=peer_python, default=[], metavar="NAME=PATH")
    chosen = parser.parse_args()
    runs = 3 if chosen.quick else 9
    pythons = dict(chosen.peer_python)
    with tempfile.TemporaryDirectory(prefix="sfn-dsl-bench-") as name:
        whole = Whole(chosen.project.resolve(), Path(name), runs)
        rows: list[Row] = list(whole_processes(whole))
        cold = []
        for _ in range(3):
            whole.forget()
            cold.append(whole.once("build").seconds)
        rows += many_pipelines(whole, chosen.quick)
        large = ("chain-10000", "linked-10000", "pipelines-1000")
        small = ("jsonpath-1000", "linked-1000", "pipelines-100", "emit-1000", "canonical-1000", "dumps-1000")
        cases = ("validate-12", *SHARED, *small, *(() if chosen.quick else large))
        own = worker(sys.executable, "with_sfn_dsl.py", cases, runs, whole.environment)
    rows += in_process(own["cases"], chosen.quick)
    rows.append(validation(own["cases"], min(cold)))
    own_import = import_time(sys.executable, OWN_IMPORTS, os.environ)
    for peer in PEERS:
        rows += against(peer, pythons.get(peer.name, sys.executable), own, own_import, chosen.quick, runs)
    print_table(rows)


if __name__ == "__main__":
    main()
