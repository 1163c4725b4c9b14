"""`docs`: the pages of docs/ that are made of what pipelines become and of what simulated worlds show."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import make
from sfn_dsl.configuration import Project, find_project
from sfn_dsl.errors import ConfigError
from sfn_dsl.output import Change, write
from sfn_dsl.pages.system_page import MADE, system_pages
from sfn_dsl.project import load_pipelines
from sfn_dsl.proof.approaches import upstream_of
from sfn_dsl.proof.comparing import compare
from sfn_dsl.proof.document import triggers_page

__all__ = ["command"]

_WORLDS = 8
_SEED = 0


@click.command("docs")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a page is stale.")
@click.option("--only", type=click.Choice(["systems", "triggers"]), help="Only these pages; those of systems take seconds.")
@click.pass_obj
def command(session: Session, check: bool, only: str | None) -> int:
    """Write the pages of docs/ that are made of pipelines: `docs/systems/<pipeline>.md` for each, and `docs/triggers.md` for the
    one named by `compared` in setup.cfg.

    The seed and the number of worlds are fixed, so that the same pipelines give the same pages. It takes a minute or two.
    """
    project = find_project(session.directory)
    folder = project.root / "docs"
    stale: list[Change] = []
    pages: dict[str, str] = {}
    if only != "triggers":
        made = make(session, (), (), project.targets[0].environment or None)
        if made.build.failed:
            return EXIT_FOUND
        pages |= {f"systems/{name}.md": text for name, text in system_pages(made.build, project.rates).items()}
        stale += _orphans(folder / "systems", {f"{compiled.pipeline.name}.md" for compiled in made.build.compiled})
    if only != "systems":
        pages |= _compared(project, required=only is not None)
    for name, text in pages.items():
        path = folder / name
        old = path.read_text(encoding="utf-8") if path.is_file() else None
        if old != text:
            stale.append(Change(path=path, old=old, new=text))
    if check:
        for change in stale:
            what = "is stale" if change.new is not None else "is of no pipeline any more"
            click.echo(f"error: {change.path.relative_to(project.root)} {what}", err=True)
        if stale:
            click.echo("help: run `sfn-dsl docs` and commit the result", err=True)
        return EXIT_FOUND if stale else EXIT_OK
    write(folder, tuple(stale))
    removed = sum(change.new is None for change in stale)
    click.echo(f"Wrote {len(stale) - removed} pages; the others are fresh.{f' Removed {removed}.' if removed else ''}")
    return EXIT_OK


def _orphans(folder: Path, names: set[str]) -> list[Change]:
    """Pages of pipelines that the project no longer has; what people have written there stays."""
    found = ((path, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.md")) if path.name not in names)
    return [Change(path=path, old=text, new=None) for path, text in found if MADE in text]


def _compared(project: Project, *, required: bool) -> dict[str, str]:
    """The page about ways to start the pipeline to compare, by its name in docs/; none where the project names no pipeline."""
    if not project.compared and not required:
        return {}
    if not project.compared:
        raise ConfigError("no page is to be made", help="write `compared = <pipeline>` in [sfn_dsl] of setup.cfg")
    loaded = load_pipelines(project)
    [pipeline] = loaded.select([project.compared])[:1]
    targets = project.chosen_targets((), project.targets[0].environment)
    deployment = pipeline.deployment or targets[0].deployed
    found = compare(upstream_of(pipeline, loaded.pipelines), pipeline, deployment, targets, worlds=_WORLDS, seed=_SEED)
    return {"triggers.md": triggers_page(found)}
