"""The command line. Only click is imported here; each command imports what it needs when it runs."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from sfn_dsl import __version__

__all__ = ["EXIT_ERROR", "EXIT_FOUND", "EXIT_INTERRUPTED", "EXIT_OK", "Session", "cli", "main"]

EXIT_OK, EXIT_FOUND, EXIT_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130

_COMMANDS = {
    "build": "Compile pipelines into build/, per Region.",
    "check": "Find every fault before AWS does.",
    "completion": "Print the completion script for a shell.",
    "cost": "What a pipeline costs and how long it takes.",
    "deploy": "Create and change the stacks of the templates in build/.",
    "diff": "Show what changed, state by state.",
    "dlq": "Look into dead-letter queues, send letters again.",
    "docs": "Write the pages of docs/ that are made of figures.",
    "drift": "Show what was changed by hand since it was published.",
    "explain": "Say what a rule of `check` is about.",
    "failback": "Let the first active Region work again.",
    "iam": "What machines may do, and which states need it.",
    "list": "List pipelines and what they become.",
    "promote": "Let the other Region work.",
    "prune": "Delete published versions that nothing uses.",
    "publish": "Publish build/ to AWS: plan, versions, alias.",
    "record": "Save the history of a real execution, to be simulated.",
    "rerun": "Run a batch again, without the stages that are done.",
    "rollback": "Let the alias point to an earlier version.",
    "simulate": "Run a definition on a virtual clock, with faults.",
    "status": "Show what is published and runs, per Region.",
    "triggers": "Compare the ways to start a pipeline.",
}


class Session:
    """What all commands share: the folder to work in, whether to colour, whether errors come with a traceback."""

    def __init__(self) -> None:
        self.directory = Path()
        self.colour = False
        self.debug = False

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, where colours are on. Colour never says anything that the words do not."""
        return click.style(text, fg=colour, bold=True) if self.colour else text


class _Commands(click.Group):
    """Commands are modules of this package, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"sfn_dsl.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _wants_colour(choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SFN_DSL"})
@click.version_option(__version__, prog_name="sfn-dsl")
@click.option("-C", "directory", type=click.Path(path_type=Path), default=Path(), help="Work in this folder.", metavar="DIR")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours; honours NO_COLOR, FORCE_COLOR."
)
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
@click.pass_context
def cli(ctx: click.Context, directory: Path, color: str, debug: bool) -> None:
    """Declare a data pipeline once in Python; get reviewable AWS Step Functions definitions per Region.

    Exit codes: 0 fine, 1 found something, 2 could not do it, 130 interrupted.
    """
    session = ctx.ensure_object(Session)
    session.directory = directory
    session.colour = ctx.color = _wants_colour(color)
    session.debug = debug


def main() -> None:
    """Run the command line and exit: the entry point of `sfn-dsl` and `python -m sfn_dsl`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    import traceback

    from sfn_dsl.errors import SfnError

    session = Session()
    try:
        code = cli.main(args=arguments, prog_name="sfn-dsl", standalone_mode=False, obj=session)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough; point stdout elsewhere so that the interpreter can close it in peace.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except SfnError as error:
        if session.debug:
            traceback.print_exception(error)
        for one in (error, *error.others):
            where = f" ({one.span})" if one.span is not None else ""
            click.echo(f"error: {one}{where}", err=True)
            if one.help:
                click.echo(f"help: {one.help}", err=True)
        return error.exit_code
    return code if isinstance(code, int) else EXIT_OK
