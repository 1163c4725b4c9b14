"""`explain`: what a rule, or another code, is about."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sfn_dsl.cli.main import EXIT_OK, Session
from sfn_dsl.codes import CODES
from sfn_dsl.errors import ConfigError
from sfn_dsl.formats.rule_page import code_page, reference, rule_page
from sfn_dsl.rules.registry import all_rules, find_rules

__all__ = ["command"]


@click.command("explain")
@click.argument("words", nargs=-1, metavar="[CODE|NAME]...")
@click.option("--all", "everything", is_flag=True, help="Every rule, as one page in Markdown: docs/rules.md.")
@click.pass_obj
def command(session: Session, words: tuple[str, ...], everything: bool) -> int:
    """Say what a finding means: for a rule, why that is bad, with definitions that fail and pass."""
    if not words and not everything:
        raise ConfigError("name a rule", help="for instance `sfn-dsl explain SFN130`, or `sfn-dsl explain --all`")
    click.echo(reference(all_rules(), CODES) if everything else "\n".join(_pages(words)), nl=False)
    return EXIT_OK


def _pages(words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        codes = [code for code in CODES if word in (code.code, code.name)]
        yield from map(code_page, codes)
        if not codes:
            yield from map(rule_page, find_rules([word]))
