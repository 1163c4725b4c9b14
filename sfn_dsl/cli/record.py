"""`record`: save the history of a real execution, to be simulated."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sfn_dsl.cli.main import EXIT_OK, Session
from sfn_dsl.errors import EnvironmentFault
from sfn_dsl.publish.recordings import fetch_recording

__all__ = ["command"]


@click.command("record")
@click.argument("arn")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write; stdout by default.", metavar="FILE")
@click.option("--profile", help="The profile of your AWS configuration.", metavar="NAME")
@click.option("--endpoint-url", help="Another endpoint of Step Functions, for instance a local one.", metavar="URL")
@click.pass_obj
def command(session: Session, arn: str, output: Path | None, profile: str | None, endpoint_url: str | None) -> int:
    """Save the history of the execution ARN. It serves `simulate --mock` (its tasks answer as they did) and `simulate --against`.

    Only reads: DescribeExecution and GetExecutionHistory. The file holds the execution's data: look at it before you commit it.
    """
    recording = fetch_recording(arn, profile=profile, endpoint_url=endpoint_url)
    text = json.dumps(recording, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return EXIT_OK
    file = session.directory / output
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(f"cannot write {file}: {error.strerror}") from None
    click.echo(f"Recorded {len(recording['events'])} events in {output}.", err=True)
    return EXIT_OK
