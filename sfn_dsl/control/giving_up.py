"""Batches whose executions die again and again: their rows fail and people are told, else they would be started for ever."""

from __future__ import annotations

from typing import Final

from sfn_dsl.control.access import Access
from sfn_dsl.control.alert import alert
from sfn_dsl.control.claim import ME, NOW
from sfn_dsl.control.rows import FAILED, RUNNING
from sfn_dsl.draft import Site
from sfn_dsl.expression import Reference, Template, VariableRoot
from sfn_dsl.functions import element, format, matches, split, when
from sfn_dsl.span import NOWHERE
from sfn_dsl.texts import TextTemplate

__all__ = ["CLAIMS", "CLOSE", "CLOSED_BY_ME", "HOPELESS", "READ", "give_up"]

CLAIMS: Final = 10
"""How often a batch is claimed per attempt."""
READ: Final = "pk, sk, fence, attempt, batch_id, exec_arn"
"""What must be known of a row that may be given up."""
HOPELESS: Final = "{'pk': pk.S, 'sk': sk.S, 'fence': fence.N, 'batch': batch_id.S, 'execution': exec_arn.S}"
"""What is kept of one."""
CLOSE: Final = "SET #status = :failed, queue = :queue, #error = :error, closed_by = :me, updated_at = :now, ended_at = :now"
"""Closes a row on behalf of the execution that held it."""
CLOSED_BY_ME: Final = "#status = :failed AND closed_by = :me"
"""The answer may be lost after the row is closed; then the same write comes again, and people must still be told."""
_ERROR: Final = "Pipeline.GivenUp"
_LOST: Final = Reference(VariableRoot("lost"))


def give_up(access: Access, site: Site, pipeline: str, then: str) -> dict[str, dict[str, Template]]:
    """The state that works off the variable `hopeless`, and empties it."""
    why = "'claimed ' & {}.fence & ' times, and no execution has brought it to an end: mend the reason, then run it again'"
    arguments = {
        "Key": {"pk": {"S": "{% $states.input.pk %}"}, "sk": {"S": "{% $states.input.sk %}"}},
        "UpdateExpression": CLOSE,
        "ConditionExpression": f"fence = :fence AND (#status = :running AND lease_until < :now OR {CLOSED_BY_ME})",
        "ExpressionAttributeNames": {"#status": "status", "#error": "error"},
        "ExpressionAttributeValues": {
            ":me": {"S": ME},
            ":running": {"S": RUNNING},
            ":failed": {"S": FAILED},
            ":queue": {"S": f"{FAILED}#{pipeline}"},
            ":fence": {"N": "{% $states.input.fence %}"},
            ":now": {"N": NOW},
            ":error": {"M": {"error": {"S": _ERROR}, "cause": {"S": f"{{% {why.format('$states.input')} %}}"}}},
        },
    }
    lost = f"$merge([$states.input, {{'why': {why.format('$states.input')}}}])"
    fail = access.task("updateItem", arguments, Assign={"lost": f"{{% {lost} %}}"}, Output={}, Next="Tell of it")
    tell = {**alert(site, f"{pipeline}: a batch is given up"[:100], site.fold(_message(site, pipeline))), "Next": "Given up"}
    # Who is not told now sees the row among the failed ones; another row must not be kept back.
    for task in (fail, tell):
        task["Catch"] = [{"ErrorEquals": ["States.ALL"], "Output": {}, "Next": "Given up"}]
    steps = {"Fail row": fail, "Tell of it": tell, "Given up": {"Type": "Pass", "Output": {}, "End": True}}
    return {
        "Give up": {
            "Type": "Map",
            "Items": "{% [$hopeless] %}",
            "MaxConcurrency": 5,
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Fail row", "States": steps},
            "Assign": {"hopeless": []},
            "Output": {},
            "Next": then,
        }
    }


def _message(site: Site, pipeline: str) -> Template:
    """What the failure handler would have told, as far as it is known of an execution that died."""
    # The execution may have run in the Region that was the active one before.
    region, host = element(split(_LOST.execution, ":"), 3), site.target.console_host
    page = format("https://{}.{}/states/home?region={}#/v2/executions/details/{}", region, host, region, _LOST.execution)
    # The page of an EXPRESS execution asks for its start as well, which nobody knows any more.
    linked = when(matches(_LOST.execution, "*:express:*"), _LOST.execution, page) if host else _LOST.execution
    values = {
        "pipeline": pipeline,
        "batch": _LOST.batch,
        "environment": site.target.environment,
        "region": region,
        "step": "see the history of the execution",
        "error": _ERROR,
        "cause": _LOST.why,
        "link": linked,
    }
    return TextTemplate("batch_failed.txt", values, NOWHERE)
