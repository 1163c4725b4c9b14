"""Running the source of a Lambda function that is deployed in a world: its own text, with a `boto3` that calls the world.

The modules through which a function sees time, chance and its surroundings are the world's: `boto3`, `botocore.exceptions`,
`botocore.config`, `os.environ`, `time`, `datetime`, `random` and `uuid`; of the last four there is only what follows the virtual
clock and the seed. All others are Python's. The source is text that this package has generated; nothing is kept from it.
"""

from __future__ import annotations

import builtins
import datetime as real_datetime
import functools
import os
import time as real_time
import uuid as real_uuid
from collections.abc import Mapping
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from sfn_dsl.simulate.clients import BotoCoreError, ClientError, EndpointConnectionError, WorldClients
from sfn_dsl.simulate.services.functions import Handler

__all__ = ["load_handler"]


def load_handler(source: str, clients: WorldClients, environment: Mapping[str, str], *, name: str = "handler") -> Handler:
    """The function `name` of a module's text, which is run once, as Lambda does at a cold start.

    `environment`: what stands in `os.environ`. Raises whatever the text raises, and KeyError where it defines no such function.
    """
    modules = _modules(clients, environment)

    def imported(wanted: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        root = wanted.partition(".")[0]
        if root in modules and not fromlist:
            return modules[root]
        if wanted in modules:
            return modules[wanted]
        return builtins.__import__(wanted, globals, locals, fromlist, level)

    namespace: dict[str, Any] = {
        "__name__": "lambda_function",
        "__builtins__": {**vars(builtins), "__import__": imported},
    }
    exec(_compiled(source), namespace)
    handler: Handler = namespace[name]
    return handler


@functools.lru_cache(maxsize=64)
def _compiled(source: str) -> CodeType:
    """The code of a text; thousands of worlds run the same one."""
    return compile(source, "<lambda>", "exec")


def _modules(clients: WorldClients, environment: Mapping[str, str]) -> dict[str, ModuleType]:
    """The modules that stand for the real ones, by name."""
    exceptions = _module(
        "botocore.exceptions",
        BotoCoreError=BotoCoreError,
        ClientError=ClientError,
        ConnectionError=EndpointConnectionError,
        EndpointConnectionError=EndpointConnectionError,
        HTTPClientError=EndpointConnectionError,
    )
    config = _module("botocore.config", Config=SimpleNamespace)
    world, clock = clients.world, clients.place.clock

    class VirtualDatetime(real_datetime.datetime):
        """`datetime` on the clock of the Region."""

        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> VirtualDatetime:
            return cls.fromtimestamp(clock.now, tz or real_datetime.UTC).replace(tzinfo=tz)

        @classmethod
        def utcnow(cls) -> VirtualDatetime:
            return cls.now()

    variables = dict(environment)
    random = _module("random", Random=type(world.rng))
    for method in ("choice", "expovariate", "gauss", "randint", "random", "randrange", "sample", "shuffle", "uniform"):
        setattr(random, method, getattr(world.rng, method))
    return {
        "boto3": _module("boto3", client=clients.client),
        "botocore": _module("botocore", exceptions=exceptions, config=config),
        "botocore.exceptions": exceptions,
        "botocore.config": config,
        "datetime": _module(
            "datetime",
            UTC=real_datetime.UTC,
            datetime=VirtualDatetime,
            timedelta=real_datetime.timedelta,
            timezone=real_datetime.timezone,
        ),
        "os": _module("os", **{**vars(os), "environ": variables, "getenv": variables.get}),
        "random": random,
        "time": _time_module(clients),
        "uuid": _module(
            "uuid",
            NAMESPACE_URL=real_uuid.NAMESPACE_URL,
            UUID=real_uuid.UUID,
            uuid4=lambda: real_uuid.UUID(world.uuid()),
            uuid5=real_uuid.uuid5,
        ),
    }


def _time_module(clients: WorldClients) -> ModuleType:
    clock = clients.place.clock

    def sleep(seconds: float) -> None:
        raise NotImplementedError("a function cannot sleep in a simulated world: it acts at one moment of virtual time")

    return _module(
        "time",
        gmtime=lambda seconds=None: real_time.gmtime(clock.now if seconds is None else seconds),
        monotonic=lambda: clock.now,
        sleep=sleep,
        strftime=lambda form, moment=None: real_time.strftime(form, moment or real_time.gmtime(clock.now)),
        time=lambda: clock.now,
        time_ns=lambda: round(clock.now * 1e9),
    )


def _module(name: str, /, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update({**members, "__name__": name})
    return module
