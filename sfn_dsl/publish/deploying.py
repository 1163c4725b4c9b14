"""Deploying templates: a plan per stack, and doing what it says.

A stack that is there is planned by a change set, which is executed or deleted. For a new one the plan is the template itself; its
change set is made when it is executed, so that nothing is left behind by plans.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.change_sets import ChangeSet, StackChange, delete_change_set, execute_change_set, make_change_set
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.live_stack import LiveStack, is_new, read_stack, works
from sfn_dsl.publish.machine_owner import absent_aliases, check_owner
from sfn_dsl.publish.refusal import Refused
from sfn_dsl.publish.stack_events import StackEvent, follow, newest_event
from sfn_dsl.publish.stack_file import StackFile, held_back, machines_in, started_aliases
from sfn_dsl.triggers.parts import live_arn

__all__ = ["INLINE_LIMIT", "Deploying", "StackPlan", "made_aliases"]

INLINE_LIMIT: Final = 51_200
"""Bytes of a template that CloudFormation takes in a request (CloudFormation User Guide, quotas)."""
_UPLOAD_LIMIT: Final = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """What deploying does to one stack. `action`: what happens to the stack; `refused` with `refusal` and `help`.

    `held`: ids of rules and schedules that stay disabled, because the aliases in `absent` do not exist yet. `text`: the template as
    it is deployed.
    """

    file: StackFile
    action: Literal["create", "update", "none", "refused"]
    changes: tuple[StackChange, ...] = ()
    absent: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    refusal: str = ""
    help: str = ""
    text: str = field(default="", repr=False)
    change_set: ChangeSet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploying:
    """How templates are deployed. `bucket`: of templates over `INLINE_LIMIT`, where `{region}` stands for the Region; empty for
    none. `tags`: of the stacks. `description`: of change sets. `force`: tables may leave their stacks. `report` hears of events,
    with the stack's template."""

    clients: Clients
    bucket: str
    tags: Mapping[str, str]
    description: str
    force: bool
    report: Callable[[StackFile, StackEvent], None]

    def plan(self, file: StackFile, made: Collection[str], *, wait: bool) -> StackPlan:
        """The plan of one stack. `made`: ARNs of aliases that other templates of the same deployment make. `wait`: for the end of
        an operation that is under way; else that is a refusal."""
        try:
            return self._plan(file, made, wait)
        except Refused as refusal:
            return StackPlan(file=file, action="refused", refusal=str(refusal), help=refusal.help)

    def _plan(self, file: StackFile, made: Collection[str], wait: bool) -> StackPlan:
        live = self._settled(file, wait)
        new = is_new(live)
        check_owner(self.clients, file, None if new else live)
        started = {arn: ids for arn, ids in started_aliases(file).items() if arn not in made}
        absent = absent_aliases(self.clients, file.region, started)
        held = tuple(dict.fromkeys(id for arn, ids in started.items() if arn in absent for id in ids))
        text = held_back(file, held)
        self._check_size(file, text)
        known: dict[str, Any] = {"file": file, "absent": tuple(sorted(absent)), "held": held, "text": text}
        if new:
            changes = tuple(StackChange(action="Add", id=id, type=one["Type"]) for id, one in file.resources.items())
            return StackPlan(action="create", changes=changes, **known)
        change_set = make_change_set(self.clients, file.region, self._request(file, text, "UPDATE"))
        if change_set is None:
            return StackPlan(action="none", **known)
        taken = [change for change in change_set.changes if change.takes_table]
        if taken and not self.force:
            delete_change_set(self.clients, change_set)
            names = ", ".join(change.physical or change.id for change in taken)
            refusal = (
                f"the stack {file.name} in {file.region} would lose its table {names}, and the pipelines the state of every batch"
            )
            help = "take the change back, or say --force when that is what you want"
            return StackPlan(action="refused", changes=change_set.changes, refusal=refusal, help=help, **known)
        return StackPlan(action="update", changes=change_set.changes, change_set=change_set, **known)

    def _settled(self, file: StackFile, wait: bool) -> LiveStack | None:
        """The stack, after the end of what is under way in it, which an earlier run may have begun."""
        live = read_stack(self.clients, file.region, file.name)
        if live is None or not works(live.status) or not wait:
            return live
        known = newest_event(self.clients, file.region, live.id)
        follow(self.clients, file.region, live.id, known, lambda event: self.report(file, event), begun=True)
        return read_stack(self.clients, file.region, file.name)

    def apply(self, plan: StackPlan) -> None:
        """Do what a plan says and wait for the end. Raises EnvironmentFault with the reason of the resource that failed first."""
        file, clients = plan.file, self.clients
        if plan.action not in ("create", "update"):
            return
        change_set = plan.change_set
        if change_set is None:
            change_set = make_change_set(clients, file.region, self._request(file, plan.text, "CREATE"))
        if change_set is None:
            return
        known = newest_event(clients, file.region, change_set.stack_id)
        execute_change_set(clients, change_set, creates=plan.action == "create")
        ended = follow(clients, file.region, change_set.stack_id, known, lambda event: self.report(file, event))
        if ended.well:
            return
        cause = ended.cause
        why = (
            f"{cause.resource} ({cause.type}): {cause.reason or cause.status}"
            if cause is not None
            else "CloudFormation does not say why"
        )
        before = "nothing of it is left" if plan.action == "create" else "it is as it was before"
        if ended.status not in ("DELETE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"):
            before = f"it is {ended.status}"
        raise EnvironmentFault(
            f"the stack {file.name} in {file.region} could not be {plan.action}d, {before}; {why}",
            help="mend this, and deploy again: what is done already is not done twice",
        )

    def discard(self, plans: Iterable[StackPlan]) -> None:
        """Delete the change sets of plans that are not carried out."""
        for plan in plans:
            if plan.change_set is not None:
                delete_change_set(self.clients, plan.change_set)

    def _check_size(self, file: StackFile, text: str) -> None:
        size = len(text.encode())
        if size > _UPLOAD_LIMIT:
            raise Refused(
                f"{file.path} has {size:,} bytes, and CloudFormation takes {_UPLOAD_LIMIT:,} at most",
                help="split the pipeline, or say `owner = publish`: then the definitions are not in the template",
            )
        if size > INLINE_LIMIT and not self.bucket:
            raise Refused(
                f"{file.path} has {size:,} bytes, and CloudFormation takes {INLINE_LIMIT:,} at most without a bucket",
                help="name one by --s3-bucket; `{region}` in it stands for the Region",
            )

    def _request(self, file: StackFile, text: str, type: Literal["CREATE", "UPDATE"]) -> dict[str, Any]:
        """CreateChangeSet's arguments; uploads a template that is too long for them."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        request: dict[str, Any] = {
            "StackName": file.name,
            "ChangeSetName": f"sfn-dsl-{digest[:32]}",
            "ChangeSetType": type,
            "Description": self.description,
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(self.tags.items())],
        }
        if type == "CREATE":
            request["OnStackFailure"] = "DELETE"
        if len(text.encode()) <= INLINE_LIMIT:
            return {**request, "TemplateBody": text}
        bucket = self.bucket.replace("{region}", file.region)
        key = f"sfn-dsl/{file.name}/{digest}.json"
        self.clients.call(
            "s3", file.region, "put_object", Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json"
        )
        return {**request, "TemplateURL": f"{self.clients.endpoint('s3', file.region)}/{bucket}/{key}"}


def made_aliases(files: Iterable[StackFile]) -> frozenset[str]:
    """ARNs of the live aliases that templates make themselves."""
    return frozenset(live_arn(file.target, name) for file in files for name in machines_in(file).values())
