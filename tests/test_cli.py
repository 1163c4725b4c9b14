"""The command line, as a process and in process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sfn_dsl import __version__
from sfn_dsl.cli.main import run

Project = Callable[[dict[str, str]], Path]

PIPELINE = """from sfn_dsl import *
batch = Input(id=str)
load = Load.glue("Load", job="j", arguments={"--id": batch.id}, retry=retry("E", max_attempts=3))
p = Pipeline(name="orders", input=batch, body=load >> Wait("Settle", seconds=10))
"""
OTHER = PIPELINE.replace("orders", "lines")


def sfn(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONWARNINGS": "error", **more}
    return subprocess.run(
        [sys.executable, "-m", "sfn_dsl", *arguments], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )


def git(folder: Path, *arguments: str) -> None:
    names = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_build_writes_one_folder_per_region(project: Project) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    done = sfn(folder, "build")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "Built 18 of 18 files" in done.stdout
    names = [
        *(f"etl-run-closer.{kind}.json" for kind in ("asl", "policy", "settings")),
        "manifest.json",
        *(f"orders.{kind}.json" for kind in ("asl", "policy", "settings", "template")),
        "shared.template.json",
    ]
    assert list(tree(folder / "build")) == [f"{region}/{name}" for region in ("us-east-1", "us-west-1") for name in names]
    again = sfn(folder, "build")
    assert "Built 0 of 18 files" in again.stdout
    assert sfn(folder, "build", "--check").returncode == 0


def test_check_prints_the_difference_and_changes_nothing(project: Project) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    sfn(folder, "build")
    project({"pipelines/orders.py": PIPELINE.replace("max_attempts=3", "max_attempts=5")})
    before = tree(folder)
    done = sfn(folder, "build", "--check")
    assert done.returncode == 1
    assert tree(folder) == before
    assert '-          "MaxAttempts": 3' in done.stdout
    assert '+          "MaxAttempts": 5' in done.stdout
    changed = [
        line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---") and "sha256" not in line
    ]
    assert len(changed) == 4
    assert "~ build/us-east-1/orders.asl.json" in done.stderr
    assert "MaxAttempts" in sfn(folder, "build", "--diff").stdout


def test_orphans_go_and_strangers_stay(project: Project) -> None:
    folder = project({"pipelines/orders.py": PIPELINE, "pipelines/lines.py": OTHER, "build/us-east-1/mine.txt": "x"})
    sfn(folder, "build")
    (folder / "pipelines/lines.py").unlink()
    done = sfn(folder, "build")
    assert "removed 8" in done.stdout
    assert "build/us-east-1/mine.txt is not ours and stays" in done.stderr
    assert not (folder / "build/us-east-1/lines.asl.json").exists()
    assert (folder / "build/us-east-1/mine.txt").read_text() == "x"


def test_a_selection_leaves_the_rest_alone(project: Project) -> None:
    folder = project({"pipelines/orders.py": PIPELINE, "pipelines/lines.py": OTHER})
    sfn(folder, "build")
    whole = tree(folder / "build")
    project(
        {
            "pipelines/orders.py": PIPELINE.replace("seconds=10", "seconds=11"),
            "pipelines/lines.py": OTHER.replace("seconds=10", "seconds=12"),
        }
    )
    assert sfn(folder, "build", "-s", "ord*", "-r", "us-west-1").returncode == 0
    after = tree(folder / "build")
    assert {name for name in whole if whole[name] != after[name]} == {"us-west-1/manifest.json", "us-west-1/orders.asl.json"}
    assert "lines.asl.json" in after["us-west-1/manifest.json"]
    sfn(folder, "build", "lines")
    sfn(folder, "build", "orders")
    assert sfn(folder, "build", "--check").returncode == 0


def test_a_retired_region_goes(project: Project) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    sfn(folder, "build")
    project(
        {
            "setup.cfg": "[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-east-1]\naccount = 111122223333\n",
            "pipelines/orders.py": PIPELINE,
        }
    )
    assert sfn(folder, "build", "--check").returncode == 1
    assert sfn(folder, "build").returncode == 0
    assert [path.name for path in (folder / "build").iterdir()] == ["us-east-1"]


def test_a_manifest_cannot_reach_outside(project: Project) -> None:
    manifest = '{"files": [{"path": "../../setup.cfg", "sha256": "x"}]}'
    folder = project({"pipelines/orders.py": PIPELINE, "build/us-east-1/manifest.json": manifest})
    done = sfn(folder, "build")
    assert done.returncode == 2
    assert "which is no file below its folder" in done.stderr
    assert (folder / "setup.cfg").exists()


def test_environments_have_folders_of_their_own(project: Project) -> None:
    cfg = """[sfn_dsl]
regions = us-east-1, cn-north-1
[sfn_dsl:us-east-1]
account = 111122223333
[sfn_dsl:cn-north-1]
account = 111122223333
[sfn_dsl:prod:us-east-1]
account = 444455556666
var.name = big
[sfn_dsl:dev:us-east-1]
account = 111122223333
var.name = small
[sfn_dsl:dev:cn-north-1]
account = 111122223333
var.name = china
[sfn_dsl:prod:cn-north-1]
account = 444455556666
var.name = prod-china
"""
    text = (
        PIPELINE.replace('job="j"', "job=config.name")
        + "\nq = Pipeline(name='q', body=StartPipeline('x', pipeline='orders', wait=False))\n"
    )
    folder = project({"setup.cfg": cfg, "pipelines/orders.py": text})
    assert sfn(folder, "build").returncode == 0
    assert '"JobName": "big"' in (folder / "build/prod/us-east-1/orders.asl.json").read_text()
    assert '"JobName": "small"' in (folder / "build/dev/us-east-1/orders.asl.json").read_text()
    assert "arn:aws:states:us-east-1:444455556666:stateMachine:orders" in (folder / "build/prod/us-east-1/q.asl.json").read_text()
    china = (folder / "build/dev/cn-north-1/q.asl.json").read_text()
    assert "arn:aws-cn:states:::states:startExecution" in china
    assert "arn:aws-cn:states:cn-north-1:111122223333:stateMachine:orders" in china
    before = tree(folder / "build")
    reordered = "[sfn_dsl]" + "".join(
        f"[{part}" for part in reversed(cfg.removeprefix("[sfn_dsl]\nregions = us-east-1, cn-north-1\n").split("[")[1:])
    )
    project(
        {
            "setup.cfg": reordered.replace("[sfn_dsl]", "[sfn_dsl]\nregions = cn-north-1, us-east-1\n", 1),
            "pipelines/orders.py": text,
        }
    )
    assert sfn(folder, "build", "--env", "prod").returncode == 0
    assert tree(folder / "build") == before


def test_bytes_do_not_depend_on_hash_seed_or_surroundings(project: Project) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    results = []
    for seed, region in (("0", "us-east-1"), ("4711", "cn-north-1")):
        sfn(folder, "build", PYTHONHASHSEED=seed, AWS_DEFAULT_REGION=region, LANG="C", TZ="Asia/Tokyo")
        results.append(tree(folder / "build"))
        for path in (folder / "build").rglob("*.json"):
            path.unlink()
    assert results[0] == results[1]


def test_botocore_is_not_needed_for_the_bytes(project: Project, tmp_path: Path) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    sfn(folder, "build")
    blocker = tmp_path / "block"
    blocker.mkdir()
    (blocker / "sitecustomize.py").write_text(
        "import sys\nsys.modules['botocore'] = None\nimport importlib.util as u\nf = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'botocore' else f(name, *a)\n"
    )
    done = sfn(folder, "build", "--check", PYTHONPATH=str(blocker), SFN_DSL_CACHE=str(tmp_path / "empty"))
    assert done.returncode == 0, done.stderr


def test_list(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    assert run(["-C", str(folder), "list"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["PIPELINE", "TARGET", "TYPE", "LANGUAGE", "STATES", "DECLARED"]
    assert "pipelines/orders.py:4" in out
    assert run(["-C", str(folder), "list", "--output-format", "json", "-r", "us-west-1"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["pipeline"], row["target"], row["states"]) for row in rows] == [("orders", "us-west-1", 2)]


def test_diff_against_a_ref_folds_regions(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    sfn(folder, "build")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    assert run(["-C", str(folder), "diff"]) == 0
    assert capsys.readouterr().out == ""
    changed = PIPELINE.replace("max_attempts=3", "max_attempts=5").replace(
        'Wait("Settle", seconds=10)', 'Wait("Rest", seconds=9) >> Succeed("End")'
    )
    project({"pipelines/orders.py": changed, "pipelines/lines.py": OTHER})
    assert run(["-C", str(folder), "--color", "never", "diff", "--exit-code"]) == 1
    out = capsys.readouterr().out
    assert "~ orders  (us-east-1, us-west-1 alike, changed)" in out
    assert "~ state  Load  Retry[0].MaxAttempts  3 -> 5" in out
    assert "+ state  Rest  (Wait)" in out
    assert "- state  Settle  (Wait)" in out
    assert "+ lines  (us-east-1, us-west-1 alike, added)" in out
    assert out.rstrip().endswith("to remove.")
    assert run(["-C", str(folder), "diff", "orders", "--output-format", "markdown"]) == 0
    assert "### `orders` (us-east-1, us-west-1, alike): changed" in capsys.readouterr().out
    assert run(["-C", str(folder), "diff", "orders", "--output-format", "json"]) == 0
    [entry] = json.loads(capsys.readouterr().out)
    assert entry["targets"] == ["us-east-1", "us-west-1"]
    assert {edit["kind"] for edit in entry["edits"]} == {"added", "removed", "changed"}
    (folder / "pipelines/orders.py").unlink()
    assert run(["-C", str(folder), "--color", "never", "diff"]) == 0
    assert "- orders  (us-east-1, us-west-1 alike, removed)" in capsys.readouterr().out


def test_diff_against_a_file_and_renames(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    folder = project({"pipelines/orders.py": PIPELINE})
    sfn(folder, "build")
    old = folder / "old.asl.json"
    old.write_text((folder / "build/us-east-1/orders.asl.json").read_text().replace('"Load"', '"Fetch"'))
    assert run(["-C", str(folder), "--color", "never", "diff", "orders", "--against", "old.asl.json"]) == 0
    out = capsys.readouterr().out
    assert "~ state  Fetch  is now called  Load" in out
    assert "machine  StartAt" not in out
    for arguments, message in (
        (["diff", "--against", "no-such-ref"], "not in a git repository"),
        (["diff", "orders", "--against", "setup.cfg"], "not JSON"),
    ):
        assert run(["-C", str(folder), *arguments]) == 2
        assert message in capsys.readouterr().err


def test_help_version_completion_and_colour(project: Project, tmp_path: Path) -> None:
    assert f"sfn-dsl, version {__version__}" in sfn(tmp_path, "--version").stdout
    text = sfn(tmp_path, "-h").stdout
    assert all(command in text for command in ("build", "diff", "list", "completion"))
    assert "_SFN_DSL_COMPLETE" in sfn(tmp_path, "completion", "zsh").stdout
    folder = project({"pipelines/orders.py": PIPELINE + "x = ("})
    assert "\x1b[" not in sfn(folder, "build").stderr
    assert "\x1b[" in sfn(folder, "--color", "always", "build").stderr
    assert "\x1b[" in sfn(folder, "build", FORCE_COLOR="1").stderr
    assert "\x1b[" not in sfn(folder, "build", FORCE_COLOR="1", NO_COLOR="1").stderr


def test_start_up_imports_only_click() -> None:
    code = "import sys; from sfn_dsl.cli.main import run; run(['--help']); print(sorted({name.split('.')[0] for name in sys.modules} & {'boto3', 'botocore', 'jinja2', 'jsonschema', 'yaml', 'simpy'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def test_the_repository_is_built() -> None:
    root = Path(__file__).parent.parent
    done = sfn(root, "build", "--check", PYTHONHASHSEED="3")
    assert done.returncode == 0, done.stdout + done.stderr
