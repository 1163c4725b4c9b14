"""Starting and ending the child process. One folder has one server, however many ask for it."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

from sfn_dsl.errors import EnvironmentFault

__all__ = ["Embedded", "Endpoint", "Options", "running", "start", "stop"]

_PATIENCE: Final = 60.0
_STEP: Final = 0.02
_CHECKOUT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a server is started. `account`: of callers whose access key is not 12 digits. `port` 0: any. `fresh`: forget what the
    folder holds. Others as of `Settings`."""

    account: str = "111122223333"
    port: int = 0
    idle_minutes: float = 30.0
    deleting_seconds: float = 0.0
    real_time: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server. `url`: for `endpoint_url` of boto3, in all Regions. `started`: by this very call."""

    url: str
    pid: int
    started: bool = field(default=False, compare=False)

    def control(self, method: str, path: str, value: Any = None) -> Any:
        """Ask the server itself: `control("POST", "/_faults", {...})`. Raises EnvironmentFault for anything but 200."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request(method, path, json.dumps(value), {"Content-Type": "application/json"})
            response = connection.getresponse()
            found = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EnvironmentFault(f"the embedded AWS at {self.url} does not answer: {error}", help="start it again") from None
        finally:
            connection.close()
        if response.status != 200:
            raise EnvironmentFault(f"the embedded AWS refuses {method} {path}: {found.get('error')}", help=found.get("help", ""))
        return found


def running(folder: Path) -> Endpoint | None:
    """The server that has a folder, None when there is none; what a dead one has left does not count."""
    if not _taken(folder):
        return None
    try:
        value = json.loads((folder / "server.json").read_text(encoding="ascii"))
        endpoint = Endpoint(url=value["url"], pid=value["pid"])
        return endpoint if endpoint.control("GET", "/_health")["pid"] == endpoint.pid else None
    except (OSError, ValueError, KeyError, EnvironmentFault):
        return None


def start(folder: Path, options: Options | None = None, *, owned: bool = False) -> Endpoint:
    """The server of a folder; it is started when there is none, and goes on when this process ends, unless it is `owned`.

    Options count only where it is started. Raises EnvironmentFault when moto is not installed or the server does not start.
    """
    endpoint, process = _start(folder, options or Options(), owned=owned)
    if process is not None:
        # It goes on by itself; somebody has to take note of its end.
        threading.Thread(target=process.wait, daemon=True).start()
    return endpoint


def _start(folder: Path, options: Options, *, owned: bool) -> tuple[Endpoint, subprocess.Popen[bytes] | None]:
    for package in ("moto", "flask", "flask_cors", "cbor2"):
        if find_spec(package) is None:
            raise EnvironmentFault(f"the embedded AWS needs {package}, which is not installed", help="pip install 'sfn_dsl[local]'")
    folder.mkdir(parents=True, exist_ok=True)
    # The journal holds whole requests, which are for nobody else.
    (folder / ".gitignore").write_text("*\n", encoding="ascii")
    with _only_one(folder):
        there = _await(folder, None)
        if there is not None:
            return there, None
        process = _spawn(folder, options, owned=owned)
        endpoint = _await(folder, process)
        if endpoint is None:
            process.kill()
            process.wait()
            tail = (folder / "server.log").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise EnvironmentFault(f"the embedded AWS does not start: {tail.strip()}", help=f"look at {folder / 'server.log'}")
        return Endpoint(url=endpoint.url, pid=endpoint.pid, started=True), process


def _spawn(folder: Path, options: Options, *, owned: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sfn_dsl.embedded", "--folder", str(folder), "--port", str(options.port)]
    command += ["--account", options.account, "--idle-minutes", str(options.idle_minutes)]
    command += ["--deleting-seconds", str(options.deleting_seconds)]
    flags = {"--real-time": options.real_time, "--fresh": options.fresh, "--owned": owned}
    command += [flag for flag, wanted in flags.items() if wanted]
    (folder / "server.json").unlink(missing_ok=True)
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE if owned else subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            # The package may be a checkout that only this process knows.
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_CHECKOUT), *_given_paths()])},
        )


def _given_paths() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def _await(folder: Path, process: subprocess.Popen[bytes] | None) -> Endpoint | None:
    """The server, once it answers; None when it ends before that, or when nobody has the folder."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = running(folder)
        if found is not None:
            return found
        if process is None and not _taken(folder):
            return None
        if process is not None and process.poll() is not None:
            return None
        time.sleep(_STEP)
    return None


def stop(folder: Path) -> bool:
    """End the server of a folder, if there is one; whether there was. Its state stays in the folder.

    Raises EnvironmentFault when it does not end.
    """
    endpoint = running(folder)
    if endpoint is None:
        return False
    with suppress(ProcessLookupError):  # it may have ended by itself since it was asked
        os.kill(endpoint.pid, signal.SIGTERM)
    end = time.monotonic() + _PATIENCE
    while _taken(folder):
        if time.monotonic() > end:
            raise EnvironmentFault(f"the embedded AWS (process {endpoint.pid}) does not end", help=f"kill {endpoint.pid}")
        time.sleep(_STEP)
    return True


class Embedded:
    """A server for the length of a `with` block, which gives its Endpoint.

    One that was there before is used and left alone; one that was started ends with the block, and with this process, however that
    ends.
    """

    def __init__(self, folder: Path, options: Options | None = None) -> None:
        self._folder = folder
        self._options = options or Options()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Endpoint:
        endpoint, self._process = _start(self._folder, self._options, owned=True)
        return endpoint

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _taken(folder: Path) -> bool:
    """Whether a server has a folder; the lock goes with its process, whatever file it has left."""
    try:
        with (folder / "server.lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let one process at a time start a server."""
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
