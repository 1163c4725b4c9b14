"""A template: the resources that one stack has in one Region, and what references in it stand for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, overload

from sfn_dsl.asl.model import Json
from sfn_dsl.errors import DeclarationError
from sfn_dsl.region import Target
from sfn_dsl.resources.machines import StateMachine, StateMachineVersion
from sfn_dsl.resources.messaging import Queue
from sfn_dsl.resources.model import NamedResource, Resource
from sfn_dsl.resources.references import Arn, Joined, Name, Text, Url, Value

__all__ = ["SUBSTITUTION", "Template", "mapped", "references", "resolve"]

SUBSTITUTION: Final = re.compile(r"\$\{([A-Za-z0-9_]+)\}")
"""`${Key}` in the texts of a state machine's definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What is deployed together in one Region.

    `name`: the stack's name. `resources`: in the order they are written. `outputs`: text by name (letters and digits).
    """

    name: str
    target: Target
    resources: tuple[Resource, ...]
    description: str = ""
    outputs: Mapping[str, Text] = field(default_factory=dict)

    def resource(self, id: str) -> Resource:
        """The resource with this logical id. Raises DeclarationError where there is none."""
        for resource in self.resources:
            if resource.id == id:
                return resource
        raise DeclarationError(
            f"template `{self.name}` has no resource `{id}`", help="refer to things of another template by their literal ARN"
        )

    def id_of(self, kind: type[Resource], name: str) -> str | None:
        """The logical id of the resource of this type and name, or None where the template has none."""
        for resource in self.resources:
            if isinstance(resource, kind) and getattr(resource, "name", None) == name:
                return resource.id
        return None

    def machine(self, name: str) -> StateMachine:
        """The state machine with this name. Raises DeclarationError where there is none."""
        for resource in self.resources:
            if isinstance(resource, StateMachine) and resource.name == name:
                return resource
        raise DeclarationError(
            f"template `{self.name}` has no state machine `{name}`",
            help="versions and aliases go into the template of their machine",
        )


def mapped(value: Value, text: Callable[[Text], Json], key: Callable[[str], str] = str) -> Json:
    """The same JSON with every text and reference replaced by what `text` makes of it, and every key by what `key` does."""
    top: list[Any] = [None]
    stack: list[tuple[Value, Any, Any]] = [(value, top, 0)]
    while stack:
        node, into, place = stack.pop()
        if isinstance(node, (str, Arn, Name, Url, Joined)):
            into[place] = text(node)
        elif isinstance(node, Mapping):
            into[place] = members = dict.fromkeys(map(key, node))
            stack += [(member, members, key(name)) for name, member in node.items()]
        elif isinstance(node, (list, tuple)):
            into[place] = elements = [None] * len(node)
            stack += [(element, elements, number) for number, element in enumerate(node)]
        else:
            into[place] = node
    return top[0]


def references(value: object) -> Iterator[Arn | Name | Url]:
    """All references in a resource or a value."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, (Arn, Name, Url)):
            yield node
        elif isinstance(node, Mapping):
            stack += node.values()
        elif isinstance(node, (list, tuple)):
            stack += node
        elif dataclasses.is_dataclass(node):
            stack += [getattr(node, item.name) for item in dataclasses.fields(node)]


@overload
def resolve(value: Text, template: Template) -> str: ...
@overload
def resolve(value: Value, template: Template) -> Json: ...
def resolve(value: Value, template: Template) -> Json:
    """The value with literal text in place of references. Raises DeclarationError for a reference that means nothing."""
    return mapped(value, lambda text: _literal(text, template))


def _literal(text: Text, template: Template) -> str:
    match text:
        case str():
            return text
        case Joined():
            return "".join(_literal(part, template) for part in text.parts)
        case Url():
            queue = template.resource(text.id)
            if isinstance(queue, Queue):
                return queue.url(template.target)
            raise DeclarationError(f"`{text.id}` has no URL", help="only queues have one; use Arn or Name")
        case Arn():
            resource = template.resource(text.id)
            if isinstance(resource, StateMachineVersion | NamedResource):
                return resource.arn(template.target)
            raise DeclarationError(f"`{text.id}` has no ARN that is known before it exists", help="refer to what it belongs to")
        case Name():
            resource = template.resource(text.id)
            if isinstance(resource, NamedResource):
                return resource.name
            raise DeclarationError(f"`{text.id}` has no name of its own", help="refer to what it belongs to")
