"""What `load.output.rows > 0` builds: references, operators and their operands.

An expression is a value that describes a computation; nothing is computed when a pipeline is declared. The back ends in
`compile/` write it as JSONata or JSONPath. Whatever holds JSON may hold expressions at any depth: such a value is a *template*.

Python's `and`, `or`, `not`, `if`, `in`, `len()` and f-strings cannot be overloaded, so each of them raises a
`DeclarationError` that says what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from sfn_dsl.errors import DeclarationError
from sfn_dsl.span import NOWHERE, Span, caller

if TYPE_CHECKING:
    from sfn_dsl.steps.step import Step

__all__ = [
    "CONTEXT",
    "FAILURE",
    "MISSING",
    "Comparison",
    "ContextRoot",
    "Expression",
    "FailureRoot",
    "InputRoot",
    "ItemRoot",
    "LocalRoot",
    "Logic",
    "Negation",
    "Operation",
    "OtherRegion",
    "Reference",
    "ResultRoot",
    "Root",
    "Setting",
    "StageRoot",
    "StepRoot",
    "Template",
    "VariableRoot",
    "path_text",
    "subexpressions",
]

Template: TypeAlias = Any
"""A JSON value that may hold expressions in place of values; tuples stand for lists."""

_INSTEAD_OF_BOOL = (
    "an expression has no truth value while a pipeline is declared",
    "write `(a == 1) & (b == 2)`, `|`, `~` for and, or, not, each comparison in parentheses, and `Branch` or `fn.when` for if",
)


def _refuse(message: str, help: str) -> NoReturn:
    raise DeclarationError(message, help=help, span=caller())


class Expression:
    """Base of all expressions: Python's operators build larger ones."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Comparison:  # type: ignore[override]
        return Comparison("==", self, other)

    def __ne__(self, other: object) -> Comparison:  # type: ignore[override]
        return Comparison("!=", self, other)

    def __lt__(self, other: object) -> Comparison:
        return Comparison("<", self, other)

    def __le__(self, other: object) -> Comparison:
        return Comparison("<=", self, other)

    def __gt__(self, other: object) -> Comparison:
        return Comparison(">", self, other)

    def __ge__(self, other: object) -> Comparison:
        return Comparison(">=", self, other)

    def __and__(self, other: object) -> Logic:
        return _logic("and", self, other)

    def __rand__(self, other: object) -> Logic:
        return _logic("and", other, self)

    def __or__(self, other: object) -> Logic:
        return _logic("or", self, other)

    def __ror__(self, other: object) -> Logic:
        return _logic("or", other, self)

    def __invert__(self) -> Negation:
        return Negation(self)

    def __add__(self, other: object) -> Operation:
        return _plus(self, other)

    def __radd__(self, other: object) -> Operation:
        return _plus(other, self)

    def __sub__(self, other: object) -> Operation:
        return Operation("subtract", (self, other))

    def __rsub__(self, other: object) -> Operation:
        return Operation("subtract", (other, self))

    def __mul__(self, other: object) -> Operation:
        return Operation("multiply", (self, other))

    def __rmul__(self, other: object) -> Operation:
        return Operation("multiply", (other, self))

    def __truediv__(self, other: object) -> Operation:
        return Operation("divide", (self, other))

    def __rtruediv__(self, other: object) -> Operation:
        return Operation("divide", (other, self))

    def __mod__(self, other: object) -> Operation:
        return Operation("modulo", (self, other))

    def __neg__(self) -> Operation:
        return Operation("negate", (self,))

    def __bool__(self) -> bool:
        _refuse(*_INSTEAD_OF_BOOL)

    def __len__(self) -> int:
        _refuse("the length of an expression is not known while a pipeline is declared", "write `fn.length(x)`")

    def __contains__(self, item: object) -> bool:
        _refuse(
            "`in` cannot look into an expression while a pipeline is declared",
            "write `fn.contains(list, value)`, or `(x == 1) | (x == 2)`",
        )

    def __iter__(self) -> Iterator[Any]:
        _refuse("an expression cannot be looped over while a pipeline is declared", "use `ForEach` or `DistributedMap`")

    def __str__(self) -> str:
        _refuse("an expression has no text while a pipeline is declared", 'write `fn.format("... {}", x)` in place of an f-string')

    def __format__(self, spec: str) -> str:
        return str(self)


def _logic(op: str, left: Template, right: Template) -> Logic:
    """`a & b & c` is one `and` over three, however long the chain."""
    operands: list[Template] = []
    for side in (left, right):
        operands += side.operands if isinstance(side, Logic) and side.op == op else (side,)
    return Logic(op, tuple(operands))


def _plus(left: object, right: object) -> Operation:
    text = any(isinstance(side, str) or (isinstance(side, Operation) and side.name == "format") for side in (left, right))
    return Operation("format", (left, right)) if text else Operation("add", (left, right))


class StepRoot:
    """The output of a step."""

    __slots__ = ("step",)

    def __init__(self, step: Step) -> None:
        self.step = step


class InputRoot:
    """The input of a pipeline; `owner` is the `Input` that declared it."""

    __slots__ = ("owner",)

    def __init__(self, owner: object) -> None:
        self.owner = owner


class ItemRoot:
    """An item of a map; `owner` is the `Item` that declared it, `part` is `value`, `index` or `key`."""

    __slots__ = ("owner", "part")

    def __init__(self, owner: object, part: str = "value") -> None:
        self.owner = owner
        self.part = part


class FailureRoot:
    """The error that the surrounding handler deals with: fields `error`, `cause`, `step`."""

    __slots__ = ()


class ContextRoot:
    """The context object: Execution, State, StateMachine."""

    __slots__ = ()


class ResultRoot:
    """The result of the call itself; only meaningful in `Draft.sets`."""

    __slots__ = ()


class LocalRoot:
    """A value that a step keeps for itself between its drafts (`Draft.sets`)."""

    __slots__ = ("name", "step")

    def __init__(self, step: Step, name: str) -> None:
        self.step = step
        self.name = name


class StageRoot:
    """What later stages read of a stage, as JSON text: an object of variables."""

    __slots__ = ("stage",)

    def __init__(self, stage: str) -> None:
        self.stage = stage


class VariableRoot:
    """A variable of the machine by its name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


Root: TypeAlias = StepRoot | InputRoot | ItemRoot | FailureRoot | ContextRoot | ResultRoot | LocalRoot | StageRoot | VariableRoot


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()


class Reference(Expression):
    """A value that exists when the pipeline runs. Attribute and index access go into it.

    `reference.field` and `reference["any name"]` are the same; `reference[0]` takes an element of a list.
    `reference.default(value)` stands for `value` where the reference is absent.
    """

    __slots__ = ("_fallback", "_path", "_root", "_span")

    def __init__(self, root: Root, path: tuple[str | int, ...] = (), span: Span = NOWHERE, fallback: Template = MISSING) -> None:
        self._root = root
        self._path = path
        self._span = span
        self._fallback = fallback

    def __getattr__(self, name: str) -> Reference:
        if name.startswith("_"):
            raise AttributeError(name)
        return Reference(self._root, (*self._path, name), caller())

    def __getitem__(self, key: str | int) -> Reference:
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            _refuse("an expression is indexed by a field name or by a position", 'write `x["field"]` or `x[0]`')
        return Reference(self._root, (*self._path, key), caller())

    def default(self, value: Template) -> Reference:
        """This reference, or `value` where nothing is there: the step did not run, or the field is absent."""
        return Reference(self._root, self._path, caller(), value)

    def __repr__(self) -> str:
        return f"<reference {path_text(self._path) or '.'}>"


class Comparison(Expression):
    """`left op right`; false when a side is absent or of a type that cannot be compared."""

    __slots__ = ("left", "op", "right")

    def __init__(self, op: str, left: Template, right: Template) -> None:
        self.op = op
        self.left = left
        self.right = right


class Logic(Expression):
    """`and` or `or` over conditions."""

    __slots__ = ("op", "operands")

    def __init__(self, op: str, operands: tuple[Template, ...]) -> None:
        self.op = op
        self.operands = operands


class Negation(Expression):
    """True when its operand is not."""

    __slots__ = ("operand",)

    def __init__(self, operand: Template) -> None:
        self.operand = operand


class Operation(Expression):
    """A named function of `sfn_dsl.fn`, or an arithmetic operator, over its operands."""

    __slots__ = ("name", "operands")

    def __init__(self, name: str, operands: tuple[Template, ...] = ()) -> None:
        self.name = name
        self.operands = operands


class Setting(Expression):
    """A value of `setup.cfg` for the Region that is compiled for; it becomes plain text at compile time."""

    __slots__ = ("name", "span")

    def __init__(self, name: str, span: Span = NOWHERE) -> None:
        self.name = name
        self.span = span


class OtherRegion(Expression):
    """An ARN that names another Region on purpose: `other_region("arn:...")`."""

    __slots__ = ("arn",)

    def __init__(self, arn: str) -> None:
        self.arn = arn


FAILURE: Final = Reference(FailureRoot())
CONTEXT: Final = Reference(ContextRoot())


def path_text(path: Iterable[str | int]) -> str:
    """`Items[0].Key` for a path, to show to people."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def subexpressions(template: Template) -> Iterator[Expression]:
    """Every expression in a template, outer ones before the ones inside them. Iterative; a container met twice on the way
    down ends the walk there, so that a value that contains itself does no harm."""
    stack: list[tuple[Template, frozenset[int]]] = [(template, frozenset())]
    while stack:
        node, above = stack.pop()
        inner: list[Template] = []
        match node:
            case Reference():
                yield node
                if node._fallback is not MISSING:
                    inner = [node._fallback]
            case Comparison(left=left, right=right):
                yield node
                inner = [left, right]
            case Logic(operands=operands) | Operation(operands=operands):
                yield node
                inner = list(operands)
            case Negation(operand=operand):
                yield node
                inner = [operand]
            case Expression():
                yield node
            case Mapping() if id(node) not in above:
                above = above | {id(node)}
                inner = list(node.values())
            case list() | tuple() if id(node) not in above:
                above = above | {id(node)}
                inner = list(node)
        stack.extend((child, above) for child in reversed(inner))
