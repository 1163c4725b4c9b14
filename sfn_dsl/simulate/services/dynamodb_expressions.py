"""DynamoDB's expression language: the text of a condition, an update, a projection or a key condition as a tree.

A tokenizer and a Pratt parser. What depends on the text alone is checked here (syntax, parentheses, functions, reserved
words), in the order in which AWS reports it; trees are cached by text. `dynamodb_binding` gives names and values to a tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from sfn_dsl.simulate.services.dynamodb_nodes import (
    CONDITIONS,
    And,
    Between,
    Call,
    Compare,
    In,
    Node,
    Not,
    Or,
    Path,
    Placeholder,
    Update,
    children,
)
from sfn_dsl.simulate.services.dynamodb_tokens import COMPARATORS, WORDS, Reader
from sfn_dsl.simulate.services.dynamodb_words import RESERVED

__all__ = ["CONDITION_FUNCTIONS", "UPDATE_FUNCTIONS", "parse_condition", "parse_projection", "parse_update"]

CONDITION_FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
UPDATE_FUNCTIONS = {"if_not_exists": 2, "list_append": 2, "+": 2, "-": 2}
_DEPTH_LIMIT = 100
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")


def _walk(roots: tuple[Node, ...]) -> Iterator[Node]:
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(children(node))


class _Parser(Reader):
    """Reads one text. `kind` is the parameter's name, as messages say it."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text, kind)
        self.depth = 0
        # The first token and the end of the group in parentheses that was read last.
        self.group = (-1, -1)

    def operand(self, stop: frozenset[str]) -> Node:
        """A value, a path or a function call, perhaps in parentheses."""
        if self.take("("):
            self.deeper()
            doubled = self.next == "("
            inner = self.operand(stop)
            self.expect(")")
            self.depth -= 1
            if doubled:
                self.redundant()
            return inner
        if self.next.startswith(":"):
            return self.placeholder()
        following = self.tokens[self.index + 1].text if self.index + 1 < len(self.tokens) else ""
        if following != "(" or self.next.startswith("#"):
            return self.path(stop)
        function = self.name(stop)
        self.index += 1
        self.deeper()
        arguments = [self.operand(stop)]
        while self.take(","):
            arguments.append(self.operand(stop))
        self.expect(")")
        self.depth -= 1
        return Call(function, tuple(arguments))

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEPTH_LIMIT:
            self.fail("The expression has too many nested parentheses;")

    def redundant(self) -> None:
        # Recorded on AWS: a key condition may have them.
        if self.kind != "KeyConditionExpression":
            self.fail("The expression has redundant parentheses;")

    def condition(self, power: int = 0) -> Node:
        """What binds at least as tightly as `power`: 1 OR, 2 AND, 3 NOT, 4 comparisons. May return an operand in parentheses."""
        if self.word() == "NOT":
            self.index += 1
            self.deeper()
            left: Node = Not(self.truth(self.condition(3), self.index))
            self.depth -= 1
        elif self.next == "(":
            self.index += 1
            self.deeper()
            opened = self.index
            left = self.condition()
            grouped = self.group == (opened, self.index)
            self.expect(")")
            self.depth -= 1
            if grouped:
                self.redundant()
            self.group = (opened - 1, self.index)
        else:
            left = self.operand(WORDS)
        return self.infix(left, power)

    def infix(self, left: Node, power: int) -> Node:
        while True:
            word = self.word()
            if word in ("AND", "OR"):
                binding = 2 if word == "AND" else 1
                if binding <= power:
                    return left
                operands = [self.truth(left, self.index)]
                while self.word() == word:
                    self.index += 1
                    operands.append(self.truth(self.condition(binding), self.index))
                left = And(tuple(operands)) if word == "AND" else Or(tuple(operands))
            elif word in COMPARATORS or word in ("BETWEEN", "IN"):
                if isinstance(left, CONDITIONS):
                    self.unexpected()
                left = self.comparison(left)
            else:
                return left

    def comparison(self, left: Node) -> Node:
        operator = self.word()
        self.index += 1
        if operator in COMPARATORS:
            return Compare(operator, left, self.operand(WORDS))
        if operator == "BETWEEN":
            low = self.operand(WORDS)
            if self.word() != "AND":
                self.unexpected()
            self.index += 1
            return Between(left, low, self.operand(WORDS))
        self.expect("(")
        options = [self.operand(WORDS)]
        while self.take(","):
            options.append(self.operand(WORDS))
        self.expect(")")
        if len(options) > 100:
            self.fail(f"The IN operator is provided with too many operands; number of operands: {len(options)}")
        return In(left, tuple(options))

    def truth(self, node: Node, at: int) -> Node:
        """A node where only a condition can stand; a function is looked at later."""
        if isinstance(node, (Path, Placeholder)):
            self.unexpected(at)
        return node

    def check_words(self, roots: tuple[Node, ...]) -> None:
        for node in _walk(roots):
            if isinstance(node, Path):
                for part in node.parts:
                    if isinstance(part, str) and part.upper() in RESERVED:
                        self.fail(f"Attribute name is a reserved keyword; reserved keyword: {part}")

    def check_functions(self, roots: tuple[Node, ...], own: dict[str, int], other: dict[str, int], where: str) -> None:
        for node in _walk(roots):
            if isinstance(node, Call) and node.function not in own:
                if node.function in other:
                    self.fail(f"The function is not allowed in {where} expression; function: {node.function}")
                self.fail(f"Invalid function name; function: {node.function}")

    def check_places(self, root: Node) -> None:
        """Functions that answer yes or no stand as conditions only, `size` as an operand only."""
        stack: list[tuple[Node, bool]] = [(root, True)]
        while stack:
            node, condition = stack.pop()
            if isinstance(node, Call) and (node.function == "size") == condition:
                self.fail(f"The function is not allowed to be used this way in an expression; function: {node.function}")
            below = isinstance(node, (And, Or, Not))
            stack += [(child, below) for child in reversed(children(node))]


@lru_cache(maxsize=2048)
def parse_condition(text: str, kind: str) -> Node:
    """The tree of a condition, filter or key condition. Raises ServiceError."""
    parser = _Parser(text, kind)
    root = parser.condition()
    parser.end()
    parser.truth(root, len(parser.tokens))
    parser.check_functions((root,), CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, "a condition")
    parser.check_places(root)
    parser.check_words((root,))
    return root


@lru_cache(maxsize=2048)
def parse_projection(text: str) -> tuple[Path, ...]:
    """The paths of a projection. Raises ServiceError."""
    parser = _Parser(text, "ProjectionExpression")
    paths = [parser.path(frozenset())]
    while parser.take(","):
        paths.append(parser.path(frozenset()))
    parser.end()
    parser.check_words(tuple(paths))
    return tuple(paths)


@lru_cache(maxsize=2048)
def parse_update(text: str) -> Update:
    """The actions of an update. Raises ServiceError."""
    parser = _Parser(text, "UpdateExpression")
    stop = frozenset(_SECTIONS)
    found: dict[str, list[tuple[Path, Node]]] = {}
    repeated = ""
    paths: list[Path] = []
    while not paths or parser.index < len(parser.tokens):
        section = parser.word()
        if section not in stop:
            parser.unexpected()
        parser.index += 1
        repeated = repeated or (section if section in found else "")
        actions = found.setdefault(section, [])
        while True:
            path = parser.path(stop)
            paths.append(path)
            actions.append((path, _action(parser, section, path, stop)))
            if not parser.take(","):
                break
    operands = tuple(operand for actions in found.values() for _, operand in actions)
    parser.check_words((*paths, *operands))
    parser.check_functions(operands, UPDATE_FUNCTIONS, CONDITION_FUNCTIONS, "an update")
    if repeated:
        parser.fail(f'The "{repeated}" section can only be used once in an update expression;')

    def values(section: str) -> tuple[tuple[Path, Placeholder], ...]:
        return tuple((path, value) for path, value in found.get(section, ()) if isinstance(value, Placeholder))

    removes = tuple(path for path, _ in found.get("REMOVE", ()))
    return Update(tuple(found.get("SET", ())), removes, values("ADD"), values("DELETE"), tuple(paths))


def _action(parser: _Parser, section: str, path: Path, stop: frozenset[str]) -> Node:
    """What stands after the path of an action; the path itself where nothing does."""
    if section == "REMOVE":
        return path
    if section != "SET":
        return parser.placeholder()
    parser.expect("=")
    start = parser.index
    grouped = parser.take("(")
    value = parser.operand(stop)
    if grouped and parser.take(")"):
        if parser.tokens[start + 1].text == "(" and parser.tokens[parser.index - 2].text == ")":
            parser.redundant()
        grouped = False
    if parser.next in ("+", "-"):
        operator = parser.next
        parser.index += 1
        value = Call(operator, (value, parser.operand(stop)))
    if grouped:
        parser.expect(")")
    return value
