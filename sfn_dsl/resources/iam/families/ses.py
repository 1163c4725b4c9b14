"""Amazon SES: `aws-sdk:ses` and `aws-sdk:sesv2`."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parseaddr

from sfn_dsl.resources.iam.family import Call, Need, family
from sfn_dsl.resources.iam.generic import generic

__all__ = ["ses"]

_ARNS = ("FromEmailAddressIdentityArn", "SourceArn")


@family("ses")
def ses(call: Call) -> Iterator[Need]:
    """A mail is sent by an identity that is the sender's address, its domain or a domain above; which of them is verified is not
    known. A configuration set may stand at the identity, where no call names it."""
    known = call.known("FromEmailAddress" if call.service == "sesv2" else "Source")
    address = parseaddr(known.text)[1] if known is not None and known.text else ""
    if call.action != "sendEmail" or "@" not in address or any(call.known(name) for name in _ARNS):
        yield from generic(call)
        return
    labels = address.rpartition("@")[2].split(".")
    domains = [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]
    places = [call.arn(f"identity/{name}") for name in (address, *domains)]
    chosen = call.known("ConfigurationSetName")
    sets = call.arn(f"configuration-set/{chosen.pattern if chosen else '*'}")
    templates = [call.arn("template/*")] if call.known("Content", "Template") else []
    why = "which identity is verified, and its configuration set, is not known"
    yield Need(actions=("ses:SendEmail",), resources=tuple(sorted([*places, sets, *templates])), why=why)
