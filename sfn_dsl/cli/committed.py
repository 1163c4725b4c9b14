"""What goes to AWS is what was reviewed: `build/` is fresh, and committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sfn_dsl.building import retired_folders
from sfn_dsl.cli.main import Session
from sfn_dsl.cli.options import make
from sfn_dsl.configuration import Project
from sfn_dsl.history import files_at, uncommitted
from sfn_dsl.output import MANIFEST, compare, listed
from sfn_dsl.publish.refusal import Refused

__all__ = ["check_committed", "differing"]

_HELP = "run `sfn-dsl build` and commit the result, which no .gitignore may hide; --allow-dirty is for a sandbox"


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
    changed = differing(project)
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise Refused(f"{changed[0]}{more} {'are' if more else 'is'} not committed", help=_HELP)


def differing(project: Project) -> list[str]:
    """Files of the build, the pipelines and setup.cfg, below the root, that are not as the checked out commit has them. Raises
    EnvironmentFault outside git."""
    base = project.build.relative_to(project.root).as_posix()
    changed = uncommitted(project.root, *sorted({base, project.pipelines.relative_to(project.root).as_posix(), "setup.cfg"}))
    if changed:
        return changed
    # What git ignores is no change to it.
    committed = set(files_at(project.root, "HEAD", base))
    made = [path.relative_to(project.root).as_posix() for path in _made(project.build)]
    return [path for path in made if path not in committed]


def _made(build: Path) -> Iterator[Path]:
    """The files that the manifests of a build list, and these."""
    for manifest in sorted(build.glob(f"**/{MANIFEST}")):
        yield manifest
        yield from (manifest.parent / path for path in listed(manifest.parent))
