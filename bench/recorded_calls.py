"""Calls of TestState recorded on real AWS: making them in the simulator, and comparing what comes back.

An accepted call must agree in status and next state ("status"), in output and inspection data ("output"), in error and in cause. A
refused one must be refused ("status") with the same code ("error") and the same message ("cause").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from recorded import WILD, Case, Verdict, json_or_text, normalised, parsed, same

from sfn_dsl.simulate.mocks.answers import Answer, Answers
from sfn_dsl.simulate.state_test.call import TestStateRefused, test_state
from sfn_dsl.simulate.state_test.definition import LONE_STATE

# Arguments of boto3's test_state and those of ours.
ARGUMENTS = {
    "stateName": "state_name",
    "input": "input",
    "roleArn": "role_arn",
    "inspectionLevel": "inspection_level",
    "mock": "mock",
    "context": "context",
    "variables": "variables",
    "stateConfiguration": "state_configuration",
    "revealSecrets": "reveal_secrets",
}
SHAPING = ("ResultSelector", "ResultPath", "OutputPath", "Output")
"""Fields that make the output of a state something else than its result."""


def compare_call(case: Case) -> Verdict:
    """What agrees with the recording, by aspect."""
    want, rules = case["expected"], case.get("normalise", [])
    try:
        got = call(case)
    except TestStateRefused as refused:
        if not case.get("raises"):
            return {"status": False}
        code, message = refusal(want)
        return {"status": True, "error": refused.code == code, "cause": same(message, str(refused), WILD)}
    if case.get("raises"):
        return {"status": False}
    return {
        "status": (want["status"], want.get("nextState")) == (got["status"], got.get("nextState")),
        "output": all(_agrees(want.get(field), got.get(field), rules) for field in ("output", "inspectionData")),
        "error": same(want.get("error"), normalised(got.get("error"), rules), WILD),
        "cause": same(want.get("cause"), normalised(got.get("cause"), rules), WILD),
    }


def call(case: Case) -> dict[str, Any]:
    """Make a recorded call; the answer as AWS writes it. Raises TestStateRefused."""
    request = case["request"]
    options = {ours: request[theirs] for theirs, ours in ARGUMENTS.items() if theirs in request}
    response: dict[str, Any] = test_state(request["definition"], answers=_answers(case), **options).response
    return response


def refusal(want: Mapping[str, Any]) -> tuple[str, str]:
    """Code and message of a recorded refusal."""
    if "Error" in want:
        return want["Error"]["Code"], want["Error"]["Message"]
    return want["exception_typename"], want["exception_value"].partition(" operation: ")[2]


def _answers(case: Case) -> Answers | None:
    """What a service answered to a call that was not mocked, as far as the recording tells; None where it was not asked."""
    request, want = case["request"], case["expected"]
    definition = json_or_text(request["definition"])
    if "mock" in request or case.get("raises"):
        return None
    name = request.get("stateName", LONE_STATE)
    state = definition["States"][name] if "stateName" in request and name in definition["States"] else definition
    inspection = want.get("inspectionData", {})
    if state.get("Type") != "Task" or ("result" not in inspection and any(field in state for field in SHAPING)):
        return None
    result = json_or_text(inspection.get("result", want.get("output")))
    fails = want["status"] == "FAILED"
    answer = Answer(value=result, fails=fails, error=want.get("error"), cause=want.get("cause"))
    return Answers(states={name: lambda call, rng: answer})


def _agrees(want: Any, got: Any, rules: list[tuple[str, str]]) -> bool:
    """Whether a payload, or an object of payloads, is what was recorded, whatever the blanks: AWS keeps those of the caller."""
    if want is None or got is None:
        return want is got
    return same(_value(want), normalised(_value(got), rules), WILD)


def _value(payload: Any) -> Any:
    """The value of a payload's JSON text, or of every payload in an object of them, in the form of the recordings."""
    if isinstance(payload, dict):
        return parsed({"o": {key: json_or_text(value) if isinstance(value, str) else value for key, value in payload.items()}})["o"]
    return parsed({"o": json.loads(payload)})["o"]
