"""The facts that policies are made from, against AWS's service authorization reference as cfn-lint carries it.

`pytest tests/test_iam_reference.py --update` rewrites `reference.json` from the cfn-lint that is installed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from sfn_dsl.asl.services import _sdk_folder, actions, optimised_services, sdk_services
from sfn_dsl.asl.shapes import _model, botocore_version
from sfn_dsl.region import Target
from sfn_dsl.resources.iam import reference
from sfn_dsl.resources.iam.arguments import Argument, Form
from sfn_dsl.resources.iam.calls import needs_of
from sfn_dsl.resources.iam.evaluation import covers
from sfn_dsl.resources.iam.names import _ACTIONS, _PREFIXES, iam_action, optimised_prefix, sdk_prefix
from sfn_dsl.resources.iam.reference import action_known, named_optionally, prefixes, resource_types

FILE = Path(reference.__file__).with_name("reference.json")
TARGET = Target(region="us-east-1", account="111122223333")
# Prefixes that policies need though no `aws-sdk` part has them.
MORE = {"execute-api", "s3express", "xray"}


def signing_name(service: str) -> str:
    """What botocore's model says."""
    metadata = _model(_sdk_folder(service) or "")["metadata"]
    return str(metadata.get("signingName") or metadata["endpointPrefix"])


def unbound() -> dict[str, set[str]]:
    """Per prefix the actions that need no resource, by parliament's copy of the reference; tags are always on a resource."""
    spec = find_spec("parliament")
    assert spec is not None
    assert spec.origin is not None
    table = json.loads(Path(spec.origin).with_name("iam_definition.json").read_bytes())
    found: dict[str, set[str]] = {}
    for entry in table:
        for action in entry["privileges"]:
            name = action["privilege"].lower()
            bound = any(kind["resource_type"].endswith("*") for kind in action["resource_types"])
            if not bound and not name.startswith(("tag", "untag", "listtags", "addtags", "removetags", "deletetags", "createtags")):
                found.setdefault(entry["prefix"], set()).add(name)
    return found


def facts() -> dict[str, Any]:
    """The reference, reduced: per prefix the ARNs of its kinds of resources, and actions by the kinds they work on."""
    table = json.loads((Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_bytes())
    signed = {service: signing_name(service) for service in sdk_services()}
    loose = unbound()
    wanted = {_PREFIXES.get(service, name) for service, name in signed.items()} | MORE
    found: dict[str, Any] = {}
    for prefix in sorted(wanted & set(table)):
        entry = table[prefix]
        if not isinstance(entry, dict) or not entry.get("Actions"):
            continue
        base = f"arn:${{Partition}}:{prefix}:${{Region}}:${{Account}}:"
        resources = {
            kind.lower(): " ".join(form.removeprefix(base).replace(".*", "*") for form in rest.get("ARNFormats", []))
            for kind, rest in sorted(entry.get("Resources", {}).items())
        }
        groups: dict[str, list[str]] = {}
        for action, rest in entry["Actions"].items():
            kinds = " ".join(sorted(kind.lower() for kind in rest.get("Resources", [])))
            groups.setdefault(kinds, []).append(action.lower())
        actions_by_kind = {kinds: " ".join(sorted(names)) for kinds, names in sorted(groups.items())}
        optional = {name for kinds, names in groups.items() if kinds for name in names} & loose.get(prefix, set())
        found[prefix] = {"resources": resources, "actions": actions_by_kind, "optional": " ".join(sorted(optional))}
    renamed = {service: name for service, name in signed.items() if name != service}
    return {
        "source": f"cfn-lint {version('cfn-lint')}, parliament {version('parliament')}, botocore {botocore_version()}",
        "signed": renamed,
        "services": found,
    }


def test_the_file_says_what_the_reference_says(request: pytest.FixtureRequest) -> None:
    wanted = facts()
    if request.config.getoption("--update"):
        FILE.write_text(json.dumps(wanted, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    found: Mapping[str, Any] = json.loads(FILE.read_bytes())
    if found["source"] != wanted["source"]:
        pytest.skip(f"reference.json was made from {found['source']}; rewrite it with --update")
    assert found == wanted


def test_prefixes_of_what_tasks_call() -> None:
    """By hand: what a reader would get wrong."""
    wanted = {
        "redshiftdata": "redshift-data",
        "sfn": "states",
        "eventbridge": "events",
        "cloudwatchlogs": "logs",
        "cloudwatch": "cloudwatch",
        "emr": "elasticmapreduce",
        "emrserverless": "emr-serverless",
        "emrcontainers": "emr-containers",
        "mwaa": "airflow",
        "opensearch": "es",
        "timestreamquery": "timestream",
        "timestreamwrite": "timestream",
        "costexplorer": "ce",
        "databasemigration": "dms",
        "bedrockruntime": "bedrock",
        "sesv2": "ses",
    }
    assert {service: sdk_prefix(service) for service in wanted} == wanted
    assert (optimised_prefix("apigateway"), optimised_prefix("http"), optimised_prefix("glue")) == ("execute-api", "states", "glue")


# Services that are new, or retired, or have no IAM.
WITHOUT = {"applicationcostprofiler", "continuum", "iotthingsgraph", "mturk", "opensearchmemory"}


@pytest.mark.parametrize("service", sorted(set(sdk_services()) - WITHOUT))
def test_every_service_has_a_prefix_of_the_reference(service: str) -> None:
    assert sdk_prefix(service) in prefixes()


# asl.md 5.3: what data pipelines call.
DATA = """athena batch cloudformation cloudwatch cloudwatchlogs databasemigration databrew datasync datazone ec2 ecr ecs eks elasticache emr
    emrcontainers emrserverless eventbridge firehose lakeformation lambda mwaa opensearch pipes quicksight rds rdsdata redshift
    redshiftdata redshiftserverless s3 sagemaker scheduler secretsmanager sfn sns sqs ssm sts timestreamquery timestreamwrite transfer
    bedrock bedrockruntime"""


@pytest.mark.parametrize("service", DATA.split())
def test_api_actions_have_names_that_iam_knows(service: str) -> None:
    """Five in six at least: botocore has actions that the reference does not list yet, and a wrong prefix or table misses most."""
    every = actions(service, sdk=True)
    prefix = sdk_prefix(service)
    unknown = [action for action in every if not action_known(prefix, iam_action(prefix, action))]
    assert len(unknown) <= len(every) / 6, unknown


def test_the_tables_of_names_hold_nothing_that_iam_does_not_know() -> None:
    wrong = [(prefix, name) for prefix, names in _ACTIONS.items() for name in names.values() if not action_known(prefix, name)]
    assert wrong == []
    assert {prefix for prefix in _PREFIXES.values() if prefix not in prefixes()} == set()


@pytest.mark.parametrize(
    ("prefix", "action", "patterns"),
    [
        ("glue", "StartJobRun", ["arn:aws:glue:us-east-1:111122223333:job/*"]),
        ("batch", "DescribeJobs", []),
        ("iam", "GetRole", ["arn:aws:iam::111122223333:role/*"]),
        ("glue", "NoSuchAction", None),
        ("nosuch", "Get", None),
    ],
)
def test_kinds_of_resources(prefix: str, action: str, patterns: list[str] | None) -> None:
    found = resource_types(prefix, action, TARGET)
    assert (None if found is None else [kind.pattern for kind in found]) == patterns


def _fits(action: str, resources: tuple[str, ...]) -> bool:
    """Whether an action works on all of the resources; `*` where it works on none, or may be called without naming one."""
    prefix, _, name = action.partition(":")
    kinds = resource_types(prefix, name, TARGET)
    if not kinds:
        return resources == ("*",)
    if resources == ("*",):
        return named_optionally(prefix, name)
    return all(any(covers(kind.pattern, arn) for kind in kinds) for arn in resources)


@pytest.mark.parametrize("sdk", [True, False])
def test_every_need_of_every_action_is_of_a_kind_that_the_reference_has(sdk: bool) -> None:
    """With arguments that nothing is known of, and with none. API Gateway's paths are not in the reference's short form."""
    wrong = []
    names = sdk_services() if sdk else optimised_services()
    resources = [
        f"arn:aws:states:::{'aws-sdk:' if sdk else ''}{service}:{action}{pattern}"
        for service in names
        for action in actions(service, sdk=sdk)
        for pattern in (("",) if sdk else ("", ".sync"))
        if not (sdk and service.startswith("apigateway"))
    ]
    assert len(resources) > (10_000 if sdk else 50)
    for resource in resources:
        for arguments in (Argument(None, Form.UNKNOWN), Argument({}, Form.JSONATA)):
            for need in needs_of(resource, arguments, TARGET):
                wrong += [(resource, action, need.resources) for action in need.actions if not _fits(action, need.resources)]
    assert wrong == []
