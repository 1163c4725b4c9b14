"""Regions and targets: where a pipeline is compiled for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sfn_dsl.deployment import Deployment

__all__ = ["LIVE", "REGIONS", "Arn", "Target", "parse_arn", "partition_of"]

LIVE: Final = "live"
"""The alias that everything starts, of every machine."""

_BY_PARTITION: Final[Mapping[str, str]] = {
    "aws": """af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
        ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
        ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
        il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1
        us-east-1 us-east-2 us-west-1 us-west-2""",
    "aws-cn": "cn-north-1 cn-northwest-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1 us-iso-west-1",
    "aws-iso-b": "us-isob-east-1 us-isob-west-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-east-1 us-isof-south-1",
    "aws-us-gov": "us-gov-east-1 us-gov-west-1",
}

REGIONS: Final[Mapping[str, str]] = {
    region: partition for partition, regions in _BY_PARTITION.items() for region in regions.split()
}
"""Every Region and its partition, as in botocore 1.44.5's `partitions.json` (a test compares the two)."""

_CONSOLES: Final[Mapping[str, str]] = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-eusc": "console.amazonaws-eusc.eu",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}

_ARN = re.compile(r"arn:(?P<partition>[\w-]+):(?P<service>[\w-]+):(?P<region>[\w-]*):(?P<account>\d*):(?P<resource>.+)", re.S)


def partition_of(region: str) -> str:
    """The partition of a known Region; `KeyError` for an unknown one."""
    return REGIONS[region]


@dataclass(frozen=True, slots=True)
class Arn:
    """The parts of an Amazon Resource Name. Region and account are empty for global services and integrations."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """The parts of an ARN, or None for any other text."""
    match = _ARN.fullmatch(text)
    return Arn(**match.groupdict()) if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place to compile for: an environment (empty when there is only one), a Region and its account.

    `values` are the `var.<name>` settings of `setup.cfg` that hold here; `account` has 12 digits. `deployment`: the Regions that
    work together; None is this Region alone.
    """

    region: str
    account: str
    environment: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    deployment: Deployment | None = None

    @property
    def deployed(self) -> Deployment:
        """The deployment, which is this Region alone when none is given."""
        return self.deployment or Deployment(active=self.region)

    @property
    def is_active(self) -> bool:
        """Whether this is the Region that works from the beginning."""
        return self.region == self.deployed.active

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov`, ..."""
        return partition_of(self.region)

    @property
    def folder(self) -> str:
        """Its folder below `build/`."""
        return f"{self.environment}/{self.region}" if self.environment else self.region

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account in this Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def console(self) -> str | None:
        """Where the console's pages for this Region begin, without a slash at the end; None where nobody has published it."""
        return f"https://{self.region}.{self.console_host}" if self.console_host else None

    @property
    def console_host(self) -> str | None:
        """The host of the console's pages behind the Region's name; None where nobody has published it."""
        return _CONSOLES.get(self.partition)

    def integration(self, action: str) -> str:
        """The ARN of a service integration, for instance of `glue:startJobRun.sync`."""
        return f"arn:{self.partition}:states:::{action}"

    def constant(self, name: str) -> str | None:
        """The value of a setting: `region`, `account`, `partition`, `environment`, `console` (where the console's pages of the
        Region begin), a name of the deployment (`control_table`, `event_bus`, `alert_topic`), or a `var.` of `setup.cfg`."""
        deployed = self.deployed
        known = {
            "region": self.region,
            "account": self.account,
            "partition": self.partition,
            "environment": self.environment,
            "console": self.console,
            "control_table": deployed.table,
            "event_bus": deployed.bus,
            "alert_topic": deployed.alert_topic,
        }
        return self.values.get(name, known.get(name))
