"""`Task`: any of the ~9,000 API actions, an activity, or a Lambda function by its ARN."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from sfn_dsl.asl.model import UNSET, Retrier, Unset
from sfn_dsl.asl.services import Pattern, Resource, integration, parse_resource
from sfn_dsl.asl.shapes import declared
from sfn_dsl.draft import Call, Draft, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.step import TaskStep

__all__ = ["Task"]


@dataclass(frozen=True, slots=True, eq=False)
class Task(TaskStep):
    """A call of any service.

    `resource`: `glue:getJobRun.sync`, `aws-sdk:s3:listObjectsV2`, or a whole ARN. `arguments`: PascalCase, checked against
    botocore. `returns`: the type of the result, where botocore does not know it. `credentials`: `{"RoleArn": ...}`.
    Source: Developer Guide `state-task`, `supported-services-awssdk`.
    """

    _: KW_ONLY
    resource: Template
    arguments: Template = MISSING
    returns: object = None
    credentials: Template = MISSING

    def lower(self, site: Site) -> tuple[Draft, ...]:
        resource = site.fold(self.resource)
        if not isinstance(resource, str):
            raise DeclarationError(
                f"`resource` of `{self.name}` must be plain text, because AWS reads it when the machine is created",
                help="use a text or a setting",
                span=self.span,
            )
        pattern = Pattern.REQUEST_RESPONSE
        service = action = ""
        if not resource.startswith("arn:"):
            parsed = parse_resource(site.target.integration(resource))
            if parsed is None:
                raise DeclarationError(
                    f"`{resource}` is no resource",
                    help="write `service:action`, `aws-sdk:service:action` or an ARN",
                    span=self.span,
                )
            pattern, service, action = parsed.pattern, parsed.service, parsed.action
            resource = resource.removesuffix(pattern.value)
        else:
            parsed = parse_resource(resource)
            service = parsed.service if parsed else "lambda" if ":lambda:" in resource else ""
            action = parsed.action if parsed else ""
        return (
            Call(
                comment=self.comment,
                action=resource,
                pattern=pattern,
                arguments=self.arguments,
                credentials=self.credentials,
                retry=self._retriers(site, parsed, service, action),
                catch=self.catchers,
                timeout=self.timeout_seconds,
                heartbeat=self.heartbeat_seconds,
                shape=None if self.returns is None else declared(self.returns),
            ),
        )

    def _retriers(self, site: Site, resource: Resource | None, service: str, action: str) -> tuple[Retrier, ...]:
        """The retriers. Presets name errors as the optimised integrations do: `DynamoDB.`, where the SDK has `DynamoDb.`."""
        found = self.retriers(site, service, action)
        known = integration(resource.service, resource.action, sdk=True) if resource is not None and resource.sdk else None
        if known is None:
            return found
        return tuple(replace(one, error_equals=_prefixed(one.error_equals, known.prefix)) for one in found)


def _prefixed(errors: tuple[str, ...] | Unset, prefix: str) -> tuple[str, ...] | Unset:
    if errors is UNSET:
        return errors
    start = f"{prefix}.".lower()
    return tuple(prefix + name[len(prefix) :] if name.lower().startswith(start) else name for name in errors)
