"""Where the objects of a simulated S3 are: in memory, or in a local folder with one subfolder per bucket."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.simulate.clock import DEFAULT_START

__all__ = ["FolderStore", "MemoryStore", "MissingBucket", "ObjectInfo", "ObjectStore"]

STANDARD: Final = "STANDARD"


class MissingBucket(KeyError):
    """A bucket that does not exist."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What ListObjectsV2 tells of an object. `size` in bytes, `etag` with its quotes, `modified` in seconds since 1970."""

    key: str
    size: int
    etag: str
    modified: float
    storage_class: str = STANDARD


class ObjectStore(Protocol):
    """The part of S3 that a distributed Map uses. Every method raises MissingBucket for a bucket that does not exist."""

    def get(self, bucket: str, key: str) -> bytes:
        """The content of an object. Raises KeyError when there is none of that key."""

    def list(self, bucket: str, prefix: str) -> Iterable[ObjectInfo]:
        """The objects whose key begins with `prefix`, in the order of S3: by code points."""

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Write an object over what was there."""


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


class MemoryStore:
    """Objects in memory, by bucket and key; a text is stored as UTF-8.

    `buckets` are all buckets that exist besides those of `objects`; None stands for every name. `modified` (seconds since 1970)
    is the time of every object, so that runs are repeatable.
    """

    __slots__ = ("_buckets", "_modified", "_objects")

    def __init__(
        self,
        objects: Mapping[tuple[str, str], bytes | str] | None = None,
        *,
        buckets: Iterable[str] | None = None,
        modified: float = DEFAULT_START,
    ) -> None:
        self._modified = modified
        self._objects: dict[str, dict[str, bytes]] = {}
        for (bucket, key), data in (objects or {}).items():
            self._objects.setdefault(bucket, {})[key] = data.encode() if isinstance(data, str) else data
        self._buckets = None if buckets is None else frozenset(buckets) | self._objects.keys()

    def get(self, bucket: str, key: str) -> bytes:
        return self._bucket(bucket)[key]

    def list(self, bucket: str, prefix: str) -> Iterable[ObjectInfo]:
        found = self._bucket(bucket)
        keys = sorted(key for key in found if key.startswith(prefix))
        return [ObjectInfo(key, len(found[key]), _etag(found[key]), self._modified) for key in keys]

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self._bucket(bucket)[key] = data

    def _bucket(self, name: str) -> dict[str, bytes]:
        if self._buckets is not None and name not in self._buckets:
            raise MissingBucket(name)
        return self._objects.setdefault(name, {})


class FolderStore:
    """The files under `root`, whose subfolders are the buckets: object `a/b.json` of `data` is `root/data/a/b.json`.

    Nothing outside of a bucket's folder is read or written, neither through `..` nor through a symbolic link: for reading
    such a key does not exist. The time of an object is that of its file in whole seconds. Raises EnvironmentFault when a
    file cannot be read or written.
    """

    __slots__ = ("_root",)

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(root).resolve()

    def get(self, bucket: str, key: str) -> bytes:
        path = self._path(self._bucket(bucket), key)
        if path is None or not path.is_file():
            raise KeyError(key)
        return _read(path)

    def list(self, bucket: str, prefix: str) -> Iterable[ObjectInfo]:
        folder = self._bucket(bucket)
        found: dict[str, Path] = {}
        for parent, _, names in os.walk(folder, onerror=_unreadable):
            for name in names:
                path = Path(parent, name)
                key = path.relative_to(folder).as_posix()
                if key.startswith(prefix) and path.resolve().is_relative_to(folder) and path.is_file():
                    found[key] = path
        for key in sorted(found):
            data = _read(found[key])
            yield ObjectInfo(key, len(data), _etag(data), float(int(found[key].stat().st_mtime)))

    def put(self, bucket: str, key: str, data: bytes) -> None:
        path = self._path(self._bucket(bucket), key)
        if path is None:
            raise EnvironmentFault(f"the key {key!r} is not the path of a file in the folder of the bucket {bucket!r}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            raise EnvironmentFault(f"cannot write {path}: {error.strerror}") from error

    def _bucket(self, name: str) -> Path:
        if name in ("", ".", "..") or any(character in name for character in "/\\\0"):
            raise MissingBucket(name)
        folder = (self._root / name).resolve()
        if folder.parent != self._root or not folder.is_dir():
            raise MissingBucket(name)
        return folder

    def _path(self, folder: Path, key: str) -> Path | None:
        """The file of a key, or None for a key that no file inside the folder can have."""
        if "\0" in key or "\\" in key or any(part in ("", ".", "..") for part in key.split("/")):
            return None
        path = folder.joinpath(*key.split("/"))
        return path if path.resolve().is_relative_to(folder) else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EnvironmentFault(f"cannot read {path}: {error.strerror}") from error


def _unreadable(error: OSError) -> None:
    raise EnvironmentFault(f"cannot list {error.filename}: {error.strerror}") from error
