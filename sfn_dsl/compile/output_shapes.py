"""Shapes of outputs, and whether a path leads anywhere in them."""

from __future__ import annotations

from sfn_dsl.asl.services import Pattern, integration, parse_resource
from sfn_dsl.asl.shapes import ANY, Shape
from sfn_dsl.compile.graph import Node
from sfn_dsl.compile.problems import Problems
from sfn_dsl.compile.slots import Path
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.draft import Call, Each, Fixed
from sfn_dsl.expression import Reference, path_text

__all__ = ["kind_at", "shape_of"]


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


def kind_at(problems: Problems, node: Node, shape: Shape, path: Path, what: str, reference: Reference) -> str | None:
    """The kind of the value at a path; None, and a finding, where there can be none."""
    for index, part in enumerate(path):
        inner = shape.step_into(part)
        if inner is None:
            known = list(shape.members) if shape.kind == "structure" else []
            hint = did_you_mean(str(part), known) if known else f"`{path_text(path[:index]) or what}` is of type {shape.kind}"
            if not hint:
                hint = f"it has {', '.join(sorted(known)[:12])}"
            problems.add(
                "SFN204",
                f"{what} has no field `{path_text(path[: index + 1])}`",
                node.span,
                hint,
                also=((reference._span, "read here"),) if reference._span != node.span else (),
            )
            return None
        shape = inner
    return shape.kind
