"""What may differ between two data sets of the lakehouse."""

from dataclasses import dataclass

from sfn_dsl.errors import DeclarationError
from sfn_dsl.span import caller


@dataclass(frozen=True, slots=True, kw_only=True)
class LakehouseParameters:
    """One data set: `sources` are extracted side by side, at each slot of `schedule`.

    `express`: an Express machine, which lasts 5 minutes at most and waits for nobody; so without `glue` (the engine for tables),
    `approval` and `emr_cluster` (the id of the cluster for large batches). `redshift`: workgroup and database that get a copy.
    `accept`, `review`: shares of good rows, 0 to 1, from which a batch goes on by itself, and from which a person may let it.
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
        waits = [
            name for name, used in (("Glue", self.glue), ("Approval", self.approval), ("EMR", self.emr_cluster is not None)) if used
        ]
        if self.express and waits:
            raise DeclarationError(
                f"`{self.name}` is an Express pipeline with {' and '.join(waits)}, which an Express machine cannot wait for",
                help="say `glue=False, approval=False` and no `emr_cluster`, or leave `express` out",
                span=caller(),
            )
