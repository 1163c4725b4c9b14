"""What happens when a batch fails: business errors go to the owners of the data, poison is set aside, people are told."""

from pipelines._errors import BUSINESS, POISON
from sfn_dsl import CONTINUE, Branch, DeadLetter, Notify, config, context, failure, fn, text_template
from sfn_dsl.expression import Template
from sfn_dsl.steps.step import Block


def on_failure(pipeline: str, batch: Template, express: bool = False) -> Block:
    """The failure handler of a pipeline. `batch`: the key of its row. `express`: the console has other pages for its executions."""
    execution = context.Execution
    page = fn.format("v2/executions/details/{}", execution.Id)
    if express:
        page = fn.format("express-executions/details/{}?startDate={}", execution.Id, fn.milliseconds(execution.StartTime))
    about = {"pipeline": pipeline, "batch": batch, "step": failure.step, "error": failure.error, "cause": _short(failure.cause)}
    message = text_template(
        "batch_failed.txt",
        **about,
        region=config.region,
        environment=config.environment,
        link=fn.format("{}/states/home?region={}#/{}", config.console, config.region, page),
    )
    subject = f"{pipeline} failed"
    alert = Notify.sns("Alert", topic=config.alert_topic, subject=subject, message=message, timeout_seconds=60)
    owners = Notify.sns("Tell data owners", topic="data-owners", subject=subject, message=message, timeout_seconds=60)
    letter = DeadLetter("Set batch aside", letter={**about, "input": context.Execution.Input}, timeout_seconds=60)
    poison = Branch("Can it ever be read?", (POISON.has(failure), letter), otherwise=CONTINUE)
    return Branch("Is it the data?", (BUSINESS.has(failure), owners), otherwise=[poison, alert])


def _short(cause: Template) -> Template:
    """The cause, cut to what people read."""
    return fn.substring(fn.text(cause), 0, 1000)
