"""Delimited text as AWS reads it: records, rows and the order of their columns.

Source: Developer Guide, page `example-csv-parse-dist-map`; the cause for headers that repeat and the order of columns were
recorded from AWS.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.failure import Failure

__all__ = ["ITEM_READER_FAILED", "csv_records", "csv_rows", "hash_order"]

ITEM_READER_FAILED: Final = "States.ItemReaderFailed"
MAX_HEADER_BYTES: Final = 10 * 1024
DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def csv_rows(text: str, delimiter: str, headers: Sequence[str] | None, limit: int | None) -> list[dict[str, Json]]:
    """At most `limit` rows of text; without `headers` the first record has them.

    Cells that are missing are empty, cells too many are dropped. Raises Failure for headers that repeat or are larger than 10 KiB.
    """
    records = csv_records(text, delimiter)
    names = next(records, None) if headers is None else headers
    if names is None:
        return []
    if len(set(names)) != len(names):
        raise Failure(ITEM_READER_FAILED, "CSV headers cannot contain duplicates.")
    if len(",".join(names).encode()) > MAX_HEADER_BYTES:
        raise Failure(ITEM_READER_FAILED, "CSV headers cannot be larger than 10 KiB.")
    ordered = hash_order(names)
    columns = [names.index(name) for name in ordered]
    missing = [""] * len(names)
    rows: list[dict[str, Json]] = []
    for record in islice(records, limit):
        if len(record) < len(names):
            record += missing
        rows.append(dict(zip(ordered, [record[column] for column in columns], strict=True)))
    return rows


def hash_order(names: Sequence[str]) -> list[str]:
    """Distinct names in the order in which a `java.util.HashMap` lists them: recorded for the columns of a row."""
    slots = 16
    while len(names) > 0.75 * slots:
        slots *= 2
    return sorted(names, key=lambda name: _spread_hash(name) & (slots - 1))


def _spread_hash(text: str) -> int:
    units = text.encode("utf-16-be", "surrogatepass")
    found = 0
    for index in range(0, len(units), 2):
        found = (31 * found + (units[index] << 8 | units[index + 1])) & 0xFFFFFFFF
    return found ^ found >> 16


def csv_records(text: str, delimiter: str) -> Iterator[list[str]]:
    """The records of a delimited text whose lines end in `\\n`; `delimiter` by its name in `CSVDelimiter`.

    As AWS documents: quotes enclose delimiters and line breaks, a doubled quote is a quote (also in a field that is not
    quoted), a backslash keeps a following backslash, quote or delimiter and is dropped before anything else. An empty line
    is a record with one empty field. Raises Failure when a quoted field does not end.
    """
    mark = DELIMITERS.get(delimiter)
    if mark is None:
        raise Failure(ITEM_READER_FAILED, f"CSVDelimiter {delimiter} is not one of {', '.join(DELIMITERS)}")
    regular, field, run = _patterns(mark)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    source = iter(lines)
    for line in source:
        if '"' not in line and "\\" not in line:
            yield line.split(mark)
        elif regular.fullmatch(line):
            yield [quoted.replace('""', '"') or plain for quoted, plain in field.findall(line)]
        else:
            yield _fields(line, source, mark, run)


@functools.cache
def _patterns(mark: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A line of plain and wholly quoted fields, one field of it, and a run of characters that mean themselves."""
    quoted, plain = r'[^"\\]*(?:""[^"\\]*)*', rf'[^"\\{mark}]*'
    field = f'(?:"{quoted}"|{plain})'
    return (
        re.compile(f"{field}(?:[{mark}]{field})*"),
        re.compile(f'(?:^|[{mark}])(?:"({quoted})"|({plain}))'),
        re.compile(rf'[^"\\{mark}]+'),
    )


def _fields(line: str, following: Iterator[str], mark: str, run: re.Pattern[str]) -> list[str]:
    """The fields of a record that begins with `line`; lines that belong to it are taken from `following`."""
    fields: list[str] = []
    parts: list[str] = []
    quoted = False
    position = 0
    while True:
        if position >= len(line):
            if not quoted:
                fields.append("".join(parts))
                return fields
            parts.append("\n")
            position = 0
            next_line = next(following, None)
            if next_line is None:
                raise Failure(ITEM_READER_FAILED, "A quoted field of the CSV data does not end.")
            line = next_line
            continue
        match = run.match(line, position)
        if match:
            parts.append(match[0])
            position = match.end()
            continue
        character, follower = line[position], line[position + 1 : position + 2]
        position += 1
        if character == mark:
            if quoted:
                parts.append(mark)
            else:
                fields.append("".join(parts))
                parts = []
        elif character == "\\" and follower in ("\\", '"', mark):
            parts.append(follower)
            position += 1
        elif character == '"' and follower == '"' and (quoted or parts):
            parts.append('"')
            position += 1
        elif character == '"':
            quoted = not quoted
