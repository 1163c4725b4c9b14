"""DynamoDB in the simulator: tables of calls and answers."""

from __future__ import annotations

from typing import Any

import pytest
from service_calls import ACCOUNT, ITEM, NOW, REGION, N, S, database, failure

from sfn_dsl.simulate.services.dynamodb import ConditionalCheckFailed, DynamoDB, TransactionCanceled


def expression(name: str, text: str, marks: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a request: `:x` of the marks are values, `#x` names."""
    arguments: dict[str, Any] = {name: text}
    for key, where in ((":", "ExpressionAttributeValues"), ("#", "ExpressionAttributeNames")):
        found = {mark: value for mark, value in marks.items() if mark[0] == key}
        if found:
            arguments[where] = found
    return arguments


def condition(text: str, **marks: Any) -> bool:
    named = {(":" if isinstance(value, dict) else "#") + name: value for name, value in marks.items()}
    arguments = {"TableName": "T", "Key": {"pk": {"S": "a"}}, **expression("ConditionExpression", text, named)}
    try:
        database().call("DeleteItem", arguments, NOW)
    except ConditionalCheckFailed:
        return False
    return True


CONDITIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("n = :v", {"v": N("10.0")}, True),
    ("n = :v", {"v": S("10")}, False),
    ("n <> :v", {"v": S("10")}, True),
    ("n < :v", {"v": S("99")}, False),
    ("s < :v", {"v": S("help")}, True),
    ("nothing = :v", {"v": S("x")}, False),
    ("nothing <> :v", {"v": S("x")}, True),
    ("NOT nothing = :v", {"v": S("x")}, True),
    ("nothing < :v", {"v": N("1")}, False),
    ("ss = :v", {"v": {"SS": ["b", "a"]}}, True),
    ("ns = :v", {"v": {"NS": ["2.50", "1"]}}, True),
    ("m.b.c = :v and l[1] = :w AND l[2].k = :x", {"v": N("3"), "w": N("2"), "x": S("v")}, True),
    ("#p.#q = :v", {"p": "m", "q": "a", "v": S("1")}, True),
    ("l[9] = :v", {"v": N("3")}, False),
    ("n BETWEEN :a AND :b", {"a": N("5"), "b": N("10")}, True),
    ("n between :a and :b and s = :c", {"a": N("5"), "b": N("10"), "c": S("no")}, False),
    ("(n)between(:a)and(:b)", {"a": N("11"), "b": N("12")}, False),
    ("s IN (:a, :b)", {"a": S("x"), "b": S("hello")}, True),
    ("n IN (:a)", {"a": N("1e1")}, True),
    ("n = :a OR s = :b AND t = :c", {"a": N("10"), "b": S("no"), "c": {"BOOL": False}}, True),
    ("(n = :a OR s = :b) AND t = :c", {"a": N("10"), "b": S("no"), "c": {"BOOL": False}}, False),
    ("NOT n = :a OR s = :b", {"a": N("10"), "b": S("hello")}, True),
    ("NOT (n = :a OR s = :b)", {"a": N("10"), "b": S("hello")}, False),
    ("NOT NOT n = :a", {"a": N("10")}, True),
    ("attribute_exists(m.b.c) AND attribute_not_exists(l[7])", {}, True),
    ("attribute_not_exists(pk)", {}, False),
    ("attribute_type(l, :t)", {"t": S("L")}, True),
    ("attribute_type(z, :t)", {"t": S("NULL")}, True),
    ("begins_with(s, :p)", {"p": S("he")}, True),
    ("begins_with(bin, :p)", {"p": {"B": "YWI="}}, True),
    ("contains(s, :p)", {"p": S("ell")}, True),
    ("contains(ss, :p)", {"p": S("b")}, True),
    ("contains(ns, :p)", {"p": N("2.5")}, True),
    ("contains(l, :p)", {"p": N("2.0")}, True),
    ("contains(n, :p)", {"p": N("1")}, False),
    ("contains(l[2].k, :p)", {"p": S("v")}, True),
    ("size(s) = :v", {"v": N("5")}, True),
    ("size(bin) = :v AND size(l) = :v AND size(m) < :v", {"v": N("3")}, True),
    ("size(nothing) > :v", {"v": N("0")}, False),
    ("n < m.b.c", {}, False),
]


@pytest.mark.parametrize(("text", "marks", "expected"), CONDITIONS, ids=[case[0] for case in CONDITIONS])
def test_dynamodb_conditions(text: str, marks: dict[str, Any], expected: bool) -> None:
    assert condition(text, **marks) == expected


SYNTAX = "Syntax error; "
BAD_CONDITIONS: list[tuple[str, dict[str, Any], str]] = [
    ("", {}, "The expression can not be empty;"),
    ("foo", {}, 'Syntax error; token: "<EOF>", near: "foo"'),
    ("s == :v", {}, 'Syntax error; token: "=", near: "== :v"'),
    ("a > 4", {}, 'Syntax error; token: "4", near: "> 4"'),
    ("a > between", {}, SYNTAX),
    ("a in b, c", {}, SYNTAX),
    ("a in (b,c,)", {}, SYNTAX),
    ("size(a).b > a", {}, SYNTAX),
    ("(a)between(b.c.d)and((c)", {}, SYNTAX),
    ("attribute_exists(Pictures-RearView)", {}, SYNTAX),
    ("b[:a] > a", {}, SYNTAX),
    ("(a = b) = c", {}, SYNTAX),
    ("a AND b = c", {}, SYNTAX),
    ("a=b and a > ((c))", {}, "The expression has redundant parentheses;"),
    ("a=b AND ((a=c AND a=d))", {}, "The expression has redundant parentheses;"),
    ("((attribute_exists(a)))", {}, "The expression has redundant parentheses;"),
    ("whatever(a)", {}, "Invalid function name; function: whatever"),
    ("attRIbute_exists(a)", {}, "Invalid function name; function: attRIbute_exists"),
    ("if_not_exists(a, b)", {}, "The function is not allowed in a condition expression; function: if_not_exists"),
    ("size(a)", {}, "The function is not allowed to be used this way in an expression; function: size"),
    ("a in (b, contains(c, d))", {}, "The function is not allowed to be used this way in an expression; function: contains"),
    ("attribute_exists(views, #a)", {}, "Attribute name is a reserved keyword; reserved keyword: views"),
    ("name = :v", {}, "Attribute name is a reserved keyword; reserved keyword: name"),
    ("attribute_exists(#p, :a)", {}, "An expression attribute name used in the document path is not defined; attribute name: #p"),
    ("a = :v", {}, "An expression attribute value used in expression is not defined; attribute value: :v"),
    (
        "begins_with(a)",
        {},
        "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1",
    ),
    (
        "begins_with(a, :v)",
        {"v": N("1")},
        "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
    ),
    (
        "a < :v",
        {"v": {"BOOL": True}},
        "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
    ),
    (
        "attribute_not_exists(size(:v))",
        {"v": N("1")},
        "Incorrect operand type for operator or function; operator or function: size, operand type: N",
    ),
    (
        "attribute_exists(:v)",
        {"v": S("1")},
        "Operator or function requires a document path; operator or function: attribute_exists",
    ),
    ("attribute_type(a, :v)", {"v": S("1")}, "Invalid attribute type name found; type: 1, valid types: {"),
    (
        "contains(a.b[1], a.#b[1])",
        {"b": "b"},
        "The first operand must be distinct from the remaining operands for this operator or function; "
        "operator: contains, first operand: [a, b, [1]]",
    ),
    (
        "a BETWEEN :l AND :h",
        {"l": N("9"), "h": N("5")},
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
        "lower bound operand: AttributeValue: {N:9}, upper bound operand: AttributeValue: {N:5}",
    ),
    (
        "a BETWEEN :l AND :h",
        {"l": N("9"), "h": S("5")},
        "The BETWEEN operator requires same data type for lower and upper bounds; ",
    ),
    ("NOT " * 301 + "a = b", {}, "The expression contains too many operators; operator count: 302"),
    ("(" * 4000, {}, "The expression has too many nested parentheses;"),
]


@pytest.mark.parametrize(("text", "marks", "reason"), BAD_CONDITIONS, ids=[case[0][:40] for case in BAD_CONDITIONS])
def test_dynamodb_refuses_conditions(text: str, marks: dict[str, Any], reason: str) -> None:
    code, message = failure(lambda: condition(text, **marks))
    assert code == "ValidationException"
    assert message.startswith(f"Invalid ConditionExpression: {reason}")


def update(text: str, item: dict[str, Any] | None = ITEM, returns: str = "ALL_NEW", **marks: Any) -> Any:
    named = {(":" if isinstance(value, dict) else "#") + name: value for name, value in marks.items()}
    arguments = {"TableName": "T", "Key": {"pk": {"S": "a"}}, **expression("UpdateExpression", text, named)}
    answer = database(item).call("UpdateItem", {**arguments, "ReturnValues": returns}, NOW)
    return answer.get("Attributes")


UPDATES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("SET n = n + :v", {"v": N("5.50")}, {"n": N("15.5")}),
    ("set n = :a - n", {"a": N("0.1")}, {"n": N("-9.9")}),
    ("SET q = :a + :b", {"a": N("0.1"), "b": N("0.2")}, {"q": N("0.3")}),
    ("SET q = if_not_exists(q, :z) + :o", {"z": N("0"), "o": N("1")}, {"q": N("1")}),
    ("SET q = (if_not_exists(n, :z)) + (:o)", {"z": N("0"), "o": N("1")}, {"q": N("11")}),
    ("SET l = list_append(:x, l)", {"x": {"L": [S("z")]}}, {"l": {"L": [S("z"), *ITEM["l"]["L"]]}}),
    ("SET s = n, n = s", {}, {"s": N("10"), "n": S("hello")}),
    (
        "SET l[0] = :v, l[12] = :v, l[10] = :w",
        {"v": N("1"), "w": N("2")},
        {"l": {"L": [N("1"), N("2"), ITEM["l"]["L"][2], N("2"), N("1")]}},
    ),
    ("SET m.b.c = :v, m.#d = :v", {"v": S("x"), "d": "new"}, {"m": {"M": {"a": S("1"), "b": {"M": {"c": S("x")}}, "new": S("x")}}}),
    ("SET l[3] = :v", {"v": N("1")}, {"l": {"L": [*ITEM["l"]["L"], N("1")]}}),
    ("REMOVE l[0], l[2], l[8]", {}, {"l": {"L": [N("2")]}}),
    ("SET l[1] = :v REMOVE l[0]", {"v": S("q")}, {"l": {"L": [S("q"), ITEM["l"]["L"][2]]}}),
    ("ADD n :v, ss :w", {"v": N("-10"), "w": {"SS": ["c", "a"]}}, {"n": N("0"), "ss": {"SS": ["a", "b", "c"]}}),
    ("ADD q :v", {"v": N("5")}, {"q": N("5")}),
    ("DELETE ss :v", {"v": {"SS": ["a"]}}, {"ss": {"SS": ["b"]}}),
    ("DELETE q :v", {"v": {"SS": ["a"]}}, {}),
]


@pytest.mark.parametrize(("text", "marks", "changed"), UPDATES, ids=[case[0] for case in UPDATES])
def test_dynamodb_updates(text: str, marks: dict[str, Any], changed: dict[str, Any]) -> None:
    assert update(text, **marks) == {**ITEM, **changed}


def test_dynamodb_updates_take_away() -> None:
    assert "s" not in update("REMOVE s, nothing")
    assert "ss" not in update("DELETE ss :v", v={"SS": ["b", "a"]})
    # Taking away from nothing makes nothing; anything else makes an item of its key.
    for text, left in [("REMOVE s", {}), ("SET s = :v", {"Item": {"pk": S("a"), "s": S("x")}})]:
        dynamo = database(None)
        marks = {":v": S("x")} if ":v" in text else {}
        arguments = {"TableName": "T", "Key": {"pk": S("a")}, **expression("UpdateExpression", text, marks)}
        dynamo.call("UpdateItem", arguments, NOW)
        assert dynamo.call("GetItem", {"TableName": "T", "Key": {"pk": S("a")}}, NOW) == left


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        ("NONE", None),
        ("ALL_OLD", ITEM),
        ("UPDATED_OLD", {"m": {"M": {"a": S("1")}}, "l": {"L": [N("2")]}}),
        ("UPDATED_NEW", {"m": {"M": {"a": S("2")}}, "l": {"L": [S("2")]}}),
    ],
)
def test_dynamodb_return_values(returns: str, expected: Any) -> None:
    assert update("SET m.a = :v, l[1] = :v", returns=returns, v=S("2")) == expected


I_UPDATE = "Invalid UpdateExpression: "
BAD_UPDATES: list[tuple[str, dict[str, Any], str]] = [
    ("INVALID SYNTAX HERE", {}, I_UPDATE + 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
    ("SET path = VALUE 1", {}, I_UPDATE + 'Syntax error; token: "1", near: "VALUE 1"'),
    *(
        (text, {}, I_UPDATE + SYNTAX)
        for text in ("set a", "set a=set", "set :a = b", "remove :a", "set (a = (b + c))", "set a = b + c + d")
    ),
    *((text, {}, I_UPDATE + SYNTAX) for text in ("add a b", "set a = (b.c).d + e", "set a = b,", "set a[1] = 1", "SET a = b SET")),
    ("set #c = :c set abOrt = true", {}, I_UPDATE + "Attribute name is a reserved keyword; reserved keyword: abOrt"),
    ("set a = nope(:c) set c = d", {}, I_UPDATE + "Invalid function name; function: nope"),
    ("set a = contains(b, c)", {}, I_UPDATE + "The function is not allowed in an update expression; function: contains"),
    ("set a = #c set c = :d", {}, I_UPDATE + 'The "SET" section can only be used once in an update expression;'),
    (
        "SET a.b = c, a = c",
        {},
        I_UPDATE
        + "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a]",
    ),
    (
        "REMOVE a.c SET a[1] = d",
        {},
        I_UPDATE
        + "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, c], path two: [a, [1]]",
    ),
    ("ADD a :v", {"v": S("x")}, I_UPDATE + "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"),
    (
        "DELETE a :v",
        {"v": N("1")},
        I_UPDATE + "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER",
    ),
    (
        "SET a = if_not_exists(c)",
        {},
        I_UPDATE
        + "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1",
    ),
    (
        "SET a = if_not_exists(:v, c)",
        {"v": S("x")},
        I_UPDATE + "Operator or function requires a document path; operator or function: if_not_exists",
    ),
    (
        "SET a = c + :v",
        {"v": S("x")},
        I_UPDATE + "Incorrect operand type for operator or function; operator or function: +, operand type: S",
    ),
    ("SET q = s + :v", {"v": N("1")}, "An operand in the update expression has an incorrect data type"),
    ("ADD ss :v", {"v": N("1")}, "An operand in the update expression has an incorrect data type"),
    ("SET q = nothing", {}, "The provided expression refers to an attribute that does not exist in the item"),
    ("SET nothing.x = :v", {"v": N("1")}, "The document path provided in the update expression is invalid for update"),
    ("REMOVE nothing.x", {}, "The document path provided in the update expression is invalid for update"),
    (
        "SET pk = :v",
        {"v": S("b")},
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
    ),
    (
        "SET a = :v",
        {"v": N("x")},
        "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :v",
    ),
    ("SET a = :v", {"v": S("x"), "w": S("y")}, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
    ("SET a = n", {"a": "s"}, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}"),
    (
        "SET a = :v + :w",
        {"v": N("1e50"), "w": N("1")},
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    (
        "SET a = :v",
        {"v": {"SS": []}},
        "ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: An string set  may not be empty for key :v",
    ),
]


@pytest.mark.parametrize(("text", "marks", "message"), BAD_UPDATES, ids=[case[0] for case in BAD_UPDATES])
def test_dynamodb_refuses_updates(text: str, marks: dict[str, Any], message: str) -> None:
    code, said = failure(lambda: update(text, **marks))
    assert code == "ValidationException"
    assert said.startswith(message)


MISMATCH = "The provided key element does not match the schema"
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("PutItem", {"TableName": "X", "Item": {"pk": S("a")}}, "ResourceNotFoundException", "Requested resource not found"),
    (
        "PutItem",
        {"TableName": "T", "Item": None},
        "ValidationException",
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null",
    ),
    (
        "GetItem",
        {},
        "ValidationException",
        "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; Value null at 'key' failed",
    ),
    (
        "PutItem",
        {"TableName": "bad table!", "Item": {}},
        "ValidationException",
        "1 validation error detected: Value 'bad table!' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"s": S("a")}},
        "ValidationException",
        "One or more parameter values were invalid: Missing the key pk in the item",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": N("1")}},
        "ValidationException",
        "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("")}},
        "ValidationException",
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("a"), "g": N("1")}},
        "ValidationException",
        "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: byG",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("a"), "b": {}}},
        "ValidationException",
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("a"), "b": {"SS": ["x", "x"]}}},
        "ValidationException",
        "One or more parameter values were invalid: Input collection [x, x] contains duplicates.",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("a"), "b": N("1" * 39)}},
        "ValidationException",
        "Attempting to store more than 38 significant digits in a Number",
    ),
    ("PutItem", {"TableName": "T", "Item": {"pk": S("a"), "b": N("1e126")}}, "ValidationException", "Number overflow."),
    ("PutItem", {"TableName": "T", "Item": {"pk": S("a"), "b": N("1e-131")}}, "ValidationException", "Number underflow."),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("a"), "b": S("x" * 409_597)}},
        "ValidationException",
        "Item size has exceeded the maximum allowed size",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("a")}, "ReturnValues": "ALL_NEW"},
        "ValidationException",
        "ReturnValues can only be ALL_OLD or NONE",
    ),
    (
        "PutItem",
        {"TableName": "T", "Item": {"pk": S("a")}, "ExpressionAttributeValues": {":v": S("a")}},
        "ValidationException",
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    ),
    ("GetItem", {"TableName": "T", "Key": {"pk": N("1")}}, "ValidationException", MISMATCH),
    ("GetItem", {"TableName": "T", "Key": {"pk": S("a"), "x": S("a")}}, "ValidationException", MISMATCH),
    (
        "GetItem",
        {"TableName": "T", "Key": {"pk": S("a")}, "ProjectionExpression": "m, m.a"},
        "ValidationException",
        "Invalid ProjectionExpression: Two document paths overlap",
    ),
    (
        "Query",
        {"TableName": "T"},
        "ValidationException",
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
    ),
    (
        "Query",
        {"TableName": "T", "KeyConditionExpression": "s = :v", "ExpressionAttributeValues": {":v": S("a")}},
        "ValidationException",
        "Query condition missed key schema element: pk",
    ),
    (
        "Query",
        {"TableName": "T", "KeyConditionExpression": "pk < :v", "ExpressionAttributeValues": {":v": S("a")}},
        "ValidationException",
        "Query key condition not supported",
    ),
    (
        "Query",
        {"TableName": "T", "KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": N("1")}},
        "ValidationException",
        "One or more parameter values were invalid: Condition parameter type does not match schema type",
    ),
    (
        "Query",
        {
            "TableName": "T",
            "KeyConditionExpression": "pk = :v",
            "FilterExpression": "pk <> :v",
            "ExpressionAttributeValues": {":v": S("1")},
        },
        "ValidationException",
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: pk",
    ),
    (
        "Query",
        {"TableName": "T", "IndexName": "none", "KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": S("1")}},
        "ValidationException",
        "The table does not have the specified index: none",
    ),
    (
        "TransactWriteItems",
        {"TransactItems": []},
        "ValidationException",
        "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ),
    (
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "T", "Item": {"pk": S("a")}}},
                {"Delete": {"TableName": "T", "Key": {"pk": S("a")}}},
            ]
        },
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"T": [{"DeleteRequest": {"Key": {"pk": S("a")}}}] * 2}},
        "ValidationException",
        "Provided list of item keys contains duplicates",
    ),
    ("PutItem", {"TableName": "T", "Item": {"pk": S("a")}, "Expected": {}}, "NotSimulated", "The legacy parameter Expected"),
]


@pytest.mark.parametrize(("operation", "arguments", "code", "message"), REFUSED, ids=[case[3][:60] for case in REFUSED])
def test_dynamodb_refuses_calls(operation: str, arguments: dict[str, Any], code: str, message: str) -> None:
    dynamo = database(indexes={"byG": ("g", None)})
    before = dict(dynamo.tables["T"].items)
    found = failure(lambda: dynamo.call(operation, arguments, NOW))
    assert found[0] == code
    assert found[1].startswith(message)
    assert dynamo.tables["T"].items == before


@pytest.mark.parametrize(
    ("written", "stored"),
    [("0042.1200", "42.12"), ("1E3", "1000"), ("-0", "0"), (".5", "0.5"), ("1e125", "1" + "0" * 125), ("-1.50e-2", "-0.015")],
)
def test_dynamodb_writes_numbers_out(written: str, stored: str) -> None:
    assert update("SET q = :v", v=N(written))["q"] == N(stored)


def test_dynamodb_conditional_put_gives_the_item_that_stood_there() -> None:
    dynamo = database({"pk": S("a"), "o": S("me")})
    arguments = {"TableName": "T", "Item": {"pk": S("a")}, "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(ConditionalCheckFailed, match="The conditional request failed") as caught:
        dynamo.call("PutItem", {**arguments, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}, NOW)
    assert caught.value.item == {"pk": S("a"), "o": S("me")}
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/T"
    answer = dynamo.call("PutItem", {"TableName": arn, "Item": {"pk": S("a")}, "ReturnValues": "ALL_OLD"}, NOW)
    assert answer == {"Attributes": {"pk": S("a"), "o": S("me")}}


def test_dynamodb_transactions_are_all_or_nothing_and_idempotent() -> None:
    dynamo = database()
    key = {"TableName": "T", "Key": {"pk": S("b")}}
    add = {"UpdateExpression": "ADD c :v", "ExpressionAttributeValues": {":v": N("1")}}
    check = {
        **key,
        "Key": {"pk": S("a")},
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    wrong = {**key, "Key": {"pk": N("1")}}
    with pytest.raises(TransactionCanceled) as caught:
        dynamo.call(
            "TransactWriteItems", {"TransactItems": [{"Update": {**key, **add}}, {"ConditionCheck": check}, {"Delete": wrong}]}, NOW
        )
    assert caught.value.message == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ValidationError]"
    )
    assert caught.value.reasons == [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": ITEM},
        {"Code": "ValidationError", "Message": MISMATCH},
    ]
    request = {"TransactItems": [{"Update": {**key, **add}}], "ClientRequestToken": "t"}
    for at, total in [(0, "1"), (599, "1"), (1300, "2")]:
        assert dynamo.call("TransactWriteItems", request, NOW + at) == {}
        assert dynamo.call("GetItem", {**key, "ProjectionExpression": "c"}, NOW) == {"Item": {"c": N(total)}}
    other = {"TransactItems": [{"Delete": key}], "ClientRequestToken": "t"}
    assert failure(lambda: dynamo.call("TransactWriteItems", other, NOW + 1301))[0] == "IdempotentParameterMismatchException"
    got = dynamo.call("TransactGetItems", {"TransactItems": [{"Get": key}, {"Get": {**key, "Key": {"pk": S("no")}}}]}, NOW)
    assert got == {"Responses": [{"Item": {"pk": S("b"), "c": N("2")}}, {}]}


def test_dynamodb_query_and_scan_in_pages() -> None:
    dynamo = DynamoDB(region=REGION, account=ACCOUNT)
    dynamo.create_table("T", "pk", "sk", key_types={"sk": "N"}, indexes={"byG": ("g", "sk")})
    puts = [
        {"PutRequest": {"Item": {"pk": S("p"), "sk": N(str(n)), "g": S("even" if n % 2 == 0 else "odd")}}}
        for n in (10, 9, 2, 1, 11)
    ]
    assert dynamo.call("BatchWriteItem", {"RequestItems": {"T": puts}}, NOW) == {"UnprocessedItems": {}}
    base = {
        "TableName": "T",
        "KeyConditionExpression": "pk = :p AND :low <= sk",
        "ExpressionAttributeValues": {":p": S("p"), ":low": N("2")},
    }
    seen, start = [], None
    while True:
        page = dynamo.call("Query", {**base, "Limit": 3, **({"ExclusiveStartKey": start} if start else {})}, NOW)
        seen += [item["sk"]["N"] for item in page["Items"]]
        start = page.get("LastEvaluatedKey")
        if start is None:
            break
    assert seen == ["2", "9", "10", "11"]
    down = dynamo.call("Query", {**base, "ScanIndexForward": False, "ProjectionExpression": "sk", "Limit": 2}, NOW)
    assert down["Items"] == [{"sk": N("11")}, {"sk": N("10")}]
    index = {"TableName": "T", "IndexName": "byG", "KeyConditionExpression": "g = :g AND sk BETWEEN :a AND :b"}
    marks = {"ExpressionAttributeValues": {":g": S("odd"), ":a": N("2"), ":b": N("10")}}
    assert dynamo.call("Query", {**index, **marks, "Select": "COUNT"}, NOW) == {"Count": 1, "ScannedCount": 1}
    filtered = {"TableName": "T", "FilterExpression": "g = :g", "ExpressionAttributeValues": {":g": S("odd")}}
    scanned = dynamo.call("Scan", filtered, NOW)
    assert (scanned["Count"], scanned["ScannedCount"]) == (3, 5)
    keys = [{"pk": S("p"), "sk": N("1")}, {"pk": S("p"), "sk": N("7")}]
    got = dynamo.call("BatchGetItem", {"RequestItems": {"T": {"Keys": keys, "ProjectionExpression": "g"}}}, NOW)
    assert got == {"Responses": {"T": [{"g": S("odd")}]}, "UnprocessedKeys": {}}


def test_dynamodb_items_outlive_their_time_until_somebody_says_so() -> None:
    dynamo = database(None, ttl_attribute="until")
    dynamo.call("PutItem", {"TableName": "T", "Item": {"pk": S("a"), "until": N("1699999999")}}, NOW)
    assert "Item" in dynamo.call("GetItem", {"TableName": "T", "Key": {"pk": S("a")}}, NOW)
    assert len(dynamo.tables["T"].expire(NOW)) == 1
    assert dynamo.call("GetItem", {"TableName": "T", "Key": {"pk": S("a")}}, NOW) == {}


def test_dynamodb_answers_are_copies() -> None:
    dynamo = database()
    answer = dynamo.call("GetItem", {"TableName": "T", "Key": {"pk": S("a")}}, NOW)
    answer["Item"]["m"]["M"].clear()
    assert dynamo.call("GetItem", {"TableName": "T", "Key": {"pk": S("a")}}, NOW)["Item"] == ITEM
