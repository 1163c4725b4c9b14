"""Plans of deployments, for people and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from sfn_dsl.publish.change_sets import StackChange
from sfn_dsl.publish.deploying import StackPlan

__all__ = ["plan_as_json", "plan_as_text"]

_SIGNS: Final = {
    "Add": ("+", "green"),
    "Modify": ("~", "yellow"),
    "Remove": ("-", "red"),
    "Import": ("+", "green"),
    "Dynamic": ("?", "yellow"),
}
_TITLES: Final = {"create": "is created", "update": "is updated", "none": "has nothing to do", "refused": "is refused"}
_REPLACED: Final = {"never": "", "maybe": "may be replaced", "always": "is replaced"}


def plan_as_text(plan: StackPlan, paint: Callable[[str, str], str]) -> Iterator[str]:
    """The lines of a plan: the stack, then a line per resource, what is lost, what stays disabled."""
    yield f"{paint(plan.file.name, 'cyan')} in {plan.file.region} {_TITLES[plan.action]}"
    for change in plan.changes:
        yield from _change(change, paint)
    if plan.held:
        absent = ", ".join(arn.partition(":stateMachine:")[2] for arn in plan.absent)
        yield f"  note: {', '.join(plan.held)} stay disabled, for there is no {absent} yet: publish first, then deploy again"
    if plan.refusal:
        yield paint(f"  refused: {plan.refusal}", "red")
        yield f"  help: {plan.help}"


def _change(change: StackChange, paint: Callable[[str, str], str]) -> Iterator[str]:
    sign, colour = _SIGNS.get(change.action, ("?", "yellow"))
    name = f" {change.physical}" if change.physical and change.physical != change.id else ""
    words = [*change.reasons, *([_REPLACED[change.replacement]] if change.replacement != "never" else [])]
    if change.action == "Remove":
        words.append("stays in AWS, outside the stack" if change.kept else "is deleted")
    detail = f": {', '.join(words)}" if words else ""
    yield paint(f"  {sign} {change.id}", colour) + f" ({change.type}){name}{detail}"
    if change.loss:
        verb = "may lose" if change.action != "Remove" and change.replacement == "maybe" else "loses"
        yield paint(f"    WARNING: this {verb} {change.loss}", "red")


def plan_as_json(plan: StackPlan) -> dict[str, Any]:
    """A plan as a JSON object."""
    return {
        "stack": plan.file.name,
        "region": plan.file.region,
        "template": plan.file.path,
        "action": plan.action,
        "changes": [
            {
                "action": change.action,
                "id": change.id,
                "type": change.type,
                "physical": change.physical,
                "replacement": change.replacement,
                "kept": change.kept,
                "reasons": change.reasons,
                "loss": change.loss,
            }
            for change in plan.changes
        ],
        "absent_aliases": plan.absent,
        "held_back": plan.held,
        "refusal": plan.refusal,
        "help": plan.help,
    }
