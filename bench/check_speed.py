"""The speed of `check`: one definition in process, many files in one call, beside cfn-lint and asl-validator on the same files.

    python bench/check_speed.py DIR [--node-modules DIR]

DIR holds definitions/valid/*.json. A peer that is not installed is told. Ways to install them: `pip install cfn-lint`,
`npm install asl-validator@4.0.0` in a folder whose node_modules is then named.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import Row, print_table

from sfn_dsl.checking.files import check_files, check_text
from sfn_dsl.checking.selection import make_selection

HERE = Path(__file__).resolve().parent
SAMPLE = 150
MANY = (100, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder that holds definitions/")
    parser.add_argument("--node-modules", type=Path, help="where asl-validator is installed")
    options = parser.parse_args()
    files = sorted((options.folder / "definitions" / "valid").rglob("*.json"))
    files = files[:: max(1, len(files) // SAMPLE)]
    ours = our_seconds(files)
    rows = [Row(what=f"ours: one of {len(files)} definitions, warm", measured=told(ours))]
    # Before cfn-lint is loaded, whose objects would slow the garbage collector down.
    rows += many(files)
    rows.append(peer("cfn-lint", cfn_lint_seconds(files), ours))
    rows.append(peer("asl-validator", asl_validator_seconds(files, options.node_modules), ours))
    print_table(rows)


def told(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"median {statistics.median(ordered) * 1e3:.2f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1e3:.2f} ms"


def peer(name: str, seconds: list[float] | None, ours: list[float]) -> Row:
    if seconds is None:
        return Row(what=f"peer: {name}", measured="not installed")
    ratio = statistics.median(seconds) / statistics.median(ours)
    return Row(what=f"peer: {name}", measured=f"{told(seconds)}: {ratio:.1f} x ours", limit="slower", over=ratio < 1)


def our_seconds(files: list[Path]) -> list[float]:
    texts = [file.read_bytes() for file in files]
    selection = make_selection()
    for text in texts:
        check_text(text, selection=selection)
    found = []
    for text in texts:
        began = time.perf_counter()
        check_text(text, selection=selection)
        found.append(time.perf_counter() - began)
    return found


def cfn_lint_seconds(files: list[Path]) -> list[float] | None:
    """cfn-lint's own function, with the definition as an object in a template; its other rules left out."""
    try:
        from cfnlint.api import lint
        from cfnlint.config import ManualArgs
    except ImportError:
        return None
    found = []
    for number, file in enumerate([files[0], *files]):
        value = json.loads(file.read_bytes())
        properties = {"RoleArn": "arn:aws:iam::111122223333:role/r", "Definition": value}
        template = {"Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
        text = json.dumps(template)
        began = time.perf_counter()
        lint(text, config=ManualArgs(regions=["us-east-1"], ignore_checks=["W", "I"]))
        if number:
            found.append(time.perf_counter() - began)
    return found


def asl_validator_seconds(files: list[Path], modules: Path | None) -> list[float] | None:
    if modules is None or not (modules / "asl-validator").is_dir() or shutil.which("node") is None:
        return None
    command = ["node", str(HERE / "peers" / "check_with_asl_validator.cjs"), str(modules), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds: list[float] = json.loads(done.stdout)["seconds"]
    return seconds


def many(files: list[Path]) -> list[Row]:
    """Files in one call, on one core and on all."""
    rows, singles = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(MANY[-1]):
            shutil.copy(files[number % len(files)], folder / f"{number:05}.asl.json")
        paths = sorted(folder.glob("*.asl.json"))
        for count in MANY:
            times = []
            for processes in (1, None):
                began = time.perf_counter()
                check_files(paths[:count], folder, make_selection(), processes=processes)
                times.append(time.perf_counter() - began)
            singles.append(times[0] / count)
            rows.append(
                Row(what=f"ours: {count:,} files in one call", measured=f"{times[0]:.2f} s on 1 core, {times[1]:.2f} s on all")
            )
    factor = singles[1] / singles[0]
    rows.append(
        Row(
            what=f"growth: {MANY[0]} -> {MANY[1]:,} files",
            measured=f"{factor:.2f} x linear",
            limit="1.5 x linear",
            over=factor > 1.5,
        )
    )
    return rows


if __name__ == "__main__":
    sys.exit(main())
