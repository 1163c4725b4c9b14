"""Whether the credentials are those of the accounts that a project names."""

from __future__ import annotations

from collections.abc import Iterable

from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.clients import Clients
from sfn_dsl.region import Target

__all__ = ["check_account"]


def check_account(clients: Clients, targets: Iterable[Target]) -> None:
    """Raises EnvironmentFault for credentials of another account than the targets'. One question per account."""
    for account, region in {target.account: target.region for target in targets}.items():
        given = clients.call("sts", region, "get_caller_identity")["Account"]
        if given != account:
            raise EnvironmentFault(
                f"these credentials are for the account {given}, and setup.cfg names {account} for {region}",
                help="choose other credentials by --profile, or look at `account` in setup.cfg",
            )
