"""`--from`: a plan that was saved is carried out as it is, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from sfn_dsl.errors import ConfigError
from sfn_dsl.publish.plan import Plan
from sfn_dsl.publish.plan_file import load_plan
from sfn_dsl.publish.refusal import Refused

__all__ = ["saved_plan"]

_SETTLED: Final = {
    "names": "PIPELINES",
    "selected": "--select",
    "regions": "--region",
    "alias": "--alias",
    "save": "--save",
    "strategy": "--strategy",
    "interval": "--interval",
    "force": "--force",
    "delete_removed": "--delete-removed",
}
"""Parameters of `publish` that a plan has settled, and what people call them."""


def saved_plan(context: click.Context, source: Path, *, local: bool) -> Plan:
    """The plan of a file. Raises ConfigError where a parameter says what the plan has settled, Refused for a plan that was made for
    an AWS of another kind, what `load_plan` raises for a file that is no plan."""
    given = [said for name, said in _SETTLED.items() if context.get_parameter_source(name) is not ParameterSource.DEFAULT]
    if given:
        raise ConfigError(
            f"--from carries a plan out as it was saved, so it does not go with {', '.join(given)}",
            help="leave that out, or make another plan by `publish --save`",
        )
    plan = load_plan(source)
    if plan.options.provide != local:
        made_for, remedy = ("a real AWS", "leave --local out") if local else ("an AWS on this machine", "say --local")
        raise Refused(f"the saved plan was made for {made_for}", help=f"{remedy}, or make another plan by `publish --save`")
    return plan
