"""The pytest plugin: the fixture `simulate`, coverage of states, and free tests of a project.

    def test_load_is_retried(simulate):
        run = simulate("guidewire-base", faults=["Load base layer=Glue.ConcurrentRunsExceededException*1"])
        assert run.status == "SUCCEEDED"

`sfn_dsl_tests = true` in the ini file adds tests that need no code: build/ is fresh, every pipeline compiles without errors, and no
lasting failure of a task goes unhandled (`sfn_dsl_allow`: lines `STATE` or `STATE=ERROR` that may). `--sfn-coverage` reports which
states, rules, retriers and catchers the fixture's runs have visited; `--sfn-coverage-min` fails the session below a percentage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sfn_dsl.building import Build
    from sfn_dsl.compile.machine import Compiled
    from sfn_dsl.simulate.coverage import Coverage
    from sfn_dsl.simulate.execution import Execution

__all__ = ["BuiltProject", "ProjectCheck", "simulate"]

_PROJECT = pytest.StashKey["BuiltProject"]()
_COVERAGE = pytest.StashKey[dict[str, "Coverage"]]()


class BuiltProject:
    """The project of the tests, built once in memory."""

    def __init__(self, root: Path) -> None:
        from sfn_dsl.building import build_project
        from sfn_dsl.configuration import find_project
        from sfn_dsl.project import load_pipelines

        self.project = find_project(root)
        self.loaded = load_pipelines(self.project)
        self.build: Build = build_project(self.project, self.loaded, self.loaded.pipelines, self.project.chosen_targets((), None))

    def compiled(self, name: str, region: str | None = None) -> Compiled:
        """A pipeline for a Region, the first one by default. Raises LookupError."""
        for one in self.build.compiled:
            if one.pipeline.name == name and region in (None, one.target.region):
                return one
        known = ", ".join(sorted({one.pipeline.name for one in self.build.compiled}))
        raise LookupError(f"no pipeline `{name}`" + (f" for {region}" if region else "") + f"; there are {known or 'none'}")

    def errors(self) -> str:
        """The findings that are errors, as text; empty when there are none."""
        from sfn_dsl.formats.text import render

        return render(self.build.diagnostics, self.project.root, lambda text, colour: text) if self.build.failed else ""


def _built(config: pytest.Config) -> BuiltProject:
    if _PROJECT not in config.stash:
        config.stash[_PROJECT] = BuiltProject(config.rootpath)
    return config.stash[_PROJECT]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options and ini values."""
    group = parser.getgroup("sfn_dsl", "sfn_dsl: simulated state machines")
    group.addoption("--sfn-coverage", action="store_true", help="report which states, rules, retriers, catchers were visited")
    group.addoption("--sfn-coverage-min", type=float, metavar="PERCENT", help="fail the session below this coverage")
    parser.addini("sfn_dsl_tests", "add tests of the project's build and failure matrix", type="bool", default=False)
    parser.addini("sfn_dsl_allow", "cells of the failure matrix that may stay unhandled", type="linelist", default=[])


@pytest.fixture
def simulate(request: pytest.FixtureRequest) -> Callable[..., Execution]:
    """Run a pipeline of the project by name, a definition (JSON, text) or a StateMachine; an Execution.

    `simulate(what, input=None, *, mocks=None, functions=None, faults=(), seed=0, region=None, strict=True)`. A pipeline without an
    input gets one made from its declaration and setup.cfg, and tasks without a mock answer what the pipeline declares.
    """
    config = request.config

    def run(
        what: Any,
        input: Any = None,
        *,
        mocks: Mapping[str, Any] | None = None,
        functions: Mapping[str, Any] | None = None,
        faults: Iterable[Any] = (),
        seed: int = 0,
        region: str | None = None,
        strict: bool = True,
    ) -> Execution:
        from sfn_dsl.simulate.mocks.answers import Answers, parse_answer
        from sfn_dsl.simulate.mocks.faults import parse_fault
        from sfn_dsl.simulate.prepared import simulation_of
        from sfn_dsl.simulate.program.machine import compile_program
        from sfn_dsl.simulate.provisions import provide
        from sfn_dsl.simulate.simulation import Machine, Simulation, check_mocks, load_definition

        answers = Answers(
            states={name: parse_answer(value, where=f"mock of `{name}`") for name, value in (mocks or {}).items()},
            functions={name: parse_answer(value, where=f"mock of `{name}`") for name, value in (functions or {}).items()},
        )
        if isinstance(what, str) and not what.lstrip().startswith("{"):
            project = _built(config)
            compiled = project.compiled(what, region)
            samples = project.project.rates.samples
            simulation, sample = simulation_of(compiled, project.build.compiled, answers=answers, samples=samples, strict=strict)
            name, value = what, sample if input is None else input
        else:
            machine = Machine(program=compile_program(load_definition(what)), region=region or "us-east-1")
            simulation = Simulation(machine=machine, answers=answers, prepare=provide, strict=strict)
            name, value = request.node.nodeid, input
        check_mocks(simulation.machine.program, answers)
        parsed = [parse_fault(fault) if isinstance(fault, str) else fault for fault in faults]
        execution = simulation.run(value, faults=parsed, seed=seed)
        _count(config, name, simulation.machine.program.machine, execution)
        return execution

    return run


def _count(config: pytest.Config, name: str, machine: Any, execution: Execution) -> None:
    from sfn_dsl.simulate.coverage import Coverage

    coverages = config.stash.setdefault(_COVERAGE, {})
    if name not in coverages:
        coverages[name] = Coverage(machine)
    coverages[name].add(execution)


# Coverage


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the coverage of every pipeline that was simulated."""
    coverages = config.stash.get(_COVERAGE, {})
    if not coverages or not (config.getoption("--sfn-coverage") or config.getoption("--sfn-coverage-min") is not None):
        return
    from sfn_dsl.formats.matrix import render_coverage

    terminalreporter.section("sfn_dsl coverage")
    for name, coverage in sorted(coverages.items()):
        terminalreporter.write_line(f"{name}: {render_coverage(coverage)}")
    least = config.getoption("--sfn-coverage-min")
    for name, coverage in sorted(coverages.items()):
        if least is not None and coverage.percentage < least:
            terminalreporter.write_line(f"FAIL {name}: {coverage.percentage:.1f} % is below {least:g} %", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a session whose coverage is too low."""
    least = session.config.getoption("--sfn-coverage-min")
    coverages = session.config.stash.get(_COVERAGE, {})
    too_low = least is not None and any(coverage.percentage < least for coverage in coverages.values())
    if too_low and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# Free tests


class CheckFailed(Exception):
    """A free test has found something; the text says what."""


class ProjectCheck(pytest.Item):
    """A test of the project itself."""

    def __init__(self, *, check: Callable[[], str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check = check

    def runtest(self) -> None:
        """Run the check; what it finds fails the test."""
        found = self._check()
        if found:
            raise CheckFailed(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> Any:
        """The finding without a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, CheckFailed) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test stands in a report."""
        return self.config.rootpath / "setup.cfg", None, self.name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the free tests where the ini file asks for them."""
    if not config.getini("sfn_dsl_tests"):
        return
    project = _built(config)
    checks: dict[str, Callable[[], str]] = {
        "sfn_dsl: pipelines have no errors": project.errors,
        "sfn_dsl: build is fresh": lambda: _stale(project),
    }
    for compiled in project.build.compiled:
        name = f"sfn_dsl: {compiled.pipeline.name} in {compiled.target.folder} has no unhandled failure"
        checks[name] = lambda compiled=compiled: _unhandled(project, compiled, config.getini("sfn_dsl_allow"))  # type: ignore[misc]
    items += [ProjectCheck.from_parent(session, name=name, check=check) for name, check in checks.items()]


def _stale(project: BuiltProject) -> str:
    from sfn_dsl.building import retired_folders
    from sfn_dsl.output import compare

    found = compare(project.project.build, project.build.outputs, retired_folders(project.project))
    lines = [f"  {change.sign} {change.path.relative_to(project.project.root)}" for change in found.changes]
    return "\n".join(["build/ is stale; run `sfn-dsl build`:", *lines]) if lines else ""


def _unhandled(project: BuiltProject, compiled: Compiled, allow: list[str]) -> str:
    from sfn_dsl.simulate.matrix import allows, failure_matrix
    from sfn_dsl.simulate.prepared import audited, simulation_of

    audit = audited(compiled)
    simulation, value = simulation_of(compiled, project.build.compiled, samples=project.project.rates.samples, audit=audit.note)
    matrix = failure_matrix(simulation, value, processes=1)
    lines = [
        f"  {cell.state}: {cell.error}: {cell.always}"
        for cell in matrix.unhandled
        if not any(allows(rule, cell.state, cell.error) for rule in allow)
    ]
    found = ["failures that nothing handles:", *lines] if lines else []
    denied = [f"  {one.state}: {one.needed.action} on {one.needed.resource}" for one in audit.denied.values()]
    found += ["calls that the role does not allow:", *denied] if denied else []
    return "\n".join(found)
