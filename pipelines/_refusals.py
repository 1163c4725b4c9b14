"""Payments that nobody can read: each is set aside as a row, the rows are counted, and too many of them fail their file."""

from pipelines._errors import RETRY_EXPRESS
from sfn_dsl import CONTINUE, Branch, DynamoDB, Fail, Item, Metric, Task, context, fn
from sfn_dsl.expression import Template
from sfn_dsl.steps.step import Block

_TABLE = "payment-refusals"
_KEPT_SECONDS = 90 * 86_400


class Refusals:
    """What a claim of a file has refused; a later claim begins anew, so that what it can read is not held against the file.

    `set_aside` stands in the child executions of a map, `at_most` behind the map; `count` is how many there are. A row is of an
    item of a child execution: calls that are repeated change nothing, and of rows that are alike each one counts. A row holds what
    stood in the file, so it says when it may go (`expires_at`, 90 days on), for the table's time to live.
    """

    def __init__(self, item: Item, batch: Template, fence: Template) -> None:
        self.claim = fn.format("{}-{}", batch, fence)
        born = fn.milliseconds(context.Execution.StartTime)
        expires = (born - born % 1000) / 1000 + _KEPT_SECONDS
        self.set_aside = DynamoDB.update(
            "Set payment aside",
            table=_TABLE,
            key={"pk": self.claim, "sk": fn.format("{}-{}", context.Execution.Name, fn.index_of(item))},
            set={"payment": fn.substring(fn.to_json(item), 0, 200), "expires_at": expires},
            retry=RETRY_EXPRESS,
            timeout_seconds=5,
        )
        of_claim = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": self.claim}}}
        arguments = {"TableName": _TABLE, **of_claim, "Select": "COUNT", "ConsistentRead": True}
        self.query = Task("Count refusals", resource="aws-sdk:dynamodb:query", arguments=arguments, timeout_seconds=30)
        self.count = self.query.output.Count

    def at_most(self, percent: int, total: Template) -> Block:
        """Fails where they are more than a share of all items, or more than the 1 MB that a query reads: about 3,000, of which then
        nobody knows how many they are."""
        more = fn.exists(self.query.output.LastEvaluatedKey)
        put = Metric("Put refused payments", metric="RefusedPayments", value=self.count, unit="Count")
        found = fn.format("{}{}", fn.when(more, "at least ", ""), self.count)
        cause = fn.format("{} of {} payments cannot be read; see {} in {}", found, total, self.claim, _TABLE)
        fail = Fail("Refuse file", error="TooManyRefusedPayments", cause=cause)
        too_many = (self.count * 100 > total * percent) | more
        return self.query >> put >> Branch("Too many refused?", (too_many, fail), otherwise=CONTINUE)
