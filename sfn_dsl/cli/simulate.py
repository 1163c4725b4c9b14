"""`simulate`: run a definition on the virtual clock, with mocks and faults."""

from __future__ import annotations

import fnmatch
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from sfn_dsl.asl.walk import walk
from sfn_dsl.cli.main import EXIT_ERROR, EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import make
from sfn_dsl.errors import ConfigError, DefinitionError, EnvironmentFault
from sfn_dsl.formats.matrix import matrix_json, render_coverage, render_matrix
from sfn_dsl.formats.timeline import execution_json, render_timeline
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.simulate.bounds import Bounds
from sfn_dsl.simulate.coverage import Coverage
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.items.store import FolderStore
from sfn_dsl.simulate.matrix import failure_matrix
from sfn_dsl.simulate.mocks.answers import Answers
from sfn_dsl.simulate.mocks.faults import Injection, parse_fault, parse_outage
from sfn_dsl.simulate.mocks.mock_files import merged, read_mock_file
from sfn_dsl.simulate.mocks.replay import Difference, part_ways, read_recording
from sfn_dsl.simulate.prepared import simulation_of
from sfn_dsl.simulate.program.machine import compile_program
from sfn_dsl.simulate.provisions import provide
from sfn_dsl.simulate.results.check import misfit
from sfn_dsl.simulate.simulation import Machine, Progress, Simulation, check_input, check_mocks, load_definition

__all__ = ["command"]

_LONG_RUN = 5_000


@click.command("simulate")
@click.argument("name", metavar="NAME|FILE")
@click.option("--input", "input_text", help="The input: JSON text, a file, or - for stdin.", metavar="JSON|FILE")
@click.option("--fail", "faults", multiple=True, help="A fault: STATE=Error, STATE=Error*2, STATE=throttled.", metavar="FAULT")
@click.option("--stop-region", help="The Region stands still after so many seconds, for so many.", metavar="AFTER[+LASTING]")
@click.option("--mock", "mocks", multiple=True, help="A mock file or a recorded history; later ones win.", metavar="FILE")
@click.option("--succeed", multiple=True, help="States (a glob) that succeed with a sample, whatever mocks say.", metavar="GLOB")
@click.option("--seed", type=int, default=0, show_default=True, help="Where chance begins.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--matrix", is_flag=True, help="Run every task with every error it can raise.")
@click.option("--allow", multiple=True, help="A cell that may stay unhandled: STATE or STATE=ERROR.", metavar="CELL")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes for --matrix; all cores by default.")
@click.option("--coverage", is_flag=True, help="Report which states, rules, retriers and catchers were visited.")
@click.option("--coverage-min", type=click.FloatRange(0, 100), help="Exit 1 below this percentage.", metavar="PERCENT")
@click.option("--against", help="A recorded history; say where the simulation parts from it.", metavar="HISTORY.json")
@click.option("--loose", is_flag=True, help="Do not check mocked results against the service's shape.")
@click.option(
    "--objects", type=click.Path(path_type=Path), help="A folder that stands for S3, a subfolder per bucket.", metavar="DIR"
)
@click.option("--type", "kind", type=click.Choice(["STANDARD", "EXPRESS"]), help="Type of the machine in a FILE.")
@click.option("-r", "--region", help="The Region to simulate in; the first one by default.", metavar="REGION")
@click.option("--env", "environment", help="The environment of setup.cfg.", metavar="NAME")
@click.option("--max-transitions", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Bound on transitions.")
@click.option("--max-days", type=click.FloatRange(min=0.001), default=400.0, show_default=True, help="Bound on virtual time.")
@click.pass_obj
def command(session: Session, /, name: str, input_text: str | None, **options: Any) -> int:
    """Run a pipeline, or any .asl.json file, on a virtual clock: no AWS, no waiting.

    Tasks answer by mocks (--mock), by services in memory, else by a sample that fits the service. Without --input and --objects a
    pipeline starts from `sample.<pipeline>` and `objects.<pipeline>` of setup.cfg. Exit code 1 if the execution failed, if the
    matrix has an unhandled failure, if coverage is too low, or if the run parts from --against.
    """
    chosen = _chosen(session, name, options)
    if chosen is None:
        return EXIT_FOUND
    base, value, pipeline = chosen
    recording = read_recording(session.directory / options["against"]) if options["against"] else None
    if input_text is not None:
        value = _input(session, input_text)
    elif recording is not None and recording.input is not None:
        value = recording.input
    check_input(value)
    if pipeline is not None:
        _warn_of(value, pipeline)
    simulation = _prepared(session, base, options)
    faults = [parse_fault(text) for text in options["faults"]]
    _check_faults(simulation, faults)
    outage = parse_outage(options["stop_region"]) if options["stop_region"] else None
    if options["matrix"]:
        return _matrix(session, simulation, value, options)
    with _progress("simulating") as progress:
        execution = simulation.run(value, faults=faults, outage=outage, seed=options["seed"], progress=progress)
    parted = part_ways(recording, execution) if recording is not None else None
    return _report(session, simulation, execution, parted, options)


def _chosen(session: Session, name: str, options: dict[str, Any]) -> tuple[Simulation, Any, Pipeline | None] | None:
    """The simulation that a name or file means, its input, and the pipeline, which a file has none of; None when the project has
    errors, which were printed."""
    file = session.directory / name
    if name.endswith(".json") or file.is_file():
        return _from_file(file, options), {}, None
    regions = (options["region"],) if options["region"] else ()
    made = make(session, (), regions, options["environment"])
    if made.build.failed:
        return None
    for pipeline in made.loaded.select((name,))[1:]:
        raise ConfigError(f"`{name}` means `{pipeline.name}` too", help="simulate one pipeline at a time")
    [pipeline] = made.loaded.select((name,))
    compiled = next(one for one in made.build.compiled if one.pipeline.name == pipeline.name)
    return *simulation_of(compiled, made.build.compiled, samples=made.project.rates.samples), pipeline


def _from_file(file: Path, options: dict[str, Any]) -> Simulation:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(f"cannot read {file}: {error}") from None
    try:
        program = compile_program(load_definition(text))
    except DefinitionError as error:
        raise EnvironmentFault(f"{file}: {error}", help=error.help) from None
    kind = options["kind"] or _settings_type(file) or "STANDARD"
    name = file.name.removesuffix(".json").removesuffix(".asl")
    machine = Machine(program=program, name=name, type=kind, region=options["region"] or "us-east-1")
    return Simulation(machine=machine, prepare=provide)


def _settings_type(file: Path) -> str | None:
    """The machine's type from the settings that `build` writes beside a definition."""
    settings = file.with_name(file.name.removesuffix(".asl.json") + ".settings.json")
    try:
        found = json.loads(settings.read_text(encoding="utf-8")).get("type")
    except (OSError, ValueError, AttributeError):
        return None
    return found if found in ("STANDARD", "EXPRESS") else None


def _warn_of(value: Any, pipeline: Pipeline) -> None:
    """Say where an input is not what the pipeline declares. It is no error: nobody keeps a caller from such an input."""
    shape = pipeline.input.shape
    wrong = misfit(shape, value, required=False) if isinstance(value, dict) else "it must be an object" if shape.members else None
    if wrong is not None:
        click.echo(f"warning: the input is not what pipeline `{pipeline.name}` declares: {wrong}", err=True)


def _input(session: Session, text: str) -> Any:
    if text == "-":
        text = sys.stdin.read()
        where = "stdin"
    elif text.lstrip()[:1] in ("{", "[", '"') or text.strip() in ("null", "true", "false") or text.strip().lstrip("-").isdigit():
        where = "--input"
    else:
        file = session.directory / text
        where = str(file)
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise EnvironmentFault(f"cannot read the input {file}: {error}") from None
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(f"the input is not JSON: {error} ({where})") from None


def _prepared(session: Session, base: Simulation, options: dict[str, Any]) -> Simulation:
    """The simulation with the mocks, bounds and objects of the options."""
    answers = Answers()
    for text in options["mocks"]:
        answers = merged(answers, read_mock_file(session.directory / text))
    check_mocks(base.machine.program, answers)
    if options["succeed"]:
        states = {name: mock for name, mock in answers.states.items() if not _any_match(name, options["succeed"])}
        answers = replace(answers, states=states)
    objects = base.objects
    if options["objects"] is not None:
        folder = session.directory / options["objects"]
        if not folder.is_dir():
            raise ConfigError(f"there is no folder {options['objects']} for --objects")

        def objects() -> FolderStore:
            return FolderStore(folder)

    bounds = Bounds(transitions=options["max_transitions"], seconds=options["max_days"] * 86_400)
    return replace(base, answers=answers, objects=objects, bounds=bounds, strict=not options["loose"])


def _any_match(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _check_faults(simulation: Simulation, faults: list[Injection]) -> None:
    names = [name for name, _ in walk(simulation.machine.program.machine)]
    for fault in faults:
        if not fnmatch.filter(names, fault.state) and fault.state not in names:
            raise ConfigError(f"there is no state `{fault.state}` to fail", help=f"states are {', '.join(names[:20])}")


@contextmanager
def _progress(label: str) -> Iterator[Progress]:
    """A line on stderr that counts, for long runs at a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    shown = False

    def show(count: int) -> None:
        nonlocal shown
        if count >= _LONG_RUN:
            shown = True
            click.echo(f"\r{label}: {count:,} transitions", nl=False, err=True)

    yield show
    if shown:
        click.echo("\r\x1b[K", nl=False, err=True)


def _report(
    session: Session,
    simulation: Simulation,
    execution: Execution,
    parted: list[Difference] | None,
    options: dict[str, Any],
) -> int:
    """Print what became of a run; the exit code. `parted`: where it parts from a recording, None without one."""
    coverage = Coverage(simulation.machine.program.machine)
    coverage.add(execution)
    if options["as_json"]:
        value = execution_json(execution)
        if parted is not None:
            value["differences"] = [
                {"what": found.what, "recorded": found.recorded, "simulated": found.simulated} for found in parted
            ]
        if options["coverage"]:
            value["coverage"] = coverage.percentage
        click.echo(json.dumps(value, indent=2))
    else:
        click.echo(render_timeline(execution, session.directory.resolve(), session.paint))
        if options["coverage"]:
            click.echo(render_coverage(coverage))
        for found in parted or ():
            click.echo(f"parts at {found.what}: recorded {json.dumps(found.recorded)}, simulated {json.dumps(found.simulated)}")
        if parted == []:
            click.echo("The simulation goes the way of the recording.")
    if parted is not None:
        return EXIT_FOUND if parted or _too_low(coverage, options) else EXIT_OK
    if execution.status == "RUNNING":
        click.echo("error: nothing moves any more: a callback or a Region that does not come back", err=True)
        return EXIT_ERROR
    failed = execution.status != "SUCCEEDED"
    return EXIT_FOUND if failed or _too_low(coverage, options) else EXIT_OK


def _too_low(coverage: Coverage, options: dict[str, Any]) -> bool:
    least = options["coverage_min"]
    if least is None or coverage.percentage >= least:
        return False
    click.echo(f"error: coverage is {coverage.percentage:.1f} %, below {least:g} %", err=True)
    return True


def _matrix(session: Session, simulation: Simulation, value: Any, options: dict[str, Any]) -> int:
    progress: Callable[[int, int], None] | None = None
    if sys.stderr.isatty():

        def progress(done: int, total: int) -> None:
            end = "\r\x1b[K" if done == total else ""
            click.echo(f"\r{done} of {total} cells{end}", nl=False, err=True)

    matrix = failure_matrix(
        simulation, value, allow=options["allow"], seed=options["seed"], processes=options["jobs"], progress=progress
    )
    if options["as_json"]:
        unreached = sum(cell.always.kind == "unreached" for cell in matrix.cells)
        found: dict[str, Any] = {"cells": matrix_json(matrix), "unhandled": len(matrix.unhandled), "unreached": unreached}
        if options["coverage"]:
            found["coverage"] = matrix.coverage.percentage
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(render_matrix(matrix, session.paint))
        if options["coverage"]:
            click.echo(render_coverage(matrix.coverage))
    return EXIT_FOUND if matrix.unhandled or _too_low(matrix.coverage, options) else EXIT_OK
