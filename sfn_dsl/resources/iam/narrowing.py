"""What a user adds to the rights a definition shows, and takes from them per step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sfn_dsl.diagnostic import did_you_mean
from sfn_dsl.errors import DeclarationError
from sfn_dsl.resources.iam.evaluation import covers
from sfn_dsl.resources.iam.grants import MACHINE, Grant, collect
from sfn_dsl.resources.iam.statement import Statement
from sfn_dsl.span import NOWHERE, Span

__all__ = ["Permissions", "narrow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """`add`: statements for what a definition does not show, Deny included. `only`: by the name of a state, the ARNs that it may
    touch where the definition leaves open which.
    """

    add: tuple[Statement, ...] = ()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    span: Span = NOWHERE


def narrow(grants: Iterable[Grant], permissions: Permissions, states: Iterable[str]) -> tuple[Grant, ...]:
    """Grants with what was declared: `states` are the names of all states of the machine.

    A state's grant is narrowed to those ARNs of `only` that it covers; a grant that covers none of them is of another kind (a
    managed rule, a role that is passed) and stays. Other states that share the grant keep it as it is. Raises DeclarationError for
    a state that does not exist and for an ARN that none of the state's grants covers.
    """
    known = set(states)
    for name in permissions.only:
        if name not in known:
            help = did_you_mean(name, known) or "use the name of a state of the compiled definition"
            raise DeclarationError(f"permissions narrow `{name}`, which is no state", help=help, span=permissions.span)
    given = tuple(grants)
    for name, arns in permissions.only.items():
        _check(given, name, arns, permissions.span)
    found = [one for grant in given for one in _parts(grant, permissions.only)]
    return collect([*found, *_added(permissions.add)])


def _check(grants: tuple[Grant, ...], name: str, arns: tuple[str, ...], span: Span) -> None:
    own = [grant for grant in grants if name in grant.states and not _free(grant)]
    for arn in arns:
        if not any(covers(pattern, arn) for grant in own for pattern in grant.resources):
            raise DeclarationError(
                f"permissions narrow `{name}` to `{arn}`, which it could not touch anyway",
                help="an addition belongs in `add`; ARNs in `only` are of the Region and account that the pipeline is compiled for",
                span=span,
            )


def _free(grant: Grant) -> bool:
    """Whether an action takes no resource: `*` covers every ARN, but names none."""
    return grant.resources == ("*",)


def _parts(grant: Grant, only: Mapping[str, tuple[str, ...]]) -> Iterator[Grant]:
    kept = []
    for state in grant.states:
        arns = () if _free(grant) else tuple(arn for arn in only.get(state, ()) if _covered(grant, arn))
        if arns:
            yield replace(
                grant, resources=tuple(sorted(set(arns))), states=(state,), reason=f"{grant.reason}; narrowed by permissions"
            )
        else:
            kept.append(state)
    if kept:
        yield replace(grant, states=tuple(kept))


def _covered(grant: Grant, arn: str) -> bool:
    return any(covers(pattern, arn) for pattern in grant.resources)


def _added(statements: Iterable[Statement]) -> Iterator[Grant]:
    for one in statements:
        for action in one.actions:
            yield Grant(
                action=action,
                resources=one.resources,
                conditions=one.conditions,
                states=(MACHINE,),
                reason="declared in permissions",
                effect=one.effect,
            )
