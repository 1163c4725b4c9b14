"""The server itself, in the child process: moto, the layer, a loopback socket, and when it ends."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sfn_dsl.embedded.journal import Journal
from sfn_dsl.embedded.layer import Answer, Layer
from sfn_dsl.embedded.shelf import Settings
from sfn_dsl.embedded.stepfunctions import StepFunctions

__all__ = ["TAKEN", "serve"]

TAKEN = 3
"""The exit code when another server has the folder."""


def serve(folder: Path, *, port: int, account: str, settings: Settings, idle_seconds: float, fresh: bool, owned: bool) -> int:
    """Serve until told to end, until nobody has asked for `idle_seconds`, or, when `owned`, until standard input ends.

    `port` 0: any. `fresh`: forget what the folder holds. Returns an exit code.
    """
    from werkzeug.serving import make_server

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.lock").open("w") as lock:
        if not _took(lock.fileno()):
            return TAKEN
        if fresh:
            (folder / "journal.jsonl").unlink(missing_ok=True)
        journal = Journal(folder)
        ended = threading.Event()
        layer = Layer(account=account, states=StepFunctions(settings), moto=_moto(account), journal=journal, stop=ended.set)
        layer.replay()
        server = make_server("127.0.0.1", port or _former_port(folder), layer, threaded=True, request_handler=_handler())
        _announce(folder, server.server_port, layer)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        if owned:
            threading.Thread(target=_until_end_of_input, args=(ended,), daemon=True).start()
        worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        worker.start()
        while not ended.wait(min(idle_seconds, 1.0)) and time.monotonic() - layer.used < idle_seconds:
            pass
        # An answer to `/_stop` is on its way.
        time.sleep(0.05)
        server.shutdown()
        (folder / "server.json").unlink(missing_ok=True)
        server.server_close()
        layer.finish()
    return 0


def _took(lock: int) -> bool:
    """Take the lock of a folder, for good; others hold it for a moment to see whether it is taken."""
    for _ in range(50):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        else:
            return True
    return False


def _former_port(folder: Path) -> int:
    """The port that the folder's server had, so that addresses that clients have kept stay true; 0 when it is not to be had."""
    try:
        port = int((folder / "port").read_text(encoding="ascii"))
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
    except (OSError, ValueError, OverflowError):
        return 0
    return port


def _announce(folder: Path, port: int, layer: Layer) -> None:
    """Say where the server is, all at once."""
    for line in layer.lost:
        print(f"not done again: {line}", file=sys.stderr)
    (folder / "port").write_text(str(port), encoding="ascii")
    written = folder / "server.json.new"
    written.write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "pid": os.getpid()}), encoding="ascii")
    written.replace(folder / "server.json")


def _until_end_of_input(ended: threading.Event) -> None:
    sys.stdin.buffer.read()
    ended.set()


def _handler() -> Any:
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class Handler(MotoRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:
            if type == "error":
                super().log(type, message, *args)

    return Handler


def _moto(account: str) -> Callable[[dict[str, Any], bytes, str | None], Answer]:
    """moto as one function. New names are made from the identity of a call, so that the journal leads to the same ones."""
    from moto.core.config import default_user_config
    from moto.iam.models import get_account_id_from
    from moto.moto_api._internal import mock_random
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.test import run_wsgi_app

    from sfn_dsl.embedded.incoming import identify
    from sfn_dsl.embedded.stack_types import complete, replicate

    complete()
    default_user_config["lambda"]["use_docker"] = False
    application = DomainDispatcherApplication(create_backend_app)
    stranger = get_account_id_from("")

    def answer(environ: dict[str, Any], body: bytes, identity: str | None) -> Answer:
        call = identify(environ, body, account)
        owner = call.account if call.account == call.key else get_account_id_from(call.key)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account if owner == stranger else owner
        if identity is not None:
            mock_random.seed(zlib.crc32(identity.encode()))
        chunks, status, headers = run_wsgi_app(application, environ, buffered=True)
        if call.service == "dynamodb" and call.changes:
            replicate(environ["HTTP_X_MOTO_ACCOUNT_ID"], call.region)
        return status, list(headers), b"".join(chunks)

    return answer
