"""How well `check` tells what AWS accepts from what it refuses: a corpus of definitions, and pairs that break one rule each.

    python bench/accuracy.py DIR [--reasons]

Reads DIR/definitions.csv and DIR/probes.csv, prints a table by evidence and by rule and every disagreement, and ends with
`accuracy: valid accepted A/B, invalid refused C/D, probes right E/F`. `--reasons` shows, for every invalid definition, why it is
invalid beside the errors that were found, for a reader to compare.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from sfn_dsl.checking.files import check_text
from sfn_dsl.diagnostic import Diagnostic, Severity


def text_of(path: Path) -> str | bytes:
    """A definition's text; some files wrap it as `{"definition": ...}`."""
    data = path.read_bytes()
    try:
        value = json.loads(data)
    except ValueError:
        return data
    if isinstance(value, dict) and set(value) <= {"definition", "type", "name", "comment"} and "definition" in value:
        inner = value["definition"]
        return inner if isinstance(inner, str) else json.dumps(inner)
    return data


def findings(path: Path, type: str) -> list[Diagnostic]:
    return check_text(text_of(path), type="EXPRESS" if type == "EXPRESS" else "STANDARD")


def errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [one for one in found if one.severity is Severity.ERROR]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder that holds definitions.csv and probes.csv")
    parser.add_argument("--reasons", action="store_true", help="show why invalid ones are invalid, and what was found")
    options = parser.parse_args()
    valid, refused, seconds = definitions(options.folder, reasons=options.reasons)
    right = probes(options.folder)
    if seconds:
        ordered = sorted(seconds)
        p95 = ordered[int(len(ordered) * 0.95)]
        print(f"median {statistics.median(seconds) * 1000:.2f} ms, p95 {p95 * 1000:.2f} ms per definition, positions included")
    print(
        f"accuracy: valid accepted {valid[0]}/{valid[1]}, invalid refused {refused[0]}/{refused[1]}, "
        f"probes right {right[0]}/{right[1]}"
    )


def definitions(folder: Path, *, reasons: bool) -> tuple[tuple[int, int], tuple[int, int], list[float]]:
    """(accepted, all) of the valid ones, (refused, all) of the invalid ones, seconds per definition."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    seconds = []
    for row in rows(folder / "definitions.csv"):
        began = time.perf_counter()
        found = errors(findings(folder / row["file"], row.get("type", "")))
        seconds.append(time.perf_counter() - began)
        counts = table[row.get("evidence", "")]
        if row["expected"] == "valid":
            counts[0] += not found
            counts[1] += 1
            if found:
                print(f"refused though valid: {row['file']}: {found[0].code} {found[0].name}: {found[0].message}")
        else:
            counts[2] += bool(found)
            counts[3] += 1
            if reasons:
                print(f"{row['file']}: {row.get('why', '')}", *(f"    {one.name}: {one.message}" for one in found), sep="\n")
            if not found:
                print(f"accepted though invalid: {row['file']}: {row.get('why', '')}")
    print(f"\n{'evidence':28} {'valid accepted':>16} {'invalid refused':>16}")
    for evidence, counts in sorted(table.items()):
        print(f"{evidence:28} {f'{counts[0]}/{counts[1]}':>16} {f'{counts[2]}/{counts[3]}':>16}")
    sums = [sum(counts[index] for counts in table.values()) for index in range(4)]
    return (sums[0], sums[1]), (sums[2], sums[3]), seconds


def probes(folder: Path) -> tuple[int, int]:
    """(right, all): `base` has no error; `bad` has one, or where AWS accepts it a warning or less that names the rule."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    print()
    for row in rows(folder / "probes.csv"):
        name = row["rule"]
        type = "EXPRESS" if "EXPRESS" in row["aws"] else "STANDARD"
        base = errors(findings(folder / "probes" / "base" / f"{name}.json", type))
        bad = findings(folder / "probes" / "bad" / f"{name}.json", type)
        verdict = _verdict(row, base, bad)
        table[row["category"]][0] += not verdict
        table[row["category"]][1] += 1
        if verdict:
            print(f"probe {name}: {verdict}")
    print(f"\n{'category':28} {'probes right':>16}")
    for category, (right, all_) in sorted(table.items()):
        print(f"{category:28} {f'{right}/{all_}':>16}")
    return sum(right for right, _ in table.values()), sum(all_ for _, all_ in table.values())


def _verdict(row: dict[str, str], base: list[Diagnostic], bad: list[Diagnostic]) -> str:
    """What is wrong with the answer to a probe; empty when it is right."""
    if base:
        return f"the base is refused: {base[0].code} {base[0].name}: {base[0].message}"
    named = [one for one in bad if one.name == row["rule"]]
    if row["aws"].startswith("reject"):
        if not errors(bad):
            return "AWS refuses it, there is no error"
        return "" if named else f"reported by another name: {', '.join(sorted({one.name for one in errors(bad)}))}"
    if row["severity"] == "accept":
        return f"AWS accepts it, but {errors(bad)[0].name}: {errors(bad)[0].message}" if errors(bad) else ""
    if row["aws"].startswith("accept") and errors(bad):
        return f"AWS accepts it, but {errors(bad)[0].name}: {errors(bad)[0].message}"
    return "" if named else f"not reported{': ' + ', '.join(sorted({one.name for one in bad})) if bad else ''}"


if __name__ == "__main__":
    main()
