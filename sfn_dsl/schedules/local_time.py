"""Local times of a zone and the moments they are, as EventBridge Scheduler sees the changes of daylight saving time."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, tzinfo

from sfn_dsl.errors import DeclarationError

__all__ = ["moment_of", "zone_of"]

_NAME_LIMIT = 50


def zone_of(name: str) -> tzinfo:
    """The time zone of an IANA name. Raises DeclarationError for a name that no zone has."""
    if name == "UTC":
        return UTC
    if len(name) <= _NAME_LIMIT:
        try:
            return zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            pass
    raise DeclarationError(
        f"there is no time zone `{name}`", help="write an IANA name such as `UTC`, `Europe/Berlin` or `America/New_York`"
    )


def moment_of(local: datetime, zone: tzinfo) -> datetime | None:
    """The moment (UTC) of a local time (naive); None when clocks skip it. Of an hour that repeats it is the first."""
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None
