"""The functions that a JSONata expression calls by a name that it does not set itself."""

from __future__ import annotations

import re

from sfn_dsl.simulate.jsonata.query import Query

__all__ = ["unknown_functions"]

_CALL = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|/\*.*?\*/|\$(\w+)\s*\(", re.DOTALL)


def unknown_functions(query: Query) -> frozenset[str]:
    """Names that a query calls but that neither AWS's JSONata nor the query itself has."""
    names = query.variables - {"states"}
    return names & frozenset(_CALL.findall(query.text)) if names else names
