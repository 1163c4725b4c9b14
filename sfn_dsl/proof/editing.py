"""Taking something out of generated definitions and templates, to see what it was good for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.read import read_json
from sfn_dsl.proof.artefacts import Artefacts
from sfn_dsl.resources.model import Resource

__all__ = ["Body", "call_arguments", "with_resources", "with_states"]

Body: TypeAlias = "dict[str, Any]"
"""A state as ASL writes it."""


def with_states(artefacts: Artefacts, machine: str, edit: Callable[[str, Body], Body]) -> Artefacts:
    """The artefacts with each outermost state of a machine, in all Regions, replaced by what `edit` makes of it.

    Raises ValueError where that changes nothing: the guard that was to be taken out is not there.
    """
    changed = 0
    definitions = []
    for one in artefacts.definitions:
        if one.name == machine:
            body = to_json(one.machine)
            states = {name: edit(name, dict(state)) for name, state in body["States"].items()}
            changed += states != body["States"]
            one = replace(one, machine=read_json({**body, "States": states}).machine)
        definitions.append(one)
    if changed != len(artefacts.deployment.regions):
        raise ValueError(f"the edit changes {machine} in {changed} Regions")
    return replace(artefacts, definitions=tuple(definitions))


def with_resources(artefacts: Artefacts, edit: Callable[[Resource], Resource | None]) -> Artefacts:
    """The artefacts with each resource replaced by what `edit` makes of it; None leaves it out. Raises ValueError where that
    changes nothing."""
    templates = []
    for template in artefacts.templates:
        kept = tuple(found for resource in template.resources if (found := edit(resource)) is not None)
        templates.append(replace(template, resources=kept))
    if tuple(templates) == artefacts.templates:
        raise ValueError("the edit changes no template")
    return replace(artefacts, templates=tuple(templates))


def call_arguments(body: Body, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Body:
    """A Task with the arguments of its DynamoDB call changed, be it direct or through the bridge."""
    arguments = body["Arguments"]
    if "Payload" not in arguments:
        return {**body, "Arguments": dict(change(arguments))}
    payload = arguments["Payload"]
    return {**body, "Arguments": {**arguments, "Payload": {**payload, "arguments": dict(change(payload["arguments"]))}}}
