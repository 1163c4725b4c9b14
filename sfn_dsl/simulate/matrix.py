"""The failure matrix: every Task state with every error it can raise, each run to the end.

Each cell is run twice: the error strikes once, and it strikes every time. The second run tells whether a lasting failure is caught;
a cell is *unhandled* when it is not, so that the execution, or the branch it is in, fails without anybody taking notice.
"""

from __future__ import annotations

import fnmatch
import functools
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Final

from sfn_dsl.asl.model import UNSET, Fail, Map, Parallel, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.errors import ConfigError, EnvironmentFault, SfnError
from sfn_dsl.simulate.coverage import Coverage, Point
from sfn_dsl.simulate.execution import Execution
from sfn_dsl.simulate.mocks.faults import Injection, lost_error, own_errors, throttling_error
from sfn_dsl.simulate.program.resource import task_resource
from sfn_dsl.simulate.running.thread import Visit
from sfn_dsl.simulate.simulation import Simulation

__all__ = ["Cell", "Matrix", "Outcome", "allows", "error_classes", "failure_matrix"]

_BADNESS: Final = ("unreached", "fine", "tolerated", "caught", "unhandled")
# Below this many runs, starting processes takes longer than running them here.
_WORTH_PROCESSES: Final = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an error. `kind`: fine, caught, tolerated, unhandled, or unreached (the state was not entered).

    `retries`: attempts beyond the first. `by`: the state whose catcher took it, `target`: where that went.
    """

    kind: str
    retries: int = 0
    by: str = ""
    target: str = ""

    def __str__(self) -> str:
        tried = f"retried {self.retries}, then " if self.retries else ""
        match self.kind:
            case "fine":
                return f"retried {self.retries}, then fine" if self.retries else "fine"
            case "caught":
                return f"{tried}caught -> {self.target}"
            case "tolerated":
                return f"{tried}tolerated by {self.by}"
            case "unhandled":
                return f"{tried}failed unhandled"
            case _:
                return "not reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A state and an error: the outcome when it strikes once, and when it strikes every time."""

    state: str
    error: str
    once: Outcome
    always: Outcome
    allowed: bool = False

    @property
    def unhandled(self) -> bool:
        """Whether a lasting failure is not handled and nobody has allowed that."""
        return self.always.kind == "unhandled" and not self.allowed


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cells, in the order of the states and of their errors, and what their runs have visited."""

    cells: tuple[Cell, ...]
    coverage: Coverage

    @property
    def unhandled(self) -> tuple[Cell, ...]:
        """The cells that nobody handles or allows."""
        return tuple(cell for cell in self.cells if cell.unhandled)


def error_classes(state: Task) -> list[str]:
    """The errors a Task can raise: those its retriers and catchers name, the service's own, and what can befall any call."""
    resource = task_resource("" if state.resource is UNSET else state.resource)
    found: dict[str, None] = {}
    for rules in (state.retry, state.catch):
        for rule in rules if isinstance(rules, tuple) else ():
            for name in () if rule.error_equals is UNSET else rule.error_equals:
                if not name.startswith("States."):
                    found[name] = None
    found |= dict.fromkeys(own_errors(resource))
    for extra in ("States.Timeout", "States.TaskFailed", throttling_error(resource), lost_error(resource)):
        found[extra] = None
    return list(found)


def failure_matrix(
    simulation: Simulation,
    input: Any = None,
    *,
    allow: Iterable[str] = (),
    seed: int = 0,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Matrix:
    """Run the matrix of a simulation's machine.

    `allow`: `STATE` or `STATE=ERROR` patterns of cells that may stay unhandled. `processes`: at most so many; None takes all cores.
    A Task that a run without faults does not enter (a failure handler's, say) is reached by failing another one first.
    Raises ConfigError for a pattern in `allow` that matches no cell.
    """
    machine = simulation.machine.program.machine
    tasks = {name: state for name, state in walk(machine) if isinstance(state, Task)}
    drivers = _drivers(simulation, input, seed, list(tasks))
    plan = [(name, error, drivers[name]) for name, state in tasks.items() for error in error_classes(state)]
    work = functools.partial(_run_cell, simulation, input, seed)
    results = _spread(work, plan, processes, progress)
    cells, coverage = [], Coverage(machine)
    coverage.add(simulation.run(input, seed=seed))
    used: set[str] = set()
    patterns = tuple(allow)
    for (name, error, _), (once, always, hits) in zip(plan, results, strict=True):
        matching = [pattern for pattern in patterns if allows(pattern, name, error)]
        used.update(matching)
        cells.append(Cell(state=name, error=error, once=once, always=always, allowed=bool(matching)))
        coverage.hits.update(hits)
    for pattern in patterns:
        if pattern not in used:
            raise ConfigError(f"`{pattern}` allows nothing", help="write STATE or STATE=ERROR as they stand in the matrix")
    return Matrix(tuple(cells), coverage)


def allows(pattern: str, state: str, error: str) -> bool:
    """Whether `STATE` or `STATE=ERROR` (globs) names a cell."""
    wanted, _, name = pattern.partition("=")
    return fnmatch.fnmatchcase(state, wanted) and (not name or fnmatch.fnmatchcase(error, name))


def _drivers(simulation: Simulation, input: Any, seed: int, tasks: Sequence[str]) -> dict[str, tuple[Injection, ...] | None]:
    """Per Task, the faults of other states that lead to it; None where nothing does."""
    found: dict[str, tuple[Injection, ...] | None] = dict.fromkeys(tasks)

    def reach(faults: tuple[Injection, ...]) -> None:
        for name in _entered(simulation.run(input, faults=faults, seed=seed)):
            if name in found and found[name] is None:
                found[name] = faults

    reach(())
    for _ in range(2):
        # The last ones first: a handler is best looked at after most of the work has been done.
        for name in reversed(tasks):
            if all(value is not None for value in found.values()):
                return found
            base = found[name]
            if base is not None and len(base) < 2:
                reach((*base, Injection(name, "States.TaskFailed")))
    return found


def _entered(execution: Execution) -> Iterable[str]:
    stack = [execution]
    while stack:
        one = stack.pop()
        stack += one.children
        yield from one.states


_Plan = tuple[str, str, "tuple[Injection, ...] | None"]
_Result = tuple[Outcome, Outcome, "Counter[Point]"]


def _run_cell(simulation: Simulation, input: Any, seed: int, plan: _Plan) -> _Result:
    name, error, drivers = plan
    if drivers is None:
        return Outcome("unreached"), Outcome("unreached"), Counter()
    runs = [simulation.run(input, faults=[*drivers, Injection(name, error, times)], seed=seed) for times in (1, None)]
    coverage = Coverage(simulation.machine.program.machine)
    for execution in runs:
        coverage.add(execution)
    once, always = (_outcome(simulation, execution, name) for execution in runs)
    return once, always, coverage.hits


def _outcome(simulation: Simulation, execution: Execution, state: str) -> Outcome:
    """What became of the error of a state, as the visits tell it; where it struck several times, the worst."""
    states = dict(walk(simulation.machine.program.machine))
    worst = Outcome("unreached")
    stack: list[tuple[Execution, tuple[Visit, ...]]] = [(execution, ())]
    while stack:
        one, outer = stack.pop()
        found = [_judge(states, one, visit, outer) for visit in one.visits if visit.state == state and visit.error is not None]
        worst = max((worst, *found), key=lambda outcome: _BADNESS.index(outcome.kind))
        maps = tuple(visit for visit in one.visits if visit.kind == "Map")
        stack += [(child, (*outer, *maps)) for child in reversed(one.children)]
    return worst


def _judge(states: dict[str, Any], execution: Execution, visit: Visit, outer: tuple[Visit, ...]) -> Outcome:
    retries = len(visit.retries)
    if visit.catcher is not None:
        target = states[visit.state].catch[visit.catcher].next
        # A Fail inside a Parallel or Map hands the error on to what is around.
        if not isinstance(states[target], Fail) or not (visit.thread or outer):
            return Outcome("caught", retries, visit.state, target)
    # One that has no end was in the middle of its retries when the time of its execution was over.
    elif not visit.failed and not visit.aborted and visit.end is not None:
        return Outcome("fine", retries)
    names = [part for part in visit.thread if isinstance(part, str)]
    around = [one for one in execution.visits if one.state in names] + list(outer)
    for one in reversed(around):
        if one.catcher is not None:
            return Outcome("caught", retries, one.state, states[one.state].catch[one.catcher].next)
        if not one.failed and not one.aborted and one.end is not None and isinstance(states[one.state], (Map, Parallel)):
            return Outcome("fine", len(one.retries)) if one.retries else Outcome("tolerated", retries, one.state)
    return Outcome("unhandled", retries)


def _spread(
    work: Callable[[_Plan], _Result],
    plan: Sequence[_Plan],
    processes: int | None,
    progress: Callable[[int, int], None] | None,
) -> list[_Result]:
    """The results of the plan in its order, on several cores where that pays.

    Processes are forked, because the closures of a compiled machine cannot be sent to them; each takes every nth cell.
    """
    count = min(processes or os.cpu_count() or 1, len(plan))
    if count < 2 or 2 * len(plan) < _WORTH_PROCESSES or "fork" not in multiprocessing.get_all_start_methods():
        return list(_counted(map(work, plan), len(plan), progress))
    fork = multiprocessing.get_context("fork")
    workers = []
    for offset in range(count):
        receiver, sender = fork.Pipe(duplex=False)
        worker = fork.Process(target=_work_off, args=(work, plan[offset::count], sender), daemon=True)
        worker.start()
        sender.close()
        workers.append((worker, receiver))
    try:
        results = (_received(workers[index % count][1]) for index in range(len(plan)))
        return list(_counted(results, len(plan), progress))
    finally:
        for worker, receiver in workers:
            worker.terminate()
            worker.join()
            receiver.close()


def _work_off(work: Callable[[_Plan], _Result], plan: Sequence[_Plan], sender: Connection) -> None:
    for item in plan:
        try:
            sender.send(work(item))
        except SfnError as error:
            sender.send(error)
            return


def _received(receiver: Connection) -> _Result:
    try:
        found = receiver.recv()
    except EOFError:
        raise EnvironmentFault("a process of the matrix has died", help="run it again; less memory is used with --jobs 1") from None
    if isinstance(found, SfnError):
        raise found
    result: _Result = found
    return result


def _counted(results: Iterable[_Result], total: int, progress: Callable[[int, int], None] | None) -> Iterator[_Result]:
    for number, result in enumerate(results, 1):
        yield result
        if progress is not None:
            progress(number, total)
