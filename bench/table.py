"""What the benchmarks share: rows and the table, processes that are measured, a project to run commands in."""

from __future__ import annotations

import configparser
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BARE", "WORKERS", "Ended", "Row", "Whole", "both", "growth", "import_time", "print_table", "ratio", "run", "seconds"]

WORKERS = Path(__file__).resolve().parent / "peers"
BARE = (sys.executable, "-I", "-c", "pass")
GROWTH_LIMIT = 1.5


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


def import_time(python: str, imports: str, environment: Mapping[str, str]) -> float:
    """Best time of an import over a bare Python of the same interpreter, each in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        full = min(run([python, "-I", "-c", imports], folder, environment).seconds for _ in range(3))
        return full - min(run([python, "-I", "-c", "pass"], folder, environment).seconds for _ in range(3))


def ratio(theirs: float, ours: float) -> str:
    return f"{seconds(theirs)}, ours {seconds(ours)}: {theirs / ours:.1f} x ours"


def growth(what: str, factor: float) -> Row:
    """A row of the time for ten times the work, divided by ten."""
    return Row(
        what=f"growth: {what}",
        measured=f"{factor:.2f} x linear",
        limit=f"{GROWTH_LIMIT} x linear",
        over=factor > GROWTH_LIMIT,
    )


def print_table(rows: Sequence[Row]) -> None:
    """A Markdown table, aligned."""
    lines = [("what", "measured", "limit", ""), *((row.what, row.measured, row.limit, row.verdict) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    rule = tuple("-" * width for width in widths)
    for line in (lines[0], rule, *lines[1:]):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
