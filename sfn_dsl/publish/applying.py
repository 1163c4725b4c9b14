"""Carries a plan out, machine by machine, and stops at the first thing that goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, assert_never

from sfn_dsl.errors import EnvironmentFault, SfnError
from sfn_dsl.publish.clients import Clients, Declined
from sfn_dsl.publish.desired import Desired
from sfn_dsl.publish.live import PREVIOUS_TAG, PROJECT_TAG, VERSION_TAG, describe_version, of_alias, wanted_tags
from sfn_dsl.publish.machine import Machine, number_of
from sfn_dsl.publish.moving import Move
from sfn_dsl.publish.pacing import Clock, Pace
from sfn_dsl.publish.plan import Entry, Plan, Work
from sfn_dsl.publish.providing import provide
from sfn_dsl.publish.reports import Reports
from sfn_dsl.publish.smoke import smoke

__all__ = ["Done", "Outcome", "Stopped", "apply"]

_VISIBLE_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One piece of work that was done. `detail`: in words, such as `version 4`."""

    region: str
    name: str
    work: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Where the work stopped, and why. `done`: what had been done to this machine; `interrupted`: by Ctrl-C, so that nobody knows
    whether the last call to AWS was carried out."""

    region: str
    name: str
    work: str
    message: str
    help: str = ""
    done: tuple[str, ...] = ()
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a plan. `untouched`: (Region, machine) that the work did not get to."""

    done: tuple[Done, ...]
    stopped: Stopped | None = None
    untouched: tuple[tuple[str, str], ...] = ()


def apply(
    plan: Plan,
    desired: Iterable[Desired],
    clients: Clients,
    report: Callable[[Done], None] = lambda done: None,
    clock: Clock | None = None,
) -> Outcome:
    """Do what a plan says, Region by Region in its order. `desired`: what the plan was made of; `report` hears of each piece of
    work when it is done, and no more once it raises.

    A machine that is no longer as it was planned on stops the work, and so does Ctrl-C. Raises EnvironmentFault for a plan with
    problems.
    """
    if plan.problems:
        raise EnvironmentFault(plan.problems[0][1].message, help=plan.problems[0][1].help)
    found = {(one.target.region, one.name): one for one in desired}
    clock = clock or Clock()
    pace, done, reports = Pace(clock=clock), list[Done](), Reports(report)

    def note(one: Done) -> None:
        done.append(one)
        reports(one)

    left = list(plan.to_do)
    region, name, work = "", "", "provide"
    try:
        for region, name in plan.missing:
            provide(clients, region, name)
            note(Done(region=region, name=name, work="provide"))
        while left:
            entry = left.pop(0)
            region, name = entry.region, entry.name
            publishing = _Publishing(plan, entry, found.get((region, name)), clients, pace, clock, note)
            work = entry.work[0]
            publishing.check()
            for work in entry.work:
                publishing.do(work)
    except (SfnError, KeyboardInterrupt) as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        stopped = Stopped(
            region=region,
            name=name,
            work=work,
            message="interrupted" if interrupted else str(error),
            help=getattr(error, "help", ""),
            done=tuple(one.detail or one.work for one in done if (one.region, one.name) == (region, name)),
            interrupted=interrupted,
        )
        return Outcome(done=tuple(done), stopped=stopped, untouched=tuple((one.region, one.name) for one in left))
    return Outcome(done=tuple(done))


class _Publishing:
    """One machine of a plan."""

    def __init__(
        self,
        plan: Plan,
        entry: Entry,
        desired: Desired | None,
        clients: Clients,
        pace: Pace,
        clock: Clock,
        note: Callable[[Done], None],
    ) -> None:
        self.plan = plan
        self.entry = entry
        self.desired = desired
        self.machine = Machine(clients=clients, region=entry.region, arn=entry.arn)
        self.pace = pace
        self.clock = clock
        self.note = note
        self.version = entry.version

    def check(self) -> None:
        """Raises EnvironmentFault where the machine or the build is not what the plan was made of, or AWS finds the definition
        wrong."""
        entry, desired = self.entry, self.desired
        if entry.digest and (desired is None or desired.digest != entry.digest):
            raise EnvironmentFault(f"build/ has another {entry.name} for {entry.region} than the plan", help="plan again")
        if entry.work[0] in ("create", "update") and desired is not None:
            self.validate(desired)
        now = self.machine.look()
        if (now.digest if now is not None else "", now.revision if now is not None else "") != (entry.live_digest, entry.revision):
            raise EnvironmentFault(f"somebody has changed {self.where} since this was planned", help="publish again to see what")

    def validate(self, desired: Desired) -> None:
        answer = self.paced("validate_state_machine_definition", definition=desired.definition, type=desired.type, severity="ERROR")
        if answer["result"] != "OK":
            said = "; ".join(f"{item['code']}: {item['message']}" for item in answer["diagnostics"][:3])
            raise EnvironmentFault(f"AWS finds the definition of {self.where} wrong: {said}", help="run `sfn-dsl check --online`")

    def do(self, work: Work) -> None:
        """One piece of work."""
        match work:
            case "create" | "update" | "version":
                self.publish(work)
                self.done(work, f"version {self.version}")
            case "alias":
                self.move().run()
                self.done(work, f"{self.plan.options.alias} -> version {self.version}")
            case "smoke":
                self.done(work, self.smoke())
            case "tags":
                self.machine.call("tag_resource", resourceArn=self.machine.arn, tags=_tags(self.wanted_tags))
                self.done(work, "tagged")
            case "delete":
                self.delete()
                self.done(work, "deleted")
            case _:
                assert_never(work)

    def publish(self, work: Work) -> None:
        """Make a version, and wait until it can be seen."""
        desired = self.needed
        description = describe_version(self.plan.commit, desired.digest)
        settings: dict[str, Any] = {key: desired.settings[key] for key in _FIXED if key in desired.settings}
        if work == "version":
            given = {"revisionId": self.entry.revision} if self.entry.revision else {}
            answer = self.paced("publish_state_machine_version", stateMachineArn=self.machine.arn, description=description, **given)
            self.version = number_of(answer["stateMachineVersionArn"])
            return
        common = {**settings, "definition": desired.definition, "roleArn": desired.role_arn, "publish": True}
        if work == "create":
            # The tag with the hash comes last, when the alias points to it.
            tags = _tags({**desired.tags, PROJECT_TAG: self.plan.project})
            answer = self.paced(
                "create_state_machine", name=desired.name, type=desired.type, tags=tags, versionDescription=description, **common
            )
        else:
            # Left out, these would stay as they are.
            common.setdefault("encryptionConfiguration", {"type": "AWS_OWNED_KEY"})
            answer = self.paced("update_state_machine", stateMachineArn=self.machine.arn, versionDescription=description, **common)
        self.version = number_of(answer["stateMachineVersionArn"])
        self.wait(answer.get("revisionId", ""))

    def wait(self, revision: str) -> None:
        """Until the machine looks as it was published."""
        end = self.clock.now() + _VISIBLE_SECONDS
        while True:
            now = self.machine.look()
            # Not the hash: AWS may say a setting in other words than it was given. The role, because AWS takes two creations that
            # differ in nothing else for one.
            if now is not None and (now.revision == revision if revision else now.role_arn == self.needed.role_arn):
                return
            if now is not None and revision and now.revision not in (revision, self.entry.revision):
                raise EnvironmentFault(f"somebody else has changed {self.where} at the same time", help="publish again to see what")
            if self.clock.now() >= end:
                message = f"{self.where} does not look as it was published after {_VISIBLE_SECONDS} seconds"
                raise EnvironmentFault(message, help="publish again")
            self.clock.sleep(1)

    def move(self) -> Move:
        return Move(
            machine=self.machine,
            alias=self.plan.options.alias,
            version=self.version,
            before=self.entry.routing,
            retreat=self.entry.retreat,
            strategy=self.plan.options.strategy,
            interval_seconds=self.plan.options.interval_seconds,
            clock=self.clock,
            say=lambda text: self.done("alias", text),
        )

    def smoke(self) -> str:
        """The dry run; where it fails, the alias goes back."""
        try:
            return smoke(self.machine, self.needed, alias=self.plan.options.alias, version=self.version, clock=self.clock)
        except SfnError as error:
            self.move().back(error)

    def delete(self) -> None:
        if self.machine.running():
            raise EnvironmentFault(f"an execution of {self.where} has started meanwhile", help="wait for its end")
        self.paced("delete_state_machine", stateMachineArn=self.machine.arn)

    def paced(self, operation: str, /, **arguments: Any) -> dict[str, Any]:
        self.pace.wait(self.machine.region, operation)
        try:
            return self.machine.call(operation, **arguments)
        except Declined as refusal:
            if refusal.code == "StateMachineDeleting":
                message = f"{self.where} is still being deleted"
                raise EnvironmentFault(message, help="wait until its executions have ended, and publish again") from None
            raise

    def done(self, work: str, detail: str = "") -> None:
        self.note(Done(region=self.entry.region, name=self.entry.name, work=work, detail=detail))

    @property
    def needed(self) -> Desired:
        """What is to be published; `check` has seen that it is there."""
        assert self.desired is not None
        return self.desired

    @property
    def wanted_tags(self) -> dict[str, str]:
        alias, previous = self.plan.options.alias, self.entry.previous
        return {
            **wanted_tags(self.needed, self.plan.project, alias),
            of_alias(VERSION_TAG, alias): str(self.version),
            **({of_alias(PREVIOUS_TAG, alias): str(previous)} if previous else {}),
        }

    @property
    def where(self) -> str:
        return f"{self.entry.name} in {self.entry.region}"


_FIXED: Final = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
