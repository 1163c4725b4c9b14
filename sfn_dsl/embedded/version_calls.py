"""Versions of state machines. Source: API reference, PublishStateMachineVersion and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sfn_dsl.embedded.api_error import ApiError, invalid
from sfn_dsl.embedded.machines import MAX_VERSIONS, Machine, Version
from sfn_dsl.embedded.paging import page
from sfn_dsl.embedded.shelf import Moment, Shelf

__all__ = [
    "delete_state_machine_version",
    "list_state_machine_versions",
    "publish_state_machine_version",
    "published",
    "version_arn",
]

_FIRST: Final = "INITIAL"
"""What a caller calls the first revision, which has no id."""


def version_arn(machine: Machine, number: int) -> str:
    """The ARN of a version."""
    return f"{machine.arn}:{number}"


def published(machine: Machine, description: str, moment: Moment) -> tuple[Machine, Version]:
    """A machine with its revision published, and the version; the one that there is, when it was published before.

    Raises ApiError (ServiceQuotaExceededException).
    """
    for version in machine.versions.values():
        if version.revision.id == machine.revision.id:
            return machine, version
    if len(machine.versions) >= MAX_VERSIONS:
        raise ApiError("ServiceQuotaExceededException", f"A state machine has at most {MAX_VERSIONS} versions: '{machine.arn}'")
    number = machine.last_version + 1
    version = Version(number=number, revision=machine.revision, description=description, created=moment.time)
    return replace(machine, versions={**machine.versions, number: version}, last_version=number), version


def publish_state_machine_version(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """PublishStateMachineVersion."""
    machine = shelf.changeable(shelf.plain(request["stateMachineArn"]))
    wanted, current = request.get("revisionId"), machine.revision.id or _FIRST
    if wanted and wanted != current:
        message = (
            f"Failed to publish the State Machine version for revision {wanted}. The current State Machine revision is {current}."
        )
        raise ApiError("ConflictException", message)
    machine, version = published(machine, request.get("description") or "", moment)
    shelf.put(machine)
    return {"stateMachineVersionArn": version_arn(machine, version.number), "creationDate": version.created}


def delete_state_machine_version(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """DeleteStateMachineVersion. Nothing happens to a version that is not there."""
    arn = shelf.read(request["stateMachineVersionArn"])
    if not arn.version:
        raise invalid(f"The ARN must be that of a version: '{arn.text}'")
    machine = shelf.machines.get(arn.plain)
    if machine is None or arn.version not in machine.versions:
        return {}
    users = [alias.name for alias in machine.aliases.values() if any(number == arn.version for number, _ in alias.routes)]
    if users:
        message = "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: "
        raise ApiError("ConflictException", f"{message}[{', '.join(users)}]")
    left = {number: version for number, version in machine.versions.items() if number != arn.version}
    shelf.put(replace(machine, versions=left))
    return {}


def list_state_machine_versions(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """ListStateMachineVersions, newest first. The model has no error for a machine that is not there: it has no versions."""
    arn = shelf.plain(request["stateMachineArn"])
    machine = shelf.machines.get(arn)
    found = (
        [
            {"stateMachineVersionArn": version_arn(machine, version.number), "creationDate": version.created}
            for version in sorted(machine.versions.values(), key=lambda one: -one.number)
        ]
        if machine is not None
        else []
    )
    return page("stateMachineVersions", found, f"versions {arn}", request)
