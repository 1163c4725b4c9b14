"""Without the extra. This needs no SDK, so it is never skipped."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sfn_dsl import Pipeline, Wait, sdk
from sfn_dsl.compile.machine import compile_pipeline
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.region import Target

pytestmark = pytest.mark.sdk

COMMAND = "pip install 'stepfunctions==2.3.0' 'sagemaker>=2.1,<3' 'setuptools<82'"
MACHINE = compile_pipeline(
    Pipeline(name="p", body=Wait("A", seconds=1)), Target(region="us-east-1", account="111122223333")
).machine

USES: dict[str, Callable[[], Any]] = {
    "load": sdk.load,
    "import": lambda: importlib.import_module("sfn_dsl.sdk").steps,
    "from_sdk": lambda: sdk.from_sdk(object()),
    "pipeline_from_sdk": lambda: sdk.pipeline_from_sdk(object()),
    "to_workflow": lambda: sdk.to_workflow(MACHINE, name="p", role="r"),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_one_sentence_with_the_command(use: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "stepfunctions"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "stepfunctions", None)
    with pytest.raises(EnvironmentFault) as caught:
        use()
    text = str(caught.value)
    assert text.endswith(COMMAND)
    assert "\n" not in text
    assert "stepfunctions" in text


def test_the_bridge_itself_needs_nothing() -> None:
    program = "import sys; sys.modules['stepfunctions'] = None; import sfn_dsl.sdk; print(sfn_dsl.sdk.INSTALL)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == COMMAND
    with pytest.raises(AttributeError):
        _ = sdk.nothing
