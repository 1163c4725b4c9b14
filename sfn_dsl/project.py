"""A project: its `setup.cfg`, its pipelines, its targets and every path.

[sfn_dsl]
regions = us-east-1, us-west-1
var.alert_topic = alerts              ; the same everywhere

[sfn_dsl:us-east-1]
account = 111122223333
var.lake_bucket = lake-use1           ; `config.lake_bucket` in a pipeline

[sfn_dsl:prod:us-east-1]              ; optional: environments, chosen with --env
account = 444455556666
"""

from __future__ import annotations

import configparser
import fnmatch
import importlib
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path

from sfn_dsl.diagnostic import Diagnostic, did_you_mean, from_error
from sfn_dsl.errors import ConfigError, DeclarationError
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import REGIONS, Target
from sfn_dsl.span import Span

__all__ = ["Loaded", "Project", "find_project", "load_pipelines", "relative"]

_KEYS = {"regions", "pipelines", "build", "query_language"}
_TARGET_KEYS = {"account"}
_PACKAGE = "pipelines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project folder and what its `setup.cfg` says. Folders are absolute."""

    root: Path
    targets: tuple[Target, ...]
    pipelines: Path
    build: Path
    query_language: str = "JSONata"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The pipelines of a project, by name, and what was wrong with their files."""

    pipelines: tuple[Pipeline, ...]
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    def select(self, patterns: Iterable[str]) -> tuple[Pipeline, ...]:
        """The pipelines whose names match one of the patterns (`*` and `?`); all if there is none.

        Raises ConfigError for a pattern that matches nothing.
        """
        patterns = tuple(patterns)
        names = [pipeline.name for pipeline in self.pipelines]
        for pattern in patterns:
            if not fnmatch.filter(names, pattern):
                hint = did_you_mean(pattern, names) or f"the project has {', '.join(names) or 'none'}"
                raise ConfigError(f"no pipeline is called `{pattern}`", help=hint)
        return tuple(
            pipeline
            for pipeline in self.pipelines
            if not patterns or any(fnmatch.fnmatchcase(pipeline.name, pattern) for pattern in patterns)
        )


def relative(root: Path, found: Diagnostic) -> Diagnostic:
    """The finding with file names as seen from a folder."""

    def short(span: Span) -> Span:
        outer = short(span.called_from) if span.called_from is not None else None
        try:
            return Span(str(Path(span.file).relative_to(root)), span.line, outer)
        except ValueError:
            return Span(span.file, span.line, outer)

    return replace(found, span=short(found.span), also=tuple((short(span), text) for span, text in found.also))


# Configuration


def find_project(start: Path) -> Project:
    """The project that a folder is in: the nearest `setup.cfg` with a section `[sfn_dsl]`, here or above."""
    start = start.resolve()
    if not start.is_dir():
        raise ConfigError(f"`{start}` is not a folder")
    for folder in (start, *start.parents):
        file = folder / "setup.cfg"
        if file.is_file():
            parser = _parse(file)
            if parser.has_section("sfn_dsl"):
                return _project(folder, file, parser)
    raise ConfigError(
        f"there is no setup.cfg with a section [sfn_dsl] in {start} or above",
        help="write one: [sfn_dsl] with `regions = us-east-1`, and [sfn_dsl:us-east-1] with `account = ...`",
    )


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


def _keys(file: Path, section: str, values: Mapping[str, str], known: set[str]) -> None:
    for key in values:
        if key not in known and not key.startswith("var."):
            hint = did_you_mean(key, known) or f"known keys are {', '.join(sorted(known))} and `var.<name>`"
            raise ConfigError(f"unknown key `{key}` in [{section}] of setup.cfg", help=hint, span=_line(file, section, key))


def _project(root: Path, file: Path, parser: configparser.ConfigParser) -> Project:
    top = dict(parser["sfn_dsl"])
    _keys(file, "sfn_dsl", top, _KEYS)
    regions = [region for region in re.split(r"[,\s]+", top.get("regions", "")) if region]
    if not regions:
        raise ConfigError(
            "[sfn_dsl] in setup.cfg names no `regions`", help="write `regions = us-east-1`", span=_line(file, "sfn_dsl")
        )
    for region in regions:
        _known_region(file, "sfn_dsl", "regions", region)
    language = top.get("query_language", "JSONata")
    if language not in ("JSONata", "JSONPath"):
        raise ConfigError(
            f"unknown query language `{language}` in setup.cfg",
            help="use JSONata or JSONPath",
            span=_line(file, "sfn_dsl", "query_language"),
        )
    plain, environments = _sections(file, parser, regions)
    targets = []
    for environment in environments or ("",):
        for region in regions:
            section = {**plain.get(region, {}), **plain.get(f"{environment}:{region}", {})}
            targets.append(_target(file, top, section, region, environment))
    return Project(
        root=root,
        targets=tuple(targets),
        pipelines=root / top.get("pipelines", "pipelines"),
        build=root / top.get("build", "build"),
        query_language=language,
    )


def _known_region(file: Path, section: str, key: str, region: str) -> None:
    if region not in REGIONS:
        hint = did_you_mean(region, REGIONS) or "use the name of an AWS Region, such as us-east-1"
        raise ConfigError(f"unknown Region `{region}` in [{section}] of setup.cfg", help=hint, span=_line(file, section, key))


def _sections(
    file: Path, parser: configparser.ConfigParser, regions: list[str]
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
        _keys(file, section, values, _TARGET_KEYS)
        found[":".join([*head, region])] = values
    return found, tuple(environments)


def _target(file: Path, top: Mapping[str, str], section: Mapping[str, str], region: str, environment: str) -> Target:
    name = f"sfn_dsl:{environment}:{region}" if environment else f"sfn_dsl:{region}"
    account = section.get("account", "")
    if not re.fullmatch(r"\d{12}", account):
        raise ConfigError(
            f"`account` of [{name}] in setup.cfg must have 12 digits" if account else f"[{name}] in setup.cfg names no `account`",
            help="write `account = 111122223333`",
            span=_line(file, name, "account"),
        )
    values = {key.removeprefix("var."): value for part in (top, section) for key, value in part.items() if key.startswith("var.")}
    return Target(region=region, account=account, environment=environment, values=values)


# Pipelines


def load_pipelines(project: Project) -> Loaded:
    """Import every file of the pipelines folder. A file that fails is a finding; the others are loaded all the same."""
    if not project.pipelines.is_dir():
        raise ConfigError(f"there is no folder {project.pipelines.name}/ in {project.root}", help="put your pipelines there")
    found: list[Pipeline] = []
    diagnostics: list[Diagnostic] = []
    with _importable(project), redirect_stdout(sys.stderr):
        for file in sorted(project.pipelines.glob("*.py")):
            if file.name.startswith("_"):
                continue
            try:
                module = importlib.import_module(f"{_PACKAGE}.{file.stem}")
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                diagnostics.append(_failed(file, project, error))
                continue
            seen = {id(value): value for value in vars(module).values() if isinstance(value, Pipeline)}
            found += [pipeline for pipeline in seen.values() if pipeline.file == str(file)]
    diagnostics += _same_names(found)
    diagnostics += _cycles(found)
    return Loaded(pipelines=tuple(found), diagnostics=tuple(diagnostics))


@contextmanager
def _importable(project: Project) -> Iterator[None]:
    """The pipelines folder as the package `pipelines`, for as long as it is loaded; nothing of it stays behind."""

    def forget() -> None:
        for name in [name for name in sys.modules if name == _PACKAGE or name.startswith(_PACKAGE + ".")]:
            del sys.modules[name]

    from importlib.machinery import ModuleSpec
    from importlib.util import module_from_spec

    forget()
    spec = ModuleSpec(_PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(project.pipelines)]
    sys.modules[_PACKAGE] = module_from_spec(spec)
    sys.path.insert(0, str(project.root))
    written = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(str(project.root))
        forget()


def _failed(file: Path, project: Project, error: BaseException) -> Diagnostic:
    if isinstance(error, DeclarationError):
        return from_error(error, code="SFN104", span=_innermost(file, project, error))
    if isinstance(error, SyntaxError):
        span = Span(error.filename or str(file), error.lineno or 0)
        return Diagnostic(code="SFN112", message=f"{file.name} is not valid Python: {error.msg}", span=span, help="mend this line")
    kind = type(error).__name__
    text = f"{kind}: {error}" if str(error) else kind
    help = "pipelines are declared with expressions, not computed" if isinstance(error, TypeError) else "mend this line"
    if isinstance(error, ModuleNotFoundError):
        help = f"install `{error.name}`, or mend the import"
        if str(error.name).split(".")[0] in ("stepfunctions", "sagemaker", "pkg_resources"):
            from sfn_dsl.sdk import INSTALL

            help = INSTALL
    return Diagnostic(
        code="SFN112", message=f"{file.name} cannot be loaded: {text}", span=_innermost(file, project, error), help=help
    )


def _innermost(file: Path, project: Project, error: BaseException) -> Span:
    """The last line inside the project on the way to where an exception was raised."""
    span = Span(str(file))
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(str(project.pipelines)):
            span = Span(frame.filename, frame.lineno or 0)
    return span


def _same_names(pipelines: list[Pipeline]) -> Iterator[Diagnostic]:
    first: dict[str, Pipeline] = {}
    for pipeline in pipelines:
        other = first.setdefault(pipeline.name, pipeline)
        if other is not pipeline:
            yield Diagnostic(
                code="SFN110",
                message=f"two pipelines are called `{pipeline.name}`",
                span=pipeline.span,
                help="give each a name of its own",
                also=((other.span, "the first one"),),
            )


def _cycles(pipelines: list[Pipeline]) -> Iterator[Diagnostic]:
    """Pipelines that start each other in a circle would never end."""
    from sfn_dsl.compile.starts import started_by

    starts = {}
    for pipeline in pipelines:
        try:
            starts[pipeline.name] = started_by(pipeline)
        except DeclarationError:
            starts[pipeline.name] = {}  # what is wrong with its steps is said when it is compiled
    told: set[frozenset[str]] = set()
    for pipeline in pipelines:
        path, todo = {pipeline.name: ""}, [pipeline.name]
        while todo:
            name = todo.pop()
            for target, span in starts.get(name, {}).items():
                if target == pipeline.name:
                    trail = [name]
                    while path[trail[-1]]:
                        trail.append(path[trail[-1]])
                    circle = " -> ".join([*reversed(trail), target])
                    todo.clear()
                    if frozenset(trail) in told:
                        break
                    told.add(frozenset(trail))
                    yield Diagnostic(
                        code="SFN111",
                        message=f"pipelines start each other in a circle: {circle}",
                        span=starts[pipeline.name].get(trail[-2] if len(trail) > 1 else target, span),
                        help="start the other one by an event, or end the circle with a condition in a third pipeline",
                    )
                    break
                if target not in path:
                    path[target] = name
                    todo.append(target)
