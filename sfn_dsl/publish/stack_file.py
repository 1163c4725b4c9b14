"""A CloudFormation template of `build/`, as it is deployed: its stack, its place among others, triggers that stay switched off."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.region import Target, parse_arn

__all__ = ["MACHINE", "StackFile", "held_back", "in_order", "machines_in", "stack_file", "started_aliases"]

MACHINE: Final = "AWS::StepFunctions::StateMachine"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackFile:
    """A template. `name`: the stack's. `shared`: whether all pipelines of the Region share it. `path`: below the project's root.

    `resources`: `Type`, `Properties` and so on by logical id.
    """

    target: Target
    name: str
    shared: bool
    path: str
    text: str = field(repr=False)
    resources: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def region(self) -> str:
        """The Region of its stack."""
        return self.target.region


def stack_file(text: str, target: Target, name: str, *, shared: bool, path: str) -> StackFile:
    """A template from its text. Raises EnvironmentFault for what is no template."""
    try:
        value = json.loads(text)
        resources = {id: dict(resource) for id, resource in value["Resources"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise EnvironmentFault(f"{path} is no CloudFormation template", help="run `sfn-dsl build`") from None
    return StackFile(target=target, name=name, shared=shared, path=path, text=text, resources=resources)


def in_order(files: Iterable[StackFile]) -> tuple[StackFile, ...]:
    """In the order of deployment: what is shared first, that of the Region that owns the control table before others; then the
    pipelines, those of the active Region last."""

    def place(file: StackFile) -> tuple[bool, bool, str, str]:
        later = file.region != file.target.deployed.replicas[0] if file.shared else file.target.is_active
        return not file.shared, later, file.region, file.name

    return tuple(sorted(files, key=place))


def machines_in(file: StackFile) -> dict[str, str]:
    """Names of the state machines that a template makes, by logical id."""
    return {
        id: str(resource["Properties"]["StateMachineName"])
        for id, resource in file.resources.items()
        if resource["Type"] == MACHINE
    }


def started_aliases(file: StackFile) -> dict[str, tuple[str, ...]]:
    """ARNs of aliases outside the template that its rules and schedules start, each with their logical ids."""
    found: dict[str, list[str]] = {}
    for id, resource in file.resources.items():
        for arn in _targets(resource):
            found.setdefault(arn, []).append(id)
    return {arn: tuple(ids) for arn, ids in found.items()}


def _targets(resource: Mapping[str, Any]) -> list[str]:
    """ARNs of aliases that an enabled rule or schedule starts. What the template makes itself is a reference, no text."""
    properties = resource.get("Properties", {})
    if properties.get("State") != "ENABLED":
        return []
    match resource["Type"]:
        case "AWS::Events::Rule":
            targets = [target["Arn"] for target in properties.get("Targets", ())]
        case "AWS::Scheduler::Schedule":
            targets = [properties["Target"]["Arn"]]
        case _:
            return []
    return [arn for arn in targets if isinstance(arn, str) and _is_alias(arn)]


def _is_alias(text: str) -> bool:
    arn = parse_arn(text)
    return arn is not None and arn.service == "states" and arn.resource.startswith("stateMachine:") and arn.resource.count(":") == 2


def held_back(file: StackFile, ids: Collection[str]) -> str:
    """The template's text with some rules and schedules disabled."""
    if not ids:
        return file.text
    value = json.loads(file.text)
    for id in ids:
        value["Resources"][id]["Properties"]["State"] = "DISABLED"
    return canonical(value)
