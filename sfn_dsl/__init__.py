"""sfn_dsl: declare a data pipeline once in Python; get reviewable Amazon States Language per Region.

    from sfn_dsl import Extract, Input, Load, Pipeline, TRANSIENT

Names are imported when they are first used, so that the command line starts fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_dsl import functions as fn
    from sfn_dsl.control.contract import BatchReady
    from sfn_dsl.control.control import Control
    from sfn_dsl.deployment import Arbiter, Deployment
    from sfn_dsl.expression import CONTEXT as context
    from sfn_dsl.expression import FAILURE as failure
    from sfn_dsl.pipeline import Alarms, Default, Encryption, Input, Logging, Pipeline, Stage
    from sfn_dsl.policy import (
        ALL,
        BUSINESS,
        JOB_FAILED,
        NEVER,
        POISON,
        THROTTLED,
        TIMEOUT,
        TRANSIENT,
        Catcher,
        ErrorClass,
        RetryPolicy,
        retry,
    )
    from sfn_dsl.resources.iam.narrowing import Permissions
    from sfn_dsl.resources.iam.statement import Statement
    from sfn_dsl.settings import config, other_region
    from sfn_dsl.steps.approval import Approval
    from sfn_dsl.steps.branch import CONTINUE, Branch
    from sfn_dsl.steps.consistency_check import ConsistencyCheck
    from sfn_dsl.steps.data_step import Extract, Load, Transform
    from sfn_dsl.steps.dbt_call import DbtCall
    from sfn_dsl.steps.dead_letter import DeadLetter
    from sfn_dsl.steps.distributed_map import (
        AthenaResults,
        Batches,
        CsvFile,
        DistributedMap,
        JsonFile,
        JsonLines,
        ParquetFile,
        S3Inventory,
        S3Objects,
        WriteResults,
    )
    from sfn_dsl.steps.dynamodb import DynamoDB
    from sfn_dsl.steps.ending import Fail, Succeed
    from sfn_dsl.steps.engines.lambda_function import TASK_TOKEN
    from sfn_dsl.steps.for_each import ForEach, Item
    from sfn_dsl.steps.http_call import HttpCall
    from sfn_dsl.steps.metric import Metric
    from sfn_dsl.steps.notify import Notify
    from sfn_dsl.steps.parallel import Parallel
    from sfn_dsl.steps.raw import Raw
    from sfn_dsl.steps.start_pipeline import StartPipeline
    from sfn_dsl.steps.task import Task
    from sfn_dsl.steps.wait import Wait
    from sfn_dsl.texts import text_template
    from sfn_dsl.triggers.direct import Direct
    from sfn_dsl.triggers.event_lambda import EventLambda
    from sfn_dsl.triggers.event_rule import EventRule
    from sfn_dsl.triggers.s3_event import S3Event
    from sfn_dsl.triggers.schedule import SCHEDULED_TIME, Schedule
    from sfn_dsl.triggers.sns_event import SnsEvent
    from sfn_dsl.triggers.trigger import Intermediate

__version__ = "0.1.0"

_HOMES = {
    "control.contract": "BatchReady",
    "control.control": "Control",
    "deployment": "Arbiter Deployment",
    "pipeline": "Alarms Default Encryption Input Logging Pipeline Stage",
    "policy": "ALL BUSINESS JOB_FAILED NEVER POISON THROTTLED TIMEOUT TRANSIENT Catcher ErrorClass RetryPolicy retry",
    "resources.iam.narrowing": "Permissions",
    "resources.iam.statement": "Statement",
    "settings": "config other_region",
    "steps.approval": "Approval",
    "steps.branch": "CONTINUE Branch",
    "steps.consistency_check": "ConsistencyCheck",
    "steps.data_step": "Extract Load Transform",
    "steps.dbt_call": "DbtCall",
    "steps.dead_letter": "DeadLetter",
    "steps.distributed_map": (
        "AthenaResults Batches CsvFile DistributedMap JsonFile JsonLines ParquetFile S3Inventory S3Objects WriteResults"
    ),
    "steps.dynamodb": "DynamoDB",
    "steps.ending": "Fail Succeed",
    "steps.engines.lambda_function": "TASK_TOKEN",
    "steps.for_each": "ForEach Item",
    "steps.http_call": "HttpCall",
    "steps.metric": "Metric",
    "steps.notify": "Notify",
    "steps.parallel": "Parallel",
    "steps.raw": "Raw",
    "steps.start_pipeline": "StartPipeline",
    "steps.task": "Task",
    "steps.wait": "Wait",
    "texts": "text_template",
    "triggers.direct": "Direct",
    "triggers.event_lambda": "EventLambda",
    "triggers.event_rule": "EventRule",
    "triggers.s3_event": "S3Event",
    "triggers.schedule": "SCHEDULED_TIME Schedule",
    "triggers.sns_event": "SnsEvent",
    "triggers.trigger": "Intermediate",
}
_NAMES = {name: (f"sfn_dsl.{home}", name) for home, names in _HOMES.items() for name in names.split()}
_NAMES["context"] = ("sfn_dsl.expression", "CONTEXT")
_NAMES["failure"] = ("sfn_dsl.expression", "FAILURE")

__all__ = [
    "ALL",
    "BUSINESS",
    "CONTINUE",
    "JOB_FAILED",
    "NEVER",
    "POISON",
    "SCHEDULED_TIME",
    "TASK_TOKEN",
    "THROTTLED",
    "TIMEOUT",
    "TRANSIENT",
    "Alarms",
    "Approval",
    "Arbiter",
    "AthenaResults",
    "BatchReady",
    "Batches",
    "Branch",
    "Catcher",
    "ConsistencyCheck",
    "Control",
    "CsvFile",
    "DbtCall",
    "DeadLetter",
    "Default",
    "Deployment",
    "Direct",
    "DistributedMap",
    "DynamoDB",
    "Encryption",
    "ErrorClass",
    "EventLambda",
    "EventRule",
    "Extract",
    "Fail",
    "ForEach",
    "HttpCall",
    "Input",
    "Intermediate",
    "Item",
    "JsonFile",
    "JsonLines",
    "Load",
    "Logging",
    "Metric",
    "Notify",
    "Parallel",
    "ParquetFile",
    "Permissions",
    "Pipeline",
    "Raw",
    "RetryPolicy",
    "S3Event",
    "S3Inventory",
    "S3Objects",
    "Schedule",
    "SnsEvent",
    "Stage",
    "StartPipeline",
    "Statement",
    "Succeed",
    "Task",
    "Transform",
    "Wait",
    "WriteResults",
    "config",
    "context",
    "failure",
    "fn",
    "other_region",
    "retry",
    "text_template",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name == "fn":
        return importlib.import_module("sfn_dsl.functions")
    try:
        module, attribute = _NAMES[name]
    except KeyError:
        raise AttributeError(f"module 'sfn_dsl' has no attribute {name!r}") from None
    return getattr(importlib.import_module(module), attribute)
