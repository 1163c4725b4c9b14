"""How a state's input becomes its output, in both query languages, compiled once per state.

JSONPath: InputPath, Parameters, (work), ResultSelector, ResultPath, OutputPath. JSONata: Arguments, (work), Output. `Assign` and
the output both see the variables as they were when the state was entered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from sfn_dsl.asl.model import UNSET, Catcher, Choice, ChoiceRule, Json, Payload
from sfn_dsl.errors import DefinitionError
from sfn_dsl.simulate.history import compact
from sfn_dsl.simulate.jsonpath.path import InvalidPath, Missing, put, reference_steps
from sfn_dsl.simulate.program.templates import Evaluate, constant, expression, is_expression, path_field, query_template, template
from sfn_dsl.simulate.program.view import Fault, View

__all__ = [
    "Assigned",
    "DataFlow",
    "Leave",
    "Shaping",
    "compile_catch",
    "compile_flow",
    "compile_rule",
    "payload",
    "quantity",
    "same",
    "typed",
]

Assigned: TypeAlias = Mapping[str, Json] | None
"""Variables that a state sets, or None when it has no Assign."""

Leave: TypeAlias = Callable[[View, Json, Json], tuple[Json, Assigned]]
"""From (view, effective input, result) to (output, variables)."""


def same(view: View, document: Json) -> Json:
    """The document as it is."""
    return document


@dataclass(frozen=True, slots=True)
class Shaping:
    """The steps of JSONPath from a result to an output: `select` (None without ResultSelector), `merge` by ResultPath, `out`."""

    assign: Evaluate | None
    select: Evaluate | None
    merge: Callable[[View, Json], Json]
    out: Evaluate


@dataclass(frozen=True, slots=True)
class DataFlow:
    """The data flow of a state: `enter` makes the effective input, `arguments` what the work gets, `leave` the output.

    `shaping` holds the steps of `leave` one by one, None in JSONata.
    """

    enter: Evaluate
    arguments: Evaluate
    leave: Leave
    shaping: Shaping | None = None


def compile_flow(state: object, jsonata: bool, *, yields: bool) -> DataFlow:
    """`yields`: the state has a result of its own (Task, Parallel, Map), so JSONata's default output is the result."""
    if jsonata:
        arguments = getattr(state, "arguments", UNSET)
        return DataFlow(
            enter=same,
            arguments=same if arguments is UNSET else query_template(arguments, "Arguments"),
            leave=_leave_jsonata(getattr(state, "output", UNSET), getattr(state, "assign", UNSET), yields=yields),
        )
    parameters = getattr(state, "parameters", UNSET)
    shaping = _shaping(state, getattr(state, "assign", UNSET))
    return DataFlow(
        enter=_path_or_nothing(getattr(state, "input_path", UNSET), "InputPath"),
        arguments=same if parameters is UNSET else template(parameters),
        leave=_leave_jsonpath(shaping),
        shaping=shaping,
    )


def compile_rule(state: Choice, rule: ChoiceRule, jsonata: bool, field: str) -> Leave:
    """What leaves a Choice by a rule: the rule's own Assign and Output stand in place of the state's."""
    if jsonata:
        return _leave_jsonata(rule.output, rule.assign, yields=False, field=f"{field}/")
    return _leave_jsonpath(_shaping(state, rule.assign))


def compile_catch(catcher: Catcher, jsonata: bool, field: str) -> Leave:
    """What leaves a state by a catcher; the result that is handed in is the error output."""
    if jsonata:
        inner = _leave_jsonata(catcher.output, catcher.assign, yields=False, field=f"{field}/")

        def leave(view: View, effective: Json, result: Json) -> tuple[Json, Assigned]:
            view.error_output = result
            output, assigned = inner(view, effective, result)
            return (result if catcher.output is UNSET else output), assigned

        return leave
    assign = payload(catcher.assign, False, "Assign")
    merge = _merge(catcher.result_path)

    def leave_jsonpath(view: View, effective: Json, result: Json) -> tuple[Json, Assigned]:
        return merge(view, result), assign(view, result) if assign else None

    return leave_jsonpath


def payload(value: Payload, jsonata: bool, field: str) -> Evaluate | None:
    """A payload template in the language of its state; None where there is none."""
    if value is UNSET:
        return None
    return query_template(value, field) if jsonata else template(value)


def _path_or_nothing(value: object, field: str) -> Evaluate:
    if value is UNSET or value == "$":
        return same
    if value is None:
        return constant({})
    return path_field(str(value), field)


def _leave_jsonata(output: Payload, assign: Payload, *, yields: bool, field: str = "") -> Leave:
    make = payload(output, True, f"{field}Output")
    variables = payload(assign, True, f"{field}Assign")

    def leave(view: View, effective: Json, result: Json) -> tuple[Json, Assigned]:
        if yields:
            view.result = result
        assigned = variables(view, None) if variables else None
        if make is None:
            return (result if yields else view.input), assigned
        return make(view, None), assigned

    return leave


def _shaping(state: object, assign: Payload) -> Shaping:
    return Shaping(
        assign=payload(assign, False, "Assign"),
        select=payload(getattr(state, "result_selector", UNSET), False, "ResultSelector"),
        merge=_merge(getattr(state, "result_path", UNSET)),
        out=_path_or_nothing(getattr(state, "output_path", UNSET), "OutputPath"),
    )


def _leave_jsonpath(shaping: Shaping) -> Leave:
    variables, select, merge, out = shaping.assign, shaping.select, shaping.merge, shaping.out

    def leave(view: View, effective: Json, result: Json) -> tuple[Json, Assigned]:
        assigned = variables(view, result) if variables else None
        selected = result if select is None else select(view, result)
        return out(view, merge(view, selected)), assigned

    return leave


def _merge(path: object) -> Callable[[View, Json], Json]:
    """What ResultPath makes of a state's raw input and its result."""
    if path is UNSET or path == "$":
        return lambda view, result: result
    if path is None:
        return lambda view, result: view.input
    try:
        steps = reference_steps(str(path))
    except InvalidPath as error:
        raise DefinitionError(f"field `ResultPath`: {error}") from None

    def merge(view: View, result: Json) -> Json:
        try:
            return put(view.input, steps, result)
        except (Missing, ValueError):
            raise Fault(f"Unable to apply ReferencePath {path} to input {compact(view.input)}") from None

    return merge


_NAMES: Final = (
    (bool, "boolean"),
    (str, "string"),
    ((int, float), "number"),
    (list, "array"),
    (Mapping, "object"),
)


def _kind(value: Json) -> str:
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "null")


def typed(text: str, field: str, expected: str, fits: Callable[[Json], bool]) -> Evaluate:
    """A JSONata expression whose result must be of a type."""
    evaluate = expression(text, field)
    shown = text[2:-2].strip()

    def check(view: View, document: Json) -> Json:
        value = evaluate(view, document)
        if not fits(value):
            sentence = (
                f"The JSONata expression '{shown}' specified for the field '{field}' returned an unexpected result type. "
                f"Expected '{expected}', but was '{_kind(value)}' for value: {compact(value)}"
            )
            raise Fault(sentence, query=True, location=field)
        return value

    return check


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def quantity(literal: object, path: object, field: str, *, fraction: bool = False) -> Evaluate | None:
    """A field that is a number: a literal, a JSONata expression, or a path in `<field>Path`. None where it is not given."""
    fits = _is_number if fraction else _is_integer
    if is_expression(literal):
        return typed(str(literal), field, "number" if fraction else "integer", fits)
    if literal is not UNSET:
        return constant(literal)
    if path is UNSET:
        return None
    find = path_field(str(path), f"{field}Path")
    word = "float" if fraction else "integer"

    def value(view: View, document: Json) -> Json:
        found = find(view, document)
        if fits(found):
            return found
        number = _numeral(found, fraction)
        if number is None:
            shown = found if isinstance(found, str) else compact(found)
            raise Fault(f'The {field}Path field refers to value "{shown}" which is not a valid {word}: {path}')
        return number

    return value


def _numeral(value: Json, fraction: bool) -> Json:
    """The number that a text spells, as AWS takes `"2"` for 2; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        return float(value) if fraction else int(value)
    except ValueError:
        return None
