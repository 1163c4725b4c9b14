"""From a Task's `Resource` and arguments to what the call needs."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_dsl.asl.services import Pattern, actions, parse_resource
from sfn_dsl.region import Target, parse_arn
from sfn_dsl.resources.iam.arguments import Argument
from sfn_dsl.resources.iam.families.lambda_function import invocation
from sfn_dsl.resources.iam.family import Call, Lookup, Need, find_family
from sfn_dsl.resources.iam.generic import generic
from sfn_dsl.resources.iam.names import optimised_prefix, sdk_prefix
from sfn_dsl.resources.iam.reference import prefixes

__all__ = ["needs_of"]


def needs_of(resource: str, arguments: Argument, target: Target, *, lookup: Lookup = find_family) -> Iterator[Need]:
    """What a call needs. Nothing for activities, whose workers have rights of their own, and for text of no known form."""
    parsed = parse_resource(resource)
    if parsed is None:
        arn = parse_arn(resource)
        if arn is not None and arn.service == "lambda" and arn.resource.startswith("function:"):
            yield invocation(resource)
        return
    prefix = sdk_prefix(parsed.service) if parsed.sdk else optimised_prefix(parsed.service)
    if prefix not in prefixes() if parsed.sdk else parsed.action not in actions(parsed.service):
        return
    call = Call(
        prefix=prefix,
        service=parsed.service,
        action=parsed.action,
        pattern=parsed.pattern if not parsed.sdk else Pattern.REQUEST_RESPONSE,
        sdk=parsed.sdk,
        arguments=arguments,
        target=target,
    )
    known = lookup(prefix)
    yield from known.needs(call) if known is not None else generic(call)
