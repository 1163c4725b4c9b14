"""What may differ between two data sets of the lakehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from sfn_dsl.errors import DeclarationError
from sfn_dsl.span import caller

WHOLE: Final = {
    "batch_size": (1, 1_000_000),
    "max_retries": (0, 100),
    "retry_delay_seconds": (1, 3600),
    "lambda_timeout_seconds": (1, 900),
    "glue_timeout_seconds": (60, 7 * 86_400),
}
"""Least and most of the whole numbers; a function lasts 15 minutes at most, a Glue job 7 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LakehouseParameters:
    """One data set: `sources` are extracted side by side, at each slot of `schedule`.

    `express`: an Express machine, which lasts 5 minutes at most and waits for nobody; so without `glue` (the engine for tables),
    `approval` and `emr_cluster` (the id of the cluster for large batches). `redshift`: workgroup and database that get a copy.
    `accept`, `review`: shares of good rows, 0 to 1, from which a batch goes on by itself, and from which a person may let it; so
    `review` is at most `accept`. Whole numbers lie in `WHOLE`.
    """

    name: str
    dataset: str
    sources: tuple[str, ...]
    schedule: str = "rate(1 hour)"
    express: bool = False
    glue: bool = True
    approval: bool = True
    emr_cluster: str | None = None
    redshift: tuple[str, str] | None = None
    batch_size: int = 1000
    max_retries: int = 3
    retry_delay_seconds: int = 5
    lambda_timeout_seconds: int = 300
    glue_timeout_seconds: int = 3600
    accept: float = 0.98
    review: float = 0.9
    logging_level: str = "ERROR"
    tracing: bool = True

    def __post_init__(self) -> None:
        for message, help in chain(self._wrong_figures(), self._waits_in_express()):
            raise DeclarationError(f"`{self.name}` has {message}", help=help, span=caller())

    def _wrong_figures(self) -> Iterator[tuple[str, str]]:
        for name, (least, most) in WHOLE.items():
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                yield f"`{name}={value!r}`, which is no whole number from {least} to {most}", "write a number in this range"
        for name in ("accept", "review"):
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0 <= value <= 1:
                yield f"`{name}={value!r}`, which is no share from 0 to 1", "write 0.98 for 98 % of good rows"
        if self.approval and self.review > self.accept:
            message = f"`review={self.review}` above `accept={self.accept}`, so that no batch would ever be asked about"
            yield message, "say a `review` of at most `accept`, or `approval=False`"

    def _waits_in_express(self) -> Iterator[tuple[str, str]]:
        waits = [
            name for name, used in (("Glue", self.glue), ("Approval", self.approval), ("EMR", self.emr_cluster is not None)) if used
        ]
        if self.express and waits:
            message = f"`express=True` with {' and '.join(waits)}, which an Express machine cannot wait for"
            yield message, "say `glue=False, approval=False` and no `emr_cluster`, or leave `express` out"
