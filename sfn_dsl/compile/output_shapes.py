"""Shapes of outputs, and whether a path leads anywhere in them."""

from __future__ import annotations

from sfn_dsl.asl.services import Pattern, integration, parse_resource
from sfn_dsl.asl.shapes import ANY, Shape
from sfn_dsl.compile.graph import Node
from sfn_dsl.compile.problems import Problems
from sfn_dsl.compile.slots import Path
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.draft import Call, Each, Fixed
from sfn_dsl.expression import InputRoot, ItemRoot, Reference, path_text
from sfn_dsl.span import NOWHERE, Span

__all__ = ["kind_at", "read_at", "shape_of"]


def shape_of(node: Node) -> Shape:
    """The shape of the output of a node, as far as it is known."""
    draft = node.draft
    if isinstance(draft, Each):
        return draft.shape
    if isinstance(draft, Fixed):
        return Shape(kind="structure", members=dict(draft.writes))
    if not isinstance(draft, Call):
        return ANY
    if draft.shape is not None:
        return draft.shape
    if draft.pattern is not Pattern.REQUEST_RESPONSE:
        return ANY
    parsed = parse_resource(draft.action if draft.action.startswith("arn:") else f"arn:aws:states:::{draft.action}")
    known = _known(parsed.service, parsed.action, parsed.sdk) if parsed else None
    if known is None:
        return ANY
    if known.kind == "structure":
        extra = {"SdkHttpMetadata": ANY, "SdkResponseMetadata": ANY}
        return Shape(kind="structure", members={**known.members, **extra})
    return known


def _known(service: str, action: str, sdk: bool) -> Shape | None:
    try:
        found = integration(service, action, sdk)
    except LookupError:
        return None
    return found.output if found else None


def kind_at(
    problems: Problems, node: Node, shape: Shape, path: Path, what: str, reference: Reference, aliases: tuple[str, ...] = ()
) -> str | None:
    """The kind of the value at a path; None, and a finding, where there can be none. `aliases` are further names of fields."""
    for index, part in enumerate(path):
        inner = shape.step_into(part)
        if inner is None:
            known = [*shape.members, *(aliases if index == 0 else ())] if shape.kind == "structure" else []
            hint = f"it is of type {shape.kind}, so nothing can be taken out of it this way"
            if known:
                hint = did_you_mean(str(part), known) or f"it has {', '.join(sorted(known)[:12])}"
            where, also = read_at(node, reference)
            problems.add("SFN204", f"{what} has no field `{path_text(path[: index + 1])}`", where, hint, also)
            return None
        shape = inner
    return shape.kind


def read_at(node: Node, reference: Reference) -> tuple[Span, tuple[tuple[Span, str], ...]]:
    """The line on which a reference is written, and the step that uses it where that is another line."""
    span = reference._span
    if span is NOWHERE or (not reference._path and isinstance(reference._root, (InputRoot, ItemRoot))):
        return node.span, ()  # an Input or Item by itself knows only where it was made
    if (span.file, span.line) == (node.span.file, node.span.line):
        return node.span, ()
    return span, ((node.span, f"used by step `{node.occurrence.name}`"),)
