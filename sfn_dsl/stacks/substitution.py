"""Definitions in templates: texts that are the ARN of something in the same template become references to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from sfn_dsl.asl.model import Json
from sfn_dsl.region import Target
from sfn_dsl.resources.model import (
    Arn,
    Resource,
    StateMachine,
    StateMachineAlias,
    Text,
    Topic,
)
from sfn_dsl.resources.template import mapped

__all__ = ["substituted"]


def substituted(resources: Sequence[Resource], target: Target) -> list[Resource]:
    """The resources with `${Id}` in the definitions of machines wherever the ARN of an alias or topic of the same template stands.

    A machine's own alias stays literal: the alias needs the machine, so the machine cannot need the alias.
    """
    return [
        _with_references(resource, _known(resources, resource.name, target)) if isinstance(resource, StateMachine) else resource
        for resource in resources
    ]


def _known(resources: Sequence[Resource], machine: str, target: Target) -> dict[str, str]:
    """Logical ids by ARN, of what a machine's definition may refer to."""
    found = {}
    for resource in resources:
        match resource:
            case StateMachineAlias(state_machine_name=name) if name != machine:
                found[resource.arn(target)] = resource.id
            case Topic():
                found[resource.arn(target)] = resource.id
            case _:
                pass
    return found


def _with_references(machine: StateMachine, known: Mapping[str, str]) -> StateMachine:
    used: dict[str, Text] = {}

    def text(value: Text) -> Json:
        if not isinstance(value, str) or value not in known:
            return value
        used[known[value]] = Arn(known[value])
        return f"${{{known[value]}}}"

    definition = mapped(machine.definition, text)
    assert isinstance(definition, dict)
    return dataclasses.replace(machine, definition=definition, substitutions=dict(sorted(used.items())))
