"""Nodes become states of the language model, with expressions written in the machine's query language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_dsl.asl.model import (
    UNSET,
    Catcher,
    Choice,
    ChoiceRule,
    Condition,
    Fail,
    Map,
    Origin,
    Parallel,
    Pass,
    ProcessorConfig,
    Retrier,
    State,
    SubMachine,
    Succeed,
    Task,
    Wait,
)
from sfn_dsl.compile.fragment import write_fragment
from sfn_dsl.compile.graph import Edge, EdgeKind, Node, Scope, ScopeKind
from sfn_dsl.compile.jsonata import Jsonata
from sfn_dsl.compile.jsonpath import JsonPath
from sfn_dsl.compile.maps import map_fields
from sfn_dsl.compile.messages import never_fails
from sfn_dsl.compile.problems import Problems
from sfn_dsl.compile.resolve import Resolver
from sfn_dsl.compile.slots import Base, Record, Slot
from sfn_dsl.draft import Call, Each, Fault, Fixed, Fork, Pause, Stop, Test
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, ContextRoot, Expression, ItemRoot, Operation, Reference, Template
from sfn_dsl.region import Target

__all__ = ["Assembler"]


class Assembler:
    """Writes the states of a resolved graph. `language` is the one of generated states; `mark` writes it on each of them,
    for machines whose top level has to be JSONPath because of a hand-written fragment."""

    def __init__(self, resolver: Resolver, target: Target, language: str, mark: bool, problems: Problems) -> None:
        self.resolver = resolver
        self.target = target
        self.jsonpath = language == "JSONPath"
        self.mark = mark
        self.problems = problems

    def states(self, scope: Scope) -> dict[str, State]:
        """The states of a scope in the order of their declaration."""
        found: dict[str, State] = {}
        for node in scope.nodes:
            if id(node) not in self.resolver.flow.reached:
                continue
            try:
                found.update(self.node(node))
            except DeclarationError as error:
                self.problems.add("SFN208", f"step `{node.occurrence.name}`: {error}", error.span or node.span, error.help)
        return found

    def speaking(self, language: str) -> Assembler:
        """The same for states in another language, as hand-written fragments may be."""
        return Assembler(self.resolver, self.target, language, False, self.problems)

    # One node

    def node(self, node: Node) -> dict[str, State]:
        """The state of a node (several for a hand-written fragment)."""
        if isinstance(node.draft, Fixed):
            return write_fragment(self, node, node.draft)
        # JSONata in JSONPath machines too: a gate, which takes kept values apart, and an error told by values that may be absent.
        foreign = self.jsonpath and (any(edge.restores for edge in node.edges) or not self.certain(node))
        cls, fields = (self.speaking("JSONata") if foreign else self).state(node)
        fields["origin"] = Origin(node.occurrence.step.name, node.span)
        if node.draft.comment:
            fields["comment"] = node.draft.comment
        if self.mark or foreign:
            fields["query_language"] = "JSONata"
        return {node.name: cls(**fields)}

    def certain(self, node: Node) -> bool:
        """Whether JSONPath can tell the errors that a node raises, whatever came."""
        thrown = [edge.thrown for edge in node.edges if edge.thrown is not None]
        messages = [text for throw in thrown for text in (throw.error, throw.cause)]
        if isinstance(node.draft, Fault) and not node.edges:
            messages += [node.draft.error, node.draft.cause]
        return all(never_fails(message, lambda reference: self.resolver.slot(node, reference)) for message in messages)

    def state(self, node: Node) -> tuple[type[State], dict[str, Any]]:
        """The type of a node's state, and its fields."""
        write = self.writer(node)
        match node.draft:
            case Call() as call:
                return Task, {**self.call(node, call), **self.retry(call.retry), **self.catch(node), **self.leave(node)}
            case Test():
                return Choice, self.choice(node)
            case Pause(seconds=seconds, until=until):
                return Wait, {**self.wait(node, seconds, until), **self.leave(node)}
            case Fork(retry=retry):
                branches = tuple(self.machine(scope) for scope in node.inner)
                return Parallel, {"branches": branches, **self.retry(retry), **self.catch(node), **self.leave(node)}
            case Each() as each:
                return Map, {**map_fields(self, node, each), **self.retry(each.retry), **self.catch(node), **self.leave(node)}
            case Stop():
                return self.stop(node)
            case Fault(error=error, cause=cause) if not node.edges:
                return Fail, self.fault(write, error, cause)
            case Fault():
                [edge] = node.edges
                assign = self.assigned(self.edge_assign(node, edge))
                return Pass, {**assign, **self.nothing(node.scope), "next": self.target_of(edge)}
            case _:
                raise TypeError(f"{type(node.draft).__name__} has no state")

    def writer(self, node: Node, *, leaving: bool = False, figure: bool = False) -> Jsonata | JsonPath:
        """The back end, with references read as the node reads them."""

        def resolve(reference: Reference) -> Slot | Expression | None:
            return self.resolver.slot(node, reference, leaving=leaving, figure=figure)

        return JsonPath(resolve) if self.jsonpath else Jsonata(resolve)

    def call(self, node: Node, call: Call) -> dict[str, Any]:
        write = self.writer(node)
        base = call.action if call.action.startswith("arn:") else self.target.integration(call.action)
        found: dict[str, Any] = {"resource": base + call.pattern.value}
        # Without arguments AWS would pass the input of the state.
        arguments = {} if call.arguments is MISSING else call.arguments
        found["parameters" if self.jsonpath else "arguments"] = write.template(arguments)
        if call.credentials is not MISSING:
            found["credentials"] = write.template(call.credentials)
        for name, value in (("timeout_seconds", call.timeout), ("heartbeat_seconds", call.heartbeat)):
            if value is not MISSING:
                found.update(self.figure(node, name, value))
        return found

    def figure(self, node: Node, name: str, value: Template) -> dict[str, Any]:
        """A number, or where it stands."""
        if not isinstance(value, Expression):
            return {name: value}
        write = self.writer(node, figure=True)
        if isinstance(write, JsonPath):
            return {f"{name}_path": write.reference_path(value)}
        return {name: write.wrapped(value)}

    def wait(self, node: Node, seconds: Template, until: Template) -> dict[str, Any]:
        name, value = ("seconds", seconds) if until is MISSING else ("timestamp", until)
        return self.figure(node, name, value)

    def choice(self, node: Node) -> dict[str, Any]:
        write = self.writer(node)
        rules = []
        rest: dict[str, Any] = {}
        for edge in node.edges:
            assign = self.assigned(self.edge_assign(node, edge))
            if edge.kind is EdgeKind.DEFAULT:
                rest = {**assign, "default": self.target_of(edge)}
                continue
            condition = write.condition(edge.condition)
            test = condition if isinstance(write, JsonPath) else Condition(condition)  # type: ignore[arg-type]
            rules.append(ChoiceRule(test=test, **assign, next=self.target_of(edge)))  # type: ignore[arg-type]
        return {"choices": tuple(rules), **rest}

    def stop(self, node: Node) -> tuple[type[State], dict[str, Any]]:
        output = self.output(node)
        if not self.jsonpath:
            return Succeed, {"output": output}
        return (Pass, {"parameters": output, "end": True}) if output else (Succeed, {"output_path": None})

    @staticmethod
    def fault(write: Jsonata | JsonPath, error: Template, cause: Template) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in (("error", error), ("cause", cause)):
            if isinstance(value, str):
                if value or name == "cause":
                    found[name] = value if isinstance(write, JsonPath) else write.template(value)
            elif isinstance(write, JsonPath):
                found[f"{name}_path"] = write.text(write.as_text(value))
            else:
                found[name] = write.message(value)
        return found

    def machine(self, scope: Scope, config: ProcessorConfig | None = None) -> SubMachine:
        entry = scope.entry.node
        return SubMachine(
            processor_config=config if config is not None else UNSET,
            start_at=entry.name if entry else UNSET,
            states=self.states(scope),
        )

    # What is assigned, and where a state goes

    @staticmethod
    def retry(retriers: tuple[Retrier, ...]) -> dict[str, Any]:
        return {"retry": retriers} if retriers else {}

    def catch(self, node: Node) -> dict[str, Any]:
        catchers = []
        for edge in node.edges:
            if edge.kind is not EdgeKind.CATCH:
                continue
            rest: dict[str, Any] = {"result_path": None} if self.jsonpath else {"output": {}}
            assign = self.assigned(self.edge_assign(node, edge))
            catchers.append(Catcher(error_equals=edge.errors, **assign, **rest, next=self.target_of(edge)))
        return {"catch": tuple(catchers)} if catchers else {}

    def leave(self, node: Node) -> dict[str, Any]:
        """`Assign`, output and `Next` or `End` of a state that is left normally."""
        [edge] = [edge for edge in node.edges if edge.kind is EdgeKind.NEXT]
        result = self.result_assign(node)
        new = {name.removesuffix(".$") for name in result}
        entry = {name: value for name, value in self.entry_assign(node).items() if name.removesuffix(".$") not in new}
        assign = self.assigned({**entry, **result})
        if edge.label.node is not None:
            quiet = isinstance(node.draft, Pause)
            return {**assign, **({} if quiet else self.nothing(node.scope)), "next": self.target_of(edge)}
        output = self.output(node)
        if not self.jsonpath:
            return {**assign, "output": output, "end": True}
        if not output:
            return {**assign, "output_path": None, "end": True}
        if isinstance(node.draft, Pause):
            raise DeclarationError(
                "JSONPath cannot express the output of a Wait at the end",
                help="put another step last, or use query_language JSONata",
            )
        return {**assign, "result_selector": output, "end": True}

    def nothing(self, scope: Scope) -> dict[str, Any]:
        """The output of a state in the middle: no result is carried along."""
        if not self.jsonpath:
            return {"output": {}}
        return {"result_path": None} if id(scope) in self.resolver.entered.carrying else {"output_path": None}

    @staticmethod
    def assigned(values: Mapping[str, Template]) -> dict[str, Any]:
        return {"assign": dict(values)} if values else {}

    @staticmethod
    def target_of(edge: Edge) -> str:
        assert edge.label.node is not None
        return edge.label.node.name

    def output(self, node: Node) -> Template:
        """The scope's output, as the node that ends it makes it."""
        exports = self.resolver.exports.get(id(node.scope))
        write = self.writer(node, leaving=True)
        if node.scope.kind is ScopeKind.BRANCH:
            return self.exported(node, exports or {})
        template = node.output if node.output is not None else {}
        if self.jsonpath and not isinstance(template, Mapping):
            raise DeclarationError("JSONPath cannot express an output that is no object", help="make it an object of fields")
        return write.template(template)

    def exported(self, node: Node, exports: Mapping[str, Record]) -> dict[str, Template]:
        """What a branch gives back because it is read after the Parallel."""
        found: dict[str, Template] = {}
        for name, record in exports.items():
            assert record.occurrence is not None
            slots = {}
            for path, key in record.keys.items():
                slot = self.resolver.step_slot(node, record.occurrence, path, record.tolerant, True)
                if slot is not None:
                    slots[key] = slot
            found.update(self.record(name, record, slots))
        return found

    def record(self, name: str, record: Record, slots: Mapping[str, Slot]) -> dict[str, Template]:
        """The assignment of a record's values to its variable (or to a key of a branch's output)."""
        write = self.writer(record.scope.nodes[0])
        if isinstance(write, JsonPath):
            if record.bare:
                defaults = {str(at[0]): value for at, value in record.defaults.items()}
                return {f"{name}.$": write.merged(defaults, slots["value"])}
            return {name: write.record(slots)}
        if record.bare:
            return {name: write.read(slots["value"])}
        return {name: write.record(slots, tolerant=record.tolerant)}

    def result_assign(self, node: Node) -> dict[str, Template]:
        """What a node keeps of its result for later nodes."""
        found: dict[str, Template] = {}
        for name, template in node.draft.sets.items():
            variable = self.resolver.locals.get((node.occurrence.order, name))
            if variable is not None:
                found.update(self.value(node, variable, template))
        for record in self.resolver.made_by.get(id(node), ()):
            if not record.kept:
                continue
            if self.resolver.comes_out_of_a_branch(record):
                found.update(self.whole(record))
                continue
            prefix = node.draft.prefix if isinstance(node.draft, Call) else ()
            slots = {key: Slot(Base.RESULT, (*prefix, *path)) for path, key in record.keys.items()}
            found.update(self.record(record.name, record, slots))
        for name, reference in self.resolver.aliases.get(id(node), {}).items():
            found.update(self.value(node, name, reference))
        return found

    def whole(self, record: Record) -> dict[str, Template]:
        """A record as it comes out of a branch."""
        slot = Slot(Base.RESULT, (record.position, record.name))
        write = self.writer(record.scope.nodes[0])
        if isinstance(write, JsonPath):
            return {f"{record.name}.$": write.path(slot)}
        return {record.name: write.read(slot)}

    def value(self, node: Node, name: str, template: Template) -> dict[str, Template]:
        write = self.writer(node, leaving=True)
        if isinstance(write, JsonPath):
            key, written = write.member(name, template)
            return {key: written}
        return {name: write.template(template)}

    def entry_assign(self, node: Node) -> dict[str, Template]:
        """What the first state of a scope assigns for all later ones: parts of the scope's input, and first values of records
        that are read where their step may not have run."""
        if node is not node.scope.entry.node:
            return {}
        found: dict[str, Template] = {}
        for key, record in self.resolver.entered.entered_with(node.scope):
            if record.scope.kind is ScopeKind.ROOT:
                found.update(self.input_record(node, record))
            else:
                slots = {}
                for path, name in record.keys.items():
                    owner = Reference(_item_root(node.scope, key), path)
                    slot = self.resolver.slot(node, owner)
                    if isinstance(slot, Slot):
                        slots[name] = slot
                found.update(self.record(record.name, record, slots))
        for record in self.resolver.in_scope.get(id(node.scope), ()):
            if record.initial:
                found.update(self.initial(node, record))
        return found

    def input_record(self, node: Node, record: Record) -> dict[str, Template]:
        """The inputs that have defaults, with these applied."""
        # The form of a record is that of the machine, whichever language this state speaks.
        if self.jsonpath or self.resolver.jsonpath:
            write = self.writer(node)
            defaults = {str(path[0]): value for path, value in record.defaults.items()}
            context = Reference(ContextRoot(), ("Execution", "Input"))
            value = Operation("merge", (defaults, context)) if defaults else context
            if isinstance(write, Jsonata):
                return {record.name: write.template(value)}
            key, text = write.member(record.name, value)
            return {key: text}
        slots = {
            key: Slot(Base.CONTEXT, ("Execution", "Input", *path), True, "any", record.defaults.get(path, MISSING))
            for path, key in record.keys.items()
        }
        return self.record(record.name, record, slots)

    def initial(self, node: Node, record: Record) -> dict[str, Template]:
        if not self.resolver.jsonpath:
            return {record.name: {}}
        write = self.writer(node)
        values: dict[str, Template] = {str(path[0]): value for path, value in record.defaults.items()}
        return {record.name: write.template(values) if isinstance(write, Jsonata) else values}

    def edge_assign(self, node: Node, edge: Edge) -> dict[str, Template]:
        """What is assigned on one way out: what the first state keeps, and the error that a failure handler will read."""
        found = dict(self.entry_assign(node))
        if edge.restores:
            kept = Jsonata(lambda reference: self.resolver.slot(node, reference)).text(edge.restored)
            found.update({name: f"{{% $parse({kept}).{name} %}}" for name in self.resolver.crossing.get(edge.restores, ())})
        failure = self.resolver.failures.get(id(edge.failure)) if edge.failure else None
        if failure is None:
            return found
        write = self.writer(node)
        values: dict[str, Template] = {}
        for path in failure.keys or failure.fields:
            name = str(path[0])
            values[name] = node.occurrence.name if name == "step" else self.error_part(edge, name)
        if isinstance(write, Jsonata):
            found[failure.name] = {
                name: str(value) if isinstance(value, _Written) else write.message(value) for name, value in values.items()
            }
            return found
        record: dict[str, Template] = {}
        for name, value in values.items():
            if isinstance(value, _Written):
                record[f"{name}.$"] = str(value)
            else:
                key, member = write.member(name, write.as_text(value))
                record[key] = member
        found[failure.name] = record
        return found

    def error_part(self, edge: Edge, name: str) -> Template:
        if edge.thrown is not None:
            return edge.thrown.error if name == "error" else edge.thrown.cause
        field = "Error" if name == "error" else "Cause"
        # Null where a callback fails without one; whatever tells of the failure takes a text only.
        return _Written(f"States.Format('{{}}', $.{field})" if self.jsonpath else f"{{% $states.errorOutput.{field} & '' %}}")


class _Written(str):
    """Text that is already in the query language."""

    __slots__ = ()


def _item_root(scope: Scope, key: object) -> Any:
    assert isinstance(key, tuple)
    for outer in scope.ancestry():
        if outer.owner is not None and isinstance(outer.owner.draft, Each) and id(outer.owner.draft.item) == key[0]:
            return ItemRoot(outer.owner.draft.item, key[1])
    raise LookupError("no map owns the item")
