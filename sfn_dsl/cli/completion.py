"""`completion`: the completion script for a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from sfn_dsl.cli.main import EXIT_OK, cli

__all__ = ["command"]


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script for a shell; for bash: eval "$(sfn-dsl completion bash)"."""
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "sfn-dsl", "_SFN_DSL_COMPLETE").source())
    return EXIT_OK
