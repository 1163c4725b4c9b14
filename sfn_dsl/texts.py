"""Texts for people, kept in `templates/`: jinja2 text with expressions in it.

    message=text_template("batch_failed.txt", step=failure.step, cause=failure.cause)

The template is rendered when the pipeline is compiled; where it prints an expression, the text gets that expression's value
when the pipeline runs. `{{ batch | shell }}` prints it as one word of a shell's command line, so that no value can become a
command; settings and plain texts can be asked for in `{% if %}`. A project's own `templates/` folder comes before the ones
shipped here.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression, Operation, Template
from sfn_dsl.span import NOWHERE, Span, caller

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["TextTemplate", "source_template", "text_template"]

_MARK = re.compile("\ue000(\\d+)(s?)\ue001")


class TextTemplate(Expression):
    """A text of `templates/` with values; `expand` makes it an ordinary expression."""

    __slots__ = ("folder", "name", "span", "values")

    def __init__(self, name: str, values: dict[str, Template], span: Span) -> None:
        self.name = name
        self.values = values
        self.span = span
        self.folder = _folder(span)

    def filled(self, fill: Callable[[Template], Template]) -> TextTemplate:
        """The same text with other values."""
        return TextTemplate(self.name, {key: fill(value) for key, value in self.values.items()}, self.span)

    def expand(self) -> Operation:
        """The text as `fn.format` would build it. Raises DeclarationError for a missing template, variable or value."""
        from jinja2 import TemplateError, TemplateNotFound, UndefinedError, meta

        environment = _environment(self.folder)
        keys = list(self.values)
        marks = {
            key: f"\ue000{index}\ue001" if isinstance(self.values[key], Expression) else self.values[key]
            for index, key in enumerate(keys)
        }
        try:
            loader = environment.loader
            source = loader.get_source(environment, self.name)[0] if loader else ""
            used = meta.find_undeclared_variables(environment.parse(source))
            text = environment.from_string(source).render(marks)
        except TemplateNotFound:
            raise DeclarationError(f"there is no template `{self.name}`", help="put it in templates/", span=self.span) from None
        except UndefinedError as error:
            raise DeclarationError(f"template `{self.name}`: {error.message}", help="pass it as a value", span=self.span) from None
        except TemplateError as error:
            raise DeclarationError(f"template `{self.name}`: {error}", span=self.span) from None
        idle = sorted(set(keys) - used)
        if idle:
            raise DeclarationError(f"template `{self.name}` does not use `{idle[0]}`", help="remove the value", span=self.span)
        pieces = _MARK.split(text)
        parts: list[Template] = [pieces[0]]
        for key, shell, literal in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            value = self.values[keys[int(key)]]
            parts += [Operation("shell_word", (value,)) if shell else value, literal]
        return Operation("format", tuple(part for part in parts if not (isinstance(part, str) and part == "")))


def text_template(name: str, **values: Template) -> TextTemplate:
    """The text of `templates/<name>` with values, some of which may be expressions."""
    return TextTemplate(name, values, caller())


def source_template(name: str, span: Span = NOWHERE, **values: object) -> str:
    """Source text of `templates/<name>`, the project's own (beside the folder of the file that `span` names) or the one shipped
    here, with values in it. Values come from the compiler, never from data."""
    return _environment(_folder(span)).get_template(name).render(values)


def _folder(span: Span) -> Path:
    """The project's own templates; nowhere for what the library itself says."""
    return Path(span.file).parent.parent / "templates" if span is not NOWHERE else Path(os.devnull)


def _shell(value: object) -> str:
    """A value, or the mark of an expression, as one word of a command line."""
    text = str(value)
    return f"{text[:-1]}s{text[-1]}" if _MARK.fullmatch(text) else shlex.quote(text)


def _shipped(name: str) -> str:
    """A text that is shipped here. Raises FileNotFoundError."""
    try:
        folder: Traversable = resources.files("sfn_dsl.templates")
    except ModuleNotFoundError:
        # A checkout that is not installed.
        folder = Path(__file__).parent.parent / "templates"
    return folder.joinpath(name).read_text(encoding="utf-8")


def _environment(folder: Path) -> Environment:
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, StrictUndefined

    def shipped(name: str) -> str | None:
        try:
            return _shipped(name)
        except FileNotFoundError:
            return None

    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder), FunctionLoader(shipped)]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    environment.filters["shell"] = _shell
    return environment
