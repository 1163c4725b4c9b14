"""`explain`: what a rule is about."""

from __future__ import annotations

import click

from sfn_dsl.cli.main import EXIT_OK, Session
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.rule_page import reference, rule_page
from sfn_dsl.rules.registry import all_rules, find_rules

__all__ = ["command"]


@click.command("explain")
@click.argument("words", nargs=-1, metavar="[CODE|NAME]...")
@click.option("--all", "everything", is_flag=True, help="Every rule, as one page in Markdown: docs/rules.md.")
@click.pass_obj
def command(session: Session, words: tuple[str, ...], everything: bool) -> int:
    """Say what a rule finds, why that is bad, and show definitions that fail and pass."""
    if not words and not everything:
        raise ConfigError("name a rule", help="for instance `sfn-dsl explain SFN130`, or `sfn-dsl explain --all`")
    text = reference(all_rules()) if everything else "\n".join(rule_page(rule) for rule in find_rules(words))
    click.echo(text, nl=False)
    return EXIT_OK
