"""Which Regions lack a type of resource, by CloudFormation's registry (snapshot of 2026-10-20 in cfn-lint 1.58)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_dsl.resources.messaging import Endpoint
from sfn_dsl.resources.model import Resource

__all__ = ["lacking"]

_NO_ENDPOINT: Final = """af-south-1 ap-east-1 ap-east-2 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6
    ap-southeast-7 ca-west-1 cn-north-1 cn-northwest-1 eu-central-2 eu-south-1 eu-south-2 il-central-1 me-central-1 mx-central-1
    us-gov-east-1 us-gov-west-1"""
_LACKING: Final[Mapping[type[Resource], frozenset[str]]] = {Endpoint: frozenset(_NO_ENDPOINT.split())}
"""Types that are not everywhere; all others of ours are in every Region that the snapshot knows."""


def lacking(resource: Resource) -> frozenset[str]:
    """The Regions in which a resource of this type cannot be made, as far as that is known."""
    return _LACKING.get(type(resource), frozenset())
