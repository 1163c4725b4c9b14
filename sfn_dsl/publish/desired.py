"""What a state machine is to be: read from the files in `build/`, never compiled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.output import listed
from sfn_dsl.region import Target
from sfn_dsl.stacks.machine import role_name

__all__ = ["Desired", "comparable", "fingerprint", "log_group", "machines_of", "read_desired"]

_DEFINITION: Final = ".asl.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A state machine as `build/` has it. `definition`: its text; `settings`: type, logging, tracing, encryption and tags in the
    form of CreateStateMachine; `smoke`: the input of a dry run as JSON text, None without one; `digest`: the hash of all that a
    published version fixes."""

    target: Target
    name: str
    definition: str
    settings: Mapping[str, Any]
    smoke: str | None = None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", fingerprint(self.definition, self.role_arn, self.settings))

    @property
    def type(self) -> str:
        """STANDARD or EXPRESS."""
        return str(self.settings["type"])

    @property
    def arn(self) -> str:
        """The ARN of the machine."""
        return self.target.arn("states", f"stateMachine:{self.name}")

    @property
    def role_arn(self) -> str:
        """The ARN of the role that it runs under."""
        return f"arn:{self.target.partition}:iam::{self.target.account}:role/{role_name(self.name, self.target.region)}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags that the project gives it."""
        return {tag["key"]: tag["value"] for tag in self.settings.get("tags", ())}


def fingerprint(definition: str, role_arn: str, settings: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of a machine: its definition without regard to the order of keys, role, type, logging, tracing, encryption.
    `settings` are as AWS describes them or as they are given to AWS; what is not said has AWS's default."""
    try:
        parsed = json.loads(definition)
    except ValueError:
        parsed = definition
    value = {"definition": parsed, "roleArn": role_arn, **comparable(settings)}
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def comparable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with AWS's defaults written out: type, log group, level, data, tracing, encryption."""
    logging = settings.get("loggingConfiguration") or {}
    encryption = settings.get("encryptionConfiguration") or {}
    level = logging.get("level") or "OFF"
    own_key = encryption.get("type", "AWS_OWNED_KEY") != "CUSTOMER_MANAGED_KMS_KEY"
    return {
        "type": settings.get("type") or "STANDARD",
        "loggingConfiguration": {
            "level": level,
            "includeExecutionData": bool(logging.get("includeExecutionData")),
            "logGroup": "" if level == "OFF" else log_group(settings),
        },
        "tracingConfiguration": {"enabled": bool((settings.get("tracingConfiguration") or {}).get("enabled"))},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"} if own_key else dict(encryption),
    }


def log_group(settings: Mapping[str, Any]) -> str:
    """The ARN of the log group that settings name, without `:*`; empty where nothing is logged."""
    for destination in (settings.get("loggingConfiguration") or {}).get("destinations") or ():
        return str(destination["cloudWatchLogsLogGroup"]["logGroupArn"]).removesuffix(":*")
    return ""


def machines_of(build: Path, target: Target) -> frozenset[str]:
    """The names of all state machines in `build/` for a target."""
    return frozenset(path.removesuffix(_DEFINITION) for path in listed(build / target.folder) if path.endswith(_DEFINITION))


def read_desired(build: Path, targets: Iterable[Target], names: Collection[str] | None = None) -> tuple[Desired, ...]:
    """The state machines that `build/` has for some targets, by target and name. `names`: only these.

    Raises EnvironmentFault where there is no build, or a file that the manifest lists is missing or unreadable.
    """
    found = []
    for target in targets:
        folder = build / target.folder
        here = machines_of(build, target)
        if not here:
            raise EnvironmentFault(
                f"there is no build for {target.folder} in {build.name}/", help="run `sfn-dsl build` and commit it"
            )
        inputs = listed(folder)
        for name in sorted(here if names is None else here & frozenset(names)):
            smoke = f"{name}.smoke.json"
            found.append(
                Desired(
                    target=target,
                    name=name,
                    definition=_text(folder / f"{name}{_DEFINITION}"),
                    settings=_json(folder / f"{name}.settings.json"),
                    smoke=canonical(_json(folder / smoke)) if smoke in inputs else None,
                )
            )
    return tuple(found)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(f"{file} cannot be read: {error}", help="run `sfn-dsl build`") from None


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except ValueError as error:
        raise EnvironmentFault(f"{file} is no JSON: {error}", help="run `sfn-dsl build`") from None
