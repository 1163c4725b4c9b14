"""What the roles and resource policies of templates let rules do: asked by a world before each delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sfn_dsl.resources.iam.evaluation import allows
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import Function, Permission, Role
from sfn_dsl.resources.template import Template, resolve

__all__ = ["permits_of"]


def permits_of(templates: Iterable[Template]) -> Callable[[str, str, str], bool]:
    """A function that says whether a principal (the ARN of a role, or of a rule without one) may do an action on a resource.

    Roles are allowed what their inline policies say; a rule without a role may invoke the functions whose permissions name it.
    """
    roles: dict[str, tuple[Statement, ...]] = {}
    invoking: set[tuple[str, str]] = set()
    for template in templates:
        functions = {one.function_name: one.arn(template.target) for one in template.resources if isinstance(one, Function)}
        for one in template.resources:
            if isinstance(one, Role):
                found = [_statement(item) for policy in one.policies for item in _items(policy.document, template)]
                roles[one.arn(template.target)] = tuple(found)
            elif isinstance(one, Permission) and one.source_arn is not None:
                invoking.add((resolve(one.source_arn, template), functions[resolve(one.function_name, template)]))

    def permits(principal: str, action: str, resource: str) -> bool:
        if principal in roles:
            return allows(roles[principal], action, resource)
        return action == "lambda:InvokeFunction" and (principal, resource) in invoking

    return permits


def _items(document: Mapping[str, Any], template: Template) -> list[Mapping[str, Any]]:
    statements: list[Mapping[str, Any]] = resolve(dict(document), template)["Statement"]
    return statements


def _statement(item: Mapping[str, Any]) -> Statement:
    return Statement(
        sid=str(item.get("Sid", "")),
        actions=_texts(item["Action"]),
        resources=_texts(item["Resource"]),
        conditions=item.get("Condition", {}),
        effect=str(item["Effect"]),
    )


def _texts(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
