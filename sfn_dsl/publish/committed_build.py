"""What a commit has in `build/`."""

from __future__ import annotations

import json

from sfn_dsl.configuration import Project
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.history import file_at
from sfn_dsl.publish.desired import Desired
from sfn_dsl.region import Target

__all__ = ["digest_at"]


def digest_at(project: Project, target: Target, name: str, commit: str) -> str:
    """The hash of a machine as a commit, or whatever else git takes for one, has it for a target; empty where git cannot tell."""
    folder = (project.build / target.folder).relative_to(project.root).as_posix()
    try:
        definition = file_at(project.root, commit, f"{folder}/{name}.asl.json")
        settings = file_at(project.root, commit, f"{folder}/{name}.settings.json")
        if definition is None or settings is None:
            return ""
        return Desired(target=target, name=name, definition=definition, settings=json.loads(settings)).digest
    except (EnvironmentFault, ValueError):
        return ""
