"""What a build makes, and how it gets to `build/`: all of it or nothing.

A build is the text of every file per target folder, beside what lies there. `manifest.json` in each target folder lists the
files that are ours, by path and SHA-256; only these are ever removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.errors import EnvironmentFault

__all__ = ["MANIFEST", "Change", "Output", "compare", "manifest_of", "write"]

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The files of one target folder: text by path, and the paths of this target that were left out of this build.

    `kept` says of a listed path whether this build leaves it alone (it belongs to a pipeline that was not selected).
    """

    folder: str
    files: Mapping[str, str]
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file that differs: `old` is None for a new one, `new` for one that is to be removed."""

    path: Path
    old: str | None
    new: str | None

    @property
    def sign(self) -> str:
        """`+` new, `~` changed, `-` removed."""
        return "+" if self.old is None else "-" if self.new is None else "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What would change in `build/`, how many files would stay, and files there that are not ours."""

    changes: tuple[Change, ...]
    unchanged: int
    strangers: tuple[Path, ...] = field(default=())


def sha256(text: str) -> str:
    """Hex digest of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def manifest_of(files: Mapping[str, str]) -> str:
    """The manifest of a target folder from SHA-256 by path."""
    return canonical({"files": [{"path": path, "sha256": files[path]} for path in sorted(files)]})


def listed(folder: Path) -> dict[str, str]:
    """Paths and digests in the manifest of a folder; empty where there is none. Paths that lead out of the folder are no
    paths of ours."""
    file = folder / MANIFEST
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise EnvironmentFault(f"{file} cannot be read: {error}", help="restore it from git") from None
    found: dict[str, str] = {}
    entries = value.get("files") if isinstance(value, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        path = entry.get("path") if isinstance(entry, dict) else None
        if not isinstance(path, str) or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise EnvironmentFault(f"{file} lists {path!r}, which is no file below its folder", help="restore it from git")
        found[path] = str(entry.get("sha256"))
    return found


def compare(build: Path, outputs: tuple[Output, ...], retired: tuple[str, ...] = ()) -> Comparison:
    """Compare a build with the folder. `retired` are target folders that the project no longer has."""
    changes: list[Change] = []
    unchanged = 0
    strangers: list[Path] = []
    for output in outputs:
        folder = build / output.folder
        before = listed(folder)
        digests = {path: digest for path, digest in before.items() if path in output.kept}
        digests.update({path: sha256(text) for path, text in output.files.items()})
        wanted = {**output.files, MANIFEST: manifest_of(digests)}
        for path, text in wanted.items():
            old = _read(folder / path)
            if old == text:
                unchanged += 1
            else:
                changes.append(Change(path=folder / path, old=old, new=text))
        for path in before:
            if path not in digests and (folder / path).exists():
                changes.append(Change(path=folder / path, old=_read(folder / path), new=None))
        strangers += _strangers(folder, {*digests, MANIFEST, *before})
    for name in retired:
        folder = build / name
        for path in [*listed(folder), MANIFEST]:
            if (folder / path).exists():
                changes.append(Change(path=folder / path, old=_read(folder / path), new=None))
    return Comparison(changes=tuple(changes), unchanged=unchanged, strangers=tuple(strangers))


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(f"{path} cannot be read: {error}") from None


def _strangers(folder: Path, known: set[str]) -> Iterator[Path]:
    if folder.is_dir():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.relative_to(folder).as_posix() not in known:
                yield path


def write(build: Path, changes: tuple[Change, ...]) -> None:
    """Make the changes. Everything is written beside `build/` first and then moved in place file by file, so that a full disk
    or a missing right leaves `build/` as it was. Raises EnvironmentFault."""
    if not changes:
        return
    staging: Path | None = None
    made: list[Path] = []
    try:
        try:
            made = _make_folder(build)
            staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=build))
            staged = []
            for number, change in enumerate(changes):
                if change.new is not None:
                    file = staging / str(number)
                    file.write_text(change.new, encoding="utf-8", newline="\n")
                    staged.append((file, change.path))
            for folder in sorted({path.parent for _, path in staged}):
                made += _make_folder(folder)
                if not os.access(folder, os.W_OK):
                    raise PermissionError(13, "Permission denied", str(folder))
        except BaseException:
            if staging is not None:
                shutil.rmtree(staging, ignore_errors=True)
            for folder in reversed(made):
                folder.rmdir()
            raise
        with _undisturbed():
            for file, path in staged:
                os.replace(file, path)
            for change in changes:
                if change.new is None:
                    change.path.unlink(missing_ok=True)
            staging.rmdir()
            for folder in {change.path.parent for change in changes if change.new is None}:
                _remove_if_empty(folder, build)
    except OSError as error:
        raise EnvironmentFault(
            f"{error.filename or build} cannot be written: {error.strerror}", help="nothing was changed; mend this and build again"
        ) from None


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it; the ones that were made, outermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _remove_if_empty(folder: Path, build: Path) -> None:
    while folder != build and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits until the files are in place."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
