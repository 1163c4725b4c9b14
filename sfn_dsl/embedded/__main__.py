"""The child process: `python -m sfn_dsl.embedded --folder target/aws`."""

import argparse
import sys
from pathlib import Path

from sfn_dsl.embedded.serving import serve
from sfn_dsl.embedded.shelf import Settings


def main() -> int:
    """Read the options and serve; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sfn_dsl.embedded", description="An AWS of one's own, on loopback only.")
    parser.add_argument("--folder", type=Path, required=True, help="where its state is kept")
    parser.add_argument("--port", type=int, default=0, help="0: any")
    parser.add_argument("--account", default="111122223333", help="account of callers whose access key is not 12 digits")
    parser.add_argument("--idle-minutes", type=float, default=30.0, help="end when nobody has asked for so long")
    parser.add_argument("--deleting-seconds", type=float, default=0.0, help="how long a deleted state machine is DELETING")
    parser.add_argument("--real-time", action="store_true", help="executions take their time and wait for task tokens")
    parser.add_argument("--fresh", action="store_true", help="forget what the folder holds")
    parser.add_argument("--owned", action="store_true", help="end when standard input ends")
    given = parser.parse_args()
    return serve(
        given.folder,
        port=given.port,
        account=given.account,
        settings=Settings(deleting_seconds=given.deleting_seconds, real_time=given.real_time),
        idle_seconds=given.idle_minutes * 60,
        fresh=given.fresh,
        owned=given.owned,
    )


if __name__ == "__main__":
    sys.exit(main())
