"""SDK objects in our pipelines, our machines in the SDK."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("stepfunctions", reason="the `stepfunctions` SDK is not installed: make test-sdk", exc_type=ImportError)

from sfn_dsl import TRANSIENT, Notify, Parallel, Pipeline, Task, Wait, config
from sfn_dsl.asl.emit import emit, to_json
from sfn_dsl.asl.read import read_json
from sfn_dsl.compile.machine import compile_pipeline
from sfn_dsl.errors import DeclarationError
from sfn_dsl.region import Target
from sfn_dsl.sdk import as_step, fast_partition, from_sdk, inputs, load, pipeline_from_sdk, steps, to_workflow, workflow

pytestmark = pytest.mark.sdk

ROLE = "arn:aws:iam::111122223333:role/pipeline"
EAST = Target(region="us-east-1", account="111122223333", values={"function": "load-use1"})
CHINA = Target(region="cn-north-1", account="111122223333")


def machine(body: Any, target: Target = EAST, language: str = "JSONPath", **fields: Any) -> dict[str, Any]:
    compiled = compile_pipeline(Pipeline(name="p", body=body, **fields), target, query_language=language)
    assert compiled.diagnostics == ()
    return to_json(compiled.machine)


def refused(body: Any) -> list[str]:
    return [found.message for found in compile_pipeline(Pipeline(name="p", body=body), EAST).diagnostics]


def order(definition: dict[str, Any]) -> list[str]:
    """The states that follow each other from the start."""
    name, found = definition["StartAt"], []
    while name:
        found.append(name)
        name = definition["States"][name].get("Next")
    return found


def lambda_step(name: str, **parameters: Any) -> Any:
    return steps.LambdaStep(name, parameters={"FunctionName": "f", **parameters})


def ours(name: str) -> Task:
    return Task(name, resource="lambda:invoke", arguments={"FunctionName": "f", "Payload": {}})


# In a pipeline


JOINS: dict[str, Callable[[], Any]] = {
    "before": lambda: lambda_step("A") >> ours("B") >> ours("C"),
    "after": lambda: ours("A") >> ours("B") >> lambda_step("C"),
    "between": lambda: ours("A") >> lambda_step("B") >> ours("C"),
    "chain": lambda: steps.Chain([lambda_step("A"), steps.Pass("B")]) >> ours("C"),
    "graph": lambda: steps.Graph(steps.Chain([lambda_step("A"), steps.Pass("B")])) >> ours("C"),
    "list": lambda: [lambda_step("A"), steps.Pass("B"), lambda_step("C")],
}


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
@pytest.mark.parametrize("join", JOINS.values(), ids=JOINS)
def test_sdk_steps_stand_before_and_after_ours(join: Callable[[], Any], language: str) -> None:
    assert order(machine(join(), language=language)) == ["A", "B", "C"]


def test_inside_a_parallel_of_ours() -> None:
    found = machine(Parallel("Both", steps.Chain([lambda_step("A"), steps.Pass("B")]), ours("C")))["States"]["Both"]
    assert [list(branch["States"]) for branch in found["Branches"]] == [["A", "B"], ["C"]]
    assert found["Branches"][0]["States"]["B"] == {"Type": "Pass", "End": True}


def test_a_workflow_is_the_whole_body() -> None:
    chain = steps.Chain([lambda_step("A"), steps.Wait("B", seconds=1)])
    whole = workflow.Workflow("p", chain, ROLE, comment="why")
    found = machine(whole)
    assert found == {key: value for key, value in whole.definition.to_dict().items() if key != "Comment"}


def test_a_workflow_as_a_pipeline_keeps_its_settings() -> None:
    tags = [{"key": "team", "value": "data"}]
    whole = workflow.Workflow("nightly", lambda_step("A"), ROLE, tags=tags, timeout_seconds=60, comment="why")
    pipeline = pipeline_from_sdk(whole, query_language="JSONPath")
    assert (pipeline.name, dict(pipeline.tags), pipeline.file) == ("nightly", {"team": "data"}, __file__)
    assert to_json(compile_pipeline(pipeline, EAST).machine) == whole.definition.to_dict()
    assert any("only a pipeline can have" in found for found in refused(whole))


def test_from_sdk_renames_the_first_state() -> None:
    found = machine(from_sdk(steps.Chain([lambda_step("A"), steps.Pass("B")]), "Train") >> ours("C"))
    assert order(found) == ["Train", "B", "C"]


def test_names_that_ours_have_already_are_made_unique() -> None:
    found = machine(ours("B") >> steps.Chain([lambda_step("A"), steps.Pass("B")]))
    assert order(found) == ["B", "A", "B (2)"]


def test_values_go_in_by_our_references_and_out_by_keep() -> None:
    first = ours("First")
    second = from_sdk(lambda_step("Second", Payload={"run": first.output.Payload.run}), keep={"rows": "$.Payload.rows"})
    third = Task("Third", resource="lambda:invoke", arguments={"FunctionName": "f", "Payload": {"n": second.output.rows}})
    for language, key in (("JSONPath", "Parameters"), ("JSONata", "Arguments")):
        found = machine(first >> second >> third, language=language)["States"]
        assert found["Second"]["Parameters"]["Payload"] == {"run.$": "$first.Payload_run"}
        assert found["Second"]["Assign"] == {"rows.$": "$.Payload.rows"}
        assert found["Third"][key]["Payload"] == {"n.$": "$rows"} if key == "Parameters" else {"n": "{% $rows %}"}


def test_settings_of_setup_cfg_stand_in_parameters() -> None:
    step = steps.LambdaStep("A", parameters={"FunctionName": config.function})
    assert machine(step)["States"]["A"]["Parameters"] == {"FunctionName": "load-use1"}


def test_placeholders_are_what_the_sdk_makes_of_them() -> None:
    execution = inputs.ExecutionInput(schema={"mode": str, "deep": {"rows": int}})
    first = lambda_step("A", Payload={"mode": execution["mode"], "n": [{"rows": execution["deep"]["rows"]}]})
    choice = steps.Choice("B")
    choice.add_choice(
        steps.ChoiceRule.StringEqualsPath(first.output()["Payload"]["x"], first.output()["Payload"]["y"]), steps.Pass("C")
    )
    choice.default_choice(steps.Succeed("D"))
    found = machine(steps.Chain([first, choice]))["States"]
    payload = {"mode.$": "$$.Execution.Input['mode']", "n": [{"rows.$": "$$.Execution.Input['deep']['rows']"}]}
    assert found["A"]["Parameters"]["Payload"] == payload
    # The SDK itself cannot write this comparison: `Object of type StepInput is not JSON serializable`.
    rule = {"Variable": "$['Payload']['x']", "StringEqualsPath": "$['Payload']['y']", "Next": "C"}
    assert found["B"]["Choices"] == [rule]


def test_loops_and_shared_ends_are_written_once_and_in_the_order_of_the_sdk() -> None:
    start, check, done = lambda_step("Start"), steps.Choice("Check"), steps.Succeed("Done")
    pause = steps.Wait("Pause", seconds=5)
    start.add_catch(steps.Catch(error_equals=["States.ALL"], next_step=steps.Chain([steps.Pass("Tidy"), done])))
    check.add_choice(steps.ChoiceRule.BooleanEquals("$.ready", True), done)
    check.add_choice(steps.ChoiceRule.IsPresent("$.late", True), steps.Succeed("Done"))
    check.default_choice(pause)
    pause.next(start)
    start.next(check)
    found = machine(start)
    expected = steps.Graph(start).to_dict()
    assert found == expected
    assert list(found["States"]) == list(expected["States"])


def test_a_frozen_graph_keeps_its_query_language() -> None:
    body = {"Type": "Pass", "Output": "{% $states.input %}", "End": True}
    frozen = steps.FrozenGraph({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": body}})
    assert machine(frozen, language="JSONata") == {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": body}}


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "empty chain": (lambda: steps.Chain([]), "a chain of the SDK is empty"),
    "map without iterator": (lambda: steps.Map("M"), "`NoneType` stands where"),
    "two states of a name": (lambda: steps.Chain([steps.Pass("A"), steps.Wait("A", seconds=1)]), "are called `A`"),
    "rule": (lambda: steps.ChoiceRule.IsNull("$.x", True), "`Rule` of the SDK is not a step"),
    "placeholder in a list": (lambda: lambda_step("A", Payload=[inputs.ExecutionInput()["a"]]), "where JSONPath takes none"),
    "not JSON": (lambda: lambda_step("A", Payload={1, 2}), "a `set` in state `A`"),
    "contains itself": (lambda: lambda_step("A", Payload=_ring()), "contains itself"),
    "our step in its chain": (lambda: steps.Chain([steps.Pass("A"), as_step(steps.Pass("B"))]), "`Raw` stands where"),
    "no definition": (lambda: steps.FrozenGraph({"A": 1}), "no `States`"),
}


def _ring() -> dict[str, Any]:
    ring: dict[str, Any] = {}
    ring["ring"] = ring
    return ring


@pytest.mark.parametrize(("made", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_written_is_said(made: Callable[[], Any], message: str) -> None:
    assert any(message in found for found in refused(made()))


def test_an_error_points_at_the_line_of_from_sdk() -> None:
    with pytest.raises(DeclarationError) as caught:
        from_sdk(steps.Chain([]))
    assert caught.value.span is not None
    assert caught.value.span.file == __file__


# What must not leak


def test_a_chain_of_3000_steps() -> None:
    found = machine(steps.Chain([steps.Pass(f"S{number}") for number in range(3000)]) >> ours("Last"))
    assert len(order(found)) == 3001


def test_nesting_is_bounded() -> None:
    step: Any = steps.Pass("S0")
    for number in range(1, 102):
        step = steps.Map(f"S{number}", iterator=step)
    assert any("nested more than 100 levels" in found for found in refused(step))


@pytest.mark.parametrize("target", [EAST, CHINA], ids=["aws", "aws-cn"])
def test_the_partition_is_that_of_the_target(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-gov-west-1")
    parallel = steps.Parallel("P")
    parallel.add_branch(steps.Map("M", iterator=lambda_step("Inner")))
    body = steps.Chain([parallel, lambda_step("Outer")])
    assert "arn:aws-us-gov:states:::lambda:invoke" in body.steps[1].to_json()
    for form in (body, steps.Graph(body), steps.FrozenGraph(steps.Graph(body).to_dict())):
        found = machine(form, target)["States"]
        inner = found["P"]["Branches"][0]["States"]["M"]["Iterator"]["States"]["Inner"]
        assert {inner["Resource"], found["Outer"]["Resource"]} == {f"arn:{target.partition}:states:::lambda:invoke"}


PROGRAM = """
import sys
from stepfunctions import steps
from sfn_dsl import Pipeline, Wait
from sfn_dsl.asl.emit import emit
from sfn_dsl.compile.machine import compile_pipeline
from sfn_dsl.region import Target

parallel = steps.Parallel("P")
parallel.add_branch(steps.GlueStartJobRunStep("G", parameters={"JobName": "j"}))
chain = steps.Chain([steps.LambdaStep("A", parameters={"FunctionName": "f"}), parallel])
pipeline = Pipeline(name="p", body=chain >> Wait("W", seconds=1))
for region in ("us-east-1", "cn-north-1"):
    text = emit(compile_pipeline(pipeline, Target(region=region, account="111122223333")).machine)
    sys.stderr.write("<<" + text + ">>")
"""


def test_the_ambient_region_changes_nothing() -> None:
    texts = set()
    for region in ("us-east-1", "cn-north-1", None):
        environment = {key: value for key, value in os.environ.items() if key != "AWS_DEFAULT_REGION"}
        environment |= {"AWS_DEFAULT_REGION": region} if region else {}
        run = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
        texts.add(run.stderr[run.stderr.index("<<") :])
    [text] = texts
    assert text.count("arn:aws:states") == text.count("arn:aws-cn:states") == 2


def test_the_slow_partition_look_up_is_not_made_and_the_answer_still_right(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any) -> None:
        raise AssertionError("the SDK read all of botocore's endpoints")

    fast_partition()
    monkeypatch.setattr("boto3.session.Session.get_available_partitions", slow)
    for region, partition in (("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov"), ("eu-west-1", "aws")):
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
        assert lambda_step("A").resource == f"arn:{partition}:states:::lambda:invoke"


def test_loading_leaves_the_process_as_it_was() -> None:
    program = "import sys, logging; hook = sys.excepthook; from sfn_dsl.sdk import steps; steps.Pass('A')\n"
    program += "assert sys.excepthook is hook and logging.getLogger().level == logging.WARNING"
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    environment.pop("SAGEMAKER_SUPPRESS_V2_WARNING")
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")
    assert load().__name__ == "stepfunctions"
    assert logging.getLogger("stepfunctions") is not None


def test_our_package_does_not_import_the_sdk() -> None:
    program = "import sys, sfn_dsl.sdk, sfn_dsl.cli.main; print('stepfunctions' in sys.modules, 'sagemaker' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]


# Out


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_to_workflow_and_back(language: str) -> None:
    import boto3
    from botocore.stub import Stubber

    pipeline = Pipeline(name="p", body=ours("A") >> Wait("B", seconds=1), on_failure=Notify.sns("Tell", topic="t", message="m"))
    built = compile_pipeline(pipeline, EAST, query_language=language).machine
    client = boto3.client("stepfunctions", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    made = to_workflow(built, name="p", role=ROLE, client=client)
    arn = "arn:aws:states:us-east-1:111122223333:stateMachine:p"
    text = json.dumps(to_json(built), indent=4)
    expected = {"name": "p", "definition": text, "roleArn": ROLE, "tags": []}
    with Stubber(client) as stub:
        stub.add_response("create_state_machine", {"stateMachineArn": arn, "creationDate": 0}, expected)
        assert made.create() == arn
    assert read_json(made.definition.to_dict()).machine == built
    # Graphs of the SDK come in again: the same states, in a pipeline of ours.
    again = machine(made, language=language)
    assert again["States"] == to_json(built)["States"]
    assert "AWS::StepFunctions::StateMachine" in made.get_cloudformation_template()


def test_to_workflow_of_10000_states() -> None:
    built = compile_pipeline(Pipeline(name="p", body=[Wait(f"S{n}", seconds=1) for n in range(10_000)]), EAST).machine
    assert json.loads(to_workflow(built, name="p", role=ROLE).definition.to_json()) == to_json(built)


def test_to_workflow_without_a_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    built = compile_pipeline(Pipeline(name="p", body=Wait("A", seconds=1)), EAST).machine
    with pytest.raises(Exception, match="finds no Region"):
        to_workflow(built, name="p", role=ROLE)


# A project


SETUP = """[sfn_dsl]
regions = us-east-1, cn-north-1
[sfn_dsl:us-east-1]
account = 111122223333
[sfn_dsl:cn-north-1]
account = 111122223333
"""

FILE = """from {module} import steps
from sfn_dsl import Pipeline, Wait

train = steps.LambdaStep("Train", parameters={{"FunctionName": "train", "Payload": {{"mode": "{mode}"}}}})
nightly = Pipeline(name="nightly", body=train >> Wait("Rest", seconds=5))
"""


@pytest.mark.parametrize("module", ["stepfunctions", "sfn_dsl.sdk"])
def test_build_and_diff_of_a_project(module: str, tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text(SETUP)
    (tmp_path / "pipelines").mkdir()
    file = tmp_path / "pipelines" / "nightly.py"

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-m", "sfn_dsl", *arguments], cwd=tmp_path, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    file.write_text(FILE.format(module=module, mode="full"))
    code, text = run("build")
    assert code == 0, text
    for region, partition in (("us-east-1", "aws"), ("cn-north-1", "aws-cn")):
        built = json.loads((tmp_path / "build" / region / "nightly.asl.json").read_text())
        assert order(built) == ["Train", "Rest"]
        assert built["States"]["Train"]["Resource"] == f"arn:{partition}:states:::lambda:invoke"
    assert run("build", "--check")[0] == 0
    file.write_text(FILE.format(module=module, mode="delta"))
    code, text = run("build", "--check")
    assert code == 1
    assert '"mode": "delta"' in text


def test_a_mistake_is_reported_in_the_file_of_the_pipeline(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text(SETUP)
    (tmp_path / "pipelines").mkdir()
    text = "from sfn_dsl.sdk import steps\nfrom sfn_dsl import Pipeline\nnightly = Pipeline(name='n', body=steps.Chain([]))\n"
    (tmp_path / "pipelines" / "nightly.py").write_text(text)
    done = subprocess.run([sys.executable, "-m", "sfn_dsl", "build"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "a chain of the SDK is empty" in done.stdout + done.stderr
    assert "pipelines/nightly.py:3" in done.stdout + done.stderr


def test_a_pipeline_of_sdk_steps_needs_a_name() -> None:
    with pytest.raises(DeclarationError, match="needs a name"):
        pipeline_from_sdk(lambda_step("A"))
    assert pipeline_from_sdk(lambda_step("A"), "named", retry=TRANSIENT).name == "named"


def test_emit_is_stable() -> None:
    body = steps.Chain([lambda_step("A"), steps.Pass("B")])
    texts = {emit(compile_pipeline(Pipeline(name="p", body=as_step(body)), EAST).machine) for _ in range(3)}
    assert len(texts) == 1
