"""JSONPath as Step Functions reads it: what paths select, what they refuse, and how a result is put into a document."""

from __future__ import annotations

import copy

import pytest

from sfn_dsl.simulate.jsonpath.path import InvalidPath, Missing, compile_path, put, reference_steps

SHOP = {
    "books": [
        {"title": "A", "price": 8, "tags": ["x", "y"], "author": {"name": "Ann"}},
        {"title": "B", "price": 12.5, "tags": [], "author": {"name": "Bob"}, "isbn": "0-1"},
        {"title": "C", "price": 22, "author": {"name": "Cy"}, "isbn": None},
    ],
    "limit": 10,
    "words": ["one", "two", "three", "four"],
    "sub-values": {"a b": 1, "é": 2, "it's": 3, "@type": 4},
    "matrix": [[1, 2], [3, 4]],
    "text": "plain",
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.limit", 10),
        ("$.nothing", None),
        ("$.books[0].author.name", "Ann"),
        ("$['books'][1]['title']", "B"),
        ('$["books"][1]["title"]', "B"),
        ("$.books[-1].title", "C"),
        ("$.words.[1]", "two"),
        ("$.sub-values.é", 2),
        ("$.sub-values.@type", 4),
        ("$.sub-values['a b']", 1),
        (r"$.sub-values['it\'s']", 3),
        ("$.sub-values['\\u00e9']", 2),
        ("$.matrix[1][0]", 3),
        ("  $.limit ", 10),
        ("$.books[0]['title','price']", {"title": "A", "price": 8}),
        ("$.books[0]['title','none']", {"title": "A"}),
    ],
)
def test_definite_paths_give_the_value(path: str, expected: object) -> None:
    compiled = compile_path(path)
    assert compiled.definite
    assert compiled.find(SHOP) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.words[*]", ["one", "two", "three", "four"]),
        ("$.books[*].title", ["A", "B", "C"]),
        ("$.books[*].isbn", ["0-1", None]),
        ("$.books[*].tags[*]", ["x", "y"]),
        ("$.books[*].tags", [["x", "y"], []]),
        ("$.matrix[*][*]", [1, 2, 3, 4]),
        ("$.sub-values.*", [1, 2, 3, 4]),
        ("$.words[1:3]", ["two", "three"]),
        ("$.words[:2]", ["one", "two"]),
        ("$.words[2:]", ["three", "four"]),
        ("$.words[-1:]", ["four"]),
        ("$.words[:-3]", ["one"]),
        ("$.words[:-9]", []),
        ("$.words[-9:]", ["one", "two", "three", "four"]),
        ("$.words[1:-1]", []),
        ("$.words[-999999999999:1]", ["one", "two", "three", "four", "one"]),
        ("$.words[3, 0]", ["four", "one"]),
        ("$.words[0,-1,9]", ["one", "four"]),
        ("$.books[:1].author['name']", ["Ann"]),
        ("$['limit','text']", {"limit": 10, "text": "plain"}),
        ("$.books[0]['title','price'].x", []),
        ("$.books[*]['title','isbn']", [{"title": "A"}, {"title": "B", "isbn": "0-1"}, {"title": "C", "isbn": None}]),
        ("$..name", ["Ann", "Bob", "Cy"]),
        ("$.books..tags[0]", ["x"]),
        ("$..author.name", ["Ann", "Bob", "Cy"]),
        ("$.matrix..*", [[1, 2], [3, 4], 1, 2, 3, 4]),
        ("$.matrix..[0]", [[1, 2], 1, 3]),
        ("$.none[*]", []),
        ("$.none.deep[1:].x", []),
        ("$.text[*]", []),
        ("$.limit[?(@.x)]", []),
        ("$.nothing[*]", []),
    ],
)
def test_other_paths_give_a_list_or_a_merged_object(path: str, expected: object) -> None:
    compiled = compile_path(path)
    assert compiled.find(SHOP) == expected
    assert compiled.definite is isinstance(expected, dict)


@pytest.mark.parametrize(
    ("condition", "titles"),
    [
        ("@.price == 8", "A"),
        ("@.price == '8'", "A"),
        ("@.price != 8", "BC"),
        ("@.price < 12.5", "A"),
        ("@.price <= 12.5", "AB"),
        ("@.price > $.limit", "BC"),
        ("22 <= @.price", "C"),
        ("@.title > 'A' && @.price < 20", "B"),
        ("@.title == 'A' || @.title == \"C\"", "AC"),
        ("@.title == 'C' || @.price > 10 && @.price < 20", "BC"),
        ("(@.title == 'C' || @.price > 10) && @.price < 20", "B"),
        ("!(@.price > 10)", "A"),
        ("!@.isbn", "A"),
        ("@.isbn", "BC"),
        ("@.isbn == null", "C"),
        ("@.none == null", ""),
        ("@.none != 1", "ABC"),
        ("@.title == B", "B"),
        ("@['title'] in ['A', \"C\"]", "AC"),
        ("@.title nin ['A']", "BC"),
        ("@.tags contains 'x'", "A"),
        ("@.tags empty true", "B"),
        ("@.tags size 2", "A"),
        ("@.tags anyof ['y', 'z']", "A"),
        ("@.author.name =~ /a.*/i", "A"),
        ("@.author.name =~ /A/", ""),
        ("@.price =~ /\\d\\d/", "C"),
        ("@.author", "ABC"),
        ("@.price == true", ""),
        ("@.price.length() > 1", ""),
        ("@..name", "ABC"),
    ],
)
def test_filters(condition: str, titles: str) -> None:
    assert compile_path(f"$.books[?({condition})].title").find(SHOP) == list(titles)


def test_filters_and_values_of_other_types() -> None:
    data = {"n": [1, 5, 9], "one": {"k": 1}, "mixed": [{"v": True}, {"v": 1}, {"v": "true"}, {"v": None}, {"v": [1]}]}
    assert compile_path("$.n[?(@ > 4)]").find(data) == [], "a scalar never matches"
    assert compile_path("$.one[?(@.k == 1)]").find(data) == [{"k": 1}]
    assert compile_path("$.mixed[?(@.v == true)].v").find(data) == [True]
    assert compile_path("$.mixed[?(@.v == 1)].v").find(data) == [1]
    assert compile_path("$.mixed[?(@.v == [1])].v").find(data) == [[1]]
    assert compile_path("$.mixed[?(@.v < 2)].v").find(data) == [1]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("$.x", "No results for path: $['x']"),
        ("$.sub-values.x", "No results for path: $['sub-values']['x']"),
        ("$.x.y", "Missing property in path $['x']"),
        ("$.sub-values.x.y", "Missing property in path $['sub-values']['x']"),
        ("$.text.y", "Property ['y'] not found in path $['text']"),
        ("$.nothing.y", "Property ['y'] not found in path $['nothing']"),
        ("$.words[9]", "No results for path: $['words'][9]"),
        ("$.books[9].title", "No results for path: $['books'][9]['title']"),
        ("$.text[0]", "Filter: [0] can only be applied to arrays. Current context is: plain"),
        ("$.nothing[0]", "The path $['nothing'] is null"),
        ("$.words.length()", "Property ['length()'] not found in path $['words']"),
        ("$.text['a','b']", "Property ['a','b'] not found in path $['text']"),
    ],
)
def test_definite_paths_that_lead_nowhere(path: str, sentence: str) -> None:
    with pytest.raises(Missing) as caught:
        compile_path(path).find(SHOP)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("path", "root", "definite"),
    [
        ("$", "", True),
        ("$$", "$$", True),
        ("$$.Execution.Id", "$$", True),
        ("$items", "items", True),
        ("$items[0].x", "items", True),
        ("$añ_1['x'][*]", "añ_1", False),
        ("$[*]", "", False),
    ],
)
def test_roots(path: str, root: str, definite: bool) -> None:
    compiled = compile_path(path)
    assert (compiled.root, compiled.definite, compiled.text) == (root, definite, path)
    assert compile_path(path) is compiled


@pytest.mark.parametrize(
    "path",
    """
    |x|$.|$..|$...a|$x-y|$1|$$1|$.a.|$.a..|$.a[|$.a[]|$.a['x|$.a[x]|$.a['x'|$.a[1|$.a[1.5]|$.a[:]|$.a[::1]|$.a[1,]|$.a[1:2:3:4]
    |$.a b|$.a]|$.a[?]|$.a[?()]|$.a[?(@.x]|$.a[?(@.x ==)]|$.a[?(1)]|$.a[?(@.x =~ 'a')]|$.a[?(@.x =~ /(/)]|$.a[?(@.x =~ /a/q)]
    |$.a[?(@.x ~ 1)]|$.a[?(@.x == 1 &&)]|$.a['x',]|a.$.b
    """.replace("\n", "").split("|"),
)
def test_refused_paths(path: str) -> None:
    with pytest.raises(InvalidPath):
        compile_path(path.strip())


def test_depth_of_text_and_data() -> None:
    with pytest.raises(InvalidPath, match="inside each other"):
        compile_path("$.a[?(" + "(" * 5000 + "@.x" + ")" * 5000 + ")]")
    with pytest.raises(InvalidPath, match="inside each other"):
        compile_path("$.a[?(@.x in " + "[" * 5000 + ")]")
    deep: dict[str, object] = {"x": 1}
    for _ in range(20_000):
        deep = {"a": deep}
    assert compile_path("$..x").find(deep) == [1]
    assert compile_path("$" + ".a" * 20_000 + ".x").find(deep) == 1


@pytest.mark.parametrize(
    ("path", "steps"), [("$", ()), ("$.a.b[0]", ("a", "b", 0)), ("$['x y'].z", ("x y", "z")), ("$.error-info", ("error-info",))]
)
def test_reference_steps(path: str, steps: tuple[str | int, ...]) -> None:
    assert reference_steps(path) == steps


@pytest.mark.parametrize("path", ["$.a[*]", "$.a[0:1]", "$..a", "$.a[-1]", "$.a[?(@.x)]", "$$.a", "$variable", "$.a[0,1]", "a", ""])
def test_what_is_no_reference_path(path: str) -> None:
    with pytest.raises(InvalidPath):
        reference_steps(path)


@pytest.mark.parametrize(
    ("document", "steps", "expected"),
    [
        ({"a": 1}, (), 7),
        ({"a": 1}, ("a",), {"a": 7}),
        ({"a": 1}, ("b",), {"a": 1, "b": 7}),
        ({"a": 1}, ("b", "c"), {"a": 1, "b": {"c": 7}}),
        ({"a": {"x": 1}}, ("a", "y", "z"), {"a": {"x": 1, "y": {"z": 7}}}),
        ({"a": [1, 2]}, ("a", 1), {"a": [1, 7]}),
        ([{"x": 1}], (0, "y"), [{"x": 1, "y": 7}]),
    ],
)
def test_put_makes_a_new_document(document: object, steps: tuple[str | int, ...], expected: object) -> None:
    before = copy.deepcopy(document)
    assert put(document, steps, 7) == expected
    assert document == before


def test_put_shares_what_it_does_not_change() -> None:
    document = {"a": {"x": 1}, "b": {"y": [1, 2, 3]}}
    changed = put(document, ("a", "x"), 2)
    assert changed["b"] is document["b"]


@pytest.mark.parametrize(
    ("document", "steps", "error"),
    [
        ("text", ("a",), ValueError),
        (None, ("a",), ValueError),
        ([1], ("a",), ValueError),
        ({"a": 5}, ("a", "b"), ValueError),
        ({"a": None}, ("a", "b"), ValueError),
        ({"a": {}}, ("a", 0), ValueError),
        ({}, ("a", 0), ValueError),
        ({"a": [1]}, ("a", 1), Missing),
    ],
)
def test_put_where_there_is_no_place(document: object, steps: tuple[str | int, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        put(document, steps, 7)
