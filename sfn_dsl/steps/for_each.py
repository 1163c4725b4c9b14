"""`ForEach`: the same steps for every element of a list, inside the execution (an inline Map)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from sfn_dsl.asl.shapes import ANY, Shape, declared
from sfn_dsl.draft import Draft, Each, Site
from sfn_dsl.errors import DeclarationError
from sfn_dsl.expression import MISSING, ItemRoot, Reference, Template
from sfn_dsl.policy import NEVER, Catcher, RetryPolicy
from sfn_dsl.span import caller
from sfn_dsl.steps.step import Block, Step, as_catchers, as_steps

__all__ = ["ForEach", "Item", "iterated", "list_of"]


class Item(Reference):
    """The element that the steps of a `ForEach` or `DistributedMap` work on.

    `Item(key=str, size=int)` declares its fields; `Item()` takes anything. `item.key` is a field, `item` the whole element,
    `fn.index_of(item)` its position from 0.
    """

    __slots__ = ("_shape",)

    def __init__(self, **fields: object) -> None:
        super().__init__(ItemRoot(self), (), caller())
        self._shape: Shape = declared(fields) if fields else ANY


@dataclass(frozen=True, slots=True, eq=False)
class ForEach(Step):
    """Runs `do` once per element of `items`.

    `collect` is what each iteration gives back, in terms of the steps inside; `output` of the ForEach is the list of these,
    in the order of the items. AWS runs about 40 iterations at a time; `max_concurrency=1` makes it one after another.
    """

    _: KW_ONLY
    items: Template
    item: Item
    do: Block
    collect: Template = field(default_factory=dict)
    max_concurrency: Template = MISSING
    retry: RetryPolicy = NEVER
    catch: tuple[Catcher, ...] | Catcher = ()

    def lower(self, site: Site) -> tuple[Draft, ...]:
        body = iterated(self, self.item, self.do)
        return (
            Each(
                comment=self.comment,
                items=self.items,
                item=self.item,
                body=body,
                collect=self.collect,
                max_concurrency=self.max_concurrency,
                shape=list_of(self.collect),
                retry=self.retry.retriers(""),
                catch=as_catchers(self.name, self.catch, self.span),
            ),
        )


def iterated(step: Step, item: object, do: Block) -> tuple[Step, ...]:
    """The steps of a map's iterations. Raises DeclarationError where there are none, or `item` is no `Item`."""
    body = as_steps(do, step.span)
    if not isinstance(item, Item):
        help = "write `row = Item()` and use `row` in the steps"
        raise DeclarationError(f"`item` of `{step.name}` must be an `Item()`", help=help, span=step.span)
    if not body:
        raise DeclarationError(f"{step.kind} `{step.name}` has no steps", help="give it steps in `do`", span=step.span)
    return body


def list_of(collect: Template) -> Shape:
    """The shape of a list whose elements are made by a template."""
    fields = {str(name): object for name in collect} if isinstance(collect, Mapping) else object
    return declared([fields])
