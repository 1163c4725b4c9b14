"""What a plan of many pipelines costs: calls to AWS by operation, time, memory.

    python bench/publish_scale.py [--pipelines 500] [--latency 0.03]

The AWS is the one of the tests (moto over HTTP, tests/fake_aws.py) in a process of its own on the same machine, with two Regions,
every call of which takes `--latency` seconds more. Its own work is in the time, so that the time is an upper bound.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from table import Row, print_table

from sfn_dsl.asl.canonical import canonical
from sfn_dsl.deployment import Deployment
from sfn_dsl.output import manifest_of
from sfn_dsl.publish.clients import Clients
from sfn_dsl.publish.desired import read_desired
from sfn_dsl.publish.live import VERSION_TAG, describe_version, wanted_tags
from sfn_dsl.publish.observing import observe
from sfn_dsl.publish.plan import Options
from sfn_dsl.publish.planning import plan
from sfn_dsl.region import Target

HERE = Path(__file__).resolve().parent
STATES = 12
ACCOUNT = "123456789012"
DEPLOYMENT = Deployment(active="us-east-1", passive="us-west-1")
TARGETS = [Target(region=region, account=ACCOUNT, deployment=DEPLOYMENT) for region in DEPLOYMENT.regions]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipelines", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.03, help="seconds that each call takes more")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve, options.latency)
        return
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing", AWS_EC2_METADATA_DISABLED="true")
    with tempfile.TemporaryDirectory() as folder:
        build = Path(folder)
        write_build(build, options.pipelines)
        command = [sys.executable, __file__, "--serve", folder, "--latency", str(options.latency)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            rows = [row for name, changed in SCENARIOS for row in measured(name, changed, build, options.pipelines, url, server)]
            server.stdin.close()
    print_table(rows)


SCENARIOS = [("nothing to do", 0.0), ("one in a hundred changed", 0.01), ("one in ten changed", 0.1)]


def measured(name: str, changed: float, build: Path, pipelines: int, url: str, server: Any) -> list[Row]:
    """One plan: how long it took, and which calls were made."""
    write_build(build, pipelines, changed)
    server.stdin.write("count\n")
    server.stdin.flush()
    server.stdout.readline()
    clients = Clients(endpoint_url=url)
    began, cpu = time.perf_counter(), time.process_time()
    desired = read_desired(build, TARGETS)
    seen = observe(desired, clients, project="bench", alias="live", now=int(time.time() * 1000))
    made = plan(desired, seen, Options(), project="bench", commit="c")
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert len(made.to_do) == 2 * round(pipelines * changed)
    server.stdin.write("count\n")
    server.stdin.flush()
    calls = json.loads(server.stdout.readline())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    title = f"{pipelines} pipelines x 2 Regions, {name}"
    told = ", ".join(f"{operation} {count}" for operation, count in sorted(calls.items(), key=lambda item: (-item[1], item[0])))
    return [
        Row(what=title, measured=f"{seconds:.1f} s ({cpu:.1f} s of CPU), {sum(calls.values())} calls, peak {peak} MiB"),
        Row(what="    calls", measured=told),
    ]


def write_build(build: Path, pipelines: int, changed: float = 0.0) -> None:
    """A build of chains; the first ones wait longer when they are changed."""
    for target in TARGETS:
        folder = build / target.folder
        folder.mkdir(exist_ok=True)
        digests = {}
        for number in range(pipelines):
            name = f"pipeline-{number:04}"
            seconds = 60 if number < round(pipelines * changed) else 30
            logs = target.arn("logs", f"log-group:/aws/vendedlogs/states/{name}:*")
            settings = {
                "name": name,
                "type": "STANDARD",
                "loggingConfiguration": {
                    "level": "ERROR",
                    "includeExecutionData": False,
                    "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": logs}}],
                },
                "tracingConfiguration": {"enabled": False},
            }
            for suffix, value in (("asl", definition(name, seconds)), ("settings", settings)):
                (folder / f"{name}.{suffix}.json").write_text(canonical(value))
                digests[f"{name}.{suffix}.json"] = "0"
        (folder / "manifest.json").write_text(manifest_of(digests))


def definition(name: str, seconds: int) -> dict[str, Any]:
    """A chain of tasks."""
    states: dict[str, Any] = {}
    for number in range(STATES):
        following = {"Next": f"Step {number + 1}"} if number + 1 < STATES else {"End": True}
        retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": seconds, "MaxAttempts": 3, "BackoffRate": 2}
        states[f"Step {number}"] = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {"FunctionName": f"{name}-{number}", "Payload": {"id": "{% $states.input.id %}"}},
            "Retry": [retry],
            **following,
        }
    return {"QueryLanguage": "JSONata", "StartAt": "Step 0", "States": states}


def serve(build: Path, latency: float) -> None:
    """The AWS, with everything in `build` published; for each line of stdin, the calls since the last one by operation."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    from fake_aws import fake_aws

    with fake_aws() as aws:
        aws.latency = latency
        for one in read_desired(build, TARGETS):
            backend = aws._backend(one.target.region)
            tags = {**wanted_tags(one, "bench", "live"), VERSION_TAG: "1"}
            machine = backend.create_state_machine(
                one.name,
                one.definition,
                one.role_arn,
                tags=[{"key": key, "value": value} for key, value in tags.items()],
                publish=True,
                loggingConfiguration=one.settings["loggingConfiguration"],
                version_description=describe_version("c", one.digest),
            )
            route = {"stateMachineVersionArn": machine.latest_version.arn, "weight": 100}
            backend.create_state_machine_alias("live", [route], None)
        print(aws.url, flush=True)
        for _ in sys.stdin:
            calls = Counter(call.operation for call in aws.calls)
            aws.calls.clear()
            print(json.dumps(calls), flush=True)


if __name__ == "__main__":
    main()
