"""What `setup.cfg` says: targets, folders, values.

[sfn_dsl]
regions = us-east-1, us-west-1
var.alert_topic = alerts              ; the same everywhere

[sfn_dsl:us-east-1]
account = 111122223333
var.lake_bucket = lake-use1           ; `config.lake_bucket` in a pipeline

[sfn_dsl:prod:us-east-1]              ; optional: environments, chosen with --env; values of the Region hold here too,
account = 444455556666                ; the account must be its own
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sfn_dsl.costs.rates import RATE_PREFIXES, Rates, read_rates
from sfn_dsl.deployment import Deployment
from sfn_dsl.deployment_settings import DEPLOYMENT_KEYS, read_deployment
from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import ConfigError
from sfn_dsl.region import REGIONS, Target
from sfn_dsl.span import Span

__all__ = ["Project", "find_project", "together"]

T = TypeVar("T")

_KEYS = {
    "name",
    "regions",
    "pipelines",
    "build",
    "query_language",
    "ignore",
    "per_file_ignores",
    "profile",
    "owner",
    "compared",
    "iac",
    *DEPLOYMENT_KEYS,
}
_TARGET_KEYS = {"account"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project folder and what its `setup.cfg` says. Folders are absolute. `name`: that of `[sfn_dsl]`, else of `[metadata]`, else
    of the folder; what is published is tagged with it.

    `ignore`, `per_file_ignores` (by glob of the file name) and `profile` (default or strict) are for `check`. `owner`: who makes
    state machines, versions and aliases: the command `publish`, or the `template`. `iac`: cloudformation, terraform or both.
    `compared`: the pipeline of docs/triggers.md. `rates`: what jobs take and cost, for `cost`. `faults`: what is wrong with
    `setup.cfg`; in place of what cannot be stands a default, so that nothing may be deployed, but pipelines can be looked at.
    """

    root: Path
    targets: tuple[Target, ...]
    pipelines: Path
    build: Path
    name: str = "sfn-dsl"
    query_language: str = "JSONata"
    ignore: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    profile: str = "default"
    owner: str = "publish"
    compared: str = ""
    iac: tuple[str, ...] = ("cloudformation",)
    rates: Rates = field(default_factory=Rates)
    faults: tuple[ConfigError, ...] = ()

    def chosen_targets(self, regions: Iterable[str] = (), environment: str | None = None) -> tuple[Target, ...]:
        """The targets of some Regions (all if none is named) and one environment (all if None)."""
        regions = tuple(regions)
        known = {target.region for target in self.targets}
        for region in regions:
            if region not in known:
                hint = did_you_mean(region, known) or f"the project has {', '.join(sorted(known))}"
                raise ConfigError(f"`{region}` is not a Region of this project", help=hint)
        environments = {target.environment for target in self.targets}
        if environment is not None and environment not in environments:
            hint = (
                did_you_mean(environment, environments)
                or f"the project has {', '.join(sorted(filter(None, environments))) or 'only one'}"
            )
            raise ConfigError(f"`{environment}` is not an environment of this project", help=hint)
        return tuple(
            target
            for target in self.targets
            if (not regions or target.region in regions) and environment in (None, target.environment)
        )


def find_project(start: Path, *, lenient: bool = False) -> Project:
    """The project that a folder is in: the nearest `setup.cfg` with a section `[sfn_dsl]`, here or above.

    Raises ConfigError for all that is wrong with it; if `lenient`, only for what leaves no project.
    """
    start = start.resolve()
    if not start.is_dir():
        raise ConfigError(f"`{start}` is not a folder")
    for folder in (start, *start.parents):
        file = folder / "setup.cfg"
        if file.is_file():
            parser = _parse(file)
            if parser.has_section("sfn_dsl"):
                project = _project(folder, file, parser)
                if project.faults and not lenient:
                    raise together(project.faults)
                return project
    raise ConfigError(
        f"there is no setup.cfg with a section [sfn_dsl] in {start} or above",
        help="write one: [sfn_dsl] with `regions = us-east-1`, and [sfn_dsl:us-east-1] with `account = ...`",
    )


def together(faults: Sequence[ConfigError]) -> ConfigError:
    """The first of some faults, which speaks for the others too."""
    first, *rest = faults
    first.others = tuple(rest)
    return first


def _parse(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    try:
        parser.read_string(file.read_text(encoding="utf-8"), source=str(file))
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or _first_error_line(error)
        message = str(error).splitlines()[0].replace(f"'{file}'", "setup.cfg")
        raise ConfigError(f"setup.cfg is malformed: {message}", help="mend this line", span=Span(str(file), line or 0)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"setup.cfg cannot be read: {error}", span=Span(str(file))) from None
    return parser


def _first_error_line(error: configparser.Error) -> int:
    errors = getattr(error, "errors", None)
    return int(errors[0][0]) if errors else 0


def _line(file: Path, section: str, key: str = "") -> Span:
    """Where a section, or a key in it, stands in the file."""
    inside, best = False, 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() == f"[{section}]":
            inside, best = True, number
            if not key:
                return Span(str(file), number)
        elif line.startswith("["):
            inside = False
        elif inside and re.match(rf"{re.escape(key)}\s*[=:]", line, re.I):
            return Span(str(file), number)
    return Span(str(file), best)


def _unknown_keys(file: Path, section: str, values: Mapping[str, str], known: set[str]) -> Iterator[ConfigError]:
    for key in values:
        prefixes = ("var.", "reach.") if section != "sfn_dsl" else ("var.", "reach.", *RATE_PREFIXES)
        if key not in known and not key.startswith(prefixes):
            hint = did_you_mean(key, known) or f"known keys are {', '.join(sorted(known))} and `var.<name>`"
            yield ConfigError(f"unknown key `{key}` in [{section}] of setup.cfg", help=hint, span=_line(file, section, key))


def _project(root: Path, file: Path, parser: configparser.ConfigParser) -> Project:
    """Raises ConfigError for Regions and sections that cannot be; everything else becomes a fault of the project."""
    top = dict(parser["sfn_dsl"])
    wrong = list(_unknown_keys(file, "sfn_dsl", top, _KEYS))

    def tried(read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except ConfigError as error:
            wrong.append(error)
            return otherwise

    try:
        regions, plain, environments = _places(file, parser, wrong)
    except ConfigError as error:
        raise together([*wrong, error]) from None
    language = tried(
        lambda: _one_of(file, "query_language", top.get("query_language", "JSONata"), ("JSONata", "JSONPath")), "JSONata"
    )
    deployment = read_deployment(top, tuple(regions), lambda key: _line(file, "sfn_dsl", key), wrong)
    targets = []
    for environment in environments or ("",):
        for region in regions:
            own = plain.get(f"{environment}:{region}", {})
            section = {**plain.get(region, {}), **own}
            if environment and "account" not in own:
                # An environment never borrows the account of another section: that would build prod for dev's account.
                section.pop("account", None)
            account = tried(lambda: _account(file, section, region, environment), "0" * 12)  # noqa: B023
            targets.append(_target(top, section, region, environment, account, deployment))
    words = _list(top.get("iac", "cloudformation"))
    return Project(
        root=root,
        targets=tuple(targets),
        pipelines=root / top.get("pipelines", "pipelines"),
        build=root / top.get("build", "build"),
        name=tried(lambda: _name(root, file, parser), "sfn-dsl"),
        query_language=language,
        ignore=_list(top.get("ignore", "")),
        per_file_ignores=tried(lambda: _per_file(file, top.get("per_file_ignores", "")), {}),
        profile=tried(lambda: _one_of(file, "profile", top.get("profile", "default"), ("default", "strict")), "default"),
        compared=top.get("compared", ""),
        owner=tried(lambda: _one_of(file, "owner", top.get("owner", "publish"), ("publish", "template")), "publish"),
        iac=tried(lambda: tuple(_one_of(file, "iac", word, ("cloudformation", "terraform")) for word in words), ()),
        rates=tried(lambda: read_rates(top, lambda key: _line(file, "sfn_dsl", key)), Rates()),
        faults=tuple(sorted(wrong, key=lambda error: error.span.line if error.span is not None else 0)),
    )


def _places(
    file: Path, parser: configparser.ConfigParser, wrong: list[ConfigError]
) -> tuple[list[str], dict[str, dict[str, str]], tuple[str, ...]]:
    """The Regions, and the sections of targets."""
    top = parser["sfn_dsl"]
    regions = [region for region in re.split(r"[,\s]+", top.get("regions", "")) if region]
    if not regions:
        raise ConfigError(
            "[sfn_dsl] in setup.cfg names no `regions`", help="write `regions = us-east-1`", span=_line(file, "sfn_dsl")
        )
    for region in regions:
        _known_region(file, "sfn_dsl", "regions", region)
    return regions, *_sections(file, parser, regions, wrong)


def _name(root: Path, file: Path, parser: configparser.ConfigParser) -> str:
    name = parser["sfn_dsl"].get("name", "")
    if name and not re.fullmatch(r"[\w.:/=+@-]{1,128}", name):
        raise ConfigError(
            f"`name = {name}` in setup.cfg cannot be the value of a tag",
            help="use 1 to 128 letters, digits and any of _ . : / = + - @",
            span=_line(file, "sfn_dsl", "name"),
        )
    found = name or parser.get("metadata", "name", fallback="") or root.name
    return re.sub(r"[^\w.:/=+@-]", "-", found)[:128] or "sfn-dsl"


def _list(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def _per_file(file: Path, text: str) -> dict[str, tuple[str, ...]]:
    """Lines `GLOB: RULE, RULE`."""
    found: dict[str, tuple[str, ...]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        pattern, colon, words = line.rpartition(":")
        if not colon or not pattern.strip() or not _list(words):
            raise ConfigError(
                f"`{line}` of `per_file_ignores` in setup.cfg is no line `GLOB: RULE, RULE`",
                help="for instance `build/*: SFN7`",
                span=_line(file, "sfn_dsl", "per_file_ignores"),
            )
        found[pattern.strip()] = (*found.get(pattern.strip(), ()), *_list(words))
    return found


def _one_of(file: Path, key: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        hint = did_you_mean(value, known) or f"use {' or '.join(known)}"
        raise ConfigError(f"unknown {key.replace('_', ' ')} `{value}` in setup.cfg", help=hint, span=_line(file, "sfn_dsl", key))
    return value


def _known_region(file: Path, section: str, key: str, region: str) -> None:
    if region not in REGIONS:
        hint = did_you_mean(region, REGIONS) or "use the name of an AWS Region, such as us-east-1"
        raise ConfigError(f"unknown Region `{region}` in [{section}] of setup.cfg", help=hint, span=_line(file, section, key))


def _sections(
    file: Path, parser: configparser.ConfigParser, regions: list[str], wrong: list[ConfigError]
) -> tuple[dict[str, dict[str, str]], tuple[str, ...]]:
    """The sections of targets by `region` or `environment:region`, and the environments in the order of the file."""
    found: dict[str, dict[str, str]] = {}
    environments: dict[str, None] = {}
    for section in parser.sections():
        if not section.startswith("sfn_dsl:"):
            continue
        *head, region = section.split(":")[1:]
        if len(head) > 1 or not region:
            raise ConfigError(
                f"[{section}] is no section for a target",
                help="write [sfn_dsl:<region>] or [sfn_dsl:<env>:<region>]",
                span=_line(file, section),
            )
        _known_region(file, section, "", region)
        if region not in regions:
            raise ConfigError(
                f"[{section}] is for a Region that `regions` does not name",
                help=f"add {region} to `regions`",
                span=_line(file, section),
            )
        environments.update(dict.fromkeys(head))
        values = dict(parser[section])
        wrong += _unknown_keys(file, section, values, _TARGET_KEYS)
        found[":".join([*head, region])] = values
    return found, tuple(environments)


def _account(file: Path, section: Mapping[str, str], region: str, environment: str) -> str:
    name = f"sfn_dsl:{environment}:{region}" if environment else f"sfn_dsl:{region}"
    account = section.get("account", "")
    if not re.fullmatch(r"\d{12}", account):
        raise ConfigError(
            f"`account` of [{name}] in setup.cfg must have 12 digits" if account else f"[{name}] in setup.cfg names no `account`",
            help="write `account = 111122223333`",
            span=_line(file, name, "account"),
        )
    return account


def _target(
    top: Mapping[str, str], section: Mapping[str, str], region: str, environment: str, account: str, deployment: Deployment | None
) -> Target:
    values = {key.removeprefix("var."): value for part in (top, section) for key, value in part.items() if key.startswith("var.")}
    return Target(region=region, account=account, environment=environment, values=values, deployment=deployment)
