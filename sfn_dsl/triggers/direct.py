"""`Direct`: the upstream pipeline starts this one as its last step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sfn_dsl.control.contract import BatchReady
from sfn_dsl.control.start import StartBatch
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.steps.step import Step
from sfn_dsl.triggers.parts import contract_problems, wanted_fields
from sfn_dsl.triggers.trigger import Trigger

__all__ = ["Direct"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Direct(Trigger):
    """A start by the upstream's machine, in its own Region. `wait`: the upstream waits, and fails when the batch fails here: by the
    control row, whichever execution works on it, or where there is none by the execution of the batch's name.

    By default it stands behind every pipeline whose contract this one consumes. There is nothing else to deploy; what is between
    the upstream's last stage and the call is lost with the upstream, unless a READY row and the sweeper find it.
    """

    contract: BatchReady | None = None
    wait: bool = False

    def contracts(self, pipeline: Pipeline) -> tuple[BatchReady, ...]:
        return (self.contract,) if self.contract is not None else pipeline.consumes

    def problems(self, pipeline: Pipeline) -> Iterator[Diagnostic]:
        if not self.contracts(pipeline):
            yield Diagnostic(
                code="SFN521",
                message=f"nobody starts pipeline `{pipeline.name}` directly",
                span=self.span,
                help="give the pipeline `consumes=`",
            )
        yield from contract_problems(pipeline, self.contracts(pipeline), self.span)

    def upstream(self, pipeline: Pipeline) -> Mapping[str, Step]:
        found: dict[str, Step] = {}
        for contract in self.contracts(pipeline):
            given = {name: contract.offered[name] for name in wanted_fields(pipeline, contract)}
            found[contract.pipeline] = StartBatch(
                f"Start {pipeline.name}",
                pipeline=pipeline.name,
                batch=contract.batch_id,
                input=given,
                wait=self.wait,
                rows=pipeline.control is not None,
                span=self.span,
            )
        return found
