"""What a call needs as far as AWS's reference and the call's own arguments say: the way of every service without a family."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sfn_dsl.resources.iam.arguments import Argument, Known
from sfn_dsl.resources.iam.family import Call, Need
from sfn_dsl.resources.iam.names import iam_action
from sfn_dsl.resources.iam.reference import ResourceType, named_optionally, resource_types

__all__ = ["by_reference", "generic", "passed_roles"]

# Services whose ARNs end in the names or ids that their calls take. Elsewhere only ARNs are trusted to narrow a policy.
_NAMED_TEXT: Final = """
    athena batch cloudwatch codebuild codepipeline databrew ec2 ecr eks elasticache elasticmapreduce emr-containers emr-serverless
    firehose glue kinesis rds redshift sagemaker states transcribe
"""
_NAMED: Final = frozenset(_NAMED_TEXT.split())
# A role named in these calls is assumed or administered, not handed to a service.
_NOT_PASSED: Final = frozenset({"sts", "iam", "lakeformation", "ram", "sso"})
_PRINCIPALS: Final = {
    "dms": ("dms.amazonaws.com",),
    "ec2": ("ec2.amazonaws.com",),
    "es": ("es.amazonaws.com",),
    "events": ("events.amazonaws.com",),
    "logs": ("logs.amazonaws.com",),
    "states": ("states.amazonaws.com",),
    "ecs": ("ecs-tasks.amazonaws.com", "ecs.amazonaws.com"),
}
_ROLE: Final = re.compile(r"(?:.*[a-z])?Role(?P<arn>A[rR][nN])?|.*RoleA[rR][nN]")


def generic(call: Call) -> Iterator[Need]:
    """The API action itself, on the resources its arguments name, and the roles it hands on."""
    yield by_reference(call, iam_action(call.prefix, call.action))
    yield from passed_roles(call)


def by_reference(call: Call, action: str) -> Need:
    """A need of one action on the kinds of resources that it works on, each narrowed by the arguments that name one."""
    name = f"{call.prefix}:{action}"
    types = resource_types(call.prefix, action, call.target)
    if types is None:
        return Need(actions=(name,), resources=("*",), why=f"AWS's reference of {call.prefix} does not list this action")
    if not types:
        return Need(actions=(name,), resources=("*",), why="the action has no resource type")
    arns = _arns(call.arguments)
    named = [kind for kind in types if any(_plain(key).startswith(_plain(kind.name)) and _within(arn, kind) for key, arn in arns)]
    resources: list[str] = []
    open_types: list[str] = []
    for kind in named or types:
        found = _narrowed(call, action, kind, arns)
        if not found:
            open_types.append(kind.name)
        resources += found or (kind.pattern,)
    if len(open_types) == len(named or types) and named_optionally(call.prefix, action):
        return Need(actions=(name,), resources=("*",), why=f"a call may name no {' or '.join(dict.fromkeys(open_types))}")
    why = f"which {' and '.join(dict.fromkeys(open_types))} is not known before it runs" if open_types else ""
    return Need(actions=(name,), resources=tuple(sorted(set(resources))), why=why)


def passed_roles(call: Call, *services: str) -> Iterator[Need]:
    """The right to hand on every role that an argument names: ARNs that are written out, and `...RoleArn`s that are not."""
    if call.prefix in _NOT_PASSED:
        return
    principals = services or _PRINCIPALS.get(call.prefix, (f"{call.prefix}.amazonaws.com",))
    for key, argument in call.arguments.walk():
        match = _ROLE.fullmatch(key)
        if match is None or isinstance(argument.value, (dict, list)):
            continue
        known = argument.known
        if known.start.startswith("arn:") or (known.text is None and key.lower().endswith("arn")):
            yield call.passes(call.role(key, known), *principals)


def _arns(arguments: Argument) -> list[tuple[str, Known]]:
    return [(key, one.known) for key, one in arguments.walk() if (one.known.text or "").startswith("arn:")]


def _plain(name: str) -> str:
    return name.lower().replace("-", "")


def _within(arn: Known, kind: ResourceType) -> bool:
    form = "".join("[^:]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", kind.pattern[:-1]))
    return kind.pattern.endswith("*") and re.match(form, arn.start) is not None


def _narrowed(call: Call, action: str, kind: ResourceType, arns: list[tuple[str, Known]]) -> tuple[str, ...]:
    exact = tuple(sorted({arn.pattern for _, arn in arns if _within(arn, kind)}))
    head = kind.pattern[:-1]
    if exact or call.prefix not in _NAMED or "*" in head or not kind.pattern.endswith(("/*", ":*")):
        return exact
    word = _plain(kind.name)
    keys = {word, f"{word}name", f"{word}id", f"{word}identifier"}
    if action.lower().endswith(word):
        keys |= {"name", "id"}
    for key, argument in call.arguments.members():
        texts = argument.elements() or (argument,)
        if _plain(key).removesuffix("s") in keys or _plain(key) in keys:
            known = [one.known for one in texts]
            if all(one.start for one in known) and not any(one.start.startswith("arn:") for one in known):
                lower = call.prefix == "sagemaker"
                return tuple(sorted({head + (one.pattern.lower() if lower else one.pattern) for one in known}))
    return ()
