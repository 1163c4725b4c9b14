"""Plans as JSON, both ways. A file holds no credentials, no environment and no input or output of executions."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.diff import Added, Changed, Edit, FieldEdit, Removed, Renamed
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.plan import Entry, Options, Plan, Problem
from sfn_dsl.publish.refusal import Refused

__all__ = ["NEW_PLAN", "load_plan", "plan_from_json", "plan_to_json", "save_plan"]

NEW_PLAN: Final = "make a new plan by `publish --save`"
"""What helps where a saved plan no longer holds."""
_FORMAT: Final = 1
_SEAL: Final = "sha256"
_KINDS: Final = {"added": Added, "removed": Removed, "renamed": Renamed, "changed": Changed}


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """A plan as a JSON value."""
    entries = []
    for entry in plan.entries:
        value = dataclasses.asdict(entry)
        for key in ("edits", "manual"):
            value[key] = [{"kind": type(edit).__name__.lower(), **dataclasses.asdict(edit)} for edit in getattr(entry, key)]
        value["running"] = {str(version): count for version, count in entry.running.items()}
        entries.append(value)
    return {
        "format": _FORMAT,
        "project": plan.project,
        "commit": plan.commit,
        "options": dataclasses.asdict(plan.options),
        "entries": entries,
        "missing": [list(pair) for pair in plan.missing],
    }


def plan_from_json(value: Mapping[str, Any]) -> Plan:
    """The plan of such a value. Raises KeyError, TypeError or ValueError for any other."""
    if value["format"] != _FORMAT:
        raise ValueError(f"format {value['format']}")
    return Plan(
        project=value["project"],
        commit=value["commit"],
        options=Options(**value["options"]),
        entries=tuple(_entry(entry) for entry in value["entries"]),
        missing=tuple((region, arn) for region, arn in value["missing"]),
    )


def _entry(value: Mapping[str, Any]) -> Entry:
    return Entry(
        **{
            **value,
            "work": tuple(value["work"]),
            "routing": tuple((version, percent) for version, percent in value["routing"]),
            "alarms": tuple(value["alarms"]),
            "edits": tuple(_edit(edit) for edit in value["edits"]),
            "manual": tuple(_edit(edit) for edit in value["manual"]),
            "settings": tuple(FieldEdit(**edit) for edit in value["settings"]),
            "running": {int(version): count for version, count in value["running"].items()},
            "problems": tuple(Problem(**problem) for problem in value["problems"]),
        }
    )


def _edit(value: Mapping[str, Any]) -> Edit:
    members = {key: member for key, member in value.items() if key != "kind"}
    if "fields" in members:
        members["fields"] = tuple(FieldEdit(**field) for field in members["fields"])
    edit: Edit = _KINDS[value["kind"]](**members)
    return edit


def save_plan(plan: Plan, file: Path) -> None:
    """Write a plan, with a hash of it, so that what was confirmed is what is carried out. Raises EnvironmentFault."""
    value = plan_to_json(plan)
    try:
        file.write_text(canonical(json.loads(json.dumps({**value, _SEAL: _sealed(value)}))), encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be written: {error.strerror}") from None


def load_plan(file: Path) -> Plan:
    """Read a plan that was saved. Raises EnvironmentFault, and Refused where it was changed since."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        plan = plan_from_json(value)
        if value[_SEAL] != _sealed(plan_to_json(plan)):
            raise Refused(f"{file} has been changed since it was saved", help=NEW_PLAN)
        return plan
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EnvironmentFault(f"{file} is no plan of this version of sfn-dsl", help="make it by `publish --save`") from None


def _sealed(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
