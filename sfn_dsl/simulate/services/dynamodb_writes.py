"""One write to a DynamoDB table: what can be refused from the request alone, then what depends on the item."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sfn_dsl.asl.model import Json
from sfn_dsl.simulate.services.dynamodb_binding import Binding
from sfn_dsl.simulate.services.dynamodb_evaluation import holds, project, updated
from sfn_dsl.simulate.services.dynamodb_nodes import Node, Update
from sfn_dsl.simulate.services.dynamodb_table import Key, Table
from sfn_dsl.simulate.services.dynamodb_values import Item, copied, invalid, item_of, item_size, refused
from sfn_dsl.simulate.services.service_error import ServiceError

__all__ = ["Change", "ConditionalCheckFailed", "Write", "prepare", "require"]

_ITEM_LIMIT = 409_600
_RETURN_VALUES = ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")
_EMPTY_INDEX_KEY = (
    "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that "
    "is not supported. The AttributeValue for a key attribute cannot contain an empty {word} value."
)
_LEGACY = ("Expected", "AttributeUpdates", "ConditionalOperator", "AttributesToGet", "KeyConditions", "QueryFilter", "ScanFilter")


class ConditionalCheckFailed(ServiceError):
    """A condition that was false; `item` is what stood there, when the request asked for it."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("ConditionalCheckFailedException", "The conditional request failed")
        self.item = item


@dataclass(frozen=True, slots=True)
class Change:
    """What a write does: the item before and after (None: no item), and what the call answers as Attributes."""

    table: Table
    key: Key
    old: Item | None
    new: Item | None
    attributes: Item | None

    def apply(self) -> None:
        """Make it so."""
        if self.new is None:
            self.table.items.pop(self.key, None)
        else:
            self.table.items[self.key] = self.new
        if self.table.changed is not None and self.new is not self.old:
            self.table.changed(self.key, self.new)


@dataclass(frozen=True, slots=True)
class Write:
    """A write that is right as far as the request alone tells. `subject` is the item of a put, otherwise the raw key."""

    action: str
    table: Table
    subject: Json
    binding: Binding
    condition: Node | None
    update: Update | None
    returns: str
    returns_on_failure: bool

    def change(self) -> Change:
        """What the write would do now. Raises ServiceError, ConditionalCheckFailed among them; changes nothing."""
        table = self.table
        if self.action == "Put":
            table.check_item(self.subject)
            key = table.key_of(self.subject)
        else:
            subject = table.lookup(self.subject)
            key = table.key_of(subject)
        old = table.items.get(key)
        if self.update is not None:
            self._check_targets(self.update)
        if self.condition is not None and not holds(self.condition, old or {}, self.binding):
            raise ConditionalCheckFailed(copied(old) if self.returns_on_failure else None)
        if self.action == "Put":
            return Change(table, key, old, self.subject, old if self.returns == "ALL_OLD" else None)
        if self.action == "Delete":
            return Change(table, key, old, None, old if self.returns == "ALL_OLD" else None)
        if self.action == "ConditionCheck":
            return Change(table, key, old, old, None)
        return self._updated(key, old, subject)

    def _check_targets(self, update: Update) -> None:
        for path in update.paths:
            name = self.binding.steps(path)[0]
            if name in self.table.primary.attributes:
                raise invalid(
                    f"One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
                )

    def _updated(self, key: Key, old: Item | None, subject: Item) -> Change:
        update, table = self.update, self.table
        if update is None:
            new = old or subject
            return Change(table, key, old, new, {"ALL_OLD": old, "ALL_NEW": new}.get(self.returns))
        new = updated(subject if old is None else old, update, self.binding)
        changed = {name: value for name, value in new.items() if old is None or old.get(name) != value}
        table.check_empty_index_keys(changed, _EMPTY_INDEX_KEY)
        table.check_index_types(new)
        if item_size(new) > _ITEM_LIMIT:
            raise invalid("Item size to update has exceeded the maximum allowed size")
        paths = [self.binding.steps(path) for path in update.paths]
        attributes: Item | None = None
        if self.returns in ("ALL_OLD", "ALL_NEW"):
            attributes = new if self.returns == "ALL_NEW" else old
        elif self.returns in ("UPDATED_OLD", "UPDATED_NEW"):
            attributes = project(new if self.returns == "UPDATED_NEW" else old or {}, paths)
        # Taking something away from an item that is not there does not make one.
        stored = None if old is None and not update.sets and not update.adds else new
        return Change(table, key, old, stored, attributes)


def require(arguments: Mapping[str, Json], *names: str, within: str = "") -> None:
    """Refuse absent parameters, as AWS does, and those older than expressions, which are not simulated."""
    absent = [name for name in names if arguments.get(name) is None]
    if absent:
        errors = "; ".join(
            f"Value null at '{within}{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must not be null"
            for name in absent
        )
        raise invalid(f"{len(absent)} validation error{'s' if len(absent) > 1 else ''} detected: {errors}")
    for name in _LEGACY:
        if name in arguments:
            raise ServiceError("NotSimulated", f"The legacy parameter {name} of DynamoDB is not simulated")


def prepare(action: str, arguments: Mapping[str, Json], table_of: Callable[[Json], Table], within: str = "") -> Write:
    """A Put, Update, Delete or ConditionCheck, checked without looking at items. Raises ServiceError."""
    subject_name = "Item" if action == "Put" else "Key"
    needed = {"ConditionCheck": ("ConditionExpression",)}.get(action, ())
    require(arguments, "TableName", subject_name, *needed, within=within)
    returns = arguments.get("ReturnValues") or "NONE"
    if returns not in _RETURN_VALUES:
        raise refused(returns, "returnValues", f"satisfy enum value set: [{', '.join(_RETURN_VALUES)}]")
    if action in ("Put", "Delete") and returns not in ("NONE", "ALL_OLD"):
        raise invalid("ReturnValues can only be ALL_OLD or NONE")
    subject = item_of(arguments[subject_name])
    expressions = ("UpdateExpression", "ConditionExpression") if action == "Update" else ("ConditionExpression",)
    binding = Binding(arguments, expressions)
    update_text, condition_text = arguments.get("UpdateExpression"), arguments.get("ConditionExpression")
    update = binding.update(update_text) if action == "Update" and update_text is not None else None
    condition = None if condition_text is None else binding.condition(condition_text, "ConditionExpression")
    binding.finish()
    if action == "Put" and item_size(subject) > _ITEM_LIMIT:
        raise invalid("Item size has exceeded the maximum allowed size")
    table = table_of(arguments["TableName"])
    table.check_empty(subject)
    on_failure = arguments.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return Write(action, table, subject, binding, condition, update, returns, on_failure)
