"""A `Label` of a Map that is too long or has characters that a label must not have.

AWS puts the label into the ARN of the Map Run. It has at most 40 characters, none of them white space, a control character or one
of ``? * < > { } [ ] : ; , \\ | ^ ~ $ # % & ` "``. AWS refuses others with INVALID_LABEL_NAME.

Fails:
    {"A": {"Type": "Map", "Label": "a b?", "End": true, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Fails:
    {"A": {"Type": "Map", "Label": "a_label_that_is_longer_than_forty_characters", "End": true, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
Passes:
    {"A": {"Type": "Map", "Label": "Orders-2026", "End": true, "ItemProcessor": {"StartAt": "B",
           "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"B": {"Type": "Succeed"}}}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sfn_dsl.rules.errors.figures import shown
from sfn_dsl.rules.finding import Finding
from sfn_dsl.rules.registry import rule
from sfn_dsl.rules.subject import Subject

__all__ = ["map_bad_label"]

_LONGEST: Final = 40
_WRONG: Final = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


@rule("SFN158", "map-label-too-long", "map-label-chars", "map-label-type", aws_code="INVALID_LABEL_NAME")
def map_bad_label(subject: Subject) -> Iterator[Finding]:
    for state in subject.of_type("Map"):
        label = state.body.get("Label", "")
        if not isinstance(label, str):
            text = f"`Label` must be a text, not {shown(label)}"
            yield Finding(state.at("Label"), text, "write a text", "map-label-type")
        elif not subject.is_open(label):
            if len(label) > _LONGEST:
                text = f"a label has at most {_LONGEST} characters, this one has {len(label)}"
                yield Finding(state.at("Label"), text, "shorten it", "map-label-too-long")
            wrong = sorted(set(_WRONG.findall(label)))
            if wrong:
                text = f"a label must not have {', '.join('white space' if one.isspace() else shown(one) for one in wrong)}"
                yield Finding(state.at("Label"), text, "use letters, digits, `-` and `_`", "map-label-chars")
