"""What every worker of the benchmark shares: the cases, the clock and the report.

Only the standard library, because each worker runs in the interpreter that has its peer.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable, Mapping

REGIONS = ("us-east-1", "us-west-1")
ACCOUNT = "111122223333"
ESTATE_PIPELINES = 20
ESTATE_STATES = 12
CHAINS = (12, 100, 1000)
ESTATE = "estate"

# The one retrier of every Lambda task.
RETRY_ERRORS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
)
RETRY_INTERVAL, RETRY_ATTEMPTS, RETRY_RATE, RETRY_MAX_DELAY = 2, 6, 2.0, 60

MAX_SECONDS_PER_CASE = 15.0


def chain_case(states: int) -> str:
    """The name of the case that makes a chain of Lambda tasks."""
    return f"chain-{states}"


def function_arn(number: int, region: str) -> str:
    """The Lambda function of a task."""
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:step-{number}"


def time_of(work: Callable[[], object], runs: int) -> dict[str, float]:
    """Seconds of the first run, of the best and of the median; fewer runs when they are slow."""
    samples: list[float] = []
    while len(samples) < runs and sum(samples) < MAX_SECONDS_PER_CASE:
        gc.collect()
        started = time.perf_counter()
        work()
        samples.append(time.perf_counter() - started)
    return {"first": samples[0], "best": min(samples), "median": statistics.median(samples)}


def report(version: str, cases: Mapping[str, Callable[[], object]]) -> None:
    """Run the cases named on the command line and print their times as one line of JSON. A case that fails says so."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("cases", nargs="*")
    chosen = parser.parse_args()
    found: dict[str, object] = {}
    for name in chosen.cases or cases:
        try:
            found[name] = time_of(cases[name], chosen.runs)
        except Exception as error:  # a limit of a peer is a result
            found[name] = {"error": type(error).__name__}
    print(json.dumps({"version": version, "cases": found}))


def shared_cases(chain: Callable[[int], object], estate: Callable[[], object]) -> dict[str, Callable[[], object]]:
    """The cases that every peer does: chains of Lambda tasks, and 20 pipelines of 12 states for two Regions."""
    cases: dict[str, Callable[[], object]] = {}
    for states in CHAINS:
        cases[chain_case(states)] = lambda states=states: chain(states)
    cases[ESTATE] = estate
    return cases
