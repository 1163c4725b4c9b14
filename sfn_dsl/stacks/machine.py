"""A state machine in a template: its log group, its role with the fewest rights, and itself where the template owns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sfn_dsl.asl.emit import to_json
from sfn_dsl.asl.model import Json
from sfn_dsl.asl.walk import walk
from sfn_dsl.compile.machine import Compiled
from sfn_dsl.errors import ConfigError, DeclarationError
from sfn_dsl.region import LIVE
from sfn_dsl.resources.iam.grants import Grant, grants_of, statements_of
from sfn_dsl.resources.iam.narrowing import narrow
from sfn_dsl.resources.iam.roles import trust_states
from sfn_dsl.resources.iam.statement import Statement, document, size
from sfn_dsl.resources.model import (
    Arn,
    LogGroup,
    MachineEncryption,
    MachineLogging,
    ManagedPolicy,
    Name,
    Policy,
    Resource,
    Role,
    StateMachine,
    StateMachineAlias,
    StateMachineVersion,
)
from sfn_dsl.stacks.policies import INLINE, MOST, managed
from sfn_dsl.triggers.parts import logical_id

__all__ = ["machine_grants", "machine_policy", "machine_resources", "role_name"]


def role_name(machine: str, region: str) -> str:
    """The name of the role of a machine in a Region. Roles are global, so it says the Region."""
    return f"{machine}-{region}"


def machine_grants(compiled: Compiled) -> tuple[Grant, ...]:
    """What the machine needs, each grant with the states that need it, narrowed as the pipeline says."""
    grants = grants_of(compiled.machine, compiled.target, compiled.settings, name=compiled.pipeline.name)
    return narrow(grants, compiled.pipeline.permissions, (name for name, _ in walk(compiled.machine)))


def machine_policy(compiled: Compiled) -> Json:
    """The policy document of the machine's role: all that it may do, in however many policies it is deployed."""
    return document(statements_of(machine_grants(compiled)))


def machine_resources(compiled: Compiled, owner: str, *, prefix: str = "") -> tuple[Resource, ...]:
    """The resources of a machine. `owner`: `template` makes machine, version and alias too. `prefix`: of logical ids.

    The role's rights are one inline policy, or up to 10 managed ones where that would be too long. Raises DeclarationError where
    these are too few.
    """
    name, settings = compiled.pipeline.name, compiled.settings
    found: list[Resource] = []
    logging = settings["loggingConfiguration"]
    group = _group(logging)
    if group:
        found.append(LogGroup(id=logical_id(prefix, "logs"), name=group))
    statements = statements_of(machine_grants(compiled))
    short = size(statements) <= INLINE
    role = Role(
        id=logical_id(prefix, "machine", "role"),
        role_name=role_name(name, compiled.target.region),
        trust=trust_states(compiled.target),
        policies=(Policy(name="machine", document=document(statements)),) if short else (),
        description=f"The state machine {name}.",
    )
    policies = () if short else _managed(compiled, statements, role, prefix)
    found += [role, *policies]
    if owner == "template":
        found += _owned(compiled, role, policies, logical_id(prefix, "logs") if group else None, prefix)
    return tuple(found)


def _managed(compiled: Compiled, statements: Sequence[Statement], role: Role, prefix: str) -> tuple[ManagedPolicy, ...]:
    name, span = compiled.pipeline.name, compiled.pipeline.span
    try:
        parts = managed(statements)
    except ConfigError as error:
        raise DeclarationError(f"role of `{name}`: {error}", help=error.help, span=span) from error
    if len(parts) > MOST:
        message = f"the role of `{name}` would need {len(parts)} managed policies in {compiled.target.region}, over {MOST}"
        help = "split the pipeline: give some of its stages a pipeline of their own, and start that with StartPipeline"
        raise DeclarationError(message, help=help, span=span)
    return tuple(
        ManagedPolicy(
            id=logical_id(prefix, "machine", "policy", str(number)),
            policy_name=f"{role.role_name}-{number}",
            document=document(own),
            roles=(Name(role.id),),
            description=f"Part of what the state machine {name} may do.",
        )
        for number, own in parts.items()
    )


def _group(logging: Mapping[str, Any]) -> str:
    """The name of the log group in a machine's settings; empty when it logs nothing."""
    for destination in logging.get("destinations", ()):
        return str(destination["cloudWatchLogsLogGroup"]["logGroupArn"]).partition(":log-group:")[2].removesuffix(":*")
    return ""


def _owned(compiled: Compiled, role: Role, policies: Sequence[ManagedPolicy], logs: str | None, prefix: str) -> list[Resource]:
    settings = compiled.settings
    logging, encryption = settings["loggingConfiguration"], settings.get("encryptionConfiguration")
    kind: Literal["STANDARD", "EXPRESS"] = "EXPRESS" if compiled.pipeline.type == "EXPRESS" else "STANDARD"
    machine = StateMachine(
        id=logical_id(prefix, "machine"),
        name=compiled.pipeline.name,
        definition=to_json(compiled.machine),
        role_arn=Arn(role.id),
        type=kind,
        logging=MachineLogging(
            destination_arn=Arn(logs) if logs else None,
            level=logging["level"],
            include_execution_data=logging["includeExecutionData"],
        ),
        tracing_enabled=settings["tracingConfiguration"]["enabled"],
        encryption=MachineEncryption(
            kms_key_id=encryption["kmsKeyId"],
            kms_data_key_reuse_period_seconds=encryption["kmsDataKeyReusePeriodSeconds"],
        )
        if encryption
        else None,
        tags={tag["key"]: tag["value"] for tag in settings.get("tags", ())},
        # The role exists before they are attached to it, and a machine is refused whose role may not write to its logs.
        depends_on=tuple(policy.id for policy in policies),
    )
    version = StateMachineVersion(id=logical_id(prefix, "version"), state_machine_name=machine.name)
    alias = StateMachineAlias(
        id=logical_id(prefix, "live"), name=LIVE, state_machine_name=machine.name, version_arn=Arn(version.id)
    )
    return [machine, version, alias]
