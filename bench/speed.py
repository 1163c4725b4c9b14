"""The benchmark: a table of times, limits and ratios against peers. See `README.md` in this folder.

    python bench/speed.py [PROJECT] [--quick] [--peer-python NAME=PATH]...

It runs every measurement in a process of its own and stays small itself, so that the peak memory of a child is the child's.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WORKERS = HERE / "peers"
BARE = (sys.executable, "-I", "-c", "pass")
GROWTH_LIMIT = 1.5
SHARED = ("chain-12", "chain-100", "chain-1000", "estate")
WORDS = {
    "chain-12": "chain of 12",
    "chain-100": "chain of 100",
    "chain-1000": "chain of 1,000",
    "estate": "20 pipelines of 12 x 2 Regions",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table. `over` is None where there is no limit."""

    what: str
    measured: str
    limit: str = ""
    over: bool | None = None

    @property
    def verdict(self) -> str:
        return "" if self.over is None else "over" if self.over else "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process that has ended: wall seconds and peak resident memory in MiB."""

    seconds: float
    peak: float


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


def seconds(value: float) -> str:
    """A time for people."""
    return f"{value * 1000:.1f} ms" if abs(value) < 0.1 else f"{value:.2f} s"


def both(best: float, median: float, sign: str = "") -> str:
    return f"{sign}{seconds(best)} (median {sign}{seconds(median)})"


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a process to its end. Raises CalledProcessError with what it printed when it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=printed, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            raise subprocess.CalledProcessError(process.returncode, command, printed.read())
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return Ended(seconds=took, peak=usage.ru_maxrss / scale)


class Whole:
    """Whole processes of `sfn_dsl`, each measured in turn with a bare Python so that both feel the same machine."""

    def __init__(self, project: Path, scratch: Path, runs: int) -> None:
        self._runs = runs
        self.scratch = scratch
        self.environment = {**os.environ, "SFN_DSL_CACHE": str(scratch / "cache")}
        self.copy = scratch / "project"
        self.targets = copy_project(project, self.copy)

    def command(self, *arguments: str, project: Path | None = None) -> list[str]:
        return [sys.executable, "-m", "sfn_dsl", "-C", str(project or self.copy), *arguments]

    def once(self, *arguments: str, project: Path | None = None) -> Ended:
        return run(self.command(*arguments, project=project), self.scratch, self.environment)

    def row(self, what: str, limit: float | None, *arguments: str, before: Callable[[], None] = lambda: None) -> Row:
        """Time over a bare Python: best less best, median less median."""
        before()
        self.once(*arguments)
        bare, full = [], []
        for _ in range(self._runs):
            bare.append(run(BARE, self.scratch, self.environment).seconds)
            before()
            full.append(self.once(*arguments).seconds)
        best = min(full) - min(bare)
        measured = both(best, statistics.median(full) - statistics.median(bare), "+")
        return Row(
            what=what,
            measured=measured,
            limit="" if limit is None else f"+{limit:.2f} s",
            over=None if limit is None else best > limit,
        )

    def bare(self) -> Row:
        samples = [run(BARE, self.scratch, self.environment).seconds for _ in range(self._runs)]
        return Row(what="process: `python -I -c pass`", measured=both(min(samples), statistics.median(samples)))

    def forget(self) -> None:
        """Empty the cache and the build folder."""
        shutil.rmtree(self.scratch / "cache", ignore_errors=True)
        shutil.rmtree(self.copy / "build", ignore_errors=True)


def copy_project(project: Path, copy: Path) -> int:
    """What a build reads of a project, in a folder of its own; the number of Regions it is built for."""
    settings = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    settings.read_string((project / "setup.cfg").read_text(encoding="utf-8"))
    section = settings["sfn_dsl"]
    copy.mkdir()
    shutil.copy(project / "setup.cfg", copy)
    for folder in (section.get("pipelines", "pipelines"), "templates"):
        if (project / folder).is_dir():
            shutil.copytree(project / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return len(section["regions"].replace(",", " ").split())


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

    def growth(what: str, small: str, large: str) -> Row:
        factor = cases[large]["best"] / cases[small]["best"] / 10
        return Row(
            what=f"growth: {what}",
            measured=f"{factor:.2f} x linear",
            limit=f"{GROWTH_LIMIT} x linear",
            over=factor > GROWTH_LIMIT,
        )

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
        yield growth("chain of 1,000 -> 10,000 states", "chain-1000", "chain-10000")
        yield growth("the same, each reads the one before", "linked-1000", "linked-10000")
        yield growth("100 -> 1,000 pipelines", "pipelines-100", "pipelines-1000")
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
            factor = large / small / 11
            yield Row(
                what=f"growth: {name}, 100 -> 1,000 pipelines",
                measured=f"{factor:.2f} x linear",
                limit=f"{GROWTH_LIMIT} x linear",
                over=factor > GROWTH_LIMIT,
            )


def import_time(python: str, imports: str, environment: Mapping[str, str]) -> float:
    """Best time of an import over a bare Python of the same interpreter, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        full = min(run([python, "-I", "-c", imports], folder, environment).seconds for _ in range(3))
        return full - min(run([python, "-I", "-c", "pass"], folder, environment).seconds for _ in range(3))


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


def ratio(theirs: float, ours: float) -> str:
    return f"{seconds(theirs)}, ours {seconds(ours)}: {theirs / ours:.1f} x ours"


def print_table(rows: Sequence[Row]) -> None:
    """A Markdown table, aligned."""
    lines = [("what", "measured", "limit", ""), *((row.what, row.measured, row.limit, row.verdict) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    rule = tuple("-" * width for width in widths)
    for line in (lines[0], rule, *lines[1:]):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")


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
