"""What README and the guides show is what a user gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sfn_dsl.cli.main import run

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "docs/writing-pipelines.md"]


@pytest.mark.parametrize("language", ["JSONata", "JSONPath"])
@pytest.mark.parametrize("page", PAGES)
def test_examples_build(
    page: str, language: str, project: Callable[[dict[str, str]], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)
    assert blocks
    folder = project({f"pipelines/example_{number}.py": block for number, block in enumerate(blocks)})
    setup = (folder / "setup.cfg").read_text().replace("[sfn_dsl]\n", f"[sfn_dsl]\nquery_language = {language}\n")
    (folder / "setup.cfg").write_text(setup)
    assert run(["-C", str(folder), "build"]) == 0, capsys.readouterr().err
    # Per Region and pipeline: definition, settings, policy, template; the shared template, its machine's three files, the manifest.
    assert f"Built {2 * (5 + 4 * len(blocks))} of" in capsys.readouterr().out


def test_the_message_in_the_readme_is_the_real_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "setup.cfg").write_text((ROOT / "setup.cfg").read_text())
    (tmp_path / "templates/batch_failed.txt").write_text((ROOT / "templates/batch_failed.txt").read_text())
    for name in ("_alert.py", "_errors.py"):
        (tmp_path / "pipelines" / name).write_text((ROOT / "pipelines" / name).read_text())
    text = (ROOT / "pipelines/guidewire_base.py").read_text()
    (tmp_path / "pipelines/guidewire_base.py").write_text(text.replace("copy.output.JobRunId", "copy.output.JobRunID"))
    assert run(["-C", str(tmp_path), "--color", "never", "build"]) == 1
    shown = re.search(r"   ```\n   (error\[SFN204\].*?)\n   ```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert shown is not None
    assert re.sub(r"(?m)^   ", "", shown.group(1)) == capsys.readouterr().err.split("\n\n")[0]


@pytest.mark.slow
def test_pages_of_figures_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(ROOT), "docs", "--check"]) == 0, capsys.readouterr().err
