"""The syntax of AWS's JSONata: parsing at level 2.0.6, what an expression reads, and what AWS refuses at creation."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from jsonata.jexception import JException
from jsonata.parser import Parser
from jsonata.tokenizer import Tokenizer

from sfn_dsl.simulate.jsonata.functions import FUNCTIONS
from sfn_dsl.simulate.jsonata.regex import Regex
from sfn_dsl.simulate.jsonata.values import UNDEFINED, Function, write

__all__ = ["UnsupportedExpression", "parse", "reads", "refusals", "sentence"]

_PARSING = threading.Lock()

# The parser's tree and its classes are no public interface: another release may change them.
if version("jsonata-python") != "0.7.1":
    raise ImportError(f"jsonata-python 0.7.1 is needed, not {version('jsonata-python')}")


class UnsupportedExpression(ValueError):
    """An expression that AWS refuses when the state machine is created.

    `code`: UNSUPPORTED_JSONATA_EXPRESSION or INVALID_JSONATA_EXPRESSION (it does not parse).
    """

    def __init__(self, message: str, code: str = "UNSUPPORTED_JSONATA_EXPRESSION") -> None:
        super().__init__(message)
        self.code = code


class _Tokens(Tokenizer):  # type: ignore[misc, unused-ignore]
    """The tokens of 2.0.6, which knows neither `?:` nor `??`."""

    def next(self, prefix: bool) -> Any:
        token = super().next(prefix)
        if token is not None and token.type == "operator" and token.value in ("?:", "??"):
            self.position -= 1
            token.value = "?"
        return token


class _Parser(Parser):  # type: ignore[misc, unused-ignore]
    def tree(self, text: str) -> Any:
        """The syntax tree of an expression."""
        self.source = text
        self.ancestry: list[Any] = []
        self.ancestor_label = self.ancestor_index = 0
        self.lexer = _Tokens(text, lambda pattern, flags: Regex(pattern, flags.case_insensitive, flags.multiline))
        self.advance()
        tree = self.expression(0)
        if self.node.id != "(end)":
            raise JException("S0201", self.node.position, self.node.value)
        tree = self.process_ast(tree)
        if tree.type == "parent" or tree.seeking_parent is not None:
            raise JException("S0217", tree.position, tree.type)
        return tree


@functools.cache
def _parser() -> _Parser:
    return _Parser()


def _insert(value: Any) -> str:
    if value is UNDEFINED or isinstance(value, Function):
        return "undefined"
    return write(value, shortest=True)


def sentence(code: str, inserts: Mapping[str, Any]) -> str:
    """The reference's sentence for an error code, with values in JSON where it has a place for them.

    jsonata-python carries these sentences with the word "function" replaced by "Object" and other quotes.
    """
    template = JException.error_codes[code].replace("Object", "function").replace('"', "'")
    template = re.sub(r"\{\{\{(\w+)\}\}\}", lambda match: str(inserts.get(match[1], "undefined")), template)
    return re.sub(r"\{\{(\w+)\}\}", lambda match: _insert(inserts.get(match[1], UNDEFINED)), template)


def _syntax_error(error: JException) -> str:
    code = error.error
    if code == "S0301" and error.current is not None:
        code = "S0103"
    places = re.findall(r"\{\{(\w+)\}\}", JException.error_codes.get(code, ""))
    if code not in JException.error_codes:
        return str(error)
    return sentence(code, dict(zip(places, (error.current, error.expected), strict=False)))


def parse(text: str) -> Any:
    """The syntax tree of an expression. Raises UnsupportedExpression with the reference's sentence when it has a mistake."""
    try:
        with _PARSING:
            return _parser().tree(text)
    except JException as error:
        message = _syntax_error(error)
    except KeyError as error:
        message = sentence("S0204", {"token": error.args[0]})
    except (re.error, RuntimeError, IndexError) as error:
        message = f"Syntax error: {error}"
    raise UnsupportedExpression(message, "INVALID_JSONATA_EXPRESSION")


def _children(node: Any) -> Iterator[tuple[Any, bool]]:
    """The parts of a node in the order of evaluation; for each, whether it sees the same context item as the node."""
    for number, step in enumerate(node.steps or ()):
        yield step, number == 0
    for part in (node.lhs, node.rhs, node.expression, node.condition, node.then, node._else, node.procedure):
        if part is not None:
            yield part, True
    for part in (*(node.arguments or ()), *(node.expressions or ())):
        yield part, True
    for pair in node.lhs_object or ():
        yield pair[0], True
        yield pair[1], True
    if node.body is not None:
        yield node.body, True
    inner = [stage.expr for stage in (*(node.predicate or ()), *(node.stages or ())) if stage.type == "filter"]
    inner += [term.expression for term in node.terms or ()]
    inner += [part for part in (node.pattern, node.update, node.delete) if part is not None]
    for pair in node.group.lhs_object if node.group is not None else ():
        inner += pair
    for part in inner:
        yield part, False


def refusals(tree: Any) -> list[UnsupportedExpression]:
    """What AWS refuses in an expression that parses: it has no context item, so nothing may refer to one."""
    found: dict[str, None] = {}
    _refuse(tree, True, found)
    return [UnsupportedExpression(message) for message in found]


def _refuse(node: Any, top: bool, found: dict[str, None]) -> None:
    if node.type == "variable" and node.value == "$":
        found.setdefault("Reference to '$$' is not supported.")
    elif top and (node.type in ("name", "wildcard", "descendant") or (node.type == "variable" and node.value == "")):
        found.setdefault(f"Reference to '{node.value or '$'}' at the top level is not supported.")
    for part, same in _children(node):
        if node.type == "lambda" and part in node.arguments:
            continue
        _refuse(part, top and same, found)


class _Reading:
    """Collects the variables that an expression takes from outside."""

    def __init__(self) -> None:
        self.variables: set[str] = set()
        self.fields: set[str] | None = set()

    def visit(self, node: Any, scope: frozenset[str]) -> frozenset[str]:
        """Visits a node whose scope has these names; gives the scope after it, which its assignments extend."""
        if node.type == "variable":
            self._variable(node, scope)
        elif node.type == "path":
            scope = self._steps(node, scope)
        elif node.type == "bind":
            return self.visit(node.rhs, scope) | {node.lhs.value}
        elif node.type == "lambda":
            self.visit(node.body, scope | {argument.value for argument in node.arguments})
            return scope
        elif node.type == "block":
            inner = scope
            later = frozenset(_assigned(node))
            for expression in node.expressions:
                inner = self.visit(expression, inner | later if _makes_function(expression) else inner)
            return scope
        for part, _ in _children(node):
            if node.type != "path" or part not in node.steps:
                scope = self.visit(part, scope)
        return scope

    def _variable(self, node: Any, scope: frozenset[str]) -> None:
        if node.value in ("", "$") or node.value in scope:
            return
        self.variables.add(node.value)
        if node.value == "states":
            self.fields = None

    def _steps(self, node: Any, scope: frozenset[str]) -> frozenset[str]:
        first = node.steps[0]
        direct = first.type == "variable" and first.value == "states" and "states" not in scope
        field = node.steps[1] if direct and len(node.steps) > 1 else None
        for number, step in enumerate(node.steps):
            if number == 0 and field is not None and field.type == "name" and not first.predicate and not first.tuple:
                self.variables.add("states")
                if self.fields is not None:
                    self.fields.add(field.value)
                continue
            scope = scope | {name for name in (step.focus, step.index) if name is not None}
            scope = scope | {stage.value for stage in step.stages or () if stage.type == "index"}
            scope = self.visit(step, scope)
        return scope


def _assigned(block: Any) -> Iterator[str]:
    for expression in block.expressions:
        if expression.type == "bind":
            yield expression.lhs.value


def _makes_function(expression: Any) -> bool:
    return bool(expression.type == "bind" and expression.rhs.type == "lambda")


def reads(tree: Any) -> tuple[frozenset[str], frozenset[str] | None]:
    """The variables that an expression takes from outside, and the fields of `$states` among them.

    The second is None where `$states` is used as a whole or in a way that does not tell the field.
    """
    reading = _Reading()
    reading.visit(tree, frozenset())
    variables = frozenset(reading.variables - FUNCTIONS.keys())
    fields = reading.fields
    return variables, None if fields is None else frozenset(fields)
