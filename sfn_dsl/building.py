"""From a project to the files of its build: wire and compile every pipeline for every target, prove the results, write down what
they are and what is deployed around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.asl.emit import to_json
from sfn_dsl.codes import CODES
from sfn_dsl.compile.dry_run import dry_run_input
from sfn_dsl.compile.machine import Compiled, compile_pipeline
from sfn_dsl.configuration import Project
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import DeclarationError
from sfn_dsl.output import MANIFEST, Output, listed
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.project import Loaded, relative
from sfn_dsl.proving import Proven, judged
from sfn_dsl.region import Target
from sfn_dsl.resources import cloudformation, terraform
from sfn_dsl.resources.check import check, check_together
from sfn_dsl.resources.lints import lint
from sfn_dsl.resources.template import Template
from sfn_dsl.span import Span
from sfn_dsl.stacks.forwarding import forwarding_problems
from sfn_dsl.stacks.machine import machine_policy
from sfn_dsl.stacks.pipeline_stack import pipeline_stack
from sfn_dsl.stacks.shared_stack import shared_stack
from sfn_dsl.triggers.wiring import Wired, Wiring, closer, wire

if TYPE_CHECKING:
    from sfn_dsl.checking.selection import Selection

__all__ = [
    "SHARED",
    "Build",
    "build_project",
    "definition_file",
    "policy_file",
    "retired_folders",
    "settings_file",
    "smoke_file",
    "template_file",
]

SHARED = "shared"
"""Name of the template that all pipelines of a target share."""
TERRAFORM = "terraform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Everything a build made in memory: machines, templates, files and findings. The files are good when no finding is an error.

    `compiled`: the chosen pipelines; `machines`: those that stand beside them (`<pipeline>-sweeper`, ...) and the shared ones.
    """

    compiled: tuple[Compiled, ...]
    machines: tuple[Compiled, ...] = ()
    templates: tuple[Template, ...] = ()
    outputs: tuple[Output, ...]
    diagnostics: tuple[Diagnostic, ...]
    wiring: Wiring

    @property
    def failed(self) -> bool:
        """Whether a finding is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def definition_file(name: str) -> str:
    """The file of a pipeline's definition in a target folder."""
    return f"{name}.asl.json"


def settings_file(name: str) -> str:
    """The file of a state machine's other settings (type, logging, tracing, encryption, tags)."""
    return f"{name}.settings.json"


def policy_file(name: str) -> str:
    """The file of the policy of a state machine's role."""
    return f"{name}.policy.json"


def smoke_file(name: str) -> str:
    """The file of an input with which a pipeline that has a `dry_run` does no work: what `publish` tries it with."""
    return f"{name}.smoke.json"


def template_file(name: str) -> str:
    """The file of the CloudFormation template of a pipeline, or of what all share."""
    return f"{name}.template.json"


def build_project(
    project: Project,
    loaded: Loaded,
    pipelines: Iterable[Pipeline],
    targets: Iterable[Target],
    selection: Selection | None = None,
) -> Build:
    """Build pipelines for targets. Findings of all of them come in one list, each once, by file and line. `selection`: rules to
    judge definitions by, instead of those of level error and the schema."""
    return _Building(project, loaded, tuple(pipelines), tuple(targets), selection).run()


class _Building:
    def __init__(
        self,
        project: Project,
        loaded: Loaded,
        chosen: tuple[Pipeline, ...],
        targets: tuple[Target, ...],
        selection: Selection | None,
    ) -> None:
        self.project = project
        self.loaded = loaded
        # Of two with one name, which is a finding of its own, one is built.
        self.chosen = tuple({pipeline.name: pipeline for pipeline in chosen}.values())
        self.targets = targets
        self.selection = selection
        self.proven = Proven(project)
        self.findings: dict[Diagnostic, None] = {}
        self.files: dict[str, dict[str, str]] = {target.folder: {} for target in targets}
        self.compiled: dict[str, list[Compiled]] = {target.folder: [] for target in targets}
        self.machines: dict[str, list[Compiled]] = {target.folder: [] for target in targets}
        self.templates: list[Template] = []
        self.deployable: list[tuple[Template, Span]] = []

    def run(self) -> Build:
        self.find(self.loaded.diagnostics)
        wiring = wire(self.loaded.pipelines, self.targets)
        self.find(wiring.problems)
        # Where setup.cfg does not say what is deployed, there is nothing to say about it.
        deployable = not self.project.faults
        if deployable:
            self.find(_forwarding(wiring, self.targets))
        for pipeline in self.chosen:
            wired = wiring.pipelines[pipeline.name]
            for target in self.targets:
                self.pipeline(wired, target)
        for target in self.targets if self.loaded.pipelines and deployable else ():
            self.shared(wiring, target)
        self.find(check_together(self.templates, {template.name: span for template, span in self.deployable}))
        self.proven.save()
        return Build(
            compiled=tuple(one for target in self.targets for one in self.compiled[target.folder]),
            machines=tuple(one for target in self.targets for one in self.machines[target.folder]),
            templates=tuple(self.templates),
            outputs=tuple(self.outputs(wiring)),
            diagnostics=tuple(sorted(self.told(), key=lambda item: item.sort_key)),
            wiring=wiring,
        )

    def find(self, findings: Iterable[Diagnostic]) -> None:
        for found in findings:
            self.findings[relative(self.project.root, found)] = None

    def told(self) -> list[Diagnostic]:
        """The findings, without those below an error that a comment or a setting silences."""
        listed = {code.code for code in CODES}
        if all(found.severity is Severity.ERROR or found.code not in listed for found in self.findings):
            return list(self.findings)
        # Imported here, because a build without such findings needs no rules.
        from sfn_dsl.checking.comments import Comments

        selection = self.selection
        if selection is None and (self.project.ignore or self.project.per_file_ignores):
            from sfn_dsl.checking.selection import make_selection

            selection = make_selection(ignored=self.project.ignore, per_file=self.project.per_file_ignores)
        names = {code.code: code.name for code in CODES}
        comments, told = Comments(), []
        for found in self.findings:
            place = replace(found.span, file=str(self.project.root / found.span.file))
            words = comments.allowed(place) | (selection.for_file(found.span.file) if selection else frozenset())
            quiet = not words.isdisjoint((found.code, names.get(found.code, "")))
            if found.severity is Severity.ERROR or found.code not in listed or not quiet:
                told.append(found)
        return told

    def pipeline(self, wired: Wired, target: Target) -> None:
        """A pipeline, the machines beside it, and their template, in one Region."""
        if wired.pipeline.deployment is not None:
            target = replace(target, deployment=wired.pipeline.deployment)
        made = [self.machine(pipeline, target, own=pipeline is wired.pipeline) for pipeline in wired.all_machines]
        good = [compiled for compiled in made if compiled is not None]
        self.compiled[target.folder] += [one for one in good if one.pipeline.name == wired.pipeline.name]
        self.machines[target.folder] += [one for one in good if one.pipeline.name != wired.pipeline.name]
        if len(good) < len(made) or wired.broken or self.project.faults:
            return
        try:
            template = pipeline_stack(wired, good, target, self.project.owner)
        except DeclarationError as error:
            self.find([_refused(error, wired.pipeline.span)])
            return
        self.template(template, wired.pipeline.name, wired.pipeline.span)

    def shared(self, wiring: Wiring, target: Target) -> None:
        """What all pipelines of a Region share."""
        made = self.machine(closer(target, wiring), target)
        if made is None:
            return
        self.machines[target.folder].append(made)
        self.template(shared_stack(target, wiring.contracts, [made], self.project.owner), SHARED, target.deployed.span)

    def machine(self, pipeline: Pipeline, target: Target, *, own: bool = False) -> Compiled | None:
        """A compiled machine with its files; None when it is wrong. `own`: a user has declared it."""
        compiled = compile_pipeline(pipeline, target, query_language=self.project.query_language)
        self.find(compiled.diagnostics)
        if any(item.severity is Severity.ERROR for item in compiled.diagnostics):
            return None
        definition = to_json(compiled.machine)
        text = canonical(definition)
        # Advice is for whoever can act on it; nobody has written the machines beside a pipeline.
        selection = self.selection if own or self.selection is None else replace(self.selection, strict=False)
        found = judged(self.project, compiled, definition, text, self.proven, selection)
        self.find(item for item in found if own or item.severity is not Severity.INFO)
        files = self.files[target.folder]
        files[definition_file(pipeline.name)] = text
        files[settings_file(pipeline.name)] = canonical(dict(compiled.settings))
        smoke = dry_run_input(pipeline)
        if smoke is not None:
            files[smoke_file(pipeline.name)] = canonical(smoke)
        try:
            files[policy_file(pipeline.name)] = canonical(machine_policy(compiled))
        except DeclarationError as error:
            self.find([_refused(error, pipeline.span)])
            return None
        return compiled

    def template(self, template: Template, name: str, span: Span) -> None:
        found = check(template, span=span)
        if not any(item.code == "SFN612" for item in found):
            found += lint(template, span=span)
            self.deployable.append((template, span))
        self.find(found)
        self.templates.append(template)
        if "cloudformation" in self.project.iac and not any(item.severity is Severity.ERROR for item in found):
            self.files[template.target.folder][template_file(name)] = cloudformation.to_text(template)

    def outputs(self, wiring: Wiring) -> Iterable[Output]:
        unchosen = set(wiring.pipelines) - {pipeline.name for pipeline in self.chosen}
        for target in self.targets:
            kept = _kept(self.project.build / target.folder, [wiring.pipelines[name] for name in unchosen])
            yield Output(folder=target.folder, files=self.files[target.folder], kept=kept)
        if "terraform" in self.project.iac and len(self.targets) == len(self.project.targets):
            yield from self.terraform(wiring, unchosen)

    def terraform(self, wiring: Wiring, unchosen: set[str]) -> Iterable[Output]:
        """One root module per pipeline, for all Regions of an environment together."""
        environments = dict.fromkeys(target.environment for target in self.targets)
        for environment in environments:
            folder = f"{environment}/{TERRAFORM}" if environment else TERRAFORM
            by_name: dict[str, list[Template]] = {}
            spans: dict[str, Span] = {}
            for template, span in self.deployable:
                if template.target.environment == environment:
                    by_name.setdefault(template.name, []).append(template)
                    spans[template.name] = span
            files = {}
            for name, templates in by_name.items():
                try:
                    files[f"{name}/main.tf.json"] = terraform.to_text(templates)
                except DeclarationError as error:
                    self.find([Diagnostic(code="SFN612", message=str(error), span=spans[name], help=error.help)])
            there = listed(self.project.build / folder)
            kept = frozenset(path for path in there if path.partition("/")[0] in unchosen)
            yield Output(folder=folder, files=files, kept=kept)


def _forwarding(wiring: Wiring, targets: Iterable[Target]) -> Iterable[Diagnostic]:
    """What the deployment of each environment, and those of single pipelines, do to batches."""
    common = [wired for wired in wiring.pipelines.values() if wired.pipeline.deployment is None]
    for target in targets:
        yield from forwarding_problems(target.deployed, common)
    for wired in wiring.pipelines.values():
        if wired.pipeline.deployment is not None:
            yield from forwarding_problems(wired.pipeline.deployment, [wired], wired.pipeline.span)


def _refused(error: DeclarationError, span: Span) -> Diagnostic:
    return Diagnostic(code="SFN104", message=str(error), span=error.span or span, help=error.help)


def _kept(folder: Path, unchosen: Sequence[Wired]) -> frozenset[str]:
    """Listed files of pipelines that exist but were not selected."""
    names = {machine.name for wired in unchosen for machine in wired.all_machines}
    files = {make(name) for name in names for make in (definition_file, settings_file, policy_file, template_file, smoke_file)}
    return frozenset(path for path in listed(folder) if path in files)


def retired_folders(project: Project) -> tuple[str, ...]:
    """Target folders below `build/` that have a manifest but that the project no longer has."""
    known = {target.folder for target in project.targets}
    if "terraform" in project.iac:
        known |= {f"{target.environment}/{TERRAFORM}" if target.environment else TERRAFORM for target in project.targets}
    found = [file.parent.relative_to(project.build).as_posix() for file in sorted(project.build.glob(f"**/{MANIFEST}"))]
    return tuple(folder for folder in found if folder not in known)
