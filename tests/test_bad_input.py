"""Everything a user can get wrong: one clear finding per fault with its line, all in one run, and build/ as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Project = Callable[[dict[str, str]], Path]

HEAD = """from sfn_dsl import *
batch = Input(id=str)
def call(name, payload=None, **more):
    return Transform.lambda_(name, function="f", payload=payload or {}, **more)
"""

# name: (body of pipelines/bad.py after HEAD, line of the fault in it, code, a part of the message)
FAULTS: dict[str, tuple[str, int, str, str]] = {
    "syntax": ("p = Pipeline(", 5, "SFN112", "is not valid Python"),
    "import": ("import no_such_module", 5, "SFN112", "ModuleNotFoundError"),
    "exception": ("p = Pipeline(name='bad', body=call('a'))\n1 / 0", 6, "SFN112", "ZeroDivisionError"),
    "exit": ("raise SystemExit(3)", 5, "SFN112", "SystemExit"),
    "and": ("x = (batch.id == 'a') and (batch.id == 'b')", 5, "SFN104", "no truth value"),
    "if": ("if batch.id: pass", 5, "SFN104", "no truth value"),
    "fstring": ("x = f'{batch.id}'", 5, "SFN104", "has no text"),
    "loop": ("for x in batch.id: pass", 5, "SFN104", "cannot be looped over"),
    "len": ("len(batch.id)", 5, "SFN104", "length of an expression"),
    "in": ("'a' in batch.id", 5, "SFN104", "`in` cannot look"),
    "not a step": ("p = Pipeline(name='bad', body=call('a') >> 'b')", 5, "SFN104", "`'b'` is not a step"),
    "same name twice": (
        "a = call('a')\nb = call('a')\np = Pipeline(name='bad', body=a >> b)",
        6,
        "SFN101",
        "`a` is already used",
    ),
    "same pipeline twice": (
        "p = Pipeline(name='bad', body=call('a'))\nq = Pipeline(name='bad', body=call('a'))",
        6,
        "SFN110",
        "two pipelines are called `bad`",
    ),
    "empty name": ("a = call('')\np = Pipeline(name='bad', body=a)", 5, "SFN102", "empty name"),
    "long name": ("a = call('x' * 81)\np = Pipeline(name='bad', body=a)", 5, "SFN102", "has 81 characters"),
    "bad pipeline name": ("p = Pipeline(name='a b', body=call('a'))", 5, "SFN102", "no name for a pipeline"),
    "no steps": ("p = Pipeline(name='bad', body=[])", 5, "SFN104", "has no steps"),
    "later step": (
        "b = call('b')\na = call('a', {'x': b.output.y})\np = Pipeline(name='bad', body=a >> b)",
        6,
        "SFN201",
        "`b`, which runs later",
    ),
    "other pipeline's step": (
        "b = call('b')\nq = Pipeline(name='q', body=b)\na = call('a', {'x': b.output.y})\np = Pipeline(name='bad', body=a)",
        7,
        "SFN202",
        "not a step of pipeline `bad`",
    ),
    "other pipeline's input": (
        "a = call('a', {'x': Input(id=str).id})\np = Pipeline(name='bad', input=batch, body=a)",
        5,
        "SFN202",
        "input of another pipeline",
    ),
    "other branch": (
        "a = call('a')\nb = call('b', {'x': a.output.y})\np = Pipeline(name='bad', body=Parallel('f', a, b))",
        6,
        "SFN203",
        "beside it on another branch",
    ),
    "other arm": (
        "a = call('a')\nb = call('b', {'x': a.output.y})\np = Pipeline(name='bad', input=batch, body=Branch('f', (batch.id == '1', a), otherwise=b))",
        6,
        "SFN203",
        "may not have run",
    ),
    "maybe not run": (
        "a = call('a')\nb = call('b', {'x': a.output.y})\np = Pipeline(name='bad', input=batch, body=Branch('f', (batch.id == '1', a), otherwise=CONTINUE) >> b)",
        6,
        "SFN203",
        "may not have run",
    ),
    "caught": (
        "a = call('a', catch=Catcher('E', do=call('c')))\nb = call('b', {'x': a.output.y})\np = Pipeline(name='bad', body=a >> b)",
        6,
        "SFN203",
        "may not have run",
    ),
    "inside a map": (
        "a = call('a')\nb = call('b', {'x': a.output.y})\np = Pipeline(name='bad', body=ForEach('f', items=[1], item=Item(), do=a) >> b)",
        6,
        "SFN205",
        "runs inside a map",
    ),
    "item outside": (
        "i = Item()\nb = call('b', {'x': i})\np = Pipeline(name='bad', body=b)",
        6,
        "SFN205",
        "item of a map that it is not part of",
    ),
    "failure outside": (
        "b = call('b', {'x': failure.error})\np = Pipeline(name='bad', body=b)",
        5,
        "SFN206",
        "outside a failure handler",
    ),
    "no such field": (
        "a = Extract.glue('a', job='j')\nb = call('b', {'x': a.output.JobRunID})\np = Pipeline(name='bad', body=a >> b)",
        6,
        "SFN204",
        "has no field `JobRunID`",
    ),
    "no such declared field": (
        "a = call('a', returns={'rows': int})\nb = call('b', {'x': a.output.row})\np = Pipeline(name='bad', body=a >> b)",
        6,
        "SFN204",
        "no field `row`",
    ),
    "no such input": (
        "b = call('b', {'x': batch.idd})\np = Pipeline(name='bad', input=batch, body=b)",
        5,
        "SFN204",
        "no field `idd`",
    ),
    "misspelt argument": (
        "a = Task('a', resource='glue:startJobRun.sync', arguments={'JobNme': 'j'})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN109",
        "no argument `JobNme`",
    ),
    "missing argument": (
        "a = Task('a', resource='glue:startJobRun.sync', arguments={})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN109",
        "needs the argument `JobName`",
    ),
    "argument of a wrong type": (
        "a = Task('a', resource='glue:startJobRun', arguments={'JobName': 5})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN109",
        "must be a string",
    ),
    "no such action": (
        "a = Task('a', resource='glue:startJobRunn', arguments={})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN105",
        "no integration `glue:startJobRunn`",
    ),
    "no such sdk service": (
        "a = Task('a', resource='aws-sdk:gleu:getJob', arguments={})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN105",
        "no integration `aws-sdk:gleu:getJob`",
    ),
    "unsupported pattern": (
        "a = Task('a', resource='dynamodb:getItem.sync', arguments={'TableName': 't', 'Key': {}})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN105",
        "does not support `.sync`",
    ),
    "not JSON": ("a = call('a', {'x': object()})\np = Pipeline(name='bad', body=a)", 5, "SFN107", "a value of type object"),
    "NaN": ("a = call('a', {'x': float('nan')})\np = Pipeline(name='bad', body=a)", 5, "SFN107", "the number nan"),
    "number as key": ("a = call('a', {1: 2})\np = Pipeline(name='bad', body=a)", 5, "SFN107", "the key 1"),
    "value inside itself": (
        "x = {}\nx['x'] = x\na = call('a', x)\np = Pipeline(name='bad', body=a)",
        7,
        "SFN104",
        "contains itself",
    ),
    "circle": (
        "p = Pipeline(name='bad', body=StartPipeline('a', pipeline='q'))\nq = Pipeline(name='q', body=StartPipeline('a', pipeline='bad'))",
        5,
        "SFN111",
        "in a circle: bad -> q -> bad",
    ),
    "endless raw": (
        "a = Raw('a', {'StartAt': 'x', 'States': {'x': {'Type': 'Pass', 'Next': 'x'}}})\np = Pipeline(name='bad', body=a >> call('b'))",
        6,
        "SFN108",
        "nothing leads to step `b`",
    ),
    "raw to nowhere": (
        "a = Raw('a', {'Type': 'Pass', 'Next': 'y'})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN105",
        "which is no state of the fragment",
    ),
    "raw with unknown field": (
        "a = Raw('a', {'Type': 'Pass', 'Rslt': 1, 'End': True})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN103",
        "`Rslt`",
    ),
    "no otherwise": (
        "a = Branch('a', (batch.id == '1', call('b')))\np = Pipeline(name='bad', input=batch, body=a)",
        5,
        "SFN104",
        "has no `otherwise`",
    ),
    "steps after an end": ("p = Pipeline(name='bad', body=Succeed('a') >> call('b'))", 5, "SFN108", "nothing leads to step `b`"),
    "retry figures": (
        "a = call('a', retry=retry('E', max_attempts=-1))\np = Pipeline(name='bad', body=a)",
        5,
        "SFN303",
        "`max_attempts` is -1",
    ),
    "back-off below 1": (
        "a = call('a', retry=TRANSIENT.with_(backoff_rate=0.5))\np = Pipeline(name='bad', body=a)",
        5,
        "SFN303",
        "`backoff_rate` is 0.5",
    ),
    "States.ALL not last": (
        "a = call('a', retry=retry('States.ALL') + retry('E'))\np = Pipeline(name='bad', body=a)",
        5,
        "SFN302",
        "must stand alone and last",
    ),
    "too large": ("p = Pipeline(name='bad', body=call('a', {'x': 'y' * 1_100_000}))", 5, "SFN402", "the definition has at least"),
    "too deep": (
        "d = call('a')\nfor n in range(101):\n    d = Parallel(str(n), d)\np = Pipeline(name='bad', body=d)",
        7,
        "SFN403",
        "nested more than 100",
    ),
    "other Region": (
        "a = call('a', {'x': 'arn:aws:sns:eu-west-1:111122223333:t'})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN602",
        "of eu-west-1, but is compiled for another Region",
    ),
    "other partition": (
        "a = call('a', {'x': 'arn:aws-cn:iam::111122223333:role/r'})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN601",
        "of partition aws-cn",
    ),
    "no such setting": (
        "a = call('a', {'x': config.bucket})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN104",
        "`bucket` has no value for us-east-1",
    ),
    "no such template": (
        "a = call('a', {'x': text_template('none.txt')})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN104",
        "no template `none.txt`",
    ),
    "unknown language": (
        "p = Pipeline(name='bad', body=call('a'), query_language='JSONPth')",
        5,
        "SFN104",
        "unknown query language",
    ),
    "sync in EXPRESS": (
        "a = Extract.glue('a', job='j')\np = Pipeline(name='bad', type='EXPRESS', body=a)",
        5,
        "SFN106",
        "EXPRESS pipeline cannot wait by `.sync`",
    ),
    "order of a boolean": (
        "a = Branch('a', (batch.id > True, call('b')), otherwise=CONTINUE)\np = Pipeline(name='bad', input=batch, body=a)",
        5,
        "SFN208",
        "compares numbers or texts",
    ),
    "misspelt keyword": (
        "a = Extract.glue('a', job='j', argument={})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN112",
        "did you mean `arguments`?",
    ),
    "misspelt constructor": ("a = Extract.gleu('a', job='j')", 5, "SFN112", "did you mean `glue`?"),
    "forgotten output": ("a = Extract.glue('a', job='j')\nb = call('b', {'x': a.JobRunId})", 6, "SFN112", "`.output.JobRunId`"),
    "misspelt import": ("from sfn_dsl import DynamoDb", 5, "SFN112", "did you mean `DynamoDB`?"),
    "no policy": ("p = Pipeline(name='bad', retry=3, body=call('a'))", 5, "SFN104", "is no retry policy"),
    "no policy in a step": ("p = Pipeline(name='bad', body=call('a', retry=3))", 5, "SFN104", "is no retry policy"),
    "no catcher": ("p = Pipeline(name='bad', body=call('a', catch='E'))", 5, "SFN104", "takes Catcher objects"),
    "no item": (
        "p = Pipeline(name='bad', body=ForEach('f', items=[1], item='x', do=call('a')))",
        5,
        "SFN104",
        "must be an `Item()`",
    ),
    "no pair": ("a = Branch('a', batch.id == '1', call('b'))", 5, "SFN104", "is no pair"),
    "second value": (
        "a = DynamoDB.update('a', table='t', key={'k': 'v'}, set={'s': 'A'}, condition='s = :s', values={'s': 'B'})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN104",
        "gives `:s` a second value",
    ),
    "value not given": (
        "a = DynamoDB.update('a', table='t', key={'k': 'v'}, set={'s': 'A'}, condition='s = :me')\np = Pipeline(name='bad', body=a)",
        5,
        "SFN104",
        "no value for `:me`",
    ),
    "nothing to update": (
        "a = DynamoDB.update('a', table='t', key={'k': 'v'})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN104",
        "changes nothing",
    ),
    "list as attribute": (
        "a = call('a', returns={'l': list})\nb = DynamoDB.put('b', table='t', item={'l': a.output.l})\np = Pipeline(name='bad', body=a >> b)",
        6,
        "SFN104",
        "a list or object that is only known at run time",
    ),
    "alias": (
        "a = Extract.glue('a', job='j')\nb = call('b', {'x': a.output.JobRunID})\np = Pipeline(name='bad', body=a >> b)",
        6,
        "SFN204",
        "did you mean `JobRunId`?",
    ),
    "stage in a branch": (
        "s = Stage('s', call('a'))\np = Pipeline(name='bad', body=Parallel('f', s))",
        5,
        "SFN104",
        "stands inside another step",
    ),
    "number as pipeline": (
        "p = Pipeline(name='bad', body=StartPipeline('s', pipeline=5))",
        5,
        "SFN104",
        "`pipeline` of StartPipeline `s` is no text",
    ),
    "contract in a tuple": (
        "r = BatchReady(pipeline='bad', batch_id=batch.id)\np = Pipeline(name='bad', input=batch, body=call('a'), produces=(r,))",
        6,
        "SFN104",
        "`produces` of pipeline `bad` is no BatchReady",
    ),
    "contract alone": (
        "r = BatchReady(pipeline='up', batch_id=batch.id)\np = Pipeline(name='bad', input=batch, body=call('a'), consumes=r)",
        6,
        "SFN104",
        "`consumes` of pipeline `bad` is no list",
    ),
    "name as contract": (
        "p = Pipeline(name='bad', body=call('a'), consumes=('orders',))",
        5,
        "SFN104",
        "`consumes` of pipeline `bad` holds a value of type str, no BatchReady",
    ),
    "batch as control": (
        "p = Pipeline(name='bad', input=batch, body=call('a'), control=batch.id)",
        5,
        "SFN104",
        "`control` of pipeline `bad` is no Control",
    ),
    "dict as input": ("p = Pipeline(name='bad', input={'id': str}, body=call('a'))", 5, "SFN104", "`input` of pipeline `bad`"),
    "list of fields": (
        "r = BatchReady(pipeline='bad', batch_id=batch.id, fields=['rows'])\np = Pipeline(name='bad', input=batch, body=call('a'), produces=r)",
        5,
        "SFN104",
        "`fields` of the BatchReady of `bad` is no dict",
    ),
    "number as name of a field": (
        "r = BatchReady(pipeline='bad', batch_id=batch.id, fields={1: 'a'})\np = Pipeline(name='bad', input=batch, body=call('a'), produces=r)",
        5,
        "SFN104",
        "`fields` of the BatchReady of `bad` has the name 1",
    ),
    "number as producer": (
        "r = BatchReady(pipeline=3, batch_id=batch.id)\np = Pipeline(name='bad', input=batch, body=call('a'), produces=r)",
        5,
        "SFN104",
        "`pipeline` of a BatchReady is no text",
    ),
    "metric of no field": (
        "a = ConsistencyCheck('a', function='f', payload={}, metrics={'Q': 'qualty'}, returns={'consistencyStatus': str, 'quality': float})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN204",
        "the output of `a` has no field `qualty`",
    ),
    "no status": (
        "a = ConsistencyCheck('a', function='f', payload={}, returns={'quality': float})\np = Pipeline(name='bad', body=a)",
        5,
        "SFN204",
        "the output of `a` has no field `consistencyStatus`",
    ),
    "stage without a name": ("s = Stage(call('a'))", 5, "SFN104", "the name of a stage comes first"),
    "bytes as input": ("i = Input(key=bytes)", 5, "SFN104", "`<class 'bytes'>` is not a type of a value"),
    "bytes inside an input": ("i = Input(key={'a': [bytes]})", 5, "SFN104", "`<class 'bytes'>` is not a type of a value"),
    "text as limit": (
        "p = Pipeline(name='bad', body=call('a'), alarms=Alarms(below={'Quality': 'low'}))",
        5,
        "SFN104",
        "`below` of the alarms of pipeline `bad` has 'low' for `Quality`",
    ),
    "text for a number": (
        "a = call('a', returns={'rows': int})\nr = BatchReady(pipeline='up', batch_id=batch.id, fields={'rows': a.output.rows})\nother = Input(batch_id=str, rows=str)\nup = Pipeline(name='up', input=batch, body=a, produces=r)\np = Pipeline(name='bad', input=other, body=call('b'), control=Control(other.batch_id), consumes=(r,))",
        9,
        "SFN520",
        "`rows` of pipeline `bad` is a text, and the event of `up` brings a number",
    ),
    "argument of another engine": (
        "a = Load.snowflake('a', sql='s', function='f', workgroup='w')",
        5,
        "SFN112",
        "it takes binds, catch, comment, function",
    ),
    "misspelt for what is missing": (
        "a = Extract.glue('a',\n    jobname='j',\n    arguments={})",
        5,
        "SFN112",
        "there is no `jobname`: did you mean `job`?",
    ),
    "control left out": (
        "run = Control(batch.id)\na = call('a', {'f': run.fence})\np = Pipeline(name='bad', input=batch, body=a)",
        6,
        "SFN202",
        "give it to the pipeline: `control=...`",
    ),
    "list as name": ("p = Pipeline(name=['bad'], body=call('a'))", 5, "SFN102", "must be a text"),
}


def sfn(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", **more}
    return subprocess.run(
        [sys.executable, "-m", "sfn_dsl", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    from sfn_dsl.cli.main import run

    body, line, code, message = FAULTS[name]
    folder = project({"pipelines/bad.py": HEAD + body + "\n", "build/us-east-1/note.txt": "mine"})
    before = tree(folder / "build")
    assert run(["-C", str(folder), "--color", "never", "build"]) == 1
    out = capsys.readouterr()
    found = [block for block in out.err.split("\n\n") if block.startswith("error[")]
    # What one Region lacks and the other lacks too are two faults.
    assert len(found) == (2 if name == "no such setting" else 1), out.err
    assert found[0].startswith(f"error[{code}]: ")
    assert message in found[0]
    assert f" pipelines/bad.py:{line}\n" in found[0] + "\n"
    assert "help" in found[0] or code in ("SFN109",)
    assert "Traceback" not in out.err
    assert out.out == ""
    assert tree(folder / "build") == before


def test_all_faults_in_one_run(project: Project) -> None:
    files = {
        f"pipelines/f{number}.py": HEAD
        + body.replace("'bad'", f"'bad{number}'")
        .replace("name='q'", f"name='q{number}'")
        .replace("pipeline='q'", f"pipeline='q{number}'")
        for number, (body, *_) in enumerate(FAULTS.values())
    }
    good = HEAD + "p = Pipeline(name='good', body=call('a'))\n"
    folder = project({**files, "pipelines/good.py": good})
    done = sfn(folder, "build")
    assert done.returncode == 1
    for number, (_, line, code, message) in enumerate(FAULTS.values()):
        if code != "SFN110":
            assert f"pipelines/f{number}.py:{line}\n" in done.stderr, message
    assert not (folder / "build").exists()
    assert "Nothing was written." in done.stderr


def test_a_fault_in_a_file_that_others_import_is_one_finding(project: Project) -> None:
    good = "p = Pipeline(name='good', body=call('a'))\n"
    files = {
        "pipelines/a.py": "from pipelines.bad import batch\n",
        "pipelines/bad.py": HEAD + "1 / 0\n",
        "pipelines/good.py": HEAD + good,
    }
    done = sfn(project(files), "build")
    assert done.stderr.count("error[") == 1
    assert "bad.py cannot be loaded: ZeroDivisionError" in done.stderr
    assert "pipelines/bad.py:5\n" in done.stderr


CONFIGS = {
    "no section": ("[metadata]\nname = x\n", "no setup.cfg with a section [sfn_dsl]"),
    "no regions": ("[sfn_dsl]\n", "names no `regions`"),
    "unknown region": ("[sfn_dsl]\nregions = eu-wset-1\n", "did you mean `eu-west-1`?"),
    "unknown key": (
        "[sfn_dsl]\nregions = us-east-1\nregoins = x\n[sfn_dsl:us-east-1]\naccount = 111122223333\n",
        "did you mean `regions`?",
    ),
    "unknown target key": ("[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-east-1]\nacount = 1\n", "did you mean `account`?"),
    "section of no region": (
        "[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-west-1]\naccount = 111122223333\n",
        "a Region that `regions` does not name",
    ),
    "bad account": ("[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-east-1]\naccount = 12\n", "must have 12 digits"),
    "no account": ("[sfn_dsl]\nregions = us-east-1\n", "names no `account`"),
    "environment without account": (
        "[sfn_dsl]\nregions = us-east-1\n[sfn_dsl:us-east-1]\naccount = 111122223333\n[sfn_dsl:prod:us-east-1]\nvar.a = b\n",
        "[sfn_dsl:prod:us-east-1] in setup.cfg names no `account`",
    ),
    "no header": ("regions = us-east-1\n", "is malformed"),
    "no value": ("[sfn_dsl]\nregions\n", "is malformed"),
    "twice": ("[sfn_dsl]\nregions = us-east-1\n[sfn_dsl]\n", "is malformed"),
    "language": (
        "[sfn_dsl]\nregions = us-east-1\nquery_language = JSONpath\n[sfn_dsl:us-east-1]\naccount = 111122223333\n",
        "unknown query language",
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configuration(name: str, project: Project) -> None:
    text, message = CONFIGS[name]
    folder = project({"setup.cfg": text, "pipelines/a.py": ""})
    done = sfn(folder, "build")
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not (folder / "build").exists()


def test_selection_of_nothing(project: Project) -> None:
    folder = project({"pipelines/a.py": HEAD + "p = Pipeline(name='orders', body=call('a'))"})
    for arguments, message in (
        (("build", "ordres"), "did you mean `orders`?"),
        (("build", "-r", "eu-west-1"), "not a Region of this project"),
        (("build", "--env", "prod"), "not an environment of this project"),
        (("bild",), "No such command"),
        (("build", "--chek"), "No such option"),
    ):
        done = sfn(folder, *arguments)
        assert done.returncode == 2
        assert message in done.stderr


def test_selection_from_a_file_that_cannot_be_loaded(project: Project) -> None:
    folder = project(
        {"pipelines/a.py": "Pipeline(name='orders'", "pipelines/b.py": HEAD + "p = Pipeline(name='b', body=call('a'))"}
    )
    done = sfn(folder, "build", "orders")
    assert done.returncode == 1
    assert "no pipeline is called `orders`" in done.stderr
    assert "a.py is not valid Python" in done.stderr
    assert not (folder / "build").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_build_not_writable_for_users(project: Project) -> None:
    folder = project({"pipelines/a.py": HEAD + "p = Pipeline(name='orders', body=call('a'))", "build/x": ""})
    (folder / "build").chmod(0o500)
    done = sfn(folder, "build")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_build_is_a_file(project: Project) -> None:
    folder = project({"pipelines/a.py": HEAD + "p = Pipeline(name='orders', body=call('a'))", "build": "a file"})
    done = sfn(folder, "build")
    assert done.returncode == 2
    assert "cannot be" in done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "build").read_text() == "a file"


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_disk_full_in_mid_write(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fails_at: int
) -> None:
    from sfn_dsl.cli.main import run

    folder = project(
        {"pipelines/a.py": HEAD + "p = Pipeline(name='orders', body=call('a'))", "build/us-east-1/orders.asl.json": "old"}
    )
    before = tree(folder)
    written = 0
    original = Path.write_text

    def full(self: Path, *arguments: object, **more: object) -> int:
        nonlocal written
        written += 1
        if written == fails_at:
            raise OSError(28, "No space left on device", str(self))
        return original(self, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    assert run(["-C", str(folder), "build"]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert tree(folder) == before


def test_interrupted(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from sfn_dsl import output
    from sfn_dsl.cli.main import run

    folder = project({"pipelines/a.py": HEAD + "p = Pipeline(name='orders', body=call('a'))"})

    def interrupt(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(output.tempfile, "mkdtemp", interrupt)
    assert run(["-C", str(folder), "build"]) == 130
    assert not (folder / "build").exists()
    monkeypatch.undo()
    project({"pipelines/a.py": "raise KeyboardInterrupt"})
    assert run(["-C", str(folder), "build"]) == 130
    assert "Traceback" not in capsys.readouterr().err
