"""A client of boto3, or a sentence about the configuration that stands in its way."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from sfn_dsl.errors import ConfigError, EnvironmentFault

__all__ = ["LOGIN", "new_client", "no_credentials"]

LOGIN: Final = "look at `aws sts get-caller-identity`, or name a profile by --profile"
"""What helps where credentials are missing or wrong."""
_PROCESS: Final = "custom-process"
_TOLD: Final = 200
"""Characters of what others say that stand in a message."""


def new_client(session: Any, service: str, **options: Any) -> Any:
    """A client of a boto3 session. Raises ConfigError for an endpoint that is no URL, EnvironmentFault for a `credential_process`
    that cannot be run or prints no JSON, and what botocore raises for the rest."""
    from botocore.exceptions import BotoCoreError, CredentialRetrievalError

    try:
        if "aws_access_key_id" not in options:
            session.get_credentials()
    except CredentialRetrievalError as error:
        raise no_credentials(**error.kwargs) from None
    except BotoCoreError:
        raise
    except (OSError, ValueError) as error:
        # Of all sources of credentials only a process of the user's own ends like this.
        raise no_credentials(provider=_PROCESS, error_msg=str(error)) from None
    try:
        client = session.client(service, **options)
        address = urlsplit(client.meta.endpoint_url)
        # Botocore looks at the host only; a port that cannot be is found here.
        if address.scheme in ("http", "https") and address.port != 0:
            return client
        raise ValueError(client.meta.endpoint_url)
    except BotoCoreError:
        raise
    except ValueError as error:
        # botocore has no exception of its own for an endpoint, and takes one from the environment and the AWS configuration too.
        given = options.get("endpoint_url")
        message = f"`{given}` is no endpoint" if given is not None else f"the endpoint of {service} cannot be used: {error}"
        where = "--endpoint-url" if given is not None else "AWS_ENDPOINT_URL, or endpoint_url in the AWS configuration,"
        raise ConfigError(message, help=f"{where} is a whole URL, such as http://localhost:4566") from None


def no_credentials(*, provider: str, error_msg: str) -> EnvironmentFault:
    """What botocore's CredentialRetrievalError means. `provider`: botocore's name of the source of credentials."""
    said = " ".join(error_msg.split())[:_TOLD]
    if provider == _PROCESS:
        message = "the credential_process of the AWS configuration has failed" + (f": {said}" if said else "")
        return EnvironmentFault(message, help="run that command by hand, or name another profile by --profile")
    return EnvironmentFault(f"AWS credentials cannot be had from {provider}: {said}", help=LOGIN)
