"""`StartReady`: what a pipeline does that a schedule has started without a batch: it starts itself for each batch that waits."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Final

from sfn_dsl.control.sweep import Sweep
from sfn_dsl.draft import Draft, Fixed, Site
from sfn_dsl.expression import Template
from sfn_dsl.steps.step import Step

__all__ = ["SLOT_INPUT", "StartReady"]

SLOT_INPUT: Final = "slot"
"""Name of the only input of an execution that a schedule has started to look for batches."""


@dataclass(frozen=True, slots=True, eq=False)
class StartReady(Step):
    """Goes on with a batch, or, in an execution that was started for a slot, starts one execution per waiting batch and ends."""

    _: KW_ONLY
    pipeline: str

    def lower(self, site: Site) -> tuple[Draft, ...]:
        [swept] = Sweep("Look for batches", pipeline=self.pipeline, age_seconds=0, span=self.span).lower(site)
        assert isinstance(swept, Fixed)
        states: dict[str, dict[str, Template]] = {
            self.name: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": f"{{% $exists($states.context.Execution.Input.{SLOT_INPUT}) %}}", "Next": swept.start_at}
                ],
                "Default": "Go on",
            },
            "Go on": {"Type": "Pass", "Output": {}, "End": True},
            **{name: dict(state) for name, state in swept.states.items()},
            "Swept": {"Type": "Succeed", "Output": {"claimed": False}},
        }
        # The claim that follows writes the active Region too.
        writes = {name: shape for name, shape in swept.writes.items() if name != "active_region"}
        return (Fixed(start_at=self.name, states=states, query_language="JSONata", keeps_names=True, writes=writes),)
