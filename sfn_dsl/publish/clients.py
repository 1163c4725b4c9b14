"""boto3's clients, made once per service and Region, and what their errors mean in a sentence."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.new_client import LOGIN, new_client, no_credentials

__all__ = ["Clients", "Declined", "Unreachable"]


_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_KEY: Final = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException"}
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
_THROTTLED: Final = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "KmsThrottlingException",
}
_DOWN: Final = {"InternalServerError", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException"}
_ABSENT: Final = {
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "StateMachineDoesNotExist",
}
_CONNECTIONS: Final = 32
_ROUNDS: Final = 3
_TOKENS: Final = ("nextToken", "NextToken", "Marker", "PaginationToken")


class Unreachable(EnvironmentFault):
    """A Region does not answer, or answers that it is in trouble itself."""


class Declined(EnvironmentFault):
    """AWS has answered, and the answer is no. `code`: AWS's name of the error, such as `ConditionalCheckFailedException`."""

    def __init__(self, message: str, *, code: str, help: str = "") -> None:
        super().__init__(message, help=help)
        self.code = code


class Clients:
    """Calls AWS, from any thread. `profile`: of the AWS configuration. `endpoint_url`: instead of AWS's own endpoints, everywhere.

    `accounts`, by Region, for an endpoint that is an AWS on this machine: an access key there is the number of its account. Regions
    that are not named are those of the first account. A Region that does not answer is given up after about half a minute.
    """

    def __init__(
        self, *, profile: str | None = None, endpoint_url: str | None = None, accounts: Mapping[str, str] | None = None
    ) -> None:
        self._profile = profile
        self._endpoint_url = endpoint_url
        self._accounts = accounts or {}
        self._session: Any = None
        self._made: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()

    def call(self, service: str, region: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """What an operation such as `update_item` answers.

        A call that is throttled is made again, ever more slowly. Raises Unreachable where the Region does not answer, Declined
        where AWS says no, EnvironmentFault where there are no credentials. None of them says anything of the arguments.
        """
        with _told(service, region):
            function = getattr(self._shared(service, region), operation)
        rounds = 1
        while True:
            try:
                with _told(service, region):
                    answer: dict[str, Any] = function(**arguments)
                    return answer
            except Declined as refusal:
                if refusal.code not in _THROTTLED or rounds == _ROUNDS:
                    raise
                # Each round is several tries of the client, which makes fewer calls a second from now on.
                rounds += 1

    def endpoint(self, service: str, region: str) -> str:
        """The URL at which a service of a Region is asked, such as `https://s3.us-east-1.amazonaws.com`."""
        with _told(service, region):
            return str(self._shared(service, region).meta.endpoint_url)

    def _shared(self, service: str, region: str) -> Any:
        # Sessions must not be used by two threads at once; clients may.
        with self._making:
            if (service, region) not in self._made:
                self._made[service, region] = self._client(service, region)
            return self._made[service, region]

    def pages(self, service: str, region: str, operation: str, member: str, /, **arguments: Any) -> Iterator[dict[str, Any]]:
        """The elements of a list of all pages of an answer. `member`: what the list is called there. Raises as `call` does."""
        while True:
            answer = self.call(service, region, operation, **arguments)
            yield from answer[member]
            tokens = {name: answer[name] for name in _TOKENS if answer.get(name)}
            if not tokens:
                return
            arguments.update(tokens)

    def _client(self, service: str, region: str) -> Any:
        import boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.Session(profile_name=self._profile)
        retries = {"mode": "adaptive", "total_max_attempts": 4}
        # A prefix such as `sync-` before the host is for AWS's own names only.
        prefixed = self._endpoint_url is None
        config = Config(
            retries=retries, connect_timeout=3, read_timeout=10, max_pool_connections=_CONNECTIONS, inject_host_prefix=prefixed
        )
        options = {"region_name": region, "endpoint_url": self._endpoint_url, "config": config, **self._secrets(region)}
        return new_client(self._session, service, **options)

    def _secrets(self, region: str) -> dict[str, str]:
        if not self._accounts:
            return {}
        account = self._accounts.get(region) or next(iter(self._accounts.values()))
        return {"aws_access_key_id": account, "aws_secret_access_key": "local"}


@contextmanager
def _told(service: str, region: str) -> Iterator[None]:
    """Say what boto3's exceptions mean."""
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    try:
        yield
    except exceptions.ProfileNotFound as error:
        raise EnvironmentFault(str(error), help="look at ~/.aws/config, or name another one by --profile") from None
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError):
        raise EnvironmentFault("there are no AWS credentials", help=LOGIN) from None
    except (
        exceptions.TokenRetrievalError,
        exceptions.UnauthorizedSSOTokenError,
        exceptions.SSOTokenLoadError,
    ):
        raise EnvironmentFault("the AWS login has expired", help="log in again, for instance by `aws sso login`") from None
    except exceptions.CredentialRetrievalError as error:
        raise no_credentials(**error.kwargs) from None
    except (exceptions.HTTPClientError, exceptions.ConnectionError):
        message = f"{service} in {region} does not answer"
        raise Unreachable(message, help="the Region may be in trouble, or the network; look at health.aws.amazon.com") from None
    except exceptions.ClientError as error:
        raise _refusal(error, service, region) from None
    except ResponseParserError:
        message = f"{service} in {region} answers what is not AWS's"
        raise Unreachable(message, help="look at the proxy or the server between you and AWS, and at --endpoint-url") from None
    except exceptions.BotoCoreError as error:
        raise EnvironmentFault(f"AWS cannot be asked: {error}", help=LOGIN) from None


def _refusal(error: Any, service: str, region: str) -> EnvironmentFault:
    code, message = str(error.response["Error"]["Code"]), str(error.response["Error"].get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    prefix = {"stepfunctions": "states", "resourcegroupstaggingapi": "tag"}.get(service, service)
    action = f"{prefix}:{error.operation_name}"
    if code in _EXPIRED:
        return Declined("the AWS login has expired", code=code, help="log in again, for instance by `aws sso login`")
    if code in _UNKNOWN_KEY:
        return Declined("AWS does not know these credentials", code=code, help=LOGIN)
    if code in _DENIED:
        return Declined(f"AWS does not allow you {action} in {region}", code=code, help=f"ask for the right to {action}")
    if code in _DOWN or status >= 500:
        return Unreachable(f"{service} in {region} is in trouble: {code}", help="look at health.aws.amazon.com, and try again")
    if code in _ABSENT:
        kind = {"dynamodb": "table", "sqs": "queue", "stepfunctions": "state machine or alias"}.get(service, "resource")
        message = f"there is no such {kind} in {region}, says {action}"
        return Declined(message, code=code, help="deploy the project's templates there, or look at setup.cfg and --env")
    return Declined(f"AWS refuses {action} in {region}: {code}: {message}", code=code)
