"""Values of wrong types in a pipeline and its contracts: a finding for each, and the pipeline without them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sfn_dsl.compile.field_types import misfits
from sfn_dsl.control.contract import BatchReady
from sfn_dsl.diagnostic import Diagnostic
from sfn_dsl.pipeline import Pipeline

__all__ = ["mended"]


def mended(pipeline: Pipeline) -> tuple[Pipeline, tuple[Diagnostic, ...]]:
    """The pipeline with the default for each field whose value is of a wrong type, so that all else can be checked as well."""
    defaults = Pipeline(name=pipeline.name, body=pipeline.body)
    fresh: dict[str, Any] = {}
    found = []
    for misfit in misfits(pipeline):
        message = f"`{misfit.field}` of pipeline `{pipeline.name}` is no {misfit.wanted}"
        help = "write `consumes=(ready,)`" if misfit.field == "consumes" else misfit.help
        found.append(Diagnostic(code="SFN104", message=message, span=pipeline.span, help=help))
        fresh[misfit.field] = getattr(defaults, misfit.field)
    told = fresh.get("produces", pipeline.produces)
    if told is not None and (wrong := list(_mistyped(told))):
        found += wrong
        fresh["produces"] = None
    consumed = fresh.get("consumes", pipeline.consumes)
    good = tuple(_contracts(pipeline, consumed, found))
    if len(good) < len(consumed):
        fresh["consumes"] = good
    return (replace(pipeline, **fresh) if fresh else pipeline), tuple(found)


def _contracts(pipeline: Pipeline, consumed: Iterable[object], found: list[Diagnostic]) -> Iterator[BatchReady]:
    for contract in consumed:
        wrong = list(_mistyped(contract)) if isinstance(contract, BatchReady) else [_no_contract(pipeline, contract)]
        found += wrong
        if isinstance(contract, BatchReady) and not wrong:
            yield contract


def _no_contract(pipeline: Pipeline, contract: object) -> Diagnostic:
    return Diagnostic(
        code="SFN104",
        message=f"`consumes` of pipeline `{pipeline.name}` holds a value of type {type(contract).__name__}, no BatchReady",
        span=pipeline.span,
        help="name the BatchReady that the other pipeline `produces`",
    )


def _mistyped(contract: BatchReady) -> Iterator[Diagnostic]:
    whose = "a BatchReady" if not isinstance(contract.pipeline, str) else f"the BatchReady of `{contract.pipeline}`"
    wrong = [(f"`{misfit.field}` of {whose} is no {misfit.wanted}", misfit.help) for misfit in misfits(contract, expressions=False)]
    if not wrong:
        names = [name for name in contract.fields if not isinstance(name, str)]
        wrong += [(f"`fields` of {whose} has the name {name!r}, which is no text", "write the name of a field") for name in names]
    for message, help in wrong:
        yield Diagnostic(code="SFN104", message=message, span=contract.span, help=help)
