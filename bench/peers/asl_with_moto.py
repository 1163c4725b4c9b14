"""The work of the simulator's benchmark in moto: its Step Functions interpreter, in this process and without its API.

    python asl_with_moto.py [--runs N] CASE.json
    python asl_with_moto.py [--runs N] --recorded CASES.json

As shipped moto cannot evaluate JSONata (nor variables) and waits in real time; both are put right below, the first where
jsonata-python is installed beside it. Prints one line of JSON: times of parsing, which moto does at every start of an execution,
and of running, or an `error`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto.stepfunctions.parser.api import StateMachineType
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import evaluation_details as details
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.asl.jsonata import jsonata
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.parser.backend.execution_worker import SyncExecutionWorker
from moto.stepfunctions.parser.backend.execution_worker_comm import ExecutionWorkerCommunication
from moto.stepfunctions.parser.mocking import mock_config

REGION, ACCOUNT = "us-east-1", "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:machine"
MAX_SECONDS = 60.0


class Quiet(ExecutionWorkerCommunication):
    """Nobody has to be told that an execution has ended."""

    def terminated(self) -> None:
        return


class Worker(SyncExecutionWorker):
    """An execution whose parse is timed apart."""

    parsed = 0.0

    def _get_evaluation_entrypoint(self) -> Any:
        started = time.perf_counter()
        program = AmazonStateLanguageParser.parse(self._evaluation_details.state_machine_details.definition)[0]
        self.parsed = time.perf_counter() - started
        return program


def without_waiting() -> contextlib.ExitStack:
    """Waits and pauses before retries take no time."""
    stack = contextlib.ExitStack()
    stack.enter_context(patch.object(WaitFunction, "_wait_interval", lambda self, env, wait_seconds: None))
    stack.enter_context(patch.object(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: None)))
    return stack


def with_jsonata() -> bool:
    """Give moto the evaluator that it looks for; False where jsonata-python is not installed."""
    try:
        from jsonata.jsonata import Jsonata
    except ModuleNotFoundError:
        return False

    jsonata._eval_jsonata = lambda text: Jsonata(text).evaluate(None)
    return True


def mocks_of(answers: dict[str, list[Any]]) -> mock_config.MockTestCase | None:
    """Answers as moto mocks states: one per attempt."""

    def mocked(index: int, answer: dict[str, Any]) -> Any:
        if "Return" in answer:
            return mock_config.MockedResponseReturn(index, index, answer["Return"])
        return mock_config.MockedResponseThrow(index, index, answer["Throw"]["Error"], answer["Throw"]["Cause"])

    states = [
        mock_config.StateMockedResponses(name, name, [mocked(index, answer) for index, answer in enumerate(given)])
        for name, given in answers.items()
    ]
    return mock_config.MockTestCase("machine", "case", states) if states else None


def execute(definition: str, value: Any, kind: str, mocks: mock_config.MockTestCase | None) -> tuple[Worker, float]:
    """An execution that has ended, and the seconds that it took after the parse."""
    started_at = datetime.now(tz=UTC).isoformat()
    execution = MACHINE.replace("stateMachine", "execution") + ":run"
    worker = Worker(
        evaluation_details=details.EvaluationDetails(
            aws_execution_details=details.AWSExecutionDetails(account=ACCOUNT, region=REGION, role_arn=ROLE),
            execution_details=details.ExecutionDetails(arn=execution, name="run", role_arn=ROLE, inpt=value, start_time=started_at),
            state_machine_details=details.StateMachineDetails(
                arn=MACHINE, name="machine", typ=StateMachineType(kind), definition=definition
            ),
        ),
        exec_comm=Quiet(),
        cloud_watch_logging_session=None,
        activity_store={},
        mock_test_case=mocks,
    )
    started = time.perf_counter()
    worker.start()
    return worker, time.perf_counter() - started - worker.parsed


def summary(samples: list[float]) -> dict[str, float]:
    return {"first": samples[0], "best": min(samples), "median": statistics.median(samples)}


def run_case(path: Path, runs: int) -> dict[str, Any]:
    case = json.loads(path.read_text(encoding="utf-8"))
    if case["definition"]["QueryLanguage"] == "JSONata" and not with_jsonata():
        return {"error": "no JSONata as shipped (jsonata-python beside it would do)"}
    definition, mocks = json.dumps(case["definition"]), mocks_of(case["answers"])
    parsed: list[float] = []
    took: list[float] = []
    while len(took) < runs and sum(took) + sum(parsed) < MAX_SECONDS:
        try:
            worker, seconds = execute(definition, case["input"], case["type"], mocks)
        except ASLParserException as error:
            return {"error": f"does not parse: {error}"}
        assert worker.env is not None
        state = worker.env.program_state()
        if not isinstance(state, ProgramEnded):
            return {"error": f"failed: {getattr(state, 'error', state)}"}
        if worker.env.states.get_input() != case["output"]:
            return {"error": "another output"}
        parsed.append(worker.parsed)
        took.append(seconds)
    return {"prepare": summary(parsed), "run": summary(took)}


def run_recorded(path: Path, runs: int) -> dict[str, Any]:
    """The mean of recorded cases, parse included."""
    with_jsonata()
    cases = [(json.dumps(case["definition"]), case["input"], case["type"]) for case in json.loads(path.read_text(encoding="utf-8"))]
    best = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        for definition, value, kind in cases:
            execute(definition, value, kind, None)
        best = min(best, (time.perf_counter() - started) / len(cases))
    return {"best": best}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("case", type=Path, nargs="?")
    parser.add_argument("--recorded", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    logging.disable()
    with without_waiting(), contextlib.redirect_stdout(io.StringIO()):
        found = run_recorded(chosen.recorded, chosen.runs) if chosen.recorded else run_case(chosen.case, chosen.runs)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
