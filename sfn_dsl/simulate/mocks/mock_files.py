"""Mock files: JSON, Python, or a recorded history.

A Python file says the same as a JSON one by the names `states`, `functions` and `resources`, each a mapping from names to answers,
which may then be functions.
"""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path

from sfn_dsl.errors import ConfigError
from sfn_dsl.simulate.mocks.answers import Answers, answers_of
from sfn_dsl.simulate.mocks.replay import is_recording, recording_of

__all__ = ["merged", "read_mock_file"]

_PARTS = ("states", "functions", "resources")


def read_mock_file(path: Path) -> Answers:
    """The mocks of a file. Raises ConfigError for one that cannot be read or says something unknown."""
    if path.suffix == ".py":
        return _python(path)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the mocks {path}: {error}") from None
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from None
    if is_recording(value):
        return recording_of(value["events"], str(path)).answers()
    return answers_of(value, path)


def _python(path: Path) -> Answers:
    try:
        names = runpy.run_path(str(path))
    except OSError as error:
        raise ConfigError(f"cannot read the mocks {path}: {error.strerror}") from None
    except Exception as error:
        raise ConfigError(f"{path} raised {type(error).__name__}: {error}") from error
    value = {part: names[part] for part in _PARTS if part in names}
    if not value:
        raise ConfigError(
            f"{path} has none of {', '.join(_PARTS)}", help="for instance `states = {'Load': lambda arguments: {...}}`"
        )
    return answers_of(value, path)


def merged(first: Answers, second: Answers) -> Answers:
    """The mocks of both; the second ones count where both name the same."""
    return replace(
        first,
        states={**first.states, **second.states},
        functions={**first.functions, **second.functions},
        resources={**first.resources, **second.resources},
    )
