"""`Succeed` and `Fail`: end the pipeline, branch or iteration here."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from sfn_dsl.draft import Draft, Fault, Site, Stop
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import Expression, Template
from sfn_dsl.steps.step import Step

__all__ = ["Fail", "Succeed"]


@dataclass(frozen=True, slots=True, eq=False)
class Succeed(Step):
    """Ends well; nothing after it runs."""

    def lower(self, site: Site) -> tuple[Draft, ...]:
        return (Stop(comment=self.comment),)


@dataclass(frozen=True, slots=True, eq=False)
class Fail(Step):
    """Ends with an error, through the pipeline's failure handler where there is one. Names starting with `States.` are AWS's."""

    _: KW_ONLY
    error: Template
    cause: Template = ""

    def lower(self, site: Site) -> tuple[Draft, ...]:
        for value in (self.error, self.cause):
            if not isinstance(value, (str, Expression)):
                raise DeclarationError(
                    f"error and cause of Fail `{self.name}` are texts", help="write text or an expression", span=self.span
                )
        return (Fault(comment=self.comment, error=self.error, cause=self.cause),)
