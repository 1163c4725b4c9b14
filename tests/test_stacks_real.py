"""The repository's build and a matrix of small pipelines before real judges: CloudFormation's registry, IAM's reference, Terraform's
schema, the sizes of a deployment."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint as cfn_lint
from estate import ACCOUNT, ARBITER, EAST, WEST
from iam_linting import findings_of
from systems_running import SYSTEMS
from test_resources import unlike

from sfn_dsl import (
    BatchReady,
    Control,
    Direct,
    EventLambda,
    EventRule,
    Input,
    Intermediate,
    Load,
    Pipeline,
    S3Event,
    Schedule,
    SnsEvent,
    Stage,
    Transform,
    config,
    fn,
)
from sfn_dsl.building import Build, build_project
from sfn_dsl.configuration import Project, find_project
from sfn_dsl.deployment import Deployment
from sfn_dsl.diagnostic import Severity
from sfn_dsl.project import Loaded, load_pipelines
from sfn_dsl.region import Target
from sfn_dsl.resources import cloudformation, terraform
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.resources.model import QueuePolicy, Role
from sfn_dsl.resources.template import Template, resolve
from sfn_dsl.triggers.trigger import Trigger

ROOT = Path(__file__).parents[1]
SCHEMA = json.loads((Path(__file__).parent / "cases" / "resources" / "terraform_schema.json").read_text(encoding="utf-8"))
OTHER = "444455556666"
TAKEN = {"batch_id": "$.detail.id", "uri": "$.detail.uri"}
TRIGGERS: dict[str, tuple[Trigger, ...]] = {
    "event": (EventRule(),),
    "event-via": (EventRule(via=Intermediate),),
    "pattern": (EventRule(pattern={"source": ["crm"]}, input=TAKEN),),
    "pattern-via": (EventRule(pattern={"source": ["crm"]}, input=TAKEN, via=Intermediate, label="crm"),),
    "schedule": (Schedule(expression="rate(15 minutes)"),),
    "schedule-via": (Schedule(expression="cron(30 3 * * ? *)", timezone="America/New_York", via=Intermediate),),
    "direct": (Direct(),),
    "direct-wait": (Direct(wait=True),),
    "function": (EventLambda(),),
    "object": (S3Event(bucket=config.lake, prefix="in/", suffix=".csv", input={"batch_id": "key", "uri": "version"}, owned=True),),
    "message": (SnsEvent(topic="orders", input={"batch_id": "order.id", "uri": "uri"}, key="batch_id"),),
    "message-of-another": (
        SnsEvent(topic=f"arn:aws:sns:us-west-2:{OTHER}:orders", input={"batch_id": "order.id", "uri": "uri"}, key="batch_id"),
    ),
    "of-both-kinds": (
        EventRule(pattern={"source": ["crm"]}, input=TAKEN, label="object"),
        S3Event(bucket="lake", input={"batch_id": "key", "uri": "version"}),
    ),
    "many": (EventRule(), Schedule(expression="rate(1 day)", label="daily"), Schedule(expression="rate(1 hour)", label="hourly")),
}
GATES = ["none", "mrec-manual", "arbiter"]
FORWARDS = ["always", "on-failure", "never"]
OWNERS = ["publish", "template"]
MATRIX = list(itertools.product(GATES, FORWARDS, OWNERS))
SOME = [("none", "always", "publish"), ("mrec-manual", "on-failure", "template"), ("arbiter", "never", "publish")]


def pipelines() -> list[Pipeline]:
    """An upstream, and a pipeline for each kind of trigger."""
    batch = Input(batch_id=str)
    work = Transform.lambda_("Work", function="work", payload={"b": batch.batch_id}, returns={"uri": str}, timeout_seconds=60)
    ready = BatchReady(pipeline="up", batch_id=batch.batch_id, fields={"uri": work.output.uri})
    made = [
        Pipeline(
            name="up", input=batch, control=Control(batch.batch_id), body=Stage("work", work), produces=ready, timeout_seconds=900
        )
    ]
    for name, triggers in TRIGGERS.items():
        own = Input(batch_id=str, uri=str)
        load = Load.lambda_("Put", function="put", payload={"b": own.batch_id, "u": own.uri}, timeout_seconds=60)
        batch_id = fn.format("{}@{}", own.batch_id, own.uri) if name in ("object", "of-both-kinds") else own.batch_id
        made.append(
            Pipeline(
                name=name,
                input=own,
                control=Control(batch_id),
                body=Stage("load", load),
                consumes=()
                if name in ("pattern", "pattern-via", "object", "message", "message-of-another", "of-both-kinds")
                else (ready,),
                triggers=triggers,
                timeout_seconds=900,
            )
        )
    return made


def deployment(gate: str, forward: str) -> Deployment:
    endpoint = "arn:aws:route53:::healthcheck/0f1e2d3c-1111-2222-3333-444455556666" if forward == "never" else ""
    arbiter = ARBITER.arbiter if gate == "arbiter" else None
    return Deployment(active=EAST, passive=WEST, gate=gate, forward=forward, arbiter=arbiter, endpoint=endpoint, events="com.acme")


Builds = dict[tuple[str, str, str], Build]


@pytest.fixture(scope="module", params=["some", pytest.param("all", marks=pytest.mark.slow)])
def builds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Builds of the matrix: three of its corners, or all of it."""
    found = {}
    folder = tmp_path_factory.mktemp("matrix")
    for gate, forward, owner in SOME if request.param == "some" else MATRIX:
        targets = tuple(
            Target(region=region, account=ACCOUNT, deployment=deployment(gate, forward), values={"lake": f"acme-{region}"})
            for region in (EAST, WEST)
        )
        project = Project(
            root=folder,
            targets=targets,
            pipelines=folder / "pipelines",
            build=folder / "build",
            owner=owner,
            iac=("cloudformation", "terraform"),
        )
        made = tuple(pipelines())
        found[gate, forward, owner] = build_project(project, Loaded(pipelines=made), made, targets)
    return found


@pytest.fixture(scope="module")
def own() -> Build:
    """The repository's build."""
    project = find_project(ROOT)
    loaded = load_pipelines(project)
    return build_project(project, loaded, tuple(loaded.pipelines), project.targets)


def linted(template: Template) -> list[str]:
    return [str(found) for found in cfn_lint(cloudformation.to_text(template), regions=[template.target.region])]


def statements(template: Template) -> Iterator[Statement]:
    """What roles may do, and who may use queues, as statements of an identity policy."""
    for resource in template.resources:
        documents: list[Any] = []
        if isinstance(resource, Role):
            documents = [resolve(policy.document, template) for policy in resource.policies]
        elif isinstance(resource, QueuePolicy):
            documents = [resolve(resource.document, template)]
        for document in documents:
            for one in document["Statement"]:
                # Who is meant, and on whose behalf, has no place in an identity policy; the trust policies have their own tests.
                actions, arns = _listed(one["Action"]), _listed(one["Resource"])
                yield Statement(sid="S", actions=tuple(actions), resources=tuple(arns))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def distinct(builds: Builds) -> dict[str, Template]:
    """Templates of the matrix whose text differs, so that each is judged once."""
    return {
        f"{template.target.region}\n{cloudformation.to_text(template)}": template
        for build in builds.values()
        for template in build.templates
    }


# The matrix


def test_the_matrix_builds_without_errors(builds: Builds) -> None:
    for key, build in builds.items():
        wrong = [f"{found.code} {found.message}" for found in build.diagnostics if found.severity is Severity.ERROR]
        assert wrong == [], key
        assert {template.name for template in build.templates} == {"etl-shared", "up", *TRIGGERS}
        assert len(build.templates) == 2 * (2 + len(TRIGGERS))


def test_only_deployments_that_may_run_a_batch_twice_are_told_of(builds: Builds) -> None:
    for (gate, forward, owner), build in builds.items():
        large = [found for found in build.diagnostics if found.code == "SFN610"]
        assert all(owner == "template" and "--s3-bucket" in found.help for found in large), (
            "definitions stand in the templates then"
        )
        told = sorted({(found.code, found.severity.value) for found in build.diagnostics if found not in large})
        forwarded = {"none": "warning", "mrec-manual": "info"}.get(gate)
        assert told == ([("SFN506", forwarded)] if forwarded and forward != "never" else [])


@pytest.mark.slow
def test_cloudformation_takes_every_template_of_the_matrix(builds: Builds) -> None:
    """By the registry of each Region. A sample per kind of template and Region: texts differ by names only."""
    chosen: dict[tuple[str, str, int], Template] = {}
    for template in distinct(builds).values():
        chosen.setdefault((template.name, template.target.region, len(template.resources)), template)
    assert len(chosen) >= 2 * (2 + len(TRIGGERS))
    found = {f"{template.name} {template.target.region}": linted(template) for template in chosen.values()}
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_iam_knows_every_right_of_the_matrix(builds: Builds) -> None:
    every = {(one.actions, one.resources): one for template in distinct(builds).values() for one in statements(template)}
    assert len(every) > 50
    assert findings_of(one for one in every.values() if not _queue_of_everybody(one)) == []


def _queue_of_everybody(statement: Statement) -> bool:
    """The Deny of everything without TLS, whose wildcard parliament takes for a right."""
    return statement.actions == ("sqs:*",)


def test_terraform_knows_every_attribute_of_the_matrix(builds: Builds) -> None:
    unknown = set()
    for build in builds.values():
        for output in build.outputs:
            for path, text in output.files.items():
                made = json.loads(text).get("resource", {}) if path.endswith("main.tf.json") else {}
                for type, resources in made.items():
                    unknown |= {line for name, body in resources.items() for line in unlike(body, SCHEMA[type], f"{type}.{name}")}
    assert unknown == set()


# The repository's own pipelines


def test_the_repository_has_no_findings(own: Build) -> None:
    assert own.diagnostics == ()
    assert {(template.name, template.target.region) for template in own.templates} == {
        (name, region) for name in ("etl-shared", *SYSTEMS) for region in (EAST, WEST)
    }


def test_cloudformation_takes_the_repositorys_templates(own: Build) -> None:
    assert {template.name: linted(template) for template in own.templates if linted(template)} == {}


def test_iam_knows_the_repositorys_rights(own: Build) -> None:
    every = [one for template in own.templates for one in statements(template) if not _queue_of_everybody(one)]
    assert findings_of(every) == []


def test_the_repositorys_templates_need_a_bucket_only_where_their_files_say_so(own: Build) -> None:
    large = {template.name for template in own.templates if len(cloudformation.to_text(template).encode()) > 51_200}
    allowed = {
        pipeline.name
        for pipeline in [wired.pipeline for wired in own.wiring.pipelines.values()]
        if "allow SFN610" in Path(pipeline.file).read_text(encoding="utf-8")
    }
    assert large == allowed


def test_what_is_built_is_what_is_committed(own: Build) -> None:
    for output in own.outputs:
        for path, text in output.files.items():
            assert (ROOT / "build" / output.folder / path).read_text(encoding="utf-8") == text, path


@pytest.mark.parametrize("broken", ["Type", "Targets"])
def test_the_judges_can_say_no(own: Build, broken: str) -> None:
    template = next(one for one in own.templates if one.name == "dbt-semantic")
    made = cloudformation.to_json(template)
    rule = next(body for body in made["Resources"].values() if body["Type"] == "AWS::Events::Rule")  # type: ignore[index, union-attr]
    if broken == "Type":
        rule["Type"] = "AWS::EventsV2::Rule"  # type: ignore[index]
    else:
        rule["Properties"]["Targets"] = "x"  # type: ignore[index]
    assert cfn_lint(json.dumps(made), regions=[WEST])
    assert findings_of([Statement(sid="S", actions=("states:StartExecutions",), resources=("*",))])


def test_terraform_validates_the_repositorys_modules(own: Build, tmp_path: Path) -> None:
    plugins = os.environ.get("SFN_DSL_TERRAFORM_PLUGINS")
    if shutil.which("terraform") is None or not plugins:
        pytest.skip("there is no terraform, or SFN_DSL_TERRAFORM_PLUGINS does not name the folder with the providers")
    (tmp_path / "rc").touch()
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "rc"), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    for name in sorted({template.name for template in own.templates}):
        made = terraform.to_json([template for template in own.templates if template.name == name])
        # The folder has the provider of AWS only: zip files have to be there already.
        made["terraform"]["required_providers"].pop("archive", None)
        made.pop("data", None)
        for function in made["resource"].get("aws_lambda_function", {}).values():
            function.update(filename="x.zip", source_code_hash="x")
        folder = tmp_path / name
        folder.mkdir()
        (folder / "main.tf.json").write_text(json.dumps(made), encoding="utf-8")
        for words in (["init", "-no-color", f"-plugin-dir={plugins}"], ["validate", "-json"]):
            done = subprocess.run(["terraform", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)["diagnostics"] == []
