"""`docs/systems/<pipeline>.md`: diagram, states, triggers, failure handling, permissions, cost and runbook of a pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sfn_dsl.asl.model import Choice, State, StateMachine, Task
from sfn_dsl.asl.walk import walk
from sfn_dsl.building import Build
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.costs.circles import every_step
from sfn_dsl.costs.rates import Rates
from sfn_dsl.costs.system import system_cost
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.costs import cost_table
from sfn_dsl.pages.diagram import diagram
from sfn_dsl.pages.failures import failure_rows
from sfn_dsl.pages.runbook import alarm_rows, commands
from sfn_dsl.pages.starts import starts
from sfn_dsl.pipeline import Stage
from sfn_dsl.resources.iam.explain import Row, explain
from sfn_dsl.resources.template import Template
from sfn_dsl.stacks.machine import machine_grants

__all__ = ["MADE", "stages_of", "system_page", "system_pages"]

MADE: Final = "Made by `sfn-dsl docs`"
"""What stands on every page that a pipeline has, and on no other."""
_WIDEST: Final = 80
"""Of a command behind which others are aligned."""


def system_pages(build: Build, rates: Rates) -> dict[str, str]:
    """The pages of all pipelines of a build by name of pipeline, for the first target of each."""
    names = dict.fromkeys(compiled.pipeline.name for compiled in build.compiled)
    return {name: system_page(name, build, rates) for name in names}


def system_page(name: str, build: Build, rates: Rates) -> str:
    """The page of a pipeline. Raises ConfigError where a run of its sample input does not succeed."""
    own = [one for one in build.compiled if one.pipeline.name == name]
    template = next((one for one in build.templates if one.name == name), None)
    if template is None:
        raise ConfigError(f"`{name}` has no template", help="run `sfn-dsl build`, which says what is wrong")
    return "\n".join(_page(own, template, build, rates)) + "\n"


def stages_of(compiled: Compiled) -> dict[str, str]:
    """The stage that each outermost state belongs to, gate and mark included; states outside of stages are left out."""
    by_step: dict[str, str] = {}
    for stage in compiled.pipeline.steps:
        if isinstance(stage, Stage):
            inner = every_step([stage], compiled.pipeline, compiled.target)
            by_step |= {step.name: stage.name for step in inner}
            by_step[f"Mark {stage.name}"] = stage.name
    first = {record.start_at: record.name for record in compiled.stages}
    found = {}
    for name, state in compiled.machine.states.items():
        step = "" if state.origin is None else state.origin.step
        if step in by_step:
            found[name] = by_step[step]
        elif isinstance(state, Choice) and state.default in first:
            # The gate: unless the stage is done, its first state is next.
            found[name] = first[str(state.default)]
    return found


def _page(own: Sequence[Compiled], template: Template, build: Build, rates: Rates) -> Iterator[str]:
    compiled = own[0]
    pipeline, target = compiled.pipeline, compiled.target
    wired = build.wiring.pipelines[pipeline.name]
    stages = stages_of(compiled)
    yield f"# {pipeline.name}"
    yield ""
    yield f"{pipeline.comment or pipeline.name}. {MADE} of what is deployed in {target.folder}."
    yield from ("", "## Diagram", "", "Dashed: where errors lead.", "", "```mermaid", diagram(compiled.machine, stages), "```")
    yield from ("", "## States", "")
    yield from _table(("state", "stage", "type", "calls", "time-out"), _states(compiled, stages))
    yield from ("", "## Triggers", "")
    yield from (f"- {sentence}" for sentence in starts(wired, target))
    yield from ("", "## Failure handling", "")
    yield from _table(("what", "at", "in"), failure_rows(compiled.machine))
    yield from ("", "## Permissions", "", f"Of the role of the state machine in {target.region}.", "")
    yield from _table(("states", "may", "on", "because"), _permissions(explain(machine_grants(compiled))))
    yield from ("", "## Cost and time", "")
    yield cost_table(system_cost(wired, own, (*build.compiled, *build.machines), rates))
    yield from ("", "## Runbook", "")
    yield from _table(("alarm on", "names", "what to do"), alarm_rows(template))
    yield from ("", "```console")
    given = list(commands(pipeline, template, target))
    width = max(len(command) for command, _ in given if len(command) <= _WIDEST)
    yield from (f"$ {command.ljust(width)}   # {what}" for command, what in given)
    yield "```"


def _states(compiled: Compiled, stages: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for outer, whole in compiled.machine.states.items():
        for name, state in walk(StateMachine(states={outer: whole})):
            yield name, stages.get(outer, ""), type(state).__name__, *_calls(state)


def _calls(state: State) -> tuple[str, str]:
    if not isinstance(state, Task):
        return "", ""
    resource = str(state.resource)
    timeout = f"{state.timeout_seconds} s" if isinstance(state.timeout_seconds, int) else ""
    return f"`{resource.partition(':states:::')[2] or resource}`", timeout


def _permissions(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    """Rows that differ only in the action are one."""
    folded: dict[tuple[tuple[str, ...], str, tuple[str, ...], str], list[str]] = {}
    for row in rows:
        folded.setdefault((row.states, row.effect, row.resources, row.reason), []).append(row.action)
    for (states, effect, resources, reason), actions in folded.items():
        may = ("not: " if effect == "Deny" else "") + ", ".join(f"`{action}`" for action in dict.fromkeys(actions))
        yield ", ".join(states) or "the machine", may, ", ".join(f"`{one}`" for one in resources), reason


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in row)
        yield f"| {' | '.join(cells)} |"
