"""The states that ask whether this Region is the active one."""

from __future__ import annotations

from sfn_dsl.control.access import Access
from sfn_dsl.control.rows import ACTIVE_KEY
from sfn_dsl.expression import Template

__all__ = ["gate"]


def gate(access: Access, *, yes: str, no: str) -> dict[str, dict[str, Template]]:
    """A strongly consistent read of the `ACTIVE` item, then a Choice that goes to `yes` or to `no`."""
    target = access.target
    region = access.result + ".Item.region.S"
    read = access.task("getItem", {"ConsistentRead": True, "Key": ACTIVE_KEY}, Next="Is this Region active?")
    # Without the item nobody has promoted a Region yet: the active one of the deployment works.
    read["Assign"] = {"active_region": f"{{% $exists({region}) ? {region} : '{target.deployed.active}' %}}"}
    read["Output"] = {}
    return {
        "Read active Region": read,
        "Is this Region active?": {
            "Type": "Choice",
            "Choices": [{"Condition": f"{{% $active_region = '{target.region}' %}}", "Next": yes}],
            "Default": no,
        },
    }
