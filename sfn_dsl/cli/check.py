"""`check`: find every fault before AWS does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sfn_dsl.checking.files import check_files, files_below
from sfn_dsl.checking.selection import Selection, make_selection
from sfn_dsl.cli.main import EXIT_FOUND, EXIT_OK, Session
from sfn_dsl.cli.options import make
from sfn_dsl.configuration import Project, find_project
from sfn_dsl.diagnostic import Diagnostic, Severity
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.findings import FORMATS, render_findings
from sfn_dsl.project import relative
from sfn_dsl.rules.registry import all_rules

if TYPE_CHECKING:
    from sfn_dsl.checking.online import Question

__all__ = ["command"]


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATHS]...")
@click.option("--output-format", type=click.Choice(FORMATS), default="text", help="How to print.")
@click.option("--rule", "rules", multiple=True, help="Only this rule: a code, its beginning, or a name.", metavar="RULE")
@click.option("--ignore", multiple=True, help="Not this rule.", metavar="RULE")
@click.option("--profile", type=click.Choice(["default", "strict"]), help="strict: good practice becomes a warning.")
@click.option("--type", "kind", type=click.Choice(["STANDARD", "EXPRESS"]), help="Type of the machines in PATHS.")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@click.option("--warn-error", is_flag=True, help="Exit 1 on warnings too.")
@click.option("--statistics", is_flag=True, help="Count findings by rule.")
@click.option("--quiet-info", "-q", is_flag=True, help="Leave out findings of level info.")
@click.option("--online", is_flag=True, help="Ask AWS too (ValidateStateMachineDefinition).")
@click.option("--aws-profile", help="With --online: the profile of your AWS configuration.", metavar="NAME")
@click.option("--endpoint-url", help="With --online: another endpoint of Step Functions.", metavar="URL")
@click.option("-r", "--region", "regions", multiple=True, help="Only this Region of the project.", metavar="REGION")
@click.option("--env", "environment", help="Only this environment of setup.cfg.", metavar="NAME")
@click.pass_obj
def command(session: Session, /, paths: tuple[Path, ...], **options: Any) -> int:
    """Check pipelines of the project or, given PATHS, any .asl.json, .asl.yaml, CloudFormation or SAM template.

    Exit code 1 if there is an error (with --warn-error also for a warning). `sfn-dsl explain CODE` says more about a rule. A
    comment `# sfn: allow RULE` on a line suppresses a finding there; `ignore` and `per_file_ignores` in setup.cfg do so for a
    project or for files.
    """
    checked = _files(session, paths, options) if paths else _pipelines(session, options)
    found, root = checked.found, checked.root
    if options["online"]:
        from sfn_dsl.checking.online import ask_aws

        asked = ask_aws(checked.questions(), profile=options["aws_profile"], endpoint_url=options["endpoint_url"])
        found = [*found, *(relative(root, one) for one in asked)]
    if options["quiet_info"]:
        found = [one for one in found if one.severity is not Severity.INFO]
    found = sorted(dict.fromkeys(found), key=lambda one: one.sort_key)
    text = render_findings(found, options["output_format"], root, session.paint)
    if text:
        click.echo(text, nl=not text.endswith("\n"))
    if options["statistics"]:
        _statistics(found)
    _summary(found, checked.what)
    return EXIT_OK if options["exit_zero"] or not _bad(found, options["warn_error"]) else EXIT_FOUND


@dataclass(frozen=True, slots=True)
class _Checked:
    """What was found in what, with files shown from `root`, and what AWS can be asked about it."""

    found: list[Diagnostic]
    what: str
    root: Path
    questions: Callable[[], list[Question]]


def _files(session: Session, paths: Sequence[Path], options: dict[str, Any]) -> _Checked:
    try:
        project = find_project(session.directory)
    except ConfigError:
        project = None
    root = session.directory.resolve()
    files = files_below(session.directory / path for path in paths)
    found = check_files(files, root, _selection(project, options), type=options["kind"])

    def questions() -> list[Question]:
        from sfn_dsl.checking.online import questions_of_files

        region = options["regions"][0] if options["regions"] else "us-east-1"
        return questions_of_files(files, root, region, options["kind"])

    return _Checked(found, f"{len(files)} {'file' if len(files) == 1 else 'files'}", root, questions)


def _pipelines(session: Session, options: dict[str, Any]) -> _Checked:
    def selecting(project: Project) -> Selection:
        return _selection(project, options)

    made = make(session, (), options["regions"], options["environment"], complain=False, selecting=selecting)
    compiled = made.build.compiled
    count = len({one.pipeline.name for one in compiled})

    def questions() -> list[Question]:
        from sfn_dsl.checking.online import questions_of_pipelines

        return questions_of_pipelines(compiled)

    what = f"{count} {'pipeline' if count == 1 else 'pipelines'}"
    return _Checked(list(made.build.diagnostics), what, made.project.root, questions)


def _selection(project: Project | None, options: dict[str, Any]) -> Selection:
    return make_selection(
        chosen=options["rules"],
        ignored=(*(project.ignore if project else ()), *options["ignore"]),
        per_file=project.per_file_ignores if project else {},
        profile=options["profile"] or (project.profile if project else "default"),
    )


def _statistics(found: Sequence[Diagnostic]) -> None:
    names = {rule.code: rule.name for rule in all_rules()}
    for (code, name), count in sorted(Counter((one.code, one.name or names.get(one.code, "")) for one in found).items()):
        click.echo(f"{count:>6}  {code}  {name}", err=True)


def _summary(found: Sequence[Diagnostic], what: str) -> None:
    counts = Counter(one.severity for one in found)
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}
    told = [f"{counts[level]} {word}{'' if counts[level] == 1 else 's'}" for level, word in words.items() if counts[level]]
    click.echo(f"Found {', '.join(told)} in {what}." if told else f"No findings in {what}.", err=True)


def _bad(found: Sequence[Diagnostic], warn_error: bool) -> bool:
    bad = (Severity.ERROR, Severity.WARNING) if warn_error else (Severity.ERROR,)
    return any(one.severity in bad for one in found)
