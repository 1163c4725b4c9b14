"""A password, token, key or other secret that is written in the definition.

Whoever may call DescribeStateMachine or read the history of an execution reads it too, and it stays in the version history. Only
its first characters are shown here.

Fails:
    {"A": {"Type": "Pass", "Parameters": {"user": "loader", "password": "correct-horse-7"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Result": {"url": "postgresql://loader:correct-horse-7@db.example.com/base"}, "End": true}}
Fails:
    {"A": {"Type": "Pass", "Result": [{"Name": "DB_PASSWORD", "Value": "correct-horse-7"}], "End": true}}
Passes:
    {"A": {"Type": "Pass", "Parameters": {"user": "loader", "password.$": "$.password", "SecretId": "base/loader",
     "NextToken": "abcdefgh12345678", "password_secret": "arn:aws:secretsmanager:us-east-1:111122223333:secret:base"}, "End": true}}
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TypeAlias

from sfn_dsl.asl.model import Json
from sfn_dsl.diagnostic import Severity
from sfn_dsl.rules.finding import Finding, pointer_to
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["secret_in_definition"]

_Way: TypeAlias = "tuple[_Way, str | int] | None"
"""Where a value stands: the way to what is around it, and its key or index there."""

KNOWN = re.compile(
    r"(?P<access_key>\b(?:AKIA|ASIA)[0-9A-Z]{16}\b)"
    r"|(?P<private_key>-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----)"
    r"|(?P<password_in_a_URL>\b[a-z][a-z0-9+.]{1,20}://[^\s/:@'\"$%{}<]{1,64}:[^\s/@'\"$%{}<*]{3,128}@)"
    r"|(?P<token>\bgh[pousr]_[0-9A-Za-z]{30,}|\bxox[abprs]-[0-9A-Za-z-]{20,}|\bsk_live_[0-9A-Za-z]{20,})"
)
HINTS = ("AKIA", "ASIA", "-----BEGIN ", "://", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "xox", "sk_live_")
SHORTEST = 6
TELLING = ("password", "passwd", "passphrase", "apikey", "secretkey", "secretaccesskey", "privatekey", "clientsecret", "authtoken")
TOKENS = (
    "accesstoken",
    "apitoken",
    "bearertoken",
    "refreshtoken",
    "sessiontoken",
    "securitytoken",
    "secrettoken",
    "secret",
    "token",
)
PLACEHOLDER = re.compile(
    r"^(?:<|\*|\?|x{3}|\.{3})|^(?:your|my|the|insert|some|example|dummy|placeholder|redacted|string|null|none|todo)\b",
    re.IGNORECASE,
)
NAME_OF_ONE = re.compile(r"^[a-z/_.-]*(?:password|passwd|secret|token|key)[a-z/_.-]*$", re.IGNORECASE)
"""Text without digits that tells of a secret itself: the name of one, or of the field or parameter that holds it."""
REFERENCE = ("$", "{%", "States.", "arn:", "{{resolve:", "ssm:", "/", "s3://", "http://", "https://")


@rule("SFN701", "secret-in-definition", severity=Severity.WARNING)
def secret_in_definition(subject: Subject) -> Iterator[Finding]:
    pending: list[tuple[Json, _Way]] = [(subject.value, None)]
    while pending:
        node, way = pending.pop()
        if isinstance(node, dict):
            named = node.get("Name", node.get("Key"))
            for key, value in node.items():
                if isinstance(value, dict | list):
                    pending.append((value, (way, key)))
                elif isinstance(value, str) and len(value) >= SHORTEST:
                    telling = named if key == "Value" and isinstance(named, str) else key
                    yield from _text(subject, value, telling, (way, key))
        elif isinstance(node, list):
            for index, value in enumerate(node):
                if isinstance(value, dict | list):
                    pending.append((value, (way, index)))
                elif isinstance(value, str) and len(value) >= SHORTEST:
                    yield from _text(subject, value, "", (way, index))


def _text(subject: Subject, text: str, key: str, way: _Way) -> Iterator[Finding]:
    found = _known(text)
    if found is None and _kind(key) and _telling(key, text):
        found = (f"value of `{key}`", text.removeprefix("Bearer ").removeprefix("Basic "))
    if found is not None and not subject.is_open(text):
        what, secret = found
        yield Finding(
            _pointer(way),
            f"the definition holds a secret: the {what} that begins with `{secret[: min(4, len(secret) // 2)]}`",
            "keep it in Secrets Manager, or in the connection of an HTTP task, and change it now",
        )


def _pointer(way: _Way) -> str:
    parts: list[str | int] = []
    while way is not None:
        way, part = way
        parts.append(part)
    return pointer_to("", *reversed(parts))


def _known(text: str) -> tuple[str, str] | None:
    if not any(hint in text for hint in HINTS):
        return None
    for found in KNOWN.finditer(text[:100_000]):
        if found.lastgroup == "access_key" and found[0].endswith("EXAMPLE"):
            continue
        secret = found[0]
        if found.lastgroup == "password_in_a_URL":
            secret = secret.rpartition(":")[2]
        elif found.lastgroup == "private_key":
            secret = text[found.end() :].strip()[:40]
        return (found.lastgroup or "").replace("_", " "), secret
    return None


def _telling(key: str, text: str) -> bool:
    """Whether a literal under a key is the secret that the key tells of."""
    if " " in text.removeprefix("Bearer ").removeprefix("Basic ") or text.startswith(REFERENCE):
        return False
    if PLACEHOLDER.search(text) or NAME_OF_ONE.search(text):
        return False
    if _kind(key) == "token":
        return len(text) >= 16 and any(letter.isdigit() for letter in text) and any(letter.isalpha() for letter in text)
    return True


@functools.lru_cache(maxsize=1024)
def _kind(key: str) -> str:
    """`password` or `token` where a key tells of one, else an empty text."""
    word = re.sub(r"[^a-z0-9]", "", key.lower()[:200])
    if key.endswith(".$"):
        return ""
    if word.endswith(TELLING):
        return "password"
    return "token" if word in (*TOKENS, "authorization") or word.endswith(TOKENS[:7]) else ""
