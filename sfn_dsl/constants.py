"""What is known when a pipeline is compiled for a target: settings, and texts made of nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import (
    MISSING,
    Comparison,
    Expression,
    Logic,
    Negation,
    Operation,
    Reference,
    Setting,
    Template,
)
from sfn_dsl.region import Target
from sfn_dsl.span import Span
from sfn_dsl.texts import TextTemplate

__all__ = ["fold"]


def fold(template: Template, target: Target, span: Span) -> Template:
    """The template with every setting replaced by its text for the target; `fn.format` of texts only becomes one text.

    Containers of the result are plain dicts and lists; a template in which nothing changes is handed back itself.

    Raises DeclarationError for a setting that the target does not have and for a value that contains itself.
    """
    return _fold(template, target, span, ())


def _fold(node: Template, target: Target, span: Span, above: tuple[int, ...]) -> Template:
    kind = type(node)
    if kind is str or kind is int or kind is bool or node is None or node is MISSING:
        return node
    if not isinstance(node, (Expression, dict, list, tuple, Mapping)):
        return node
    if id(node) in above:
        raise DeclarationError("a value contains itself, so it is not JSON", help="pass a copy", span=span)
    if len(above) > 200:
        raise DeclarationError("a value is nested more than 200 levels deep", help="make it flatter", span=span)
    above = (*above, id(node))

    def again(child: Template) -> Template:
        return _fold(child, target, span, above)

    match node:
        case dict():
            changed = {}
            for key, value in node.items():
                if type(value) is not str:
                    new = again(value)
                    if new is not value:
                        changed[key] = new
            return {**node, **changed} if changed else node
        case list():
            elements = [again(member) for member in node]
            return node if all(new is old for new, old in zip(elements, node, strict=True)) else elements
        case Reference():
            if node._fallback is MISSING:
                return node
            return Reference(node._root, node._path, node._span, again(node._fallback))
        case Setting(name=name):
            return _setting(node, name, target)
        case TextTemplate():
            return again(node.filled(again).expand())
        case Comparison(op=op, left=left, right=right):
            return Comparison(op, again(left), again(right))
        case Logic(op=op, operands=operands):
            return Logic(op, tuple(again(operand) for operand in operands))
        case Negation(operand=operand):
            return Negation(again(operand))
        case Operation(name=name, operands=operands):
            folded = tuple(again(operand) for operand in operands)
            return _format(folded) if name == "format" else Operation(name, folded)
        case tuple():
            return [again(member) for member in node]
        case Mapping():
            return {key: again(value) for key, value in node.items()}
        case _:
            return node


def _setting(setting: Setting, name: str, target: Target) -> str:
    value = target.constant(name)
    if value is None:
        where = f"[sfn_dsl:{target.environment + ':' if target.environment else ''}{target.region}]"
        hint = did_you_mean(name, target.values) or f"set `var.{name}` in section {where} of setup.cfg"
        place = f"{target.environment}:{target.region}" if target.environment else target.region
        raise DeclarationError(f"setting `{name}` has no value for {place}", help=hint, span=setting.span)
    return value


def _format(parts: tuple[Template, ...]) -> Template:
    merged: list[Template] = []
    for part in parts:
        inner = part.operands if isinstance(part, Operation) and part.name == "format" else (part,)
        for piece in inner:
            if isinstance(piece, str) and merged and isinstance(merged[-1], str):
                merged[-1] += piece
            elif piece != "" if isinstance(piece, str) else True:
                merged.append(piece)
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 and isinstance(merged[0], str) else Operation("format", tuple(merged))
