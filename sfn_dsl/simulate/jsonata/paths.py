"""Closures of JSONata's location paths: steps that map and flatten, predicates, groups, sorting."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from sfn_dsl.simulate.jsonata.calls import Closure, Frame
from sfn_dsl.simulate.jsonata.library import lookup, sort
from sfn_dsl.simulate.jsonata.steps import (
    Runner,
    collected,
    element_at,
    field_runner,
    flattened,
    keeping,
    leaves,
    sortable,
    unchanged,
    walk,
)
from sfn_dsl.simulate.jsonata.streams import TupleStream, context, expand, hits, joined, tuple_filter
from sfn_dsl.simulate.jsonata.values import (
    UNDEFINED,
    Constructed,
    Fault,
    Sequence,
    kept,
    ordered_before,
    single,
)

__all__ = ["Paths"]


class Paths(ABC):
    """The part of the compiler that makes closures of paths."""

    _guarded: bool
    reach: int

    @abstractmethod
    def compile(self, node: Any, depth: int) -> Closure:
        """The closure of a node at a depth."""

    @abstractmethod
    def _counted(self, closure: Closure, depth: int) -> Closure: ...

    @staticmethod
    def end(node: Any) -> Callable[[Any], Any]:
        """What becomes of the sequence that a node makes: predicates still see it whole, `[]` keeps it an array."""
        return unchanged if node.predicate else kept if node.keep_array else single

    def _name(self, node: Any, depth: int) -> Closure:
        name = node.value

        def field(item: Any, frame: Frame) -> Any:
            return item.get(name, UNDEFINED) if isinstance(item, dict) else single(lookup(item, name))

        return field

    def _wildcard(self, node: Any, depth: int) -> Closure:
        end = self.end(node)

        def fields(item: Any, frame: Frame) -> Any:
            values = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
            found = [leaf for value in values for leaf in leaves(value)]
            # As in the reference, arrays among the values make the result an array that stays one.
            return found if any(isinstance(value, list) for value in values) else end(Sequence(found))

        return fields

    def _descendant(self, node: Any, depth: int) -> Closure:
        end = self.end(node)

        def descendants(item: Any, frame: Frame) -> Any:
            found = Sequence()
            waiting = [item]
            while waiting:
                value = waiting.pop()
                if isinstance(value, list):
                    waiting.extend(reversed(value))
                    continue
                found.append(value)
                if isinstance(value, dict):
                    waiting.extend(reversed(value.values()))
            return end(found)

        return descendants

    def _path(self, node: Any, depth: int) -> Closure:
        self.reach = max(self.reach, depth + 1)
        closure = self._stream_path(node, depth) if any(step.tuple for step in node.steps) else self._plain_path(node, depth)
        return self._counted(closure, depth + 1) if self._guarded else closure

    def _plain_path(self, node: Any, depth: int) -> Closure:
        first, count = node.steps[0], len(node.steps)
        runners = [self._runner(step, depth + 1, number == count - 1) for number, step in enumerate(node.steps)]
        if first.consarray or first.stages:
            start = self._first(first, depth + 1, runners[0])
            return self._finished(node, depth, lambda item, frame: walk(start(item, frame), runners, 1, frame))
        head = self.compile(first, depth + 1)
        spreads = first.type != "variable"
        names = []
        for step in node.steps[1:]:
            if step.type != "name" or step.stages:
                break
            names.append(step.value)
        reached = len(names) + 1

        def evaluate(item: Any, frame: Frame) -> Any:
            if spreads and isinstance(item, list):
                return walk(item, runners, 0, frame)
            value = head(item, frame)
            position = 1
            for name in names:
                if not isinstance(value, dict):
                    break
                value = value.get(name, UNDEFINED)
                position += 1
            if isinstance(value, list):
                if position == count:
                    return value
                return walk([value] if type(value) is Constructed else value, runners, position, frame)
            if position < reached or value is UNDEFINED:
                return UNDEFINED
            return value if position == count else walk([value], runners, position, frame)

        return self._finished(node, depth, evaluate)

    def _first(self, step: Any, depth: int, runner: Runner) -> Closure:
        """A first step that is an array constructor, which sees the whole context, or that has predicates."""
        if not step.consarray:
            return lambda item, frame: runner(item if isinstance(item, list) else [item], frame)
        closure = self.compile(step, depth)
        return lambda item, frame: closure(item if isinstance(item, list) else Sequence([item]), frame)

    def _finished(self, node: Any, depth: int, closure: Closure) -> Closure:
        """What happens to the values at the end of a path: `[]` keeps one value an array, `{...}` groups."""
        if node.keep_singleton_array or node.keep_array:
            closure = keeping(closure, node.keep_singleton_array)
        if node.group is not None:
            group, ungrouped = self.group(node.group, depth + 1), closure
            return lambda item, frame: group(ungrouped(item, frame), frame)
        return lambda item, frame: single(closure(item, frame))

    def _runner(self, step: Any, depth: int, last: bool) -> Runner:
        """The function from the values before a step to those after it."""
        if step.type == "sort":
            return self._sorting(step, depth)
        if step.type == "name" and not step.stages:
            return field_runner(step.value, last)
        closure = self.compile(step, depth)
        stages = [self.filter(stage.expr, depth) for stage in step.stages or ()]

        def run(items: list[Any], frame: Frame) -> Any:
            frame.run.tick(len(items))
            results = []
            for item in items:
                value = closure(item, frame)
                for stage in stages:
                    value = stage(value, frame)
                if value is not UNDEFINED:
                    results.append(value)
            return flattened(results, last)

        return run

    def _sorting(self, step: Any, depth: int) -> Runner:
        after = self.after(step, depth)
        stages = [self.filter(stage.expr, depth) for stage in step.stages or ()]

        def run(items: list[Any], frame: Frame) -> Any:
            frame.run.tick(len(items))
            result = sort(items, lambda left, right: after(left, right, frame)) if len(items) > 1 else Sequence(items)
            for stage in stages:
                result = stage(result, frame)
            return result

        return run

    def after(self, step: Any, depth: int) -> Callable[[Any, Any, Frame], bool]:
        """Whether the first of two values comes after the second in the order of a sort step."""
        terms = [(self.compile(term.expression, depth), bool(term.descending)) for term in step.terms]

        def compare(left: Any, right: Any, frame: Frame) -> bool:
            for term, descending in terms:
                first, second = term(*context(left, frame)), term(*context(right, frame))
                if first is UNDEFINED or second is UNDEFINED:
                    if first is second:
                        continue
                    return first is UNDEFINED
                kinds = sortable(first), sortable(second)
                if not all(kinds):
                    raise Fault("T2008", value=second if kinds[0] else first)
                if kinds[0] != kinds[1]:
                    raise Fault("T2007", value=first, value2=second)
                if first != second:
                    return ordered_before(first, second) is descending
            return False

        return compare

    def filter(self, node: Any, depth: int) -> Closure:
        """A predicate in brackets, as a closure over the value that it filters."""
        if node.type == "number":
            index = math.floor(node.value)
            return lambda value, frame: element_at(value, index)
        test = self.compile(node, depth)

        def chosen(value: Any, frame: Frame) -> Any:
            if type(value) is TupleStream:
                return tuple_filter(test, value, frame)
            items = value if isinstance(value, list) else [value]
            frame.run.tick(len(items))
            found = Sequence()
            for position, item in enumerate(items):
                verdict = test(item, frame)
                if verdict is True:
                    found.append(item)
                elif verdict is not False:
                    found.extend([item] * hits(verdict, position, len(items)))
            return found

        return chosen

    def group(self, node: Any, depth: int) -> Closure:
        """An object constructor, as a closure over the value whose items it groups."""
        pairs = [(self.compile(key, depth), self.compile(value, depth)) for key, value in node.lhs_object]
        keys: list[Any] = [key.value if key.type == "string" and not key.predicate else None for key, _ in node.lhs_object]
        fixed = None not in keys and len(set(keys)) == len(keys)
        fields = [(key, value) for key, (_, value) in zip(keys, pairs, strict=True)]

        def construct(value: Any, frame: Frame) -> dict[str, Any]:
            if fixed and not isinstance(value, list):
                return {key: found for key, field in fields if (found := field(value, frame)) is not UNDEFINED}
            result = {}
            for key, (number, data) in collected(pairs, value, frame).items():
                if type(value) is TupleStream:
                    found = pairs[number][1](*context(joined(data), frame))
                else:
                    found = pairs[number][1](data, frame)
                if found is not UNDEFINED:
                    result[key] = found
            return result

        return construct

    def _stream_path(self, node: Any, depth: int) -> Closure:
        """A path with `@`, `#` or `%`: from the first such step on, it carries the variables of each value along."""
        steps = []
        for number, step in enumerate(node.steps):
            last = number == len(node.steps) - 1
            runner = self._runner(step, depth + 1, last) if not step.tuple else None
            steps.append((step, runner, expand(self, step, depth + 1)))
        first = node.steps[0]
        begin = self._first(first, depth + 1, steps[0][1]) if first.consarray and steps[0][1] else None
        keeps = bool(node.tuple)

        def evaluate(item: Any, frame: Frame) -> Any:
            items: Any = item if isinstance(item, list) and first.type != "variable" else [item]
            stream: TupleStream | None = None
            for number, (_, runner, carry) in enumerate(steps):
                if stream is not None or runner is None:
                    stream = carry(items, stream, frame)
                    continue
                items = begin(item, frame) if begin is not None and number == 0 else runner(items, frame)
                if not items:
                    break
            if stream is None:
                return items
            return stream if keeps or node.group is not None else Sequence(element["@"] for element in stream)

        return self._finished(node, depth, evaluate)
