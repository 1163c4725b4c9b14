"""Extract, Transform, Load: the same choice of engines under the names that say what the work is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

from sfn_dsl.draft import Draft, Site
from sfn_dsl.expression import MISSING, Template
from sfn_dsl.steps.engines.athena import Athena
from sfn_dsl.steps.engines.batch import Batch
from sfn_dsl.steps.engines.ecs import Ecs
from sfn_dsl.steps.engines.emr import Emr
from sfn_dsl.steps.engines.emr_serverless import EmrServerless
from sfn_dsl.steps.engines.engine import Engine
from sfn_dsl.steps.engines.glue import Glue
from sfn_dsl.steps.engines.lambda_function import LambdaFunction
from sfn_dsl.steps.engines.redshift_data import RedshiftData
from sfn_dsl.steps.engines.snowflake import Snowflake
from sfn_dsl.steps.step import TaskStep

__all__ = ["DataStep", "Extract", "Load", "Transform"]


@dataclass(frozen=True, slots=True, eq=False)
class DataStep(TaskStep):
    """A piece of data work on an engine. Use the constructors named after the engines; each takes the engine's fields and
    those of every task (`retry`, `catch`, `timeout_seconds`, `heartbeat_seconds`, `comment`)."""

    _: KW_ONLY
    engine: Engine

    def lower(self, site: Site) -> tuple[Draft, ...]:
        return self.engine.lower(self, site)

    @classmethod
    def glue(
        cls,
        name: str,
        *,
        job: Template,
        arguments: Mapping[str, Template] | None = None,
        options: Mapping[str, Template] | None = None,
        **task: Any,
    ) -> Self:
        """A Glue job run, waited for."""
        return cls(name, engine=Glue(job=job, arguments=arguments or {}, options=options or {}), **task)

    @classmethod
    def lambda_(cls, name: str, *, function: Template, payload: Template, returns: object = None, **task: Any) -> Self:
        """A Lambda function; the output is what it returns."""
        return cls(name, engine=LambdaFunction(function=function, payload=payload, returns=returns), **task)

    @classmethod
    def batch(
        cls,
        name: str,
        *,
        definition: Template,
        queue: Template,
        job_name: Template = "job",
        command: list[Template] | None = None,
        environment: Mapping[str, Template] | None = None,
        parameters: Mapping[str, Template] | None = None,
        options: Mapping[str, Template] | None = None,
        **task: Any,
    ) -> Self:
        """A Batch job, waited for."""
        engine = Batch(
            definition=definition,
            queue=queue,
            job_name=job_name,
            command=command or [],
            environment=environment or {},
            parameters=parameters or {},
            options=options or {},
        )
        return cls(name, engine=engine, **task)

    @classmethod
    def ecs(
        cls,
        name: str,
        *,
        task_definition: Template,
        cluster: Template,
        launch_type: str = "FARGATE",
        container: Template = MISSING,
        command: list[Template] | None = None,
        environment: Mapping[str, Template] | None = None,
        subnets: list[Template] | None = None,
        security_groups: list[Template] | None = None,
        options: Mapping[str, Template] | None = None,
        **task: Any,
    ) -> Self:
        """An ECS task, waited for."""
        engine = Ecs(
            task_definition=task_definition,
            cluster=cluster,
            launch_type=launch_type,
            container=container,
            command=command or [],
            environment=environment or {},
            subnets=subnets or [],
            security_groups=security_groups or [],
            options=options or {},
        )
        return cls(name, engine=engine, **task)

    @classmethod
    def emr(
        cls,
        name: str,
        *,
        cluster_id: Template,
        args: list[Template],
        jar: Template = "command-runner.jar",
        action_on_failure: str = "CONTINUE",
        **task: Any,
    ) -> Self:
        """A step on an EMR cluster, waited for."""
        return cls(name, engine=Emr(cluster_id=cluster_id, args=args, jar=jar, action_on_failure=action_on_failure), **task)

    @classmethod
    def emr_serverless(
        cls,
        name: str,
        *,
        application_id: Template,
        execution_role: Template,
        entry_point: Template,
        arguments: list[Template] | None = None,
        spark_parameters: Template = MISSING,
        client_token: Template = MISSING,
        options: Mapping[str, Template] | None = None,
        **task: Any,
    ) -> Self:
        """An EMR Serverless Spark job, waited for."""
        engine = EmrServerless(
            application_id=application_id,
            execution_role=execution_role,
            entry_point=entry_point,
            arguments=arguments or [],
            spark_parameters=spark_parameters,
            client_token=client_token,
            options=options or {},
        )
        return cls(name, engine=engine, **task)

    @classmethod
    def athena(
        cls,
        name: str,
        *,
        query: Template,
        workgroup: Template = "primary",
        database: Template = MISSING,
        output_location: Template = MISSING,
        parameters: list[Template] | None = None,
        **task: Any,
    ) -> Self:
        """An Athena query, waited for."""
        engine = Athena(
            query=query, workgroup=workgroup, database=database, output_location=output_location, parameters=parameters or []
        )
        return cls(name, engine=engine, **task)

    @classmethod
    def redshift(
        cls,
        name: str,
        *,
        sql: Template,
        database: Template,
        cluster: Template = MISSING,
        workgroup: Template = MISSING,
        secret: Template = MISSING,
        db_user: Template = MISSING,
        parameters: Mapping[str, Template] | None = None,
        poll_seconds: int = 10,
        **task: Any,
    ) -> Self:
        """A Redshift statement by the Data API, asked after until it is finished."""
        engine = RedshiftData(
            sql=sql,
            database=database,
            cluster=cluster,
            workgroup=workgroup,
            secret=secret,
            db_user=db_user,
            parameters=parameters or {},
            poll_seconds=poll_seconds,
        )
        return cls(name, engine=engine, **task)

    @classmethod
    def snowflake(
        cls,
        name: str,
        *,
        sql: Template,
        function: Template = MISSING,
        job: Template = MISSING,
        binds: list[Template] | None = None,
        options: Mapping[str, Template] | None = None,
        returns: object = None,
        **task: Any,
    ) -> Self:
        """A Snowflake statement, run by a Lambda function or a Glue job."""
        engine = Snowflake(sql=sql, function=function, job=job, binds=binds or [], options=options or {}, returns=returns)
        return cls(name, engine=engine, **task)


@dataclass(frozen=True, slots=True, eq=False)
class Extract(DataStep):
    """Brings data in from a source."""


@dataclass(frozen=True, slots=True, eq=False)
class Transform(DataStep):
    """Makes data out of data."""


@dataclass(frozen=True, slots=True, eq=False)
class Load(DataStep):
    """Puts data where it is used."""
