"""Codes of findings that no rule makes: those of declaring and compiling, of reading files, of the check itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CODES", "Code"]


@dataclass(frozen=True, slots=True)
class Code:
    """A code with its name and what it means, in Markdown."""

    code: str
    name: str
    text: str


CODES: Final = (
    Code(
        "SFN100",
        "rule-crashed",
        "A rule fell over. The other rules went on, so what they found stands. This is a bug of the rule: please "
        "report it with the definition, and leave the rule out with `--ignore` until then.",
    ),
    Code(
        "SFN101",
        "name-used-twice",
        "Two steps or stages have one name. State names are unique in a whole state machine, inside branches and Maps too.",
    ),
    Code(
        "SFN102",
        "name-not-possible",
        "A name is empty, too long or has characters that AWS does not take. Steps: 1 to 80 characters. Pipelines: "
        "1 to 80 of letters, digits, `_` and `-`.",
    ),
    Code(
        "SFN103",
        "not-a-definition",
        "A text cannot be read as a state machine, or breaks the JSON Schema of Amazon States Language where no "
        "rule has a better word for it.",
    ),
    Code(
        "SFN104",
        "wrong-declaration",
        "A step, a stage, a policy or a pipeline was given something it does not take. The message names the field.",
    ),
    Code(
        "SFN105",
        "no-such-integration",
        "The service integration does not exist, does not support the pattern that was asked for, or a fragment "
        "leads to a state that it does not have.",
    ),
    Code(
        "SFN106",
        "not-in-express",
        "EXPRESS workflows cannot wait by `.sync` or `.waitForTaskToken`, run activities, or hold a distributed Map.",
    ),
    Code(
        "SFN107",
        "not-json",
        "A value of the pipeline cannot be written as JSON, such as a set, NaN or an object of your own.",
    ),
    Code(
        "SFN108",
        "never-reached",
        "Nothing leads to this step, because all ways before it end in `Succeed` or `Fail`.",
    ),
    Code(
        "SFN109",
        "wrong-argument",
        "An argument of a service call is unknown, missing or of another type than the service's API model says (botocore).",
    ),
    Code(
        "SFN110",
        "pipeline-name-used-twice",
        "Two pipelines of the project have one name, and so would write the same files.",
    ),
    Code(
        "SFN111",
        "pipelines-in-a-circle",
        "Pipelines start each other in a circle, which never ends.",
    ),
    Code(
        "SFN112",
        "file-not-loaded",
        "A file of `pipelines/` is not valid Python, or raised an exception while it was imported.",
    ),
    Code(
        "SFN199",
        "aws-validation",
        "What AWS itself says about a definition (ValidateStateMachineDefinition), asked for with `check --online`.",
    ),
    Code(
        "SFN201",
        "runs-later",
        "A step reads the output of a step that runs after it.",
    ),
    Code(
        "SFN202",
        "of-another-pipeline",
        "A step reads a step, or the input, of another pipeline.",
    ),
    Code(
        "SFN203",
        "may-not-have-run",
        "A step reads the output of a step that has not run on every way there: it stands in one arm of a Branch, "
        "on a parallel branch, or was passed over by a catcher. Use it where it has surely run, or say "
        "`.default(value)`.",
    ),
    Code(
        "SFN204",
        "no-such-output",
        "The output of the step, by the API model of its service or by what you declared, has no such field.",
    ),
    Code(
        "SFN205",
        "item-out-of-scope",
        "An item of a map, or a step inside of it, is read outside of that map. Name the value in `collect`.",
    ),
    Code(
        "SFN206",
        "failure-out-of-scope",
        "`failure` is used where there is none: it belongs in `on_failure` and the steps of a `Catcher`.",
    ),
    Code(
        "SFN207",
        "raw-variables",
        "The variables or reads of a `Raw` fragment clash with the rest of the machine.",
    ),
    Code(
        "SFN208",
        "not-in-this-language",
        "The query language of the pipeline cannot say this, mostly JSONPath. The help names another way, or use JSONata.",
    ),
    Code(
        "SFN403",
        "nested-too-deep",
        "Steps are nested too deep. Split the pipeline and use `StartPipeline`.",
    ),
    Code(
        "SFN610",
        "template-too-large",
        "A template, or something in it, is larger than AWS takes: 500 resources, 1 MB of text, 10,240 characters of inline "
        "policies of a role, 2,048 of an event pattern, 5 targets of a rule. A text over 51,200 bytes is only a warning: such a "
        "template is deployed through a bucket, with `--s3-bucket`.",
    ),
    Code(
        "SFN611",
        "resource-name-too-long",
        "The name of a resource, which is made of the names of the pipeline, its environment and its Region, is longer than "
        "its service takes. Roles, rules, schedules and functions: 64 characters.",
    ),
    Code(
        "SFN612",
        "resource-not-possible",
        "A resource cannot be deployed as declared: a reference that leads nowhere or in a circle, a name used twice, an alarm "
        "that looks back too far, a strongly consistent table outside of the Regions that have such tables.",
    ),
)
