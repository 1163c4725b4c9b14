"""Compiling a pipeline for a target of the tests."""

from __future__ import annotations

from typing import Any

from sfn_dsl.compile.machine import Compiled, compile_pipeline
from sfn_dsl.pipeline import Pipeline
from sfn_dsl.region import Target

TARGET = Target(region="us-east-1", account="111122223333", values={"bucket": "lake-use1"})


def compiled(pipeline: Pipeline, **more: Any) -> Compiled:
    """The pipeline, compiled for the target of the tests unless another one is given."""
    return compile_pipeline(pipeline, more.pop("target", TARGET), **more)
