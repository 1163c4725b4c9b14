"""Every reference finds its value.

The first pass over all nodes notes what is read where (liveness): each value that a later node reads becomes a field of a
record, a variable that the producing state assigns. The second pass, while states are written, asks again and gets slots.
Nothing else is kept, and no state is added.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.compile.entered import Entered
from sfn_dsl.compile.flow import Flow, analyse
from sfn_dsl.compile.graph import Failure, Node, Occurrence, Scope, ScopeKind
from sfn_dsl.compile.handed import Passed, ScopeInput
from sfn_dsl.compile.lowering import Lowered
from sfn_dsl.compile.occurrences import blame, home_of, own_node, producer_in, produces, why_not
from sfn_dsl.compile.output_shapes import kind_at, read_at, shape_of
from sfn_dsl.compile.problems import Problems
from sfn_dsl.compile.reading import Use, at_entry, at_exit, references
from sfn_dsl.compile.slots import EXECUTION_INPUT, Base, Names, Path, Record, Slot, starts_with
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.draft import Call, Each, Fixed
from sfn_dsl.expression import (
    MISSING,
    ContextRoot,
    Expression,
    FailureRoot,
    InputRoot,
    ItemRoot,
    LocalRoot,
    Operation,
    Reference,
    ResultRoot,
    StageRoot,
    StepRoot,
    Template,
    VariableRoot,
    path_text,
)
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.steps.step import Step

__all__ = ["Resolver"]

_CONTEXT_FIELDS = ("Execution", "State", "StateMachine", "Task", "Map")
_CONTEXT_ALWAYS = {
    ("Execution", "Id"),
    ("Execution", "Name"),
    ("Execution", "RoleArn"),
    ("Execution", "StartTime"),
    ("Execution", "Input"),
    ("State", "EnteredTime"),
    ("State", "Name"),
    ("StateMachine", "Id"),
    ("StateMachine", "Name"),
    ("Task", "Token"),
}
_FAILURE_FIELDS = ("error", "cause", "step")


class Resolver:
    """Answers, for a node, where a reference finds its value. `slot` may be asked again and again; `run` comes first."""

    def __init__(self, lowered: Lowered, pipeline: Pipeline, language: str, problems: Problems) -> None:
        self.lowered = lowered
        self.pipeline = pipeline
        self.jsonpath = language == "JSONPath"
        self.problems = problems
        self.names = Names(self._written())
        self.records: dict[tuple[int, int], Record] = {}
        self.failures: dict[int, Record] = {}
        self.locals: dict[tuple[int, str], str] = {}
        self.scope_inputs: dict[int, ScopeInput] = {}
        self.exports: dict[int, dict[str, Record]] = {}
        self.aliases: dict[int, dict[str, Reference]] = {}
        self.in_scope: dict[int, list[Record]] = {}
        self.made_by: dict[int, list[Record]] = {}
        self.crossing: dict[str, dict[str, None]] = {}
        self._bits: dict[tuple[int, str], int] = {}
        self._reads: dict[int, list[tuple[Reference, bool, bool, bool]]] = {}
        self.flow = Flow()
        self.entered = Entered(self)

    def run(self) -> None:
        """Find all that is read, report what cannot be, and fix the names and contents of all variables."""
        scopes = list(self.lowered.root.walk())
        for scope in scopes:
            self._outputs(scope)
        self._number_values(scopes)
        self.flow = analyse(self.lowered.root, self._makes)
        self._unreached(scopes)
        for scope in scopes:
            for node in scope.nodes:
                if id(node) in self.flow.reached:
                    self._collect(node)
        for scope in scopes:
            self._freeze(scope)

    # What is set where

    def _written(self) -> list[str]:
        written = []
        for scope in self.lowered.root.walk():
            for node in scope.nodes:
                if isinstance(node.draft, Fixed):
                    for name in node.draft.writes:
                        if name in written:
                            self.problems.add(
                                "SFN207",
                                f"variable `{name}` is written by two Raw steps",
                                node.span,
                                "variable names are unique in a machine",
                            )
                        written.append(name)
        return written

    def _number_values(self, scopes: list[Scope]) -> None:
        """Give a bit to every value that something reads, and remember what each node reads."""
        wanted: set[tuple[int, str]] = set()
        for scope in scopes:
            for node in scope.nodes:
                reads = self._reads[id(node)] = list(_reads_of(node))
                for reference, *_ in reads:
                    root = reference._root
                    if isinstance(root, (StepRoot, LocalRoot)):
                        name = root.name if isinstance(root, LocalRoot) else ""
                        found = self.lowered.occurrences.get(id(root.step), ())
                        wanted.update((occurrence.order, name) for occurrence in found)
        self._bits = {key: 1 << number for number, key in enumerate(sorted(wanted))}

    def _makes(self, node: Node) -> int:
        order = node.occurrence.order
        bits = 0
        if produces(node):
            bits |= self._bits.get((order, ""), 0)
        for name in node.draft.sets:
            bits |= self._bits.get((order, name), 0)
        return bits

    def _unreached(self, scopes: list[Scope]) -> None:
        for scope in scopes:
            if scope.owner is not None and id(scope.owner) not in self.flow.reached:
                continue
            for node in scope.nodes:
                first = node is next(iter(node.occurrence.nodes.values()))
                unused_handler = node.failure is not None and node.failure is self.lowered.failure
                if first and not unused_handler and not node.occurrence.generated and id(node) not in self.flow.reached:
                    self.problems.add(
                        "SFN108",
                        f"nothing leads to step `{node.name}`",
                        node.span,
                        "the steps before it always end in `Succeed` or `Fail`; remove it or the ending",
                    )

    def _outputs(self, scope: Scope) -> None:
        """Give every node at which a scope ends the template of the scope's output."""
        for node in scope.nodes:
            if node.output is not None:
                continue
            if scope.kind is ScopeKind.ROOT:
                node.output = self.lowered.output
            elif scope.owner is not None and isinstance(scope.owner.draft, Each):
                node.output = scope.owner.draft.collect

    # First pass

    def _collect(self, node: Node) -> None:
        for reference, tolerant, figure, leaving in self._reads[id(node)]:
            self.slot(node, reference, tolerant=tolerant, figure=figure, leaving=leaving)
        if isinstance(node.draft, Fixed):
            self._aliases(node, node.draft)

    def _aliases(self, node: Node, draft: Fixed) -> None:
        """Values that a Raw step reads under names of its own: variables assigned where the values are made."""
        for name, reference in draft.reads.items():
            if not isinstance(reference, Reference) or not isinstance(reference._root, StepRoot):
                self.problems.add(
                    "SFN207",
                    f"`reads` of Raw `{node.name}` takes outputs of steps, not `{name}`",
                    node.span,
                    "put other values into the ASL",
                )
                continue
            slot = self.slot(node, reference)
            occurrence = self._choose(node, reference, reference._root.step, False)
            if slot is None or occurrence is None:
                continue
            producer = producer_in(occurrence, node.scope)
            if producer is None or producer.inner or isinstance(producer.draft, Fixed):
                self.problems.add(
                    "SFN207", f"`{name}` of Raw `{node.name}` comes out of another scope", node.span, "put it into the ASL"
                )
                continue
            if not self.names.reserve(name):
                self.problems.add(
                    "SFN207", f"variable name `{name}` of Raw `{node.name}` is taken", node.span, "choose another name"
                )
                continue
            self.aliases.setdefault(id(producer), {})[name] = reference
            self._crosses(node, producer, name)

    def _freeze(self, scope: Scope) -> None:
        """Fix what the variables of a scope hold; what comes out of branches is demanded at the ends of these."""
        for record in list(self.in_scope.get(id(scope), ())):
            if not record.keys:
                # JSONPath cannot read a field that may be absent, so it keeps the value that the field would stand in.
                merged = record.producer is not None or not record.defaults
                record.freeze(whole_if_tolerant=self.jsonpath and merged)
                if self.comes_out_of_a_branch(record):
                    self._export(record)

    def keep(self, record: Record) -> Record:
        self.in_scope.setdefault(id(record.scope), []).append(record)
        return record

    def comes_out_of_a_branch(self, record: Record) -> bool:
        """Whether a Parallel, not the step itself, assigns a record."""
        if record.producer is None or record.occurrence is None:
            return False
        return record.producer is not own_node(record.occurrence)

    def _export(self, record: Record) -> None:
        assert record.producer is not None
        assert record.occurrence is not None
        branch = record.producer.inner[record.position]
        self.exports.setdefault(id(branch), {})[record.name] = record
        for node in branch.nodes:
            if not node.ends or id(node) not in self.flow.reached:
                continue
            for path in record.keys:
                tolerant = any(entry.tolerant for at, entry in record.fields.items() if starts_with(at, path))
                self.step_slot(node, record.occurrence, path, tolerant, leaving=True)

    # Slots

    def slot(
        self, node: Node, reference: Reference, *, tolerant: bool = False, leaving: bool = False, figure: bool = False
    ) -> Slot | Expression | None:
        """Where a node finds the value of a reference: a slot, or an expression that stands for it; None after a finding."""
        path, root = reference._path, reference._root
        fallback = reference._fallback
        match root:
            case ContextRoot():
                return self._context(node, reference)
            case ResultRoot():
                return Slot(Base.RESULT, path, True)
            case LocalRoot(name=name):
                return self._local(node, name)
            case FailureRoot():
                return self._failure(node, reference)
            case InputRoot(owner=owner):
                return self.entered.input(node, reference, owner, tolerant, figure)
            case ItemRoot(owner=owner, part=part):
                return self.entered.item(node, reference, owner, part, tolerant, leaving)
            case StepRoot(step=step):
                return self._step(node, reference, step, fallback, tolerant, leaving)
            case StageRoot(stage=stage):
                variables = {name: Reference(VariableRoot(name)) for name in self.crossing.get(stage, ())}
                return Operation("to_json", (variables,))
            case VariableRoot(name=name):
                return Slot(Base.VARIABLE, (name, *path), True)

    def _crosses(self, node: Node, producer: Node, variable: str) -> None:
        """Note that a variable is read outside the stage that sets it, so that the stage's mark must keep it."""
        stage = producer.occurrence.stage
        if stage and node.occurrence.stage != stage:
            self.crossing.setdefault(stage, {})[variable] = None

    def _context(self, node: Node, reference: Reference) -> Slot | None:
        path = reference._path
        if not path or path[0] not in _CONTEXT_FIELDS:
            self.problems.add(
                "SFN204",
                f"the context object has no field `{path_text(path)}`",
                node.span,
                did_you_mean(str(path[0]) if path else "", _CONTEXT_FIELDS) or f"its fields are {', '.join(_CONTEXT_FIELDS)}",
            )
            return None
        return Slot(Base.CONTEXT, path, path in _CONTEXT_ALWAYS, "any", reference._fallback)

    def _local(self, node: Node, name: str) -> Slot:
        key = (node.occurrence.order, name)
        if key not in self.locals:
            self.locals[key] = self.names.make(f"{node.occurrence.name} {name}")
        numbers = all(
            not isinstance(draft.sets[name], (str, Reference))
            for draft in (inner.draft for inner in node.occurrence.nodes.values())
            if name in draft.sets
        )
        return Slot(Base.VARIABLE, (self.locals[key],), True, "number" if numbers else "any")

    def _failure(self, node: Node, reference: Reference) -> Slot | None:
        failure = node.failure
        path = reference._path
        if failure is None:
            where, also = read_at(node, reference)
            self.problems.add(
                "SFN206",
                f"`failure` is used outside a failure handler, in step `{node.occurrence.name}`",
                where,
                "it has a meaning in `on_failure` and in the steps of a `Catcher`",
                also,
            )
            return None
        if not path or path[0] not in _FAILURE_FIELDS:
            self.problems.add(
                "SFN204",
                f"`failure` has no field `{path_text(path)}`",
                node.span,
                did_you_mean(str(path[0]) if path else "", _FAILURE_FIELDS) or "its fields are error, cause, step",
            )
            return None
        home = node.scope
        while home.owner is not None and home.owner.failure is failure:
            home = home.owner.scope
        crossed = self.crossed(node, home, reference, (id(failure), path), False)
        if crossed is not None:
            return crossed
        record = self.failure_record(failure, home)
        record.demand(path[:1], False)
        return Slot(Base.VARIABLE, (record.name, *path), True, "string")

    def failure_record(self, failure: Failure, home: Scope) -> Record:
        """The variable that holds the error a handler deals with."""
        if id(failure) not in self.failures:
            own = failure is self.lowered.failure
            name = self.names.make("failure" if own else f"{failure.owner} failure")
            self.failures[id(failure)] = Record(name, home, None)
        return self.failures[id(failure)]

    # Maps: values handed to their iterations

    def scope_input(self, scope: Scope) -> ScopeInput:
        """What a Map hands to its iterations."""
        if id(scope) not in self.scope_inputs:
            batched = False
            if scope.owner is not None and isinstance(scope.owner.draft, Each):
                batched = "ItemBatcher" in (scope.owner.draft.distributed or {})
            self.scope_inputs[id(scope)] = ScopeInput(batched, self.jsonpath)
        return self.scope_inputs[id(scope)]

    def crossed(self, node: Node, home: Scope, reference: Reference, key: object, tolerant: bool) -> Slot | None:
        """A value of an outer scope, read inside a distributed Map: handed over in the children's input."""
        for scope in node.scope.ancestry():
            if scope is home:
                return None
            if scope.kind is ScopeKind.DISTRIBUTED and scope.owner is not None:
                given = self.scope_input(scope)
                if key not in given.passed:
                    given.passed[key] = Passed(self._free_name(given, reference), reference)
                passed = given.passed[key]
                passed.tolerant = passed.tolerant or tolerant
                self.slot(scope.owner, passed.source(self.jsonpath), tolerant=passed.tolerant and not self.jsonpath)
                return Slot(Base.CONTEXT, (*EXECUTION_INPUT, *given.value(key, ())), not passed.tolerant)
        return None

    def _free_name(self, given: ScopeInput, reference: Reference) -> str:
        last = reference._path[-1] if reference._path else "value"
        text = str(last) if isinstance(reference._root, (InputRoot, FailureRoot)) else self._passed_name(reference)
        taken = {"item", "index", "key", *(passed.name for passed in given.passed.values())}
        name, number = text, 1
        while name in taken:
            number += 1
            name = f"{text}_{number}"
        return name

    @staticmethod
    def _passed_name(reference: Reference) -> str:
        root = reference._root
        words = [root.step.name] if isinstance(root, StepRoot) else ["value"]
        return Names().make(" ".join([*words, *(str(part) for part in reference._path)]))

    # Outputs of steps

    def _step(
        self, node: Node, reference: Reference, step: Step, fallback: Template, tolerant: bool, leaving: bool
    ) -> Slot | Expression | None:
        occurrence = self._choose(node, reference, step, leaving)
        if occurrence is None:
            return None
        own = own_node(occurrence)
        if own is None:
            self.problems.add(
                "SFN204",
                f"step `{step.name}` ({step.kind}) has no output",
                node.span,
                "refer to a step that calls something",
                also=((step.span, "declared here"),),
            )
            return None
        path = reference._path
        aliases = tuple(own.draft.renamed) if isinstance(own.draft, Call) else ()
        if isinstance(own.draft, Call) and path and path[0] in own.draft.renamed:
            path = (own.draft.renamed[str(path[0])], *path[1:])
        kind = kind_at(self.problems, node, shape_of(own), path, f"the output of `{step.name}`", reference, aliases)
        if kind is None:
            return None
        passed = Reference(reference._root, path, reference._span, fallback)
        key = (occurrence.order, path, id(fallback))
        crossed = self.crossed(node, home_of(node, occurrence), passed, key, tolerant and fallback is MISSING)
        if crossed is not None:
            return crossed
        return self.step_slot(node, occurrence, path, tolerant or fallback is not MISSING, leaving, fallback, kind)

    def step_slot(
        self,
        node: Node,
        occurrence: Occurrence,
        path: Path,
        tolerant: bool,
        leaving: bool,
        fallback: Template = MISSING,
        kind: str = "any",
    ) -> Slot | None:
        """Where a node finds a path of an occurrence's output, without a word about whether it may; None without output."""
        own = own_node(occurrence)
        if own is None:
            return None
        if own is node and leaving and not isinstance(own.draft, Fixed):
            prefix = own.draft.prefix if isinstance(own.draft, Call) else ()
            return Slot(Base.RESULT, (*prefix, *path), not path, kind, fallback)
        home = home_of(node, occurrence)
        producer = producer_in(occurrence, home)
        if producer is None:
            return None
        if producer is own and isinstance(own.draft, Fixed):
            return self._raw_slot(node, occurrence, path, fallback, kind, leaving)
        record = self.records.get((id(home), occurrence.order))
        if record is None:
            words = occurrence.name if producer is own else f"{producer.name} {occurrence.name}"
            position = 0
            if producer is not own:
                position = next(i for i, scope in enumerate(producer.inner) if scope in set(occurrence.scope.ancestry()))
            record = Record(self.names.make(words), home, producer, occurrence, position)
            self.records[id(home), occurrence.order] = self.keep(record)
            self.made_by.setdefault(id(producer), []).append(record)
        self._crosses(node, producer, record.name)
        record.demand(path, tolerant)
        record.kept = record.kept or not (producer is node and leaving)
        bit = self._bits.get((occurrence.order, ""), 0)
        known = self.flow.after(node) if leaving else self.flow.before(node)
        certain = bool(known & bit) or node.occurrence is occurrence
        if not certain:
            record.initial = True
        if fallback is not MISSING and self.jsonpath:
            return self._jsonpath_default(node, record, path, fallback, kind)
        if not record.keys:
            return Slot(Base.VARIABLE, (record.name, *path), False, kind, fallback)
        where, sure = record.read(path)
        if producer is node and leaving:
            # The Parallel itself: what its branches gave back is its result, not yet a variable.
            return Slot(Base.RESULT, (record.position, *where), sure, kind, fallback)
        return Slot(Base.VARIABLE, where, sure, kind, fallback)

    def _raw_slot(
        self, node: Node, occurrence: Occurrence, path: Path, fallback: Template, kind: str, leaving: bool
    ) -> Slot | None:
        """A variable that a hand-written fragment assigns itself."""
        known = self.flow.after(node) if leaving else self.flow.before(node)
        what, help = f"`{path_text(path)}`", "use what `writes` names, where it has run"
        if not path:
            what, why = "the whole output", "only the variables in `writes` can be used"
        elif leaving and node.occurrence is occurrence:
            why, help = "a variable has its new value in the next state only", "put a step after the Raw"
        elif not known & self._bits.get((occurrence.order, ""), 0):
            why = "it may not have run, and its variables have no first value"
        else:
            self._crosses(node, occurrence.nodes[""], str(path[0]))
            return Slot(Base.VARIABLE, path, False, kind, fallback)
        self.problems.add("SFN207", f"{what} of Raw `{occurrence.name}` cannot be used here: {why}", node.span, help)
        return None

    def _jsonpath_default(self, node: Node, record: Record, path: Path, fallback: Template, kind: str) -> Slot | None:
        """In JSONPath a default is merged in where the value is assigned, so it must be a plain value for one field."""
        plain = not isinstance(fallback, Expression) and not any(True for _ in references(fallback))
        simple = plain and len(path) == 1 and record.defaults.get(path, fallback) == fallback
        if not simple or (record.producer is not None and record.producer.inner):
            self.problems.add(
                "SFN208",
                f"JSONPath cannot express `.default(...)` of `{path_text(path)}` in step `{node.occurrence.name}`",
                node.span,
                "give one plain default for one field of a step's output, or use query_language JSONata",
            )
            return None
        record.defaults[path] = fallback
        return Slot(Base.VARIABLE, (record.name, *path), True, kind)

    def _choose(self, node: Node, reference: Reference, step: Step, leaving: bool) -> Occurrence | None:
        """The occurrence of a step that a reference means: the last one that has certainly run."""
        found = self.lowered.occurrences.get(id(step), [])
        if node.occurrence in found:
            return node.occurrence
        known = self.flow.after(node) if leaving else self.flow.before(node)
        certain = [occurrence for occurrence in found if known & self._bits.get((occurrence.order, ""), 0)]
        if certain:
            return max(certain, key=lambda occurrence: occurrence.order)
        if reference._fallback is not MISSING:
            possible = [occurrence for occurrence in found if why_not(node, occurrence) == "maybe"]
            if possible:
                return max(possible, key=lambda occurrence: occurrence.order)
        blame(self.problems, self.pipeline.name, node, reference, step, found)
        return None


def _reads_of(node: Node) -> Iterator[tuple[Reference, bool, bool, bool]]:
    """Every reference of a node: whether it may be absent, whether it is a figure, whether it is read on leaving."""
    for template, use in at_entry(node):
        for reference, tolerant in references(template, use):
            yield reference, tolerant, use is Use.FIGURE, False
    for template in at_exit(node):
        for reference, tolerant in references(template):
            yield reference, tolerant, False, True
