"""DynamoDB in the simulator: the same calls made to moto in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_calls import NOW, N, S, database, moto_clients

from sfn_dsl.simulate.services.service_error import ServiceError

# Where moto 5.2.5 differs from AWS, not from us, and what is therefore kept out of the generated requests:
# - `a <> :v` with `a` missing is false in moto; conditions over missing attributes use `=` and functions only
# - an update that only removes makes an item out of nothing
# - it fails to order values of different types, which are just not ordered
# - it answers ConsumedCapacity without being asked, and keeps useless zeros of a sum
# - a set that was copied in the same update shares its members with the copy
# - it holds true for 1 and false for 0
# - it does not check a BETWEEN's bounds, redundant parentheses, operands that are not distinct
# - it adds with 38 digits and rounds; numbers here are short
# - REMOVE of several elements of one list removes by the positions of the moment
# - the texts of syntax errors; only the error code is compared
_scalar = st.one_of(
    st.sampled_from(["", "a", "ab", "b", "abc"]).map(S),
    st.sampled_from(["2", "10", "-1", "2.5"]).map(N),
    st.booleans().map(lambda flag: {"BOOL": flag}),
)
_sets = st.one_of(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True).map(lambda members: {"SS": members}),
    st.lists(st.sampled_from(["1", "2", "2.5"]), min_size=1, unique=True).map(lambda members: {"NS": members}),
)
_value = st.one_of(_scalar, _sets, st.lists(_scalar, max_size=3).map(lambda members: {"L": members}))
_item = st.fixed_dictionaries(
    {
        "a": _value,
        "b": _scalar,
        "n": st.sampled_from(["3", "2", "3.5"]).map(N),
        "m": st.fixed_dictionaries({"x": _scalar}).map(lambda members: {"M": members}),
    },
)
_path = st.sampled_from(["a", "b", "n", "m.x", "#b", "m.#x"])


@st.composite
def _conditions(draw: Any, depth: int = 2) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}

    def value(strategy: Any) -> str:
        values[f":v{len(values)}"] = draw(strategy)
        return f":v{len(values) - 1}"

    def test() -> str:
        path = draw(_path)
        match draw(st.integers(0, 6)):
            case 0:
                return f"{path} {draw(st.sampled_from(['=', '<>']))} {value(_value)}"
            case 1:
                return f"n {draw(st.sampled_from(['<', '<=', '>', '>=']))} {value(st.sampled_from(['1', '2.50', '10']).map(N))}"
            case 2:
                return f"n BETWEEN {value(st.just(N('1')))} AND {value(st.just(N('2.5')))}"
            case 3:
                return f"{path} IN ({value(_scalar)}, {value(_scalar)})"
            case 4:
                function = draw(st.sampled_from(["attribute_exists", "attribute_not_exists"]))
                return f"{function}({draw(st.one_of(_path, st.sampled_from(['zz', 'm.zz', 'a[1]', 'a[0]'])))})"
            case 5:
                return (
                    f"contains({draw(st.sampled_from(['a', 'b']))}, {value(st.sampled_from([S('a'), S('b'), N('1'), N('2.5')]))})"
                )
        return f"attribute_type({path}, {value(st.sampled_from(['S', 'N', 'BOOL', 'SS', 'L']).map(S))})"

    def tree(left: int) -> str:
        kind = draw(st.integers(0, 3)) if left else 0
        if kind == 1:
            return f"{tree(left - 1)} AND {tree(left - 1)}"
        if kind == 2:
            return f"({tree(left - 1)} OR {test()})"
        return f"NOT {test()}" if kind == 3 else test()

    return tree(depth), values


def _named(arguments: dict[str, Any], text: str, values: dict[str, Any]) -> dict[str, Any]:
    names = {name: meant for name, meant in (("#b", "b"), ("#x", "x")) if name in text}
    if names:
        arguments["ExpressionAttributeNames"] = names
    if values:
        arguments["ExpressionAttributeValues"] = values
    return arguments


def _outcome(call: Callable[[], Any]) -> Any:
    from botocore.exceptions import ClientError

    try:
        return call()
    except ServiceError as error:
        return error.code
    except ClientError as error:
        return error.response["Error"]["Code"]


def _plain(value: Any) -> Any:
    """An answer without order in sets, useless zeros and boto's metadata."""
    if isinstance(value, dict):
        if list(value) == ["N"]:
            return {"N": format(Decimal(value["N"]).normalize(), "f")}
        return {
            name: sorted(member) if name in ("SS", "NS") else _plain(member)
            for name, member in value.items()
            if name not in ("ResponseMetadata", "ConsumedCapacity")
        }
    return [_plain(member) for member in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def moto_table() -> Iterator[Any]:
    with moto_clients("dynamodb") as (client,):
        client.create_table(
            TableName="T",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(item=_item, request=_conditions())
def test_dynamodb_conditions_as_moto_judges_them(
    moto_table: Any, item: dict[str, Any], request: tuple[str, dict[str, Any]]
) -> None:
    text, values = request
    item = {"pk": S("a"), **item}
    arguments = _named({"TableName": "T", "Key": {"pk": S("a")}, "ConditionExpression": text}, text, values)
    dynamo = database(item)
    moto_table.put_item(TableName="T", Item=item)
    ours = _outcome(lambda: dynamo.call("DeleteItem", arguments, NOW))
    theirs = _outcome(lambda: _plain(moto_table.delete_item(**arguments)))
    assert ours == theirs, text


@st.composite
def _updates(draw: Any) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}

    def value(found: Any) -> str:
        values[f":v{len(values)}"] = found
        return f":v{len(values) - 1}"

    actions: dict[str, list[str]] = {}
    targets = draw(st.lists(st.sampled_from(["a", "#b", "n", "m.x", "q"]), min_size=1, max_size=3, unique=True))
    for target in targets:
        match draw(st.integers(0, 6)):
            case 0:
                actions.setdefault("SET", []).append(f"{target} = {value(draw(_value))}")
            case 1:
                actions.setdefault("SET", []).append(
                    f"{target} = n {draw(st.sampled_from('+-'))} {value(draw(st.sampled_from([N('1'), N('0.5')])))}"
                )
            case 2:
                actions.setdefault("SET", []).append(
                    f"{target} = if_not_exists({draw(st.sampled_from(['n', 'm.x', 'zz']))}, {value(draw(_scalar))})"
                )
            case 3:
                actions.setdefault("SET", []).append(f"{target} = list_append({value({'L': [S('x')]})}, {value({'L': [N('1')]})})")
            case 4:
                actions.setdefault("REMOVE", []).append(target)
            case 5:
                actions.setdefault("ADD", []).append(f"{draw(st.sampled_from(['n', 'q']))} {value(N('2'))}")
            case 6:
                actions.setdefault("DELETE", []).append(f"{target} {value(draw(_sets))}")
    return " ".join(f"{section} {', '.join(parts)}" for section, parts in actions.items()), values


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(item=_item, request=_updates())
def test_dynamodb_updates_as_moto_makes_them(moto_table: Any, item: dict[str, Any], request: tuple[str, dict[str, Any]]) -> None:
    text, values = request
    item = {"pk": S("a"), **item}
    arguments = _named({"TableName": "T", "Key": {"pk": S("a")}, "UpdateExpression": text, "ReturnValues": "ALL_NEW"}, text, values)
    dynamo = database(item)
    moto_table.put_item(TableName="T", Item=item)
    ours = _outcome(lambda: _plain(dynamo.call("UpdateItem", arguments, NOW)))
    theirs = _outcome(lambda: _plain(moto_table.update_item(**arguments)))
    assert ours == theirs, text
