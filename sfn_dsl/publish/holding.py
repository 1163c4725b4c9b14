"""Whether a plan that was saved still holds."""

from __future__ import annotations

from sfn_dsl.publish.plan import Plan
from sfn_dsl.publish.plan_file import NEW_PLAN
from sfn_dsl.publish.refusal import Refused

__all__ = ["check_holds"]


def check_holds(saved: Plan, made: Plan) -> None:
    """Raises Refused where a saved plan is not what is planned now, and says what has changed since: the project, its commit, what
    it builds, or what is there."""
    if made.same_work(saved):
        return
    if saved.project != made.project:
        raise Refused(f"the saved plan is of the project {saved.project}, and this is {made.project}", help=NEW_PLAN)
    if saved.commit != made.commit:
        message = f"the saved plan was made at commit {saved.commit[:12]}, and {made.commit[:12]} is checked out"
        raise Refused(message, help=f"check {saved.commit[:12]} out, or {NEW_PLAN}")
    before = {(entry.region, entry.name): entry for entry in saved.entries}
    now = {(entry.region, entry.name): entry for entry in made.entries}
    for region, name in dict.fromkeys([*before, *now]):
        old, new = before.get((region, name)), now.get((region, name))
        if old is None or new is None:
            change = "gone" if new is None else "come"
            raise Refused(f"{name} in {region} has {change} since the plan was saved", help=NEW_PLAN)
        if old.digest != new.digest:
            raise Refused(f"build/ has another {name} for {region} than when the plan was saved", help=NEW_PLAN)
        if old.still != new.still:
            raise Refused(f"{name} in {region} is no longer as it was when the plan was saved", help=NEW_PLAN)
    raise Refused("other roles and log groups are there than when the plan was saved", help=NEW_PLAN)
