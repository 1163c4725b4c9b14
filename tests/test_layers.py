"""The house: files import only from what stands above them, names are exported once, and nothing starts slowly."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import sfn_dsl

ROOT = Path(sfn_dsl.__file__).parent
# Top to bottom, as in ARCHITECTURE.md.
LAYERS = [
    {"errors", "span", "evidence", "codes"},
    {"diagnostic"},
    {"asl"},
    {"expression"},
    {"functions", "deployment", "schedules", "event_pattern"},
    {"region"},
    {"deployment_faults"},
    {"policy", "settings", "texts"},
    {"constants"},
    {"draft"},
    {"steps"},
    {"control"},
    {"resources"},
    {"pipeline"},
    {"compile"},
    {"triggers"},
    {"stacks"},
    {"simulate"},
    {"costs"},
    {"rules", "documents"},
    {"deployment_settings"},
    {"configuration"},
    {"project"},
    {"output"},
    {"comparing"},
    {"diff", "history"},
    {"embedded"},
    {"publish"},
    {"proof"},
    {"checking"},
    {"proving"},
    {"building"},
    {"formats"},
    {"pages"},
    {"cli", "pytest_plugin"},
]
# A step that meets an object of the SDK turns to the bridge; a project names the bridge's pip command in a message.
EXCEPTIONS = {("steps/step.py", "sdk"), ("project.py", "sdk")}


def _layer(name: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if name in layer)


def _imports(file: Path) -> set[str]:
    """Modules of this package that a file imports when it runs; imports for type checkers do not count."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in skipped and node.module and node.module.startswith("sfn_dsl."):
            found.add(node.module.split(".")[1])
    return found


def test_imports_go_upwards_only() -> None:
    wrong = []
    for file in ROOT.rglob("*.py"):
        path = file.relative_to(ROOT).as_posix()
        own = path.split("/")[0].removesuffix(".py")
        if own in ("__init__", "__main__", "sdk", "templates"):
            continue
        for name in _imports(file):
            if (path, name) not in EXCEPTIONS and (name == "sdk" or _layer(name) > _layer(own)):
                wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_every_module_has_a_docstring_and_says_what_it_exports() -> None:
    for file in ROOT.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), file
        names = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert "__all__" in names or file.name in ("__init__.py", "__main__.py"), file


def test_exported_names() -> None:
    assert sfn_dsl.__all__ == sorted(sfn_dsl.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    for name in sfn_dsl.__all__:
        assert getattr(sfn_dsl, name) is not None
    assert set(sfn_dsl.__all__) == {*sfn_dsl._NAMES, "fn"}
    for file in ROOT.rglob("*.py"):
        relative = file.relative_to(ROOT.parent).with_suffix("").as_posix().replace("/", ".")
        if relative.startswith("sfn_dsl.templates") or file.name == "__main__.py":
            continue
        module = importlib.import_module(relative.removesuffix(".__init__"))
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), f"{relative}.{name}"


def test_only_known_files_are_long() -> None:
    """A file of more than 350 lines holds two ideas, save for tables and the stages of the compiler."""
    long = {file.relative_to(ROOT).as_posix() for file in ROOT.rglob("*.py") if len(file.read_text().splitlines()) > 350}
    assert long <= {"asl/model.py", "asl/services.py", "expression.py", *(f"compile/{name}.py" for name in _WHOLE)}


_WHOLE = ("assemble", "jsonata", "lowering", "resolve")
