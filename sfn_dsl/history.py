"""What git remembers of a project's files."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sfn_dsl.errors import EnvironmentFault

__all__ = ["commit_of", "file_at", "files_at", "uncommitted"]


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise EnvironmentFault("git is not installed", help="install git, or compare with a file") from None


def _known_ref(root: Path, ref: str) -> None:
    if ref.startswith("-"):
        raise EnvironmentFault(f"`{ref}` is not a git ref")
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if found.returncode:
        inside = _git(root, "rev-parse", "--is-inside-work-tree").returncode == 0
        if not inside:
            raise EnvironmentFault(f"{root} is not in a git repository", help="compare with a file: `--against FILE`")
        if ref == "HEAD":
            raise EnvironmentFault("the git repository has no commit yet", help="commit build/ first, then compare with it")
        raise EnvironmentFault(f"`{ref}` is neither a file nor a git ref", help="name a commit, a branch, a tag or a file")


def file_at(root: Path, ref: str, path: str) -> str | None:
    """The text of a file at a ref, by its path below the root; None where it did not exist. Raises EnvironmentFault for an
    unknown ref."""
    _known_ref(root, ref)
    found = _git(root, "show", f"{ref}:./{path}")
    return None if found.returncode else found.stdout


def files_at(root: Path, ref: str, folder: str) -> list[str]:
    """Paths, below the root, of the files in a folder at a ref."""
    _known_ref(root, ref)
    found = _git(root, "ls-tree", "-r", "--name-only", "-z", ref, "--", f"./{folder}")
    return [path for path in found.stdout.split("\0") if path]


def commit_of(root: Path) -> str:
    """The commit that is checked out, as 40 hex digits. Raises EnvironmentFault outside a repository and before the first
    commit."""
    _known_ref(root, "HEAD")
    return _git(root, "rev-parse", "HEAD").stdout.strip()


def uncommitted(root: Path, *folders: str) -> list[str]:
    """Files in some folders below the root that are not as the checked out commit has them, new ones among them."""
    found = _git(root, "status", "--porcelain", "--untracked-files=all", "-z", "--", *(f"./{folder}" for folder in folders))
    if found.returncode:
        raise EnvironmentFault(f"git cannot tell the state of {root}: {found.stderr.strip()}")
    entries, paths = iter(found.stdout.split("\0")), []
    for entry in entries:
        if entry:
            paths.append(entry[3:])
            if entry[0] in "RC":
                next(entries, None)
    return paths
