"""A small evaluator of definitions, for tests of the compiler only: enough of both query languages to run what it emits.

Tasks answer from `answers`: a value, a list of values (one per visit), or `Failure`. `calls` records state and arguments.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from jsonata import Jsonata
from jsonata.utils import Utils


@dataclass
class Failure(Exception):
    """An error of a task, branch or execution."""

    error: str
    cause: str = ""


@dataclass
class Run:
    """What an execution did."""

    status: str
    output: Any = None
    error: str | None = None
    cause: str | None = None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    snapshots: dict[str, dict[str, Any]] = field(default_factory=dict)


class Absent(Exception):
    """A value that is not there, where one is needed."""


def run(definition: dict[str, Any], input: Any, answers: dict[str, Any] | None = None, **begin: Any) -> Run:
    """Run a definition. `start_at` and `variables` begin in the middle, as a re-run from a stage would."""
    evaluator = _Evaluator(definition, input, answers or {})
    variables = dict(begin.get("variables", {}))
    try:
        output = evaluator.machine(definition, input, [variables], begin.get("start_at"))
    except Failure as failure:
        return evaluator.result("FAILED", None, failure)
    return evaluator.result("SUCCEEDED", output, None)


class _Evaluator:
    def __init__(self, definition: dict[str, Any], input: Any, answers: dict[str, Any]) -> None:
        self.language = definition.get("QueryLanguage", "JSONPath")
        self.answers = {name: list(value) if isinstance(value, list) else value for name, value in answers.items()}
        self.calls: list[tuple[str, Any]] = []
        self.entered: list[str] = []
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.execution = {"Id": "arn:execution", "Input": input, "Name": "test", "StartTime": "2026-11-21T00:00:00Z"}

    def result(self, status: str, output: Any, failure: Failure | None) -> Run:
        error, cause = (failure.error, failure.cause) if failure else (None, None)
        return Run(status, output, error, cause, self.calls, self.entered, self.snapshots)

    def machine(self, machine: dict[str, Any], value: Any, scopes: list[dict[str, Any]], start: str | None = None) -> Any:
        name = start or machine["StartAt"]
        while True:
            state = machine["States"][name]
            self.entered.append(name)
            if len(self.entered) > 5000:
                raise RuntimeError("the run does not end")
            if len(scopes) == 1:
                self.snapshots[name] = copy.deepcopy(scopes[0])
            step = _Step(self, name, state, value, scopes)
            target, value = step.run()
            if target is None:
                return value
            name = target


class _Step:
    def __init__(self, evaluator: _Evaluator, name: str, state: dict[str, Any], value: Any, scopes: list[dict[str, Any]]) -> None:
        self.all = evaluator
        self.name = name
        self.state = state
        self.input = value
        self.scopes = scopes
        self.jsonata = state.get("QueryLanguage", evaluator.language) == "JSONata"
        self.context = {
            "Execution": evaluator.execution,
            "State": {"Name": name, "EnteredTime": "2026-11-21T02:00:00Z"},
            "StateMachine": {"Name": "test"},
            "Task": {"Token": "token"},
        }
        self.result: Any = None
        self.has_result = False

    # Values

    def variable(self, name: str) -> Any:
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        raise Absent(f"${name}")

    def jsonata_value(self, text: str, error: Any = None) -> Any:
        states: dict[str, Any] = {"input": self.input, "context": self.context}
        if self.has_result:
            states["result"] = self.result
        if error is not None:
            states["errorOutput"] = error
        expression = Jsonata(text[2:-2].strip())
        expression.set_output_convert_nulls(False)
        frame = expression.create_frame()
        for scope in self.scopes:
            for name, value in scope.items():
                frame.bind(name, _nulls(value))
        frame.bind("states", _nulls(states))
        frame.bind("uuid", Jsonata("function() { '0-0-0' }").evaluate(None))
        for name, function in _FUNCTIONS.items():
            frame.bind(name, Jsonata.JLambda(function))
        try:
            found = expression.evaluate(None, frame)
        except Exception as problem:
            raise Failure("States.QueryEvaluationError", f"{self.name}: {text}: {problem}") from problem
        if found is None:
            raise Failure("States.QueryEvaluationError", f"{self.name}: {text} returned nothing")
        return _plain(found)

    def template(self, value: Any, document: Any = None, error: Any = None) -> Any:
        if self.jsonata:
            if isinstance(value, str) and value.startswith("{%"):
                return self.jsonata_value(value, error)
            if isinstance(value, dict):
                return {key: self.template(member, document, error) for key, member in value.items()}
            return [self.template(member, document, error) for member in value] if isinstance(value, list) else value
        if isinstance(value, dict):
            found = {}
            for key, member in value.items():
                if key.endswith(".$"):
                    found[key[:-2]] = self.path_or_call(member, document)
                else:
                    found[key] = self.template(member, document, error)
            return found
        return [self.template(member, document, error) for member in value] if isinstance(value, list) else value

    def path_or_call(self, text: str, document: Any) -> Any:
        try:
            return _Call(self, document).value(text)
        except Absent as absent:
            raise Failure("States.Runtime", f"{self.name}: {absent} is absent") from None

    def path(self, text: str, document: Any) -> Any:
        if text.startswith("$$"):
            value, rest = self.context, text[2:]
        else:
            match = re.match(r"\$([A-Za-z_]\w*)?", text)
            assert match
            rest = text[match.end() :]
            value = self.variable(match.group(1)) if match.group(1) else document
        for part, quoted, index in re.findall(r"\.([A-Za-z_]\w*)|\['([^']*)'\]|\[(\d+)\]", rest):
            try:
                value = value[int(index)] if index else value[part or quoted]
            except (KeyError, IndexError, TypeError):
                raise Absent(text) from None
        return value

    # States

    def run(self) -> tuple[str | None, Any]:
        kind = self.state["Type"]
        try:
            return getattr(self, f"run_{kind.lower()}")()
        except Failure as failure:
            if failure.error == "States.Runtime":
                raise
            for catcher in self.state.get("Catch", ()):
                names = catcher["ErrorEquals"]
                if failure.error in names or "States.ALL" in names:
                    error = {"Error": failure.error, "Cause": failure.cause}
                    self.has_result = False
                    self.assign(catcher.get("Assign"), error, error)
                    output = self.template(catcher["Output"], error, error) if "Output" in catcher else error
                    if not self.jsonata and catcher.get("ResultPath", "$") is None:
                        output = self.input
                    return catcher["Next"], output
            raise

    def assign(self, values: Any, document: Any, error: Any = None) -> None:
        if values:
            found = self.template(values, document, error)
            for name in found:
                if any(name in scope for scope in self.scopes[:-1]):
                    raise AssertionError(f"{self.name} assigns {name} of an outer scope")
            self.scopes[-1].update(found)

    def leave(self, result: Any) -> tuple[str | None, Any]:
        self.result, self.has_result = result, True
        before = copy.deepcopy(self.scopes[-1])
        if self.jsonata:
            output = self.template(self.state["Output"]) if "Output" in self.state else result
        else:
            output = self.template(self.state["ResultSelector"], result) if "ResultSelector" in self.state else result
            if self.state.get("ResultPath", "$") is None:
                output = self.input
            if self.state.get("OutputPath", "$") is None:
                output = {}
        assert before == self.scopes[-1]
        self.assign(self.state.get("Assign"), result)
        return (None if self.state.get("End") else self.state["Next"]), output

    def run_task(self) -> tuple[str | None, Any]:
        if "TimeoutSecondsPath" in self.state:
            self.path_or_call(self.state["TimeoutSecondsPath"], self.input)
        field = "Arguments" if self.jsonata else "Parameters"
        arguments = self.template(self.state[field], self.input) if field in self.state else self.input
        self.all.calls.append((self.name, arguments))
        answer = self.all.answers.get(self.name, {})
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            answer = answer(arguments)
        if isinstance(answer, Failure):
            raise answer
        return self.leave(copy.deepcopy(answer))

    def run_pass(self) -> tuple[str | None, Any]:
        if self.jsonata:
            return self.leave_quietly(self.input)
        value = self.template(self.state["Parameters"], self.input) if "Parameters" in self.state else self.input
        return self.leave(value)

    def leave_quietly(self, value: Any) -> tuple[str | None, Any]:
        output = self.template(self.state["Output"]) if "Output" in self.state else value
        self.assign(self.state.get("Assign"), value)
        if not self.jsonata and self.state.get("OutputPath", "$") is None:
            output = {}
        return (None if self.state.get("End") else self.state["Next"]), output

    def run_wait(self) -> tuple[str | None, Any]:
        for name in ("SecondsPath", "TimestampPath"):
            if name in self.state:
                self.path_or_call(self.state[name], self.input)
        return self.leave_quietly(self.input)

    def run_succeed(self) -> tuple[str | None, Any]:
        if self.jsonata:
            return None, self.template(self.state["Output"]) if "Output" in self.state else self.input
        return None, {} if self.state.get("OutputPath", "$") is None else self.input

    def run_fail(self) -> tuple[str | None, Any]:
        found = {}
        for name in ("Error", "Cause"):
            value = self.state.get(name, "")
            if f"{name}Path" in self.state:
                value = self.path_or_call(self.state[f"{name}Path"], self.input)
            found[name] = self.template(value) if self.jsonata else value
            if not isinstance(found[name], str):
                raise Failure("States.Runtime", f"{name} is no text")
        raise Failure(found["Error"], found["Cause"])

    def run_choice(self) -> tuple[str | None, Any]:
        for rule in self.state["Choices"]:
            holds = self.template(rule["Condition"]) if self.jsonata else self.test(rule)
            if not isinstance(holds, bool):
                raise Failure("States.QueryEvaluationError", f"{rule} gives {holds!r}")
            if holds:
                self.assign(rule.get("Assign"), self.input)
                return rule["Next"], self.input
        self.assign(self.state.get("Assign"), self.input)
        return self.state["Default"], self.input

    def test(self, rule: dict[str, Any]) -> bool:
        if "And" in rule:
            return all(self.test(inner) for inner in rule["And"])
        if "Or" in rule:
            return any(self.test(inner) for inner in rule["Or"])
        if "Not" in rule:
            return not self.test(rule["Not"])
        [operator] = [key for key in rule if key not in ("Variable", "Next", "Assign", "Comment")]
        wanted = rule[operator]
        try:
            value = self.path(rule["Variable"], self.input)
        except Absent:
            if operator == "IsPresent":
                return not wanted
            raise Failure("States.Runtime", f"Invalid path {rule['Variable']}") from None
        if operator.endswith("Path"):
            wanted, operator = self.path(wanted, self.input), operator[:-4]
        return _compare(operator, value, wanted)

    def run_parallel(self) -> tuple[str | None, Any]:
        outputs = [self.all.machine(branch, self.input, [*self.scopes, {}]) for branch in self.state["Branches"]]
        return self.leave(outputs)

    def run_map(self) -> tuple[str | None, Any]:
        processor = self.state["ItemProcessor"]
        distributed = processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED"
        if "Items" in self.state:
            items = self.template(self.state["Items"])
        elif "ItemsPath" in self.state:
            items = self.path_or_call(self.state["ItemsPath"], self.input)
        else:
            items = self.all.answers[self.name]
        inputs = []
        for index, item in enumerate(items):
            self.context["Map"] = {"Item": {"Index": index, "Value": item}}
            inputs.append(self.template(self.state["ItemSelector"], self.input) if "ItemSelector" in self.state else item)
        batcher = self.state.get("ItemBatcher")
        if batcher:
            size = batcher["MaxItemsPerBatch"]
            batch_input = {"BatchInput": self.template(batcher["BatchInput"], self.input)} if "BatchInput" in batcher else {}
            inputs = [{**batch_input, "Items": inputs[at : at + size]} for at in range(0, len(inputs), size)]
        outputs = []
        for value in inputs:
            if distributed:
                child = _Evaluator({"QueryLanguage": self.all.language}, value, {})
                child.answers, child.calls, child.entered = self.all.answers, self.all.calls, self.all.entered
                outputs.append(child.machine(processor, value, [{}]))
            else:
                outputs.append(self.all.machine(processor, value, [*self.scopes, {}]))
        return self.leave(outputs)


def _compare(operator: str, value: Any, wanted: Any) -> bool:
    kinds = {"String": str, "Numeric": (int, float), "Boolean": bool}
    if operator == "IsPresent":
        return bool(wanted)
    if operator == "IsNull":
        return (value is None) == wanted
    if operator.startswith("Is"):
        kind = kinds[operator[2:]]
        return (isinstance(value, kind) and (operator == "IsBoolean" or not isinstance(value, bool))) == wanted
    if operator == "StringMatches":
        pattern = "".join(".*" if part == "*" else re.escape(part.replace("\\*", "*")) for part in re.split(r"((?<!\\)\*)", wanted))
        return isinstance(value, str) and re.fullmatch(pattern, value, re.S) is not None
    name = next(kind for kind in kinds if operator.startswith(kind))
    for side in (value, wanted):
        if not isinstance(side, kinds[name]) or (name != "Boolean" and isinstance(side, bool)):
            return False
    relation = operator[len(name) :]
    return {
        "Equals": value == wanted,
        "LessThan": value < wanted,
        "GreaterThan": value > wanted,
        "LessThanEquals": value <= wanted,
        "GreaterThanEquals": value >= wanted,
    }[relation]


class _Call:
    """A path or an intrinsic call of a payload template."""

    def __init__(self, step: _Step, document: Any) -> None:
        self.step = step
        self.document = document

    def value(self, text: str) -> Any:
        found, rest = self.parse(text)
        assert not rest.strip(), rest
        return found

    def parse(self, text: str) -> tuple[Any, str]:
        text = text.lstrip()
        if text.startswith("$"):
            match = re.match(r"\$\$?(?:[A-Za-z_]\w*)?(?:\.[A-Za-z_]\w*|\['[^']*'\]|\[\d+\])*", text)
            assert match
            return self.step.path(match.group(), self.document), text[match.end() :]
        if text.startswith("'"):
            match = re.match(r"'((?:[^'\\]|\\.)*)'", text, re.S)
            assert match
            return match.group(1), text[match.end() :]
        if text.startswith("States."):
            match = re.match(r"States\.(\w+)\(", text)
            assert match
            rest, arguments, raw = text[match.end() :], [], []
            while not rest.lstrip().startswith(")"):
                quoted = rest.lstrip().startswith("'")
                value, rest = self.parse(rest)
                raw.append(value)
                arguments.append(re.sub(r"\\(.)", r"\1", value) if quoted else value)
                rest = rest.lstrip().removeprefix(",")
            return self.call(match.group(1), arguments, raw), rest.lstrip()[1:]
        match = re.match(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null", text)
        assert match, text
        return json.loads(match.group()), text[match.end() :]

    def call(self, name: str, arguments: list[Any], raw: list[Any]) -> Any:
        match name, arguments:
            case "Format", [_, *values]:
                pieces = re.split(r"(?<!\\)\{\}", raw[0])
                texts = [value if isinstance(value, str) else json.dumps(value) for value in values] + [""]
                return "".join(re.sub(r"\\(.)", r"\1", piece) + text for piece, text in zip(pieces, texts, strict=True))
            case "JsonMerge", [first, second, _]:
                return {**first, **second}
            case "StringToJson", [text]:
                return json.loads(text)
            case "JsonToString", [value]:
                return json.dumps(value, separators=(",", ":"))
            case "MathAdd", [first, second]:
                return first + second
            case "Array", values:
                return values
            case "ArrayLength", [values]:
                return len(values)
            case "ArrayContains", [values, value]:
                return value in values
            case "ArrayGetItem", [values, index]:
                return values[index]
            case "ArrayRange", [first, last, step]:
                return list(range(first, last + 1, step))
            case "ArrayUnique", [values]:
                return list(dict.fromkeys(values))
            case "ArrayPartition", [values, size]:
                return [values[at : at + size] for at in range(0, len(values), size)]
            case "StringSplit", [text, separator]:
                return [part for part in text.split(separator) if part]
            case "Hash", [value, algorithm]:
                return hashlib.new(algorithm.replace("-", "").lower(), str(value).encode()).hexdigest()
            case "UUID", []:
                return "0-0-0"
            case _:
                raise AssertionError(f"States.{name} is not known here")


def _partition(values: Any, size: Any) -> Any:
    return [values[at : at + size] for at in range(0, len(values), size)]


_FUNCTIONS = {
    "partition": _partition,
    "range": lambda first, last, step: list(range(first, last + 1, step)),
    "hash": lambda value, algorithm: hashlib.new(algorithm.replace("-", "").lower(), str(value).encode()).hexdigest(),
    "parse": json.loads,
}


def _nulls(value: Any) -> Any:
    if value is None:
        return Utils.NULL_VALUE
    if isinstance(value, dict):
        return {key: _nulls(member) for key, member in value.items()}
    return [_nulls(member) for member in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
