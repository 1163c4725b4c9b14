"""The package as a user gets it: a wheel in an empty project, and an install from a checkout that leaves it clean."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIPELINE = """from sfn_dsl import *
batch = Input(id=str)
p = Pipeline(name="orders", input=batch, body=Notify.sns("Tell", topic="t", message=text_template(
    "batch_failed.txt", pipeline="orders", region=config.region, batch=batch.id, step="s", error="e", cause="c", link=context.Execution.Id)))
"""
CFG = "[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-east-1]\naccount = 111122223333\n"


def call(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git tracks of this checkout, uncommitted changes included, as a repository of its own."""
    folder = tmp_path_factory.mktemp("clone")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\0")
    files = [name for name in names if name and (ROOT / name).is_file()]
    if not files:
        pytest.skip("this is not a git checkout")
    for name in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    call("git", "init", "-q", cwd=folder)
    call("git", "add", "-A", cwd=folder)
    call("git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "all", cwd=folder)
    return folder


def make_environment(folder: Path) -> Path:
    """A virtual environment that sees this one's packages, so that only ours has to be installed."""
    venv.create(folder, with_pip=True)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    (site / "outer.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")) + "\n")
    return folder / "bin"


def test_a_wheel_works_in_an_empty_project(clone: Path, tmp_path: Path) -> None:
    binaries = make_environment(tmp_path / "venv")
    pip = (binaries / "python", "-m", "pip", "--disable-pip-version-check", "--quiet")
    call(*pip, "wheel", "--no-deps", "-w", tmp_path / "wheels", clone, cwd=tmp_path)
    [wheel] = (tmp_path / "wheels").glob("*.whl")
    call(*pip, "install", "--no-deps", "--force-reinstall", wheel, cwd=tmp_path)
    project = tmp_path / "project"
    (project / "pipelines").mkdir(parents=True)
    (project / "setup.cfg").write_text(CFG)
    (project / "pipelines/orders.py").write_text(PIPELINE)
    where = call(binaries / "python", "-c", "import sfn_dsl; print(sfn_dsl.__file__)", cwd=project)
    assert str(tmp_path / "venv") in where
    assert "Built 9 of 9 files" in call(binaries / "sfn-dsl", "build", cwd=project)
    assert "Pipeline orders failed in us-east-1." in (project / "build/us-east-1/orders.asl.json").read_text()


def test_installing_twice_leaves_the_checkout_clean(clone: Path, tmp_path: Path) -> None:
    binaries = make_environment(tmp_path / "venv")
    for _ in range(2):
        call(binaries / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", ".", cwd=clone)
    assert call("git", "status", "--porcelain", cwd=clone) == ""
    call(binaries / "python", "-m", "sfn_dsl", "build", "--check", cwd=clone)
