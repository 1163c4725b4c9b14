"""Codes of findings that no rule makes: those of declaring and compiling, of reading files, of the check itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sfn_dsl.evidence import BATCHES, COUNTED, WORLDS

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
        "EXPRESS workflows cannot wait by `.sync` or `.waitForTaskToken`, run activities, or hold a distributed Map; and nobody "
        "can wait for one by `.sync`.",
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
        "SFN501",
        "schedule-not-possible",
        "The expression of a schedule is none that EventBridge Scheduler takes, its time zone is unknown, or it never fires: at no "
        "time that there is, or only in years before this version of sfn-dsl.",
    ),
    Code(
        "SFN502",
        "schedule-in-clock-change",
        "A schedule fires at a local time that daylight saving time leaps over once a year: Scheduler skips that slot. In zones of "
        "the United States these are the times from 02:00 to 02:59. Choose another hour or UTC, or say `skips_dst=True`.",
    ),
    Code(
        "SFN503",
        "delivery-out-of-bounds",
        "A trigger tries for longer than the time between two slots, so that old slots pile up, or for longer, more often, or "
        "with another number of calls at once than the service allows.",
    ),
    Code(
        "SFN504",
        "no-dead-letters",
        "A warning. A target of a rule has no dead-letter queue, or no policy lets the rule send to it. EventBridge tries again "
        "only when the target is throttled or broken; an event that it refuses (no right, target gone) goes to that queue at "
        "once, or is lost.",
    ),
    Code(
        "SFN505",
        "forwarding-in-circle",
        "A rule sends events to a bus of another Region and does not ask where they come from. An event keeps the Region of its "
        "origin when a rule forwards it, so a pattern with `region` lets only the events through that began here. What a function "
        "puts on the other bus has that Region in `region`; there the pattern must ask the detail, such as BatchReady's "
        "`produced_region` (a warning, because what the function does is not known).",
    ),
    Code(
        "SFN506",
        "forwarding-without-gate",
        "A warning, only told for `mrec-manual`. Two Regions get the same events or the same slots, and nothing, or not enough, "
        f"keeps them from doing the same batches. Of {BATCHES:,} batches in {WORLDS} simulated worlds: always forwarded without a "
        f"gate, {COUNTED['forward'].ran:,} ran twice; with a claim in a table that is copied later {COUNTED['mrec-claim'].ran:,}; "
        f"forwarded on failure {COUNTED['on-failure'].ran}, but what a stopped Region has is late; `mrec-manual` with promotion by "
        f"itself {COUNTED['mrec-flag'].ran}, of which {COUNTED['mrec-flag'].published} were published twice; `arbiter` "
        f"{COUNTED['arbiter'].ran}, published twice {COUNTED['arbiter'].published or 'none'}.",
    ),
    Code(
        "SFN509",
        "payload-by-value",
        "A warning; an error when literals alone are too large. An event and a READY row carry data instead of pointers to it. "
        "What they carry becomes an execution's input, which has at most 262,144 bytes, and an item of the control table, at "
        "most 400 KB.",
    ),
    Code(
        "SFN520",
        "trigger-input-mismatch",
        "What a trigger gives and what the Input declares do not fit: a required input is not given, or one is given that does not "
        "exist, that is of another type, or from what is no path into the event or the message.",
    ),
    Code(
        "SFN521",
        "trigger-without-source",
        "A trigger has nothing that it could be set off by, is no trigger, or is to stand behind a pipeline that the project does "
        "not have.",
    ),
    Code(
        "SFN522",
        "pattern-not-possible",
        "An event pattern is empty, has something other than objects and lists of what may match, or a filter that EventBridge "
        "does not know.",
    ),
    Code(
        "SFN523",
        "pattern-too-long",
        "An event pattern has more than the 2,048 characters that EventBridge takes.",
    ),
    Code(
        "SFN524",
        "trigger-without-key",
        "What a trigger takes for its key, or what the batch takes of what it gives, does not tell one batch from another. A "
        "warning for batches of S3 objects that are made without the key, without the version, or, with two buckets, without the "
        "bucket.",
    ),
    Code(
        "SFN525",
        "pipelines-trigger-in-circle",
        "Pipelines consume each other's batches in a circle, which never ends; a pattern that matches what one of them announces "
        "counts as well. A warning where a pattern also asks for what is not known before the event is sent.",
    ),
    Code(
        "SFN526",
        "trigger-label-used-twice",
        "Two triggers of a pipeline have one kind and one label, or their labels give one name to two resources. Triggers of "
        "different kinds need no labels.",
    ),
    Code(
        "SFN527",
        "consumer-without-control",
        "A warning. Events come at least once, and now and then not at all. Without a control row a pipeline does the batch of "
        "every event or S3 object that it is told of, an EXPRESS one that of every message; a gate between Regions has nothing to "
        "act on, and no sweeper finds what was missed.",
    ),
    Code(
        "SFN528",
        "batch-not-a-key",
        "The batch of a control row or of a contract is no text, which DynamoDB refuses as a key, or (a warning) is the same "
        "for all executions, so that only the first one works.",
    ),
    Code(
        "SFN529",
        "contract-of-another",
        "Two pipelines announce batches in one name, or (a warning) one announces them in a name that is not its own. Consumers "
        "know a batch by that name and the key alone.",
    ),
    Code(
        "SFN530",
        "contract-without-consumer",
        "Only told. No pipeline of the project consumes what is announced. That is fine where another project does.",
    ),
    Code(
        "SFN603",
        "right-on-an-alias",
        "A role may start a version or an alias of a state machine by that ARN. AWS asks for the right on the machine's own "
        "ARN, so such a right never fits.",
    ),
    Code(
        "SFN604",
        "resource-of-another-region",
        "A rule, schedule, mapping, alarm or role names something of another Region that it can only use in its own. The only "
        "target of a rule in another Region is an event bus.",
    ),
    Code(
        "SFN605",
        "type-not-in-region",
        "A Region has no resources of this type, by CloudFormation's registry of 2026-10-20.",
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
        "its service takes. Roles, rules, schedules and functions: 64 characters; queues and state machines: 80.",
    ),
    Code(
        "SFN612",
        "resource-not-possible",
        "A resource cannot be deployed as declared: a reference that leads nowhere or in a circle, a name used twice, an alarm "
        "that looks back too far, a strongly consistent table outside of the Regions that have such tables.",
    ),
    Code(
        "SFN620",
        "deployment-not-possible",
        "The deployment of a pipeline contradicts itself: a passive Region that is the active one, a gate without a passive "
        "Region, an arbiter outside the Regions that can share a strongly consistent table, an unknown Region or word.",
    ),
)
