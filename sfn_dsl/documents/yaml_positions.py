"""YAML with positions, read from the events of PyYAML's parser: no objects are made from tags, nothing recurses.

Scalars mean what they mean to the tools that turn YAML into JSON for AWS (YAML 1.1, as in CloudFormation and SAM), except that
dates stay text; where that is not what it looks like (`no`, `010`), a problem says so. Short tags of CloudFormation become its long
form: `!Sub x` is `{"Fn::Sub": "x"}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.documents.position import Lines, Problem, pointer_of, shortened
from sfn_dsl.documents.yaml_document import Place, YamlDocument
from sfn_dsl.documents.yaml_scalars import Meaning, scalar_value

__all__ = ["read_yaml"]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CORE = "tag:yaml.org,2002:"
_KNOWN = frozenset({"!", "str", "int", "float", "bool", "null", "map", "seq", "timestamp", "value", "merge"})
# Deeper than any definition, and little enough for the parser, which is slow on flow collections that are nested deeply.
_DEPTH = 500
# Values that aliases may add: a definition of the largest size has fewer.
_ALIASED = 100_000
_MOST = 200
# What may still be what was meant.
_MISLEADING = frozenset({"json-number", "yaml-key", "yaml-scalar"})


def read_yaml(text: str) -> YamlDocument:
    """Read one YAML document."""
    return _Reader(text).read()


@dataclass(slots=True, eq=False)
class _Open:
    """A collection that is being read. `key`: the key whose value comes next. `size`: values in it, aliases written out."""

    value: Any
    place: Place
    anchor: str | None
    tag: str | None
    key: str | None = None
    key_at: int = 0
    merging: bool = False
    size: int = 1
    merged: list[tuple[Any, Place]] = field(default_factory=list)


class _Stopped(Exception):
    """The document cannot be read any further."""


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = Lines(text)
        self._problems: list[Problem] = []
        # The parser does not see a byte-order mark.
        self._shift = 1 if text.startswith("\ufeff") else 0
        self._stack: list[_Open] = []
        self._root: tuple[Json, Place] | None = None
        self._anchors: dict[str, tuple[Any, Place, int] | None] = {}
        self._added = 0

    def read(self) -> YamlDocument:
        try:
            self._run()
        except _Stopped:
            pass
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = " ".join(part for part in (error.problem, error.context) if part)
            self._syntax(mark.index + self._shift if mark else 0, f"not YAML: {shortened(what, 200)}")
        except (yaml.YAMLError, ValueError) as error:
            self._syntax(0, f"not YAML: {shortened(str(error), 200)}")
        value, place = self._result()
        return YamlDocument(self._text, value, self._lines, self._problems, place)

    def _result(self) -> tuple[Json, Place]:
        """The document, or as much of it as was read."""
        if self._root is not None:
            return self._root
        if self._stack:
            return self._stack[0].value, self._stack[0].place
        if not self._problems:
            self._syntax(0, "the document is empty")
        return None, Place(0)

    def _run(self) -> None:
        unprintable = _UNPRINTABLE.search(self._text)
        if unprintable:
            self._syntax(unprintable.start(), f"character U+{ord(unprintable.group()):04X} cannot stand in YAML")
            return
        loader = _Loader(self._text[self._shift :])
        try:
            while True:
                self._take(loader, loader.get_event())
                if loader.check_event(yaml.StreamEndEvent):
                    return
        finally:
            loader.dispose()

    def _take(self, loader: Any, event: Any) -> None:
        start, end = event.start_mark.index + self._shift, event.end_mark.index + self._shift
        match event:
            case yaml.ScalarEvent():
                self._scalar(loader, event, start, end)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._open(event, start)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._close(end)
            case yaml.AliasEvent(anchor=str(name)):
                self._alias(name, start)
            case yaml.DocumentStartEvent() if self._root is not None:
                self._stop(start, "there is a second document")
            case _:
                pass

    def _scalar(self, loader: Any, event: Any, start: int, end: int) -> None:
        plain = event.implicit[0] and event.tag is None
        tag = loader.resolve(yaml.ScalarNode, event.value, (True, False)) if plain else event.tag or f"{_CORE}str"
        place = Place(start, end, None if event.style == "" else event.style)
        holder = self._awaiting_key()
        if holder is not None:
            if event.anchor:
                self._anchors[event.anchor] = (event.value, place, 1)
            self._set_key(holder, event.value, start, tag)
            return
        meaning = scalar_value(event.value, tag)
        self._note(meaning, start)
        value, place = self._tagged(meaning.value, place, event.tag, start)
        if event.anchor:
            self._anchors[event.anchor] = (value, place, 1)
        self._store(value, place, 1)

    def _awaiting_key(self) -> _Open | None:
        """The object whose next key comes next."""
        holder = self._stack[-1] if self._stack else None
        return holder if holder and type(holder.value) is dict and holder.key is None and not holder.merging else None

    def _note(self, meaning: Meaning, start: int) -> None:
        if meaning.message:
            self._report(start, meaning.message, meaning.help, meaning.name)

    def _set_key(self, holder: _Open, text: str, start: int, tag: str) -> None:
        if tag == f"{_CORE}merge":
            holder.merging = True
            return
        if tag != f"{_CORE}str":
            kind = tag.removeprefix(_CORE)
            message = f"key `{shortened(text)}` is no text but, to YAML, of type {kind}"
            self._report(start, message, "put it in quotes", "yaml-key", pointer_of([*self._path(), text]))
        if text in holder.value:
            in_states = len(self._stack) > 1 and self._stack[-2].key == "States"
            what, name = ("state", "json-duplicate-state-key") if in_states else ("key", "json-duplicate-key")
            first = self._lines.at(holder.place.keys[text])
            message = f"{what} `{shortened(text)}` is given twice, first on line {first.line}, column {first.column}"
            self._report(
                start, message, "remove or rename one of them: only the last counts", name, pointer_of([*self._path(), text])
            )
        holder.key, holder.key_at = text, start

    def _open(self, event: Any, start: int) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        if self._awaiting_key() is not None:
            self._stop(start, "a key is an object or a list", "keys are texts")
        if len(self._stack) >= _DEPTH:
            self._stop(start, f"values are nested more than {_DEPTH} deep")
        place = Place(start, members={} if mapping else [])
        self._stack.append(_Open({} if mapping else [], place, event.anchor, event.tag))
        if event.anchor:
            self._anchors[event.anchor] = None

    def _close(self, end: int) -> None:
        done = self._stack.pop()
        done.place.end = end
        if done.merged:
            self._merge(done)
        value, place = self._tagged(done.value, done.place, done.tag, done.place.start)
        if done.anchor:
            self._anchors[done.anchor] = (value, place, done.size)
        self._store(value, place, done.size)

    def _merge(self, done: _Open) -> None:
        """Put what `<<` brings before the object's own members, which win."""
        value, keys, members = dict(done.value), dict(done.place.keys), done.place.members
        done.value.clear()
        places: dict[str, Place] = {}
        for source, place in done.merged:
            for key in source:
                if key not in done.value and isinstance(place.members, dict):
                    done.value[key], places[key] = source[key], place.members[key]
                    done.place.keys[key] = place.keys[key]
        done.value.update(value)
        done.place.keys.update(keys)
        if isinstance(members, dict):
            done.place.members = places | members

    def _alias(self, name: str, start: int) -> None:
        if name not in self._anchors:
            self._stop(start, f"alias `*{shortened(name)}` has no anchor `&{shortened(name)}` before it")
        known = self._anchors[name]
        if known is None:
            self._stop(start, f"alias `*{shortened(name)}` is part of what it stands for", "an endless value is no JSON")
        value, place, size = known
        self._added += size
        if self._added > _ALIASED:
            self._stop(start, f"aliases stand for more than {_ALIASED} values", "write fewer aliases of aliases")
        holder = self._awaiting_key()
        if holder is not None:
            if not isinstance(value, str):
                self._stop(start, "a key is no text", "keys are texts")
            self._set_key(holder, value, start, f"{_CORE}str")
            return
        self._store(value, place, size)

    def _store(self, value: Json, place: Place, size: int) -> None:
        if not self._stack:
            self._root = (value, place)
            return
        holder = self._stack[-1]
        holder.size += size
        members = holder.place.members
        if isinstance(members, list):
            holder.value.append(value)
            members.append(place)
        elif holder.merging:
            holder.merging = False
            self._take_in(holder, value, place)
        elif holder.key is not None and members is not None:
            holder.value[holder.key] = value
            members[holder.key] = place
            holder.place.keys[holder.key] = holder.key_at
            holder.key = None

    def _take_in(self, holder: _Open, value: Json, place: Place) -> None:
        if isinstance(value, dict):
            holder.merged.append((value, place))
        elif isinstance(value, list) and isinstance(place.members, list) and all(isinstance(member, dict) for member in value):
            holder.merged += zip(value, place.members, strict=True)
        else:
            self._syntax(place.start, "`<<` takes an object or a list of objects")

    def _tagged(self, value: Json, place: Place, tag: str | None, start: int) -> tuple[Json, Place]:
        """A value under its tag."""
        if tag is None or tag == "!" or tag.startswith(_CORE):
            if tag is not None and tag.removeprefix(_CORE) not in _KNOWN:
                self._syntax(start, f"tag `{shortened(tag)}` is not allowed", "remove it")
            return value, place
        if not tag.startswith("!") or not tag[1:].replace("::", "").isalnum():
            self._syntax(start, f"tag `{shortened(tag)}` is not allowed", "remove it")
            return value, place
        name = tag[1:] if tag[1:] in ("Ref", "Condition") else f"Fn::{tag[1:]}"
        return {name: value}, Place(start, place.end, keys={name: start}, members={name: place})

    def _report(self, offset: int, message: str, help: str, name: str, pointer: str = "") -> None:
        if len(self._problems) < _MOST or name == "yaml-syntax":
            severity = Severity.WARNING if name in _MISLEADING else Severity.ERROR
            where = self._lines.at(offset)
            self._problems.append(Problem(where, message, help, name, pointer or pointer_of(self._path()), severity))

    def _path(self) -> Iterator[str]:
        """Keys and indexes that lead to the value being read."""
        for holder in self._stack:
            if holder.key is not None or type(holder.value) is list:
                yield holder.key if holder.key is not None else str(len(holder.value))

    def _syntax(self, offset: int, message: str, help: str = "") -> None:
        self._report(offset, message, help, "yaml-syntax")

    def _stop(self, offset: int, message: str, help: str = "") -> NoReturn:
        self._syntax(offset, message, help)
        raise _Stopped
