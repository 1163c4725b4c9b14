"""Steps become drafts, drafts become named nodes joined by edges."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sfn_dsl.compile.field_types import misfits
from sfn_dsl.compile.graph import Edge, EdgeKind, Failure, Label, Node, Occurrence, Scope, ScopeKind
from sfn_dsl.compile.handwritten import every_state, leaves, renamed, targets
from sfn_dsl.compile.problems import Problems
from sfn_dsl.constants import fold
from sfn_dsl.draft import (
    NEXT,
    Call,
    Draft,
    Each,
    Fault,
    Fixed,
    Fork,
    Goto,
    Pause,
    Site,
    Steps,
    Stop,
    Test,
    Throw,
)
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import FAILURE, MISSING, Template
from sfn_dsl.functions import format
from sfn_dsl.pipeline import Pipeline, Stage
from sfn_dsl.policy import ALL, Catcher
from sfn_dsl.region import Target
from sfn_dsl.span import Span, made_for
from sfn_dsl.steps.step import Step, as_steps

__all__ = ["Lowered", "lower"]

MAX_DEPTH = 100
_MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Lowered:
    """The graph of a pipeline: its root scope, every occurrence of every step, the failure handler, and the output.

    `cut` says that steps nested too deeply were left out, so that nothing can be concluded from the graph.
    """

    root: Scope
    occurrences: dict[int, list[Occurrence]]
    failure: Failure | None
    stages: tuple[str, ...]
    output: Template = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where steps are lowered: scope, where failures go, which handler they stand in, stage and depth. `goes_on`: a step that
    fails is passed over, as in the failure handler, where a record that cannot be written must not keep back the alert. `named`:
    where calls inside a Parallel or Map go that fail, if a handler outside of it should hear which one it was."""

    scope: Scope
    throws_to: Label | None
    catches_to: Label | None
    enters: Failure | None
    inside: Failure | None
    stage: str = ""
    depth: int = 0
    goes_on: bool = False
    named: Label | None = None


def lower(pipeline: Pipeline, target: Target, problems: Problems, lease_seconds: int = 0) -> Lowered:
    """The graph of a pipeline for a target; what is wrong with its steps goes to `problems`. `lease_seconds`: of its claim."""
    return _Lowering(pipeline, target, problems, lease_seconds).run()


class _Lowering:
    def __init__(self, pipeline: Pipeline, target: Target, problems: Problems, lease_seconds: int) -> None:
        self.pipeline = pipeline
        self.target = target
        self.lease_seconds = lease_seconds
        self.problems = problems
        self.root = Scope(ScopeKind.ROOT)
        self.occurrences: dict[int, list[Occurrence]] = {}
        self.named: dict[str, Step] = {}
        self.used: set[str] = set()
        self.stages: list[str] = []
        self.handled: dict[tuple[int, int], tuple[Label, Failure]] = {}
        self.count = 0
        self.cut = False

    def run(self) -> Lowered:
        pipeline = self.pipeline
        steps = self.flatten(pipeline.body)
        if not steps and not self.problems:
            self.problems.add("SFN104", f"pipeline `{pipeline.name}` has no steps", pipeline.span, "give it steps in `body`")
        handler = self.flatten(pipeline.on_failure)
        wired = bool(handler) and pipeline.failure_mode == "record"
        failure = Failure("failure") if wired else None
        start = Label() if wired else None
        place = _Place(self.root, start, start, failure, None)
        end = Label()
        if pipeline.dry_run is not MISSING:
            begin = Label()
            self.root.entry = self.dry_run(place, begin)
            self.sequence(steps, place, end, begin)
        else:
            self.root.entry = self.sequence(steps, place, end)
        body = len(self.root.nodes)
        if failure is not None and start is not None:
            self.handler(handler, failure, start)
        self.close_scopes()
        last = self.root.nodes[-1] if self.root.nodes else None
        if last is not None and last.occurrence.generated and isinstance(last.draft, Stop):
            # The Succeed that closes the body stands before the failure handler.
            self.root.nodes.insert(body, self.root.nodes.pop())
        output = self.folded(pipeline.output, pipeline.span)
        return Lowered(self.root, self.occurrences, failure, tuple(self.stages), output, self.cut)

    def site(self, span: Span) -> Site:
        """Where a step of the pipeline is lowered."""
        return Site(
            target=self.target,
            retry=self.pipeline.retry,
            span=span,
            pipeline=self.pipeline.name,
            lease_seconds=self.lease_seconds,
        )

    def flatten(self, block: object) -> tuple[Step, ...]:
        try:
            return as_steps(block, self.pipeline.span)
        except DeclarationError as error:
            self.problems.caught(error, self.pipeline.span)
            return ()

    def dry_run(self, place: _Place, start: Label) -> Label:
        """The Choice before everything else, which reads the condition and succeeds."""
        step = Step("Dry run?", span=self.pipeline.span)
        condition = self.folded(self.pipeline.dry_run, step.span)
        occurrence = self.occur(step, place, generated=True)
        choice = self.node(occurrence, Test(rules=((condition, "yes"),), default=NEXT), place)
        done = self.node(occurrence, Stop(label="yes"), place)
        done.output = {}
        choice.edges = [Edge(EdgeKind.RULE, Label(done), condition=condition), Edge(EdgeKind.DEFAULT, start)]
        return Label(choice)

    def folded(self, template: Template, span: Span) -> Template:
        """A template of the pipeline itself with settings replaced; an empty object after a finding."""
        try:
            return fold(template, self.target, span)
        except DeclarationError as error:
            self.problems.caught(error, span)
            return {}

    def handler(self, steps: tuple[Step, ...], failure: Failure, start: Label) -> None:
        """The failure handler: its steps, each passed over when it fails itself, then a Fail with the error that started it."""
        failed = Step("Pipeline failed", span=self.pipeline.span)
        end = Label()
        place = _Place(self.root, end, end, None, failure, goes_on=True)
        start.node = self.sequence(steps, place, end).node
        occurrence = self.occur(failed, place, generated=True)
        end.node = self.node(occurrence, Fault(error=FAILURE.error, cause=FAILURE.cause), place)

    def sequence(self, steps: tuple[Step, ...], place: _Place, after: Label, first: Label | None = None) -> Label:
        """Lower steps one after another; the label of the first. An empty sequence is what comes after it."""
        if not steps:
            return after
        labels = [first or Label(), *(Label() for _ in steps[1:]), after]
        for index, step in enumerate(steps):
            self.step(step, place, labels[index], labels[index + 1])
        return labels[0]

    def step(self, step: Step, place: _Place, here: Label, after: Label) -> None:
        if isinstance(step, Stage):
            self.stage(step, place, here, after)
            return
        occurrence = self.occur(step, place)
        site = self.site(step.span)
        drafts = self.drafts(step, site)
        if not drafts:
            occurrence.broken = True
            drafts = (Pause(seconds=0),)
        labels = {draft.label: Label() for draft in drafts}
        labels[drafts[0].label] = here
        nodes = [self.node(occurrence, draft, place) for draft in drafts]
        for node in nodes:
            labels[node.draft.label].node = node
        for node in nodes:
            self.connect(node, labels, place, after)

    def drafts(self, step: Step, site: Site) -> tuple[Draft, ...]:
        """What a step lowers itself to; nothing after a finding."""
        wrong = list(misfits(step))
        for misfit in wrong:
            message = f"`{misfit.field}` of {step.kind} `{step.name}` is no {misfit.wanted}"
            self.problems.add("SFN104", message, step.span, misfit.help)
        if wrong:
            return ()
        try:
            with made_for(step.span):
                return tuple(self.fold(draft, site) for draft in step.lower(site))
        except DeclarationError as error:
            self.problems.caught(error, step.span)
            return ()

    def stage(self, stage: Stage, place: _Place, here: Label, after: Label) -> None:
        if place.stage or place.scope is not self.root or place.inside is not None:
            site = Site(target=self.target, span=stage.span)
            try:
                stage.lower(site)
            except DeclarationError as error:
                self.problems.caught(error, stage.span)
        if stage.name in self.stages:
            self.problems.add("SFN101", f"stage name `{stage.name}` is used twice", stage.span, "give each stage a name of its own")
        self.stages.append(stage.name)
        if not stage.steps:
            self.problems.add("SFN104", f"stage `{stage.name}` has no steps", stage.span, "give it steps or remove it")
            here.node = after.node
            return
        inside = replace(place, stage=stage.name)
        if stage.skip is None:
            self.sequence(stage.steps, inside, after, here)
            return
        gate = Step(f"Is {stage.name} done?"[:_MAX_NAME], span=stage.span)
        choice = self.node(
            self.occur(gate, place, generated=True), Test(rules=((stage.skip.condition, "skip"),), default=NEXT), place
        )
        here.node = choice
        skip = Edge(EdgeKind.RULE, after, condition=stage.skip.condition, restores=stage.name, restored=stage.skip.values)
        choice.edges = [skip, Edge(EdgeKind.DEFAULT, self.sequence(stage.steps, inside, after))]

    def fold(self, draft: Draft, site: Site) -> Draft:
        """The draft with settings replaced by their values for the target."""
        match draft:
            case Call():
                names = ("arguments", "credentials", "timeout", "heartbeat")
                changed = {}
                for name in names:
                    old = getattr(draft, name)
                    new = site.fold(old)
                    if new is not old:
                        changed[name] = new
                return replace(draft, **changed) if changed else draft
            case Test():
                rules = tuple((site.fold(condition), self.fold_goto(goto, site)) for condition, goto in draft.rules)
                return replace(draft, rules=rules, default=self.fold_goto(draft.default, site))
            case Pause():
                return replace(draft, seconds=site.fold(draft.seconds), until=site.fold(draft.until))
            case Each():
                return replace(
                    draft,
                    items=site.fold(draft.items),
                    collect=site.fold(draft.collect),
                    max_concurrency=site.fold(draft.max_concurrency),
                    distributed=site.fold(draft.distributed),
                )
            case Fault():
                return replace(draft, error=site.fold(draft.error), cause=site.fold(draft.cause))
            case Fixed():
                return replace(draft, states=site.fold(draft.states), reads=site.fold(draft.reads))
            case _:
                return draft

    @staticmethod
    def fold_goto(goto: Goto, site: Site) -> Goto:
        return Throw(site.fold(goto.error), site.fold(goto.cause)) if isinstance(goto, Throw) else goto

    def occur(self, step: Step, place: _Place, *, generated: bool = False) -> Occurrence:
        earlier = self.occurrences.setdefault(id(step), [])
        name = step.name
        if not isinstance(name, str) or not name.strip():
            self.problems.add("SFN102", "a step has an empty name", step.span, "give it a name of 1 to 80 characters")
            name = "unnamed"
        elif len(name) > _MAX_NAME:
            self.problems.add(
                "SFN102", f"step name `{name[:30]}...` has {len(name)} characters", step.span, "a state name has at most 80"
            )
            name = name[:_MAX_NAME]
        if earlier:
            name = self.unused(name)
        elif name in self.named:
            first = self.named[name].span
            self.problems.add(
                "SFN101",
                f"step name `{name}` is already used on line {first.line}",
                step.span,
                "state names must be unique in a state machine",
                also=((first, "first used here"),),
            )
            name = self.unused(name)
        elif name in self.used:
            name = self.unused(name)
        self.named.setdefault(name, step)
        self.used.add(name)
        self.count += 1
        occurrence = Occurrence(step, name, self.count, place.scope, stage=place.stage, generated=generated)
        earlier.append(occurrence)
        return occurrence

    def unused(self, name: str) -> str:
        """The name, or the first of `name (2)`, `name (3)`, ... that no state has; never longer than 80 characters."""
        number, candidate = 1, name[:_MAX_NAME]
        while candidate in self.used:
            number += 1
            suffix = f" ({number})"
            candidate = name[: _MAX_NAME - len(suffix)] + suffix
        return candidate

    def node(self, occurrence: Occurrence, draft: Draft, place: _Place) -> Node:
        if not occurrence.nodes:
            name = occurrence.name
        else:
            suffix = f" / {draft.label}"
            name = self.unused(occurrence.name[: _MAX_NAME - len(suffix)] + suffix)
        self.used.add(name)
        self.count += 1
        node = Node(name, draft, occurrence, place.scope, self.count, failure=place.inside)
        occurrence.nodes[draft.label] = node
        place.scope.nodes.append(node)
        return node

    def connect(self, node: Node, labels: dict[str, Label], place: _Place, after: Label) -> None:
        """Add the ways out of a node, and lower the steps they lead to."""
        match node.draft:
            case Call(next=goto, catch=catch, passed_over=passed_over):
                following = self.edge(EdgeKind.NEXT, goto, node, labels, place, after)
                node.edges.append(following)
                if passed_over:
                    node.edges.append(Edge(EdgeKind.CATCH, following.label, errors=ALL.errors))
                    return
                self.catches(node, catch, place, after)
            case Pause(next=goto):
                node.edges.append(self.edge(EdgeKind.NEXT, goto, node, labels, place, after))
            case Test(rules=rules, default=default):
                for condition, goto in rules:
                    edge = self.edge(EdgeKind.RULE, goto, node, labels, place, after)
                    edge.condition = condition
                    node.edges.append(edge)
                node.edges.append(self.edge(EdgeKind.DEFAULT, default, node, labels, place, after))
            case Fork(branches=branches, catch=catch):
                node.edges.append(Edge(EdgeKind.NEXT, after))
                for position, steps in enumerate(branches):
                    self.scope(node, Scope(ScopeKind.BRANCH, node, position), steps, place)
                self.catches(node, catch, place, after)
            case Each(body=steps, distributed=distributed, catch=catch):
                node.edges.append(Edge(EdgeKind.NEXT, after))
                kind = ScopeKind.INLINE if distributed is None else ScopeKind.DISTRIBUTED
                self.scope(node, Scope(kind, node), steps, place)
                self.catches(node, catch, place, after)
            case Fixed(states=states, start_at=start):
                self.fixed(node, states, start, self.edge(EdgeKind.NEXT, node.draft.next, node, labels, place, after))
                self.catches(node, (), place, after)
            case Fault(error=error, cause=cause) if place.throws_to is not None and place.enters is not None:
                # Where there is a handler, a Fail becomes the Pass that carries its error there.
                edge = Edge(EdgeKind.NEXT, place.throws_to, failure=place.enters, thrown=Throw(error, cause))
                node.edges.append(edge)
            case _:
                pass

    def fixed(self, node: Node, states: object, start: str, leaving: Edge) -> None:
        """A hand-written fragment is one node that can be left at every state that ends."""
        assert isinstance(states, dict)
        assert isinstance(node.draft, Fixed)
        if node.draft.keeps_names:
            self.used.discard(node.name)
            node.name = self.unused(start)
        names = {}
        for name, _ in every_state(states):
            if name in names:
                self.problems.add(
                    "SFN101",
                    f"state name `{name}` stands twice in `{node.occurrence.name}`",
                    node.span,
                    "state names must be unique in a state machine",
                )
                continue
            names[name] = node.name if name == start else self.unused(name)
            self.used.add(names[name])
        fresh = {names[name]: renamed(state, names) for name, state in states.items()}
        node.draft = replace(node.draft, states=fresh, start_at=node.name)
        if any(leaves(state) for state in states.values()):
            node.edges.append(leaving)
        for name, state in states.items():
            for target in targets(state):
                if target not in states:
                    self.problems.add(
                        "SFN105",
                        f"state `{name}` of Raw `{node.occurrence.name}` goes to `{target}`, which is no state of the fragment",
                        node.occurrence.step.span,
                        "a fragment is left by `End`",
                    )

    def scope(self, node: Node, scope: Scope, steps: tuple[Step, ...], place: _Place) -> None:
        if place.depth >= MAX_DEPTH:
            self.cut = True
            self.problems.add(
                "SFN403",
                f"steps are nested more than {MAX_DEPTH} levels deep",
                node.occurrence.step.span,
                "split the pipeline and use `StartPipeline`",
            )
            return
        node.inner.append(scope)
        inside = _Place(scope, None, None, None, place.inside, place.stage, place.depth + 1)
        if scope.kind is ScopeKind.DISTRIBUTED or (place.catches_to is None and place.named is None) or place.goes_on:
            scope.entry = self.sequence(steps, inside, Label())
            return
        failed = Label()
        scope.entry = self.sequence(steps, replace(inside, named=failed), Label())
        self.named_failure(node, scope, inside, failed)

    def named_failure(self, node: Node, scope: Scope, place: _Place, failed: Label) -> None:
        """The Fail to which all calls of a branch or iteration are caught. A handler outside sees the Parallel or Map only, so the
        cause tells which step it was; the error stays as it is, for retries and classes."""
        caught = [edge for other in scope.nodes for edge in other.edges if edge.label is failed]
        if not caught:
            return
        number = f" {scope.position + 1}" if isinstance(node.draft, Fork) and len(node.draft.branches) > 1 else ""
        failure = Failure(f"{node.name}{number}")
        for edge in caught:
            edge.failure = failure
        step = Step(self.unused(f"{node.name} /{number} failed"[:_MAX_NAME]), span=node.span)
        cause = format("{}: {}", FAILURE.step, FAILURE.cause)
        occurrence = self.occur(step, place, generated=True)
        failed.node = self.node(occurrence, Fault(error=FAILURE.error, cause=cause), replace(place, inside=failure))

    def catches(self, node: Node, catchers: tuple[Catcher, ...], place: _Place, after: Label) -> None:
        for catcher in catchers:
            label, failure = self.handled_by(node, catcher, place, after)
            node.edges.append(Edge(EdgeKind.CATCH, label, errors=catcher.errors, failure=failure))
        everything = any(ALL.errors[0] in catcher.errors for catcher in catchers)
        if place.catches_to is not None and not everything:
            to = after if place.goes_on else place.catches_to
            node.edges.append(Edge(EdgeKind.CATCH, to, errors=ALL.errors, failure=place.enters))
        if place.named is not None and not everything and isinstance(node.draft, Call):
            node.edges.append(Edge(EdgeKind.CATCH, place.named, errors=ALL.errors))

    def handled_by(self, node: Node, catcher: Catcher, place: _Place, after: Label) -> tuple[Label, Failure]:
        """The steps of a handler, which all calls of one step share."""
        key = (node.occurrence.order, id(catcher))
        if key not in self.handled:
            failure = Failure(node.occurrence.name)
            steps = self.flatten(catcher.do)
            self.handled[key] = (self.sequence(steps, replace(place, inside=failure), after), failure)
        return self.handled[key]

    def thrown(self, kind: EdgeKind, throw: Throw, node: Node, place: _Place, after: Label) -> Edge:
        """Where an error that a step raises itself goes: to a handler of the step, to the pipeline's, or to a Fail."""
        for draft in [inner.draft for inner in node.occurrence.nodes.values()]:
            for catcher in draft.catch if isinstance(draft, Call) else ():
                if throw.error in catcher.errors or ALL.errors[0] in catcher.errors:
                    label, failure = self.handled_by(node, catcher, place, after)
                    return Edge(kind, label, failure=failure, thrown=throw)
        if place.goes_on:
            return Edge(kind, after)
        if place.throws_to is not None and place.enters is not None:
            return Edge(kind, place.throws_to, failure=place.enters, thrown=throw)
        draft = Fault(label=throw.error if isinstance(throw.error, str) else "failed", error=throw.error, cause=throw.cause)
        return Edge(kind, Label(self.node(node.occurrence, draft, place)))

    def edge(self, kind: EdgeKind, goto: Goto, node: Node, labels: dict[str, Label], place: _Place, after: Label) -> Edge:
        match goto:
            case str():
                return Edge(kind, labels[goto])
            case Throw():
                return self.thrown(kind, goto, node, place, after)
            case Steps(steps=steps):
                return Edge(kind, self.sequence(steps, place, after))
            case _:
                return Edge(kind, after)

    def close_scopes(self) -> None:
        """A Choice or a catcher that leads to the end of its scope needs a state to go to: one Succeed per scope."""
        for scope in list(self.root.walk()):
            done: Node | None = None
            for node in list(scope.nodes):
                for edge in node.edges:
                    if edge.kind is EdgeKind.NEXT or edge.label.node is not None:
                        continue
                    if done is None:
                        done = self.done(scope, node)
                    edge.label = Label(done)

    def done(self, scope: Scope, near: Node) -> Node:
        owner = scope.owner
        name = "Done" if owner is None else f"{owner.name} / done"
        if owner is not None and len(owner.inner) > 1:
            name = f"{owner.name} / {scope.position + 1} done"
        step = Step(self.unused(name[:_MAX_NAME]), span=near.occurrence.step.span)
        place = _Place(scope, None, None, None, None)
        occurrence = self.occur(step, place, generated=True)
        return self.node(occurrence, Stop(), place)
