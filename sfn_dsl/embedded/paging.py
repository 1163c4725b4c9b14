"""Lists in pages, with tokens that only the same list takes."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sfn_dsl.embedded.api_error import ApiError

__all__ = ["page"]

_DEFAULT: Final = 100


def page(key: str, items: Sequence[Any], about: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of a list as an answer, under `key`. `about`: what is listed, the same for all pages.

    `request` has `maxResults` (0 and nothing mean 100) and `nextToken`. Raises ApiError (InvalidToken).
    """
    start = 0
    if request.get("nextToken"):
        try:
            owner, start = json.loads(base64.urlsafe_b64decode(request["nextToken"]))
        except (ValueError, TypeError):
            owner = ""
        if owner != about or not isinstance(start, int):
            raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    end = start + (request.get("maxResults") or _DEFAULT)
    answer: dict[str, Any] = {key: list(items[start:end])}
    if end < len(items):
        answer["nextToken"] = base64.urlsafe_b64encode(json.dumps([about, end]).encode()).decode()
    return answer
