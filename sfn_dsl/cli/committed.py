"""What goes to AWS is what was reviewed: `build/` is fresh, and committed."""

from __future__ import annotations

from sfn_dsl.building import retired_folders
from sfn_dsl.cli.main import Session
from sfn_dsl.cli.options import make
from sfn_dsl.configuration import Project
from sfn_dsl.history import uncommitted
from sfn_dsl.output import compare
from sfn_dsl.publish.refusal import Refused

__all__ = ["check_committed"]

_HELP = "run `sfn-dsl build` and commit the result; --allow-dirty is for a sandbox"


def check_committed(
    session: Session, project: Project, names: tuple[str, ...], regions: tuple[str, ...], environment: str | None
) -> None:
    """Raises Refused where `build/` is not what the pipelines compile to, or not what is committed."""
    made = make(session, names, regions, environment)
    if made.build.failed:
        raise Refused(
            "the pipelines have errors, so nothing tells whether build/ is fresh", help="mend them, then build and commit"
        )
    stale = compare(project.build, made.build.outputs, () if made.narrowed else retired_folders(project)).changes
    if stale:
        first = stale[0].path.relative_to(project.root).as_posix()
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        raise Refused(f"build/ is stale: {first}{more} would change", help=_HELP)
    folders = {path.relative_to(project.root).as_posix() for path in (project.build, project.pipelines)}
    changed = uncommitted(project.root, *sorted({*folders, "setup.cfg"}))
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise Refused(f"{changed[0]}{more} {'are' if more else 'is'} not committed", help=_HELP)
