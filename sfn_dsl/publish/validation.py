"""AWS's own opinion of a definition: ValidateStateMachineDefinition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.new_client import new_client

__all__ = ["Verdict", "validate_definitions"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One diagnostic of AWS. `severity`: ERROR or WARNING; `location`: as AWS writes it (`/States/A/Next`), empty without one."""

    severity: str
    code: str
    message: str
    location: str


def validate_definitions(
    questions: Iterable[tuple[str, str, str]], *, profile: str | None = None, endpoint_url: str | None = None
) -> Iterator[tuple[Verdict, ...]]:
    """What AWS says of each (definition, type, Region), in order. The service takes one a second; the client waits as it must.

    Raises EnvironmentFault where AWS or the credentials say no.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    clients: dict[str, Any] = {}
    try:
        session = boto3.Session(profile_name=profile)
        for definition, type, region in questions:
            if region not in clients:
                config = Config(retries={"mode": "adaptive", "max_attempts": 10})
                options = {"region_name": region, "endpoint_url": endpoint_url, "config": config}
                clients[region] = new_client(session, "stepfunctions", **options)
            answer = clients[region].validate_state_machine_definition(
                definition=definition, type=type, severity="WARNING", maxResults=100
            )
            yield tuple(
                Verdict(found["severity"], found["code"], found["message"], found.get("location", ""))
                for found in answer.get("diagnostics", ())
            )
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        help = "look at your permissions: states:ValidateStateMachineDefinition"
        raise EnvironmentFault(f"AWS refuses to validate: {code}: {message}", help=help) from None
    except BotoCoreError as error:
        raise EnvironmentFault(f"AWS cannot be asked: {error}", help="look at your credentials and the network") from None
