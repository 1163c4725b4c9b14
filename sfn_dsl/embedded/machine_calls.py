"""State machines: create, describe, update, delete, list. Source: API reference of those operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sfn_dsl.embedded.api_error import ApiError, invalid
from sfn_dsl.embedded.machines import Machine, Revision
from sfn_dsl.embedded.paging import page
from sfn_dsl.embedded.shelf import Moment, Shelf
from sfn_dsl.embedded.tag_calls import tagged
from sfn_dsl.embedded.verdict import refuse_wrong
from sfn_dsl.embedded.version_calls import published, version_arn

__all__ = [
    "check_name",
    "create_state_machine",
    "delete_state_machine",
    "describe_state_machine",
    "list_state_machines",
    "update_state_machine",
]

_BAD_NAME: Final = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LOG_GROUP: Final = re.compile(r"arn:aws[\w-]*:logs:[\w-]+:\d{12}:log-group:[\w./#-]+:\*")
_ROLE: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_CHANGES: Final = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")
_NOTHING: Final = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"


def check_name(name: str) -> None:
    """Raise ApiError (InvalidName) for a name of a machine or an execution that has a character it must not have."""
    if _BAD_NAME.search(name):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")


def create_state_machine(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """CreateStateMachine."""
    check_name(request["name"])
    type = request.get("type") or "STANDARD"
    _check_description(request)
    first = (bool(request.get("publish")), request.get("versionDescription") or "")
    revision = Revision(
        id=None,
        definition=request["definition"],
        role_arn=_role(request["roleArn"]),
        logging=_logging(request.get("loggingConfiguration")),
        tracing={"enabled": bool((request.get("tracingConfiguration") or {}).get("enabled"))},
        encryption=_encryption(request.get("encryptionConfiguration")),
        updated=moment.time,
    )
    arn = shelf.arn("stateMachine", request["name"])
    if arn in shelf.machines:
        there = shelf.changeable(arn)
        same = replace(there.revision, role_arn=revision.role_arn).settings == revision.settings
        if not same or there.type != type or there.first != first:
            raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
        return _created(there)
    refuse_wrong(revision.definition, type, shelf.region, shelf.account)
    machine = Machine(
        arn=arn,
        name=request["name"],
        type=type,
        created=moment.time,
        first=first,
        revision=revision,
        tags=tagged({}, request.get("tags") or (), arn),
    )
    if first[0]:
        machine, _ = published(machine, first[1], moment)
    shelf.put(machine)
    return _created(machine)


def _created(machine: Machine) -> dict[str, Any]:
    answer = {"stateMachineArn": machine.arn, "creationDate": machine.created}
    return {**answer, "stateMachineVersionArn": version_arn(machine, 1)} if machine.first[0] else answer


def update_state_machine(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """UpdateStateMachine. What changes nothing makes no new revision."""
    machine = shelf.changeable(shelf.plain(request["stateMachineArn"]))
    if not any(request.get(name) is not None for name in _CHANGES):
        raise ApiError("MissingRequiredParameter", _NOTHING)
    _check_description(request)
    old = machine.revision
    new = replace(
        old,
        definition=request.get("definition") or old.definition,
        role_arn=_role(request["roleArn"]) if request.get("roleArn") else old.role_arn,
    )
    if request.get("loggingConfiguration") is not None:
        new = replace(new, logging=_logging(request["loggingConfiguration"]))
    if request.get("tracingConfiguration") is not None:
        new = replace(new, tracing={"enabled": bool(request["tracingConfiguration"].get("enabled"))})
    if request.get("encryptionConfiguration") is not None:
        new = replace(new, encryption=_encryption(request["encryptionConfiguration"]))
    if new.definition != old.definition:
        refuse_wrong(new.definition, machine.type, shelf.region, shelf.account)
    answer: dict[str, Any] = {"updateDate": moment.time}
    if new.settings != old.settings:
        machine = replace(machine, revision=replace(new, id=moment.identity, updated=moment.time))
    if machine.revision.id is not None:
        answer["revisionId"] = machine.revision.id
    if request.get("publish"):
        machine, version = published(machine, request.get("versionDescription") or "", moment)
        answer["stateMachineVersionArn"] = version_arn(machine, version.number)
    shelf.put(machine)
    return answer


def describe_state_machine(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """DescribeStateMachine, of a machine, a version or an alias (then of the first version that it leads to)."""
    arn = shelf.read(request["stateMachineArn"])
    machine, revision, version, _ = shelf.routed(arn, 0.0)
    whole = request.get("includedData") != "METADATA_ONLY"
    answer: dict[str, Any] = {
        "stateMachineArn": machine.arn if version is None else version_arn(machine, version.number),
        "name": machine.name,
        "status": "ACTIVE" if machine.deleted is None else "DELETING",
        "definition": revision.definition if whole else "{}",
        "roleArn": revision.role_arn,
        "type": machine.type,
        "creationDate": machine.created if version is None else version.created,
        "loggingConfiguration": dict(revision.logging),
        "tracingConfiguration": dict(revision.tracing),
        "encryptionConfiguration": dict(revision.encryption),
    }
    if revision.id is not None:
        answer["revisionId"] = revision.id
    if version is not None and version.description:
        answer["description"] = version.description
    return answer


def delete_state_machine(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """DeleteStateMachine: its versions and aliases go with it. Nothing happens to a machine that is not there."""
    arn = shelf.plain(request["stateMachineArn"])
    machine = shelf.machines.get(arn)
    if machine is not None and machine.deleted is None:
        shelf.put(replace(machine, deleted=moment.time))
    shelf.settle(moment.time)
    return {}


def list_state_machines(shelf: Shelf, request: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """ListStateMachines, by name."""
    found = [
        {"stateMachineArn": one.arn, "name": one.name, "type": one.type, "creationDate": one.created}
        for one in sorted(shelf.machines.values(), key=lambda one: one.name)
    ]
    return page("stateMachines", found, "machines", request)


def _check_description(request: Mapping[str, Any]) -> None:
    if request.get("versionDescription") and not request.get("publish"):
        raise invalid("Version description can only be set when publish is true")


def _role(arn: str) -> str:
    if not _ROLE.fullmatch(arn):
        raise ApiError("InvalidArn", f"Invalid Role Arn: '{arn}'")
    return arn


def _logging(given: Mapping[str, Any] | None) -> dict[str, Any]:
    found = {"level": "OFF", "includeExecutionData": False, **(given or {})}
    groups = [(one.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn", "") for one in found.get("destinations") or ()]
    if found["level"] != "OFF" and len(groups) != 1:
        raise ApiError("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.")
    if not all(_LOG_GROUP.fullmatch(group) for group in groups):
        message = "Invalid Logging Configuration: Log Destination must be the ARN of a log group, with `:*` at its end."
        raise ApiError("InvalidLoggingConfiguration", message)
    return found


def _encryption(given: Mapping[str, Any] | None) -> dict[str, Any]:
    found = dict(given or {"type": "AWS_OWNED_KEY"})
    if (found["type"] == "CUSTOMER_MANAGED_KMS_KEY") != bool(found.get("kmsKeyId")):
        raise ApiError(
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: kmsKeyId goes with a customer managed key, and only there.",
        )
    return found
