"""How faithful the simulator is: every execution and TestState call recorded on AWS below a folder, compared.

    python bench/fidelity.py DIR [--failures]

Prints a table by group and ends with `N passed, M failed`.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

from recorded import PASSING, Case, Verdict, compare, load, passed, simulate
from recorded_calls import compare_call

COLUMNS = (*PASSING, "event_types")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder that holds executions/ and test_state/")
    parser.add_argument("--failures", action="store_true", help="name every case that differs, with the aspects that do")
    options = parser.parse_args()
    groups: dict[str, list[Verdict]] = defaultdict(list)
    different: list[tuple[str, Verdict]] = []
    began = time.perf_counter()
    count = 0
    for case in load(options.folder / "executions"):
        count += 1
        _note(groups, different, case["group"], case["name"], _judge(case))
    seconds = time.perf_counter() - began
    for case in load(options.folder / "test_state"):
        _note(groups, different, "test_state", case["name"], compare_call(case))
    _table(groups)
    if options.failures:
        for name, verdict in different:
            print(f"{name}: {', '.join(aspect for aspect, agrees in verdict.items() if not agrees)}")
    if count:
        print(f"{seconds / count * 1000:.2f} ms per execution, compiling and comparing included")
    total = sum(map(len, groups.values()))
    good = sum(passed(verdict) for verdicts in groups.values() for verdict in verdicts)
    print(f"{good} passed, {total - good} failed")


def _judge(case: Case) -> Verdict:
    """A case that cannot be run at all has failed; why is told, and the rest goes on."""
    try:
        return compare(case, simulate(case))
    except Exception as error:
        print(f"{case['name']}: {type(error).__name__}: {error}")
        return {"status": False}


def _note(groups: dict[str, list[Verdict]], different: list[tuple[str, Verdict]], group: str, name: str, verdict: Verdict) -> None:
    groups[group].append(verdict)
    if not all(verdict.values()):
        different.append((name, verdict))


def _table(groups: dict[str, list[Verdict]]) -> None:
    print(f"{'group':22} {'cases':>5} {'pass':>5}  " + "  ".join(f"{column:>11}" for column in COLUMNS))
    for group, verdicts in sorted(groups.items()):
        cells = (f"{sum(v[c] for v in verdicts if c in v)}/{sum(c in v for v in verdicts)}" for c in COLUMNS)
        print(f"{group:22} {len(verdicts):5} {sum(map(passed, verdicts)):5}  " + "  ".join(f"{cell:>11}" for cell in cells))


if __name__ == "__main__":
    main()
