"""`config`: values of `setup.cfg` that differ between Regions, and ARNs that name another Region on purpose."""

from __future__ import annotations

from sfn_dsl.expression import OtherRegion, Setting
from sfn_dsl.span import caller

__all__ = ["config", "other_region"]


class _Config:
    """`config.lake_bucket` is `var.lake_bucket` of the Region that is compiled for.

    `config.region`, `config.account`, `config.partition`, `config.environment` and `config.console` are always there.
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Setting:
        if name.startswith("_"):
            raise AttributeError(name)
        return Setting(name, caller())


config = _Config()


def other_region(arn: str) -> OtherRegion:
    """An ARN that names another Region than the one compiled for, on purpose; any other such ARN is an error."""
    return OtherRegion(arn)
