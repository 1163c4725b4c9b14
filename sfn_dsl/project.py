"""The pipelines of a project: loading their files, choosing among them."""

from __future__ import annotations

import ast
import fnmatch
import importlib
import inspect
import linecache
import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

import sfn_dsl
from sfn_dsl.compile.mending import mended
from sfn_dsl.configuration import Project
from sfn_dsl.diagnostic import Diagnostic, did_you_mean, from_error
from sfn_dsl.errors import ConfigError, DeclarationError
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.span import Span
from sfn_dsl.steps.step import Step

__all__ = ["Loaded", "load_pipelines", "relative"]

_PACKAGE = "pipelines"


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
            return Span(str(Path(span.file).relative_to(root)), span.line, outer, span.column)
        except ValueError:
            return Span(span.file, span.line, outer, span.column)

    return replace(found, span=short(found.span), also=tuple((short(span), text) for span, text in found.also))


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
                diagnostic = _failed(file, project, error)
                # A file that another one imports fails once more with it.
                if diagnostic not in diagnostics:
                    diagnostics.append(diagnostic)
                continue
            seen = {id(value): value for value in vars(module).values() if isinstance(value, Pipeline)}
            own = [pipeline for pipeline in seen.values() if pipeline.file == str(file)]
            found += [pipeline for pipeline in own if isinstance(pipeline.name, str)]
            diagnostics += [_nameless(pipeline) for pipeline in own if not isinstance(pipeline.name, str)]
    for number, pipeline in enumerate(found):
        found[number], wrong = mended(pipeline)
        diagnostics += [one for one in wrong if one not in diagnostics]
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
        return Diagnostic(
            code="SFN112", message=f"{Path(span.file).name} is not valid Python: {error.msg}", span=span, help="mend this line"
        )
    kind = type(error).__name__
    text = f"{kind}: {error}" if str(error) else kind
    span = _innermost(file, project, error)
    return Diagnostic(code="SFN112", message=f"{Path(span.file).name} cannot be loaded: {text}", span=span, help=_help(error))


def _help(error: BaseException) -> str:
    """What to do about an exception that a pipeline file raised."""
    match error:
        case ModuleNotFoundError(name=str() as name):
            if name.split(".")[0] in ("stepfunctions", "sagemaker", "pkg_resources"):
                from sfn_dsl.sdk import INSTALL

                return INSTALL
            return f"install `{name}`, or mend the import"
        case ImportError(name="sfn_dsl"):
            wanted = re.search(r"cannot import name '(\w+)'", str(error))
            return did_you_mean(wanted.group(1), sfn_dsl.__all__) if wanted else "mend the import"
        case AttributeError(obj=Step() as step, name=str() as name):
            fields = [field for field in dir(step) if not field.startswith("_")]
            return did_you_mean(name, fields) or f"a field of its output is `.output.{name}`"
        case AttributeError(obj=type() as cls, name=str() as name) if cls.__module__.startswith("sfn_dsl."):
            return did_you_mean(name, (field for field in dir(cls) if not field.startswith("_"))) or "mend this line"
        case TypeError():
            return _help_with_arguments(str(error), error.__traceback__)
        case _:
            return "mend this line"


def _help_with_arguments(text: str, trace: TracebackType | None) -> str:
    """For `Extract.__init__() got an unexpected keyword argument 'jbo'` and the like: the names that are taken."""
    found = re.search(r"(\w+)\.(\w+)\(\) (got an unexpected|missing|takes)(?:.*'(\w+)')?", text)
    cls = found and next(
        (
            base
            for name in sfn_dsl.__all__
            if isinstance(getattr(sfn_dsl, name), type)
            for base in getattr(sfn_dsl, name).__mro__
            if base.__name__ == found.group(1)
        ),
        None,
    )
    if not found or cls is None:
        return "mend this line"
    names = set(inspect.signature(cls).parameters)
    # `Extract.glue(...)` fails in the `Extract(...)` that it calls.
    called = [frame.name for frame in traceback.extract_tb(trace)] if found.group(2) == "__init__" else [found.group(2)]
    for name in called:
        if isinstance(inspect.getattr_static(cls, name, None), classmethod):
            names |= set(inspect.signature(getattr(cls, name)).parameters)
    names -= {"self", "cls", "span", "engine", "task", "name"}
    if found.group(3).startswith("got") and found.group(4):
        strange = [found.group(4)]
    else:
        strange = [name for name in _keywords(trace) if name not in {*names, "name"}]
    hint = (did_you_mean(strange[0], names) if strange else "") or f"it takes {', '.join(sorted(names))}"
    return f"there is no `{strange[0]}`: {hint}" if strange and found.group(3) == "missing" else hint


def _keywords(trace: TracebackType | None) -> list[str]:
    """Names of the keywords in the call that a user has written last; none where its text is not known."""
    frame = traceback.extract_tb(trace)[-1:]
    if not frame or not frame[0].lineno or frame[0].colno is None or frame[0].end_colno is None:
        return []
    lines = linecache.getlines(frame[0].filename)[frame[0].lineno - 1 : frame[0].end_lineno]
    # Columns count bytes.
    cut = [line.encode() for line in lines]
    cut[-1:] = [line[: frame[0].end_colno] for line in cut[-1:]]
    cut[:1] = [line[frame[0].colno :] for line in cut[:1]]
    try:
        node = ast.parse(b"".join(cut).decode(), mode="eval").body
    except (SyntaxError, ValueError):
        return []
    return [one.arg for one in node.keywords if one.arg] if isinstance(node, ast.Call) else []


def _innermost(file: Path, project: Project, error: BaseException) -> Span:
    """The last line inside the project on the way to where an exception was raised."""
    span = Span(str(file))
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(str(project.pipelines)):
            span = Span(frame.filename, frame.lineno or 0)
    return span


def _nameless(pipeline: Pipeline) -> Diagnostic:
    message = f"the name of a pipeline must be a text, not `{pipeline.name!r}`"
    return Diagnostic(code="SFN102", message=message, span=pipeline.span, help='write `name="..."`')


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
    counts = Counter(pipeline.name for pipeline in pipelines)
    pipelines = [pipeline for pipeline in pipelines if counts[pipeline.name] == 1]
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
