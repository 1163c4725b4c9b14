"""What each integration needs, as a table over `asl.md` 6; every policy is also judged by parliament."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from iam_linting import findings_of

from sfn_dsl.asl.read import read_json
from sfn_dsl.region import Target
from sfn_dsl.resources.iam.grants import Grant, grants_of, statements_of
from sfn_dsl.resources.iam.statement import emit

T = Target(region="us-east-1", account="111122223333")
ROOT = Path(__file__).parent.parent
R = "us-east-1:111122223333"
IAM = "arn:aws:iam::111122223333:role"


def task(resource: str, arguments: Any = None, **more: Any) -> dict[str, Any]:
    """A JSONata Task; without arguments its input is passed."""
    given = {} if arguments is None else {"Arguments": arguments}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", **given, "End": True, **more}


def path_task(resource: str, parameters: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "QueryLanguage": "JSONPath",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        "End": True,
    }


def grants(*states: Mapping[str, Any], settings: Mapping[str, Any] | None = None, target: Target = T) -> tuple[Grant, ...]:
    names = {f"S{number}": state for number, state in enumerate(states, 1)}
    machine = read_json({"QueryLanguage": "JSONata", "StartAt": "S1", "States": names}).machine
    return grants_of(machine, target, settings or {}, name="orders")


def told(found: tuple[Grant, ...]) -> list[str]:
    """`action on ARN [if key operator value]`, one line per action and resource."""
    lines = []
    for one in found:
        tests = [f"{key} {operator} {value}" for operator, keys in one.conditions.items() for key, value in keys.items()]
        suffix = f" if {' and '.join(tests)}" if tests else ""
        lines += [f"{one.action} on {arn}{suffix}" for arn in one.resources]
    return sorted(set(lines))


def lines(text: str) -> list[str]:
    short = {"{r}": R, "{iam}": IAM, "{own}": "if aws:ResourceAccount StringEquals 111122223333"}
    for word, value in short.items():
        text = text.replace(word, value)
    return sorted({line.strip() for line in text.strip().splitlines() if line.strip()})


def rule(name: str) -> str:
    actions = ("events:DescribeRule", "events:PutRule", "events:PutTargets")
    return "\n".join(f"{action} on arn:aws:events:{R}:rule/{name}" for action in actions)


ROWS: list[tuple[str, dict[str, Any], str]] = [
    (
        "lambda by name",
        task("lambda:invoke", {"FunctionName": "f"}),
        "lambda:InvokeFunction on arn:aws:lambda:{r}:function:f\nlambda:InvokeFunction on arn:aws:lambda:{r}:function:f:*",
    ),
    (
        "lambda with an alias",
        task("lambda:invoke.waitForTaskToken", {"FunctionName": f"arn:aws:lambda:{R}:function:f:live"}),
        "lambda:InvokeFunction on arn:aws:lambda:{r}:function:f:live",
    ),
    (
        "lambda with a qualifier",
        task("lambda:invoke", {"FunctionName": "f", "Qualifier": "7"}),
        "lambda:InvokeFunction on arn:aws:lambda:{r}:function:f:7",
    ),
    (
        "lambda in another account",
        task("lambda:invoke", {"FunctionName": "444455556666:function:f"}),
        "lambda:InvokeFunction on arn:aws:lambda:us-east-1:444455556666:function:f\nlambda:InvokeFunction on arn:aws:lambda:us-east-1:444455556666:function:f:*",
    ),
    (
        "lambda chosen at run time",
        task("lambda:invoke", {"FunctionName": "{% $f %}"}),
        "lambda:InvokeFunction on arn:aws:lambda:{r}:function:*",
    ),
    (
        "lambda with a literal beginning",
        task("lambda:invoke", {"FunctionName": "{% 'etl-' & $f & '-v2' %}"}),
        "lambda:InvokeFunction on arn:aws:lambda:{r}:function:etl-*-v2\nlambda:InvokeFunction on arn:aws:lambda:{r}:function:etl-*-v2:*",
    ),
    (
        "lambda as Resource",
        {"Type": "Task", "Resource": f"arn:aws:lambda:{R}:function:f", "End": True},
        "lambda:InvokeFunction on arn:aws:lambda:{r}:function:f\nlambda:InvokeFunction on arn:aws:lambda:{r}:function:f:*",
    ),
    ("activity", {"Type": "Task", "Resource": f"arn:aws:states:{R}:activity:a", "End": True}, ""),
    ("glue", task("glue:startJobRun", {"JobName": "j"}), "glue:StartJobRun on arn:aws:glue:{r}:job/j"),
    (
        "glue sync",
        task("glue:startJobRun.sync", {"JobName": "{% 'j' %}"}),
        "\n".join(
            f"glue:{name} on arn:aws:glue:{{r}}:job/j" for name in ("StartJobRun", "GetJobRun", "GetJobRuns", "BatchStopJobRun")
        ),
    ),
    (
        "batch sync",
        task(
            "batch:submitJob.sync",
            {"JobDefinition": "d", "JobQueue": f"arn:aws:batch:{R}:job-queue/q", "JobName": "x", "Tags": {"a": "b"}},
        ),
        f"""batch:SubmitJob on arn:aws:batch:{{r}}:job-definition/d
        batch:SubmitJob on arn:aws:batch:{{r}}:job-definition/d:*
        batch:SubmitJob on arn:aws:batch:{{r}}:job-queue/q
        batch:TagResource on arn:aws:batch:{{r}}:job/*
        batch:TerminateJob on arn:aws:batch:{{r}}:job/*
        batch:DescribeJobs on *
        {rule("StepFunctionsGetEventsForBatchJobsRule")}""",
    ),
    (
        "batch with a revision",
        task("batch:submitJob", {"JobDefinition": "d:3", "JobQueue": "q", "JobName": "x"}),
        "batch:SubmitJob on arn:aws:batch:{r}:job-definition/d:3\nbatch:SubmitJob on arn:aws:batch:{r}:job-queue/q",
    ),
    (
        "ecs sync",
        task(
            "ecs:runTask.sync",
            {"Cluster": "c", "TaskDefinition": "t", "Overrides": {"TaskRoleArn": f"{IAM}/task", "ExecutionRoleArn": f"{IAM}/exec"}},
        ),
        f"""ecs:RunTask on arn:aws:ecs:{{r}}:task-definition/t if ecs:cluster ArnEquals arn:aws:ecs:{{r}}:cluster/c
        ecs:RunTask on arn:aws:ecs:{{r}}:task-definition/t:* if ecs:cluster ArnEquals arn:aws:ecs:{{r}}:cluster/c
        ecs:StopTask on arn:aws:ecs:{{r}}:task/c/*
        ecs:DescribeTasks on arn:aws:ecs:{{r}}:task/c/*
        iam:PassRole on {{iam}}/task if iam:PassedToService StringEquals ['ecs-tasks.amazonaws.com']
        iam:PassRole on {{iam}}/exec if iam:PassedToService StringEquals ['ecs-tasks.amazonaws.com']
        {rule("StepFunctionsGetEventsForECSTaskRule")}""",
    ),
    (
        "ecs with a revision, roles of the definition",
        task("ecs:runTask", {"TaskDefinition": f"arn:aws:ecs:{R}:task-definition/t:4", "Tags": []}),
        """ecs:RunTask on arn:aws:ecs:{r}:task-definition/t:4
        ecs:TagResource on arn:aws:ecs:{r}:task/*
        iam:PassRole on {iam}/* if iam:PassedToService StringEquals ['ecs-tasks.amazonaws.com']""",
    ),
    ("eks call", task("eks:call", {"ClusterName": "c"}), ""),
    ("eks job", task("eks:runJob.sync", {"ClusterName": "c"}), ""),
    (
        "eks cluster",
        task("eks:createCluster.sync", {"Name": "c", "RoleArn": f"{IAM}/eks"}),
        """eks:CreateCluster on *
        eks:DescribeCluster on arn:aws:eks:{r}:cluster/c
        eks:DeleteCluster on arn:aws:eks:{r}:cluster/c
        iam:PassRole on {iam}/eks if iam:PassedToService StringEquals ['eks.amazonaws.com']""",
    ),
    (
        "eks node group",
        task("eks:createNodegroup.sync", {"ClusterName": "c", "NodegroupName": "n", "NodeRole": f"{IAM}/node"}),
        """eks:CreateNodegroup on arn:aws:eks:{r}:cluster/c
        eks:DescribeNodegroup on arn:aws:eks:{r}:nodegroup/c/n/*
        eks:DeleteNodegroup on arn:aws:eks:{r}:nodegroup/c/n/*
        ec2:DescribeSubnets on *
        iam:GetRole on {iam}/node
        iam:ListAttachedRolePolicies on {iam}/node
        iam:PassRole on {iam}/node if iam:PassedToService StringEquals ['eks.amazonaws.com']""",
    ),
    (
        "eks Fargate profile",
        task("eks:deleteFargateProfile", {"ClusterName": "c", "FargateProfileName": "p"}),
        "eks:DeleteFargateProfile on arn:aws:eks:{r}:fargateprofile/c/p/*",
    ),
    (
        "emr cluster",
        task("elasticmapreduce:createCluster.sync", {"Name": "c", "ServiceRole": "EMR_DefaultRole", "JobFlowRole": "EMR_EC2"}),
        f"""elasticmapreduce:RunJobFlow on *
        elasticmapreduce:DescribeCluster on arn:aws:elasticmapreduce:{{r}}:cluster/*
        elasticmapreduce:TerminateJobFlows on arn:aws:elasticmapreduce:{{r}}:cluster/*
        elasticmapreduce:AddTags on arn:aws:elasticmapreduce:{{r}}:cluster/*
        iam:PassRole on {{iam}}/EMR_DefaultRole if iam:PassedToService StringEquals ['elasticmapreduce.amazonaws.com']
        iam:PassRole on {{iam}}/EMR_EC2 if iam:PassedToService StringEquals ['ec2.amazonaws.com']
        iam:CreateServiceLinkedRole on {{iam}}/aws-service-role/elasticmapreduce.amazonaws.com/AWSServiceRoleForEMRCleanup if iam:AWSServiceName StringEquals elasticmapreduce.amazonaws.com
        {rule("StepFunctionsGetEventForEMRRunJobFlowRule")}""",
    ),
    (
        "emr step",
        task("elasticmapreduce:addStep.sync", {"ClusterId": "j-1", "Step": {}}),
        f"""elasticmapreduce:AddJobFlowSteps on arn:aws:elasticmapreduce:{{r}}:cluster/j-1
        elasticmapreduce:DescribeStep on arn:aws:elasticmapreduce:{{r}}:cluster/j-1
        elasticmapreduce:CancelSteps on arn:aws:elasticmapreduce:{{r}}:cluster/j-1
        {rule("StepFunctionsGetEventForEMRAddJobFlowStepsRule")}""",
    ),
    (
        "emr cancel",
        task("elasticmapreduce:cancelStep", {"ClusterId": "j-1", "StepId": "s"}),
        "elasticmapreduce:CancelSteps on arn:aws:elasticmapreduce:{r}:cluster/j-1",
    ),
    (
        "emr terminate",
        task("elasticmapreduce:terminateCluster.sync", {"ClusterId": "{% $id %}"}),
        f"""elasticmapreduce:TerminateJobFlows on arn:aws:elasticmapreduce:{{r}}:cluster/*
        elasticmapreduce:DescribeCluster on arn:aws:elasticmapreduce:{{r}}:cluster/*
        {rule("StepFunctionsGetEventForEMRTerminateJobFlowsRule")}""",
    ),
    (
        "emr on eks",
        task("emr-containers:startJobRun.sync", {"VirtualClusterId": "v", "ExecutionRoleArn": f"{IAM}/job"}),
        """emr-containers:StartJobRun on arn:aws:emr-containers:{r}:/virtualclusters/v if emr-containers:ExecutionRoleArn ArnEquals {iam}/job
        emr-containers:DescribeJobRun on arn:aws:emr-containers:{r}:/virtualclusters/v/jobruns/*
        emr-containers:CancelJobRun on arn:aws:emr-containers:{r}:/virtualclusters/v/jobruns/*
        iam:PassRole on {iam}/job if iam:PassedToService StringEquals ['emr-containers.amazonaws.com']""",
    ),
    (
        "emr serverless",
        task("emr-serverless:startJobRun.sync", {"ApplicationId": "a", "ExecutionRoleArn": f"{IAM}/job"}),
        f"""emr-serverless:StartJobRun on arn:aws:emr-serverless:{{r}}:/applications/a
        emr-serverless:GetJobRun on arn:aws:emr-serverless:{{r}}:/applications/a/jobruns/*
        emr-serverless:CancelJobRun on arn:aws:emr-serverless:{{r}}:/applications/a/jobruns/*
        iam:PassRole on {{iam}}/job if iam:PassedToService StringEquals ['emr-serverless.amazonaws.com']
        {rule("StepFunctionsGetEventsForEMRServerlessJobRule")}""",
    ),
    (
        "emr serverless application",
        task("emr-serverless:startApplication.sync", {"ApplicationId": "a"}),
        f"""emr-serverless:StartApplication on arn:aws:emr-serverless:{{r}}:/applications/a
        emr-serverless:GetApplication on arn:aws:emr-serverless:{{r}}:/applications/a
        emr-serverless:StopApplication on arn:aws:emr-serverless:{{r}}:/applications/a
        {rule("StepFunctionsGetEventsForEMRServerlessApplicationRule")}""",
    ),
    (
        "athena",
        task(
            "athena:startQueryExecution.sync",
            {"QueryString": "select 1", "WorkGroup": "w", "ResultConfiguration": {"OutputLocation": "s3://out/results/"}},
        ),
        """athena:StartQueryExecution on arn:aws:athena:{r}:workgroup/w
        athena:GetQueryExecution on arn:aws:athena:{r}:workgroup/w
        athena:StopQueryExecution on arn:aws:athena:{r}:workgroup/w
        athena:GetDataCatalog on arn:aws:athena:{r}:datacatalog/AwsDataCatalog
        lakeformation:GetDataAccess on *
        """
        + "\n".join(
            f"glue:{name} on arn:aws:glue:{{r}}:{part}"
            for name in (
                "GetDatabase",
                "GetDatabases",
                "GetTable",
                "GetTables",
                "GetPartition",
                "GetPartitions",
                "BatchGetPartition",
            )
            for part in ("catalog", "database/*", *(() if "Database" in name else ("table/*",)))
        )
        + "\n"
        + "\n".join(f"s3:{name} on arn:aws:s3:::out" for name in ("GetBucketLocation", "ListBucket", "ListBucketMultipartUploads"))
        + "\n"
        + "\n".join(
            f"s3:{name} on arn:aws:s3:::out/results/*"
            for name in ("PutObject", "GetObject", "AbortMultipartUpload", "ListMultipartUploadParts")
        ),
    ),
    (
        "athena results",
        task("athena:getQueryResults", {"QueryExecutionId": "{% $q %}"}),
        "athena:GetQueryResults on arn:aws:athena:{r}:workgroup/*\ns3:GetObject on arn:aws:s3:::*/* {own}",
    ),
    ("dynamodb", task("dynamodb:getItem", {"TableName": "t", "Key": {}}), "dynamodb:GetItem on arn:aws:dynamodb:{r}:table/t"),
    (
        "dynamodb by ARN, JSONPath",
        path_task("dynamodb:updateItem", {"TableName": f"arn:aws:dynamodb:{R}:table/t", "Key": {"id.$": "$.id"}}),
        "dynamodb:UpdateItem on arn:aws:dynamodb:{r}:table/t",
    ),
    (
        "dynamodb in JSONPath with a pattern",
        path_task("dynamodb:putItem", {"TableName.$": "States.Format('t-{}-x', $.env)"}),
        "dynamodb:PutItem on arn:aws:dynamodb:{r}:table/t-*-x",
    ),
    ("dynamodb query", task("aws-sdk:dynamodb:query", {"TableName": "t"}), "dynamodb:Query on arn:aws:dynamodb:{r}:table/t"),
    (
        "dynamodb query of an index",
        task("aws-sdk:dynamodb:query", {"TableName": "t", "IndexName": "i"}),
        "dynamodb:Query on arn:aws:dynamodb:{r}:table/t/index/i",
    ),
    (
        "dynamodb batch",
        task("aws-sdk:dynamodb:batchWriteItem", {"RequestItems": {"a": [], "b": []}}),
        "dynamodb:BatchWriteItem on arn:aws:dynamodb:{r}:table/a\ndynamodb:BatchWriteItem on arn:aws:dynamodb:{r}:table/b",
    ),
    (
        "dynamodb transaction",
        task(
            "aws-sdk:dynamodb:transactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
        ),
        "dynamodb:PutItem on arn:aws:dynamodb:{r}:table/a\ndynamodb:ConditionCheckItem on arn:aws:dynamodb:{r}:table/b",
    ),
    (
        "dynamodb PartiQL",
        task("aws-sdk:dynamodb:executeStatement", {"Statement": "select * from t"}),
        "dynamodb:PartiQLSelect on arn:aws:dynamodb:{r}:table/*",
    ),
    ("sns", task("sns:publish", {"TopicArn": f"arn:aws:sns:{R}:t", "Message": "m"}), "sns:Publish on arn:aws:sns:{r}:t"),
    ("sns to a phone", task("sns:publish", {"PhoneNumber": "{% $p %}", "Message": "m"}), "sns:Publish on *"),
    (
        "sqs",
        task(
            "sqs:sendMessage.waitForTaskToken",
            {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q", "MessageBody": "m"},
        ),
        "sqs:SendMessage on arn:aws:sqs:{r}:q",
    ),
    (
        "sqs with a pattern",
        task("sqs:sendMessage", {"QueueUrl": "{% 'https://sqs.us-east-1.amazonaws.com/111122223333/q-' & $x %}"}),
        "sqs:SendMessage on arn:aws:sqs:{r}:q-*",
    ),
    ("sqs chosen at run time", task("sqs:sendMessage"), "sqs:SendMessage on arn:aws:sqs:{r}:*"),
    (
        "sqs batch",
        task("aws-sdk:sqs:deleteMessageBatch", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q"}),
        "sqs:DeleteMessage on arn:aws:sqs:{r}:q",
    ),
    (
        "events",
        task("events:putEvents", {"Entries": [{"EventBusName": "etl", "Detail": {}}, {"Detail": {}}]}),
        "events:PutEvents on arn:aws:events:{r}:event-bus/etl\nevents:PutEvents on arn:aws:events:{r}:event-bus/default",
    ),
    (
        "events at run time",
        task("aws-sdk:eventbridge:putEvents", {"Entries": "{% $e %}"}),
        "events:PutEvents on arn:aws:events:{r}:event-bus/*",
    ),
    (
        "states",
        task("states:startExecution", {"StateMachineArn": f"arn:aws:states:{R}:stateMachine:child:live"}),
        "states:StartExecution on arn:aws:states:{r}:stateMachine:child",
    ),
    (
        "states with an alias known at run time",
        task("states:startExecution", {"StateMachineArn": f"{{% 'arn:aws:states:{R}:stateMachine:child:' & $alias %}}"}),
        "states:StartExecution on arn:aws:states:{r}:stateMachine:child",
    ),
    (
        "states with an ARN that is mostly open",
        task("states:startExecution", {"StateMachineArn": f"{{% 'arn:aws:states:{R}:' & $what & ':live' %}}"}),
        "states:StartExecution on arn:aws:states:{r}:stateMachine:*",
    ),
    (
        "states sync",
        task("states:startExecution.sync:2", {"StateMachineArn": f"arn:aws:states:{R}:stateMachine:child"}),
        f"""states:StartExecution on arn:aws:states:{{r}}:stateMachine:child
        states:DescribeExecution on arn:aws:states:{{r}}:execution:child:*
        states:StopExecution on arn:aws:states:{{r}}:execution:child:*
        {rule("StepFunctionsGetEventsForStepFunctionsExecutionRule")}""",
    ),
    (
        "states, express",
        task("aws-sdk:sfn:startSyncExecution", {"StateMachineArn": f"arn:aws:states:{R}:stateMachine:child:3"}),
        "states:StartSyncExecution on arn:aws:states:{r}:stateMachine:child",
    ),
    ("states callback", task("aws-sdk:sfn:sendTaskSuccess", {"TaskToken": "{% $t %}"}), "states:SendTaskSuccess on *"),
    (
        "sagemaker training",
        task("sagemaker:createTrainingJob.sync", {"TrainingJobName": "{% 'Job-' & $id %}", "RoleArn": f"{IAM}/sm", "Tags": []}),
        f"""sagemaker:CreateTrainingJob on arn:aws:sagemaker:{{r}}:training-job/job-*
        sagemaker:DescribeTrainingJob on arn:aws:sagemaker:{{r}}:training-job/job-*
        sagemaker:StopTrainingJob on arn:aws:sagemaker:{{r}}:training-job/job-*
        iam:PassRole on {{iam}}/sm if iam:PassedToService StringEquals ['sagemaker.amazonaws.com']
        sagemaker:AddTags on arn:aws:sagemaker:{{r}}:training-job/job-*
        {rule("StepFunctionsGetEventsForSageMakerTrainingJobsRule")}""",
    ),
    (
        "sagemaker endpoint",
        task("sagemaker:createEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}),
        "sagemaker:CreateEndpoint on arn:aws:sagemaker:{r}:endpoint/e\nsagemaker:CreateEndpoint on arn:aws:sagemaker:{r}:endpoint-config/c",
    ),
    (
        "codebuild",
        task("codebuild:startBuild.sync", {"ProjectName": "p"}),
        f"""codebuild:StartBuild on arn:aws:codebuild:{{r}}:project/p
        codebuild:StopBuild on arn:aws:codebuild:{{r}}:project/p
        codebuild:BatchGetBuilds on arn:aws:codebuild:{{r}}:project/p
        codebuild:BatchGetReports on arn:aws:codebuild:{{r}}:report-group/p-*
        {rule("StepFunctionsGetEventForCodeBuildStartBuildRule")}""",
    ),
    (
        "codebuild batch",
        task("codebuild:startBuildBatch.sync", {"ProjectName": "p"}),
        f"""codebuild:StartBuildBatch on arn:aws:codebuild:{{r}}:project/p
        codebuild:StopBuildBatch on arn:aws:codebuild:{{r}}:project/p
        codebuild:BatchGetBuildBatches on arn:aws:codebuild:{{r}}:project/p
        {rule("StepFunctionsGetEventForCodeBuildStartBuildBatchRule")}""",
    ),
    (
        "mediaconvert",
        task("mediaconvert:createJob.sync", {"Role": f"{IAM}/mc", "Settings": {}}),
        f"""mediaconvert:CreateJob on arn:aws:mediaconvert:{{r}}:queues/Default
        mediaconvert:CreateJob on arn:aws:mediaconvert:{{r}}:presets/*
        mediaconvert:GetJob on arn:aws:mediaconvert:{{r}}:jobs/*
        mediaconvert:CancelJob on arn:aws:mediaconvert:{{r}}:jobs/*
        iam:PassRole on {{iam}}/mc if iam:PassedToService StringEquals ['mediaconvert.amazonaws.com']
        {rule("StepFunctionsGetEventsForMediaConvertJobRule")}""",
    ),
    (
        "databrew",
        task("databrew:startJobRun.sync", {"Name": "j"}),
        "\n".join(f"databrew:{name} on arn:aws:databrew:{{r}}:job/j" for name in ("StartJobRun", "ListJobRuns", "StopJobRun")),
    ),
    (
        "bedrock",
        task("bedrock:invokeModel", {"ModelId": "anthropic.claude-v2", "Body": {}}),
        "bedrock:InvokeModel on arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2",
    ),
    (
        "bedrock across Regions",
        task("aws-sdk:bedrockruntime:converse", {"ModelId": "us.anthropic.claude-v2"}),
        "bedrock:InvokeModel on arn:aws:bedrock:{r}:inference-profile/us.anthropic.claude-v2\nbedrock:InvokeModel on arn:aws:bedrock:*::foundation-model/anthropic.claude-v2",
    ),
    (
        "api gateway",
        task(
            "apigateway:invoke",
            {
                "ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com",
                "Method": "GET",
                "Stage": "prod",
                "Path": "/runs",
                "AuthType": "IAM_ROLE",
            },
        ),
        "execute-api:Invoke on arn:aws:execute-api:{r}:abc/prod/GET/runs",
    ),
    (
        "api gateway unsigned",
        task("apigateway:invoke", {"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET"}),
        "",
    ),
    ("api gateway management", task("aws-sdk:apigateway:getRestApis", {}), "apigateway:GET on arn:aws:apigateway:us-east-1::/*"),
    (
        "http",
        task(
            "http:invoke",
            {
                "ApiEndpoint": "{% 'https://dbt.acme.com/runs/' & $id %}",
                "Method": "GET",
                "InvocationConfig": {"ConnectionArn": f"arn:aws:events:{R}:connection/dbt/0aa"},
            },
        ),
        """states:InvokeHTTPEndpoint on * if states:HTTPEndpoint StringLike https://dbt.acme.com/runs/* and states:HTTPMethod StringEquals GET
        events:RetrieveConnectionCredentials on arn:aws:events:{r}:connection/dbt/0aa
        secretsmanager:GetSecretValue on arn:aws:secretsmanager:{r}:secret:events!connection/dbt/*
        secretsmanager:DescribeSecret on arn:aws:secretsmanager:{r}:secret:events!connection/dbt/*""",
    ),
    (
        "e-mail of a sender",
        task("aws-sdk:sesv2:sendEmail", {"FromEmailAddress": "ETL <etl@mail.acme.com>", "Content": {"Simple": {}}}),
        """ses:SendEmail on arn:aws:ses:{r}:configuration-set/*
        ses:SendEmail on arn:aws:ses:{r}:identity/acme.com
        ses:SendEmail on arn:aws:ses:{r}:identity/etl@mail.acme.com
        ses:SendEmail on arn:aws:ses:{r}:identity/mail.acme.com""",
    ),
    (
        "e-mail by template and configuration set",
        task("aws-sdk:ses:sendEmail", {"Source": "etl@acme.com", "ConfigurationSetName": "c"}),
        """ses:SendEmail on arn:aws:ses:{r}:configuration-set/c
        ses:SendEmail on arn:aws:ses:{r}:identity/acme.com
        ses:SendEmail on arn:aws:ses:{r}:identity/etl@acme.com""",
    ),
    (
        "e-mail of anybody",
        task("aws-sdk:sesv2:sendEmail", {"FromEmailAddress": "{% $from %}"}),
        """ses:SendEmail on arn:aws:ses:{r}:configuration-set/*
        ses:SendEmail on arn:aws:ses:{r}:identity/*
        ses:SendEmail on arn:aws:ses:{r}:template/*""",
    ),
    (
        "s3 object",
        task("aws-sdk:s3:headObject", {"Bucket": "b", "Key": "in/a*.csv"}),
        "s3:GetObject on arn:aws:s3:::b/in/a${*}.csv",
    ),
    (
        "s3 object with a literal beginning",
        task("aws-sdk:s3:putObject", {"Bucket": "b", "Key": "{% 'out/' & $states.input.day & '/part' %}", "Body": "x"}),
        "s3:PutObject on arn:aws:s3:::b/out/*/part",
    ),
    (
        "s3 list",
        task("aws-sdk:s3:listObjectsV2", {"Bucket": "b", "Prefix": "in/"}),
        "s3:ListBucket on arn:aws:s3:::b if s3:prefix StringLike in/",
    ),
    (
        "s3 copy",
        task("aws-sdk:s3:copyObject", {"Bucket": "b", "Key": "k", "CopySource": "{% 'src/in/' & $key %}"}),
        "s3:PutObject on arn:aws:s3:::b/k\ns3:GetObject on arn:aws:s3:::src/in/*",
    ),
    (
        "s3 bucket at run time",
        task("aws-sdk:s3:getObject", {"Bucket": "{% $b %}", "Key": "k"}),
        "s3:GetObject on arn:aws:s3:::*/k {own}",
    ),
    ("s3 buckets", task("aws-sdk:s3:listBuckets", {}), "s3:ListAllMyBuckets on *"),
    (
        "s3 versions",
        task("aws-sdk:s3:deleteObject", {"Bucket": "b", "Key": "k", "VersionId": "v"}),
        "s3:DeleteObjectVersion on arn:aws:s3:::b/k",
    ),
    (
        "s3 tags of a version",
        task("aws-sdk:s3:putObjectTagging", {"Bucket": "b", "Key": "k", "VersionId": "v"}),
        "s3:PutObjectVersionTagging on arn:aws:s3:::b/k",
    ),
    (
        "s3 many",
        task("aws-sdk:s3:deleteObjects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "a"}, {"Key": "{% 'x/' & $k %}"}]}}),
        "s3:DeleteObject on arn:aws:s3:::b/a\ns3:DeleteObject on arn:aws:s3:::b/x/*",
    ),
    (
        "s3 bucket setting",
        task("aws-sdk:s3:getBucketLifecycleConfiguration", {"Bucket": "b"}),
        "s3:GetLifecycleConfiguration on arn:aws:s3:::b",
    ),
    (
        "redshift cluster",
        task("aws-sdk:redshiftdata:executeStatement", {"ClusterIdentifier": "c", "Database": "d", "DbUser": "u", "Sql": "s"}),
        """redshift-data:ExecuteStatement on arn:aws:redshift:{r}:cluster:c
        redshift:GetClusterCredentials on arn:aws:redshift:{r}:dbname:c/d
        redshift:GetClusterCredentials on arn:aws:redshift:{r}:dbuser:c/u""",
    ),
    (
        "redshift cluster as the role",
        task("aws-sdk:redshiftdata:executeStatement", {"ClusterIdentifier": "c", "Database": "d", "Sql": "s"}),
        "redshift-data:ExecuteStatement on arn:aws:redshift:{r}:cluster:c\nredshift:GetClusterCredentialsWithIAM on arn:aws:redshift:{r}:dbname:c/d",
    ),
    (
        "redshift workgroup",
        task("aws-sdk:redshiftdata:batchExecuteStatement", {"WorkgroupName": "w", "Database": "d"}),
        """redshift-data:BatchExecuteStatement on arn:aws:redshift-serverless:{r}:workgroup/*
        redshift-serverless:GetCredentials on arn:aws:redshift-serverless:{r}:workgroup/*""",
    ),
    (
        "redshift with a secret",
        task(
            "aws-sdk:redshiftdata:executeStatement",
            {"WorkgroupName": "w", "Database": "d", "SecretArn": f"arn:aws:secretsmanager:{R}:secret:s-AbCdEf"},
        ),
        """redshift-data:ExecuteStatement on arn:aws:redshift-serverless:{r}:workgroup/*
        secretsmanager:GetSecretValue on arn:aws:secretsmanager:{r}:secret:s-AbCdEf""",
    ),
    (
        "redshift status",
        task("aws-sdk:redshiftdata:describeStatement", {"Id": "{% $id %}"}),
        "redshift-data:DescribeStatement on *",
    ),
    (
        "secret by name",
        task("aws-sdk:secretsmanager:getSecretValue", {"SecretId": "db/x"}),
        "secretsmanager:GetSecretValue on arn:aws:secretsmanager:{r}:secret:db/x-??????",
    ),
    (
        "parameter",
        task("aws-sdk:ssm:getParameter", {"Name": "/etl/active"}),
        "ssm:GetParameter on arn:aws:ssm:{r}:parameter/etl/active",
    ),
    (
        "log events",
        task("aws-sdk:cloudwatchlogs:putLogEvents", {"LogGroupName": "/etl", "LogStreamName": "s"}),
        "logs:PutLogEvents on arn:aws:logs:{r}:log-group:/etl:log-stream:s",
    ),
    ("crawler", task("aws-sdk:glue:startCrawler", {"Name": "c"}), "glue:StartCrawler on arn:aws:glue:{r}:crawler/c"),
    (
        "glue table",
        task("aws-sdk:glue:getTable", {"DatabaseName": "d", "Name": "t"}),
        "glue:GetTable on arn:aws:glue:{r}:catalog\nglue:GetTable on arn:aws:glue:{r}:database/d\nglue:GetTable on arn:aws:glue:{r}:table/d/t",
    ),
    (
        "crawler's role",
        task("aws-sdk:glue:createCrawler", {"Name": "c", "Role": f"{IAM}/crawl", "Targets": {}}),
        "glue:CreateCrawler on *\niam:PassRole on {iam}/crawl if iam:PassedToService StringEquals ['glue.amazonaws.com']",
    ),
    (
        "execution by ARN",
        task("aws-sdk:sfn:describeExecution", {"ExecutionArn": f"arn:aws:states:{R}:execution:child:x"}),
        "states:DescribeExecution on arn:aws:states:{r}:execution:child:x",
    ),
    (
        "execution of a machine",
        task("aws-sdk:sfn:describeExecution", {"ExecutionArn": f"{{% 'arn:aws:states:{R}:execution:child:' & $name %}}"}),
        "states:DescribeExecution on arn:aws:states:{r}:execution:child:*",
    ),
    (
        "metric",
        task("aws-sdk:cloudwatch:putMetricData", {"Namespace": "etl"}),
        "cloudwatch:PutMetricData on * if cloudwatch:namespace StringEquals etl",
    ),
    ("text of no terminology", task("aws-sdk:translate:translateText", {"Text": "x"}), "translate:TranslateText on *"),
    (
        "clusters that a call names",
        task("aws-sdk:redshift:describeClusters", {"ClusterIdentifier": "c"}),
        "redshift:DescribeClusters on arn:aws:redshift:{r}:cluster:c",
    ),
    (
        "another role",
        task("lambda:invoke", {"FunctionName": "f"}, Credentials={"RoleArn": "arn:aws:iam::444455556666:role/r"}),
        "sts:AssumeRole on arn:aws:iam::444455556666:role/r",
    ),
    (
        "another role at run time",
        task("lambda:invoke", {"FunctionName": "f"}, Credentials={"RoleArn": "{% $role %}"}),
        "sts:AssumeRole on arn:aws:iam::*:role/*",
    ),
    ("nobody knows it", task("foo:bar", {"A": 1}), ""),
    ("nobody knows the service", task("aws-sdk:s33:listBuckets", {}), ""),
]


@pytest.mark.parametrize(("state", "wanted"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_a_state_needs(state: dict[str, Any], wanted: str) -> None:
    found = grants(state)
    assert told(found) == lines(wanted)
    assert all(one.states == ("S1",) and one.reason for one in found)
    assert findings_of(statements_of(found)) == []


WILD = [
    (name, state)
    for name, state, _ in ROWS
    if any("*" in arn for one in grants(state) for arn in one.resources if not arn.endswith(":*"))
]


@pytest.mark.parametrize("state", [row[1] for row in WILD], ids=[row[0] for row in WILD])
def test_a_pattern_says_why(state: dict[str, Any]) -> None:
    for one in grants(state):
        if any("*" in arn.replace("${*}", "") and not arn.endswith(":*") for arn in one.resources):
            assert ": " in one.reason or one.action.startswith(("s3:", "ssm:")), one


def distributed(**more: Any) -> dict[str, Any]:
    inner = {"StartAt": "In", "States": {"In": task("lambda:invoke", {"FunctionName": "f"})}}
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    return {"Type": "Map", "ItemProcessor": {**config, **inner}, "End": True, **more}


OWN = """states:StartExecution on arn:aws:states:{r}:stateMachine:orders
    states:DescribeExecution on arn:aws:states:{r}:execution:orders:*
    states:StopExecution on arn:aws:states:{r}:execution:orders:*
    lambda:InvokeFunction on arn:aws:lambda:{r}:function:f
    lambda:InvokeFunction on arn:aws:lambda:{r}:function:f:*
    """
CHILDREN = """states:DescribeExecution on arn:aws:states:{r}:execution:orders/LABEL:*
    states:StopExecution on arn:aws:states:{r}:execution:orders/LABEL:*
    states:RedriveExecution on arn:aws:states:{r}:execution:orders/LABEL:*
    """
GET = "arn:aws:states:::s3:getObject"
WRITES = ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload")


@pytest.mark.parametrize(
    ("more", "label", "wanted"),
    [
        ({}, "*", ""),
        ({"Label": "rows"}, "rows", ""),
        (
            {"ItemReader": {"Resource": GET, "Arguments": {"Bucket": "b", "Key": "k.csv"}}},
            "*",
            "s3:GetObject on arn:aws:s3:::b/k.csv",
        ),
        (
            {
                "ItemReader": {
                    "Resource": GET,
                    "ReaderConfig": {"InputType": "MANIFEST"},
                    "Arguments": {"Bucket": "b", "Key": "m.json"},
                }
            },
            "*",
            "s3:GetObject on arn:aws:s3:::b/m.json\ns3:GetObject on arn:aws:s3:::b/*",
        ),
        (
            {"ItemReader": {"Resource": GET, "Arguments": {"Bucket": "b", "Key": "k", "VersionId": "{% $v %}"}}},
            "*",
            "s3:GetObjectVersion on arn:aws:s3:::b/k",
        ),
        (
            {
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "Arguments": {"Bucket": "b", "Prefix": "{% 'in/' & $day %}"},
                }
            },
            "*",
            "s3:ListBucket on arn:aws:s3:::b if s3:prefix StringLike in/*",
        ),
        (
            {
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:listObjectsV2",
                    "ReaderConfig": {"Transformation": "LOAD_AND_FLATTEN", "InputType": "CSV"},
                    "Arguments": {"Bucket": "b", "Prefix": "in/"},
                }
            },
            "*",
            "s3:ListBucket on arn:aws:s3:::b if s3:prefix StringLike in/\ns3:GetObject on arn:aws:s3:::b/in/*",
        ),
        (
            {"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b", "Prefix": "out"}}},
            "*",
            "\n".join(f"s3:{name} on arn:aws:s3:::b/out/*" for name in WRITES),
        ),
        (
            {
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Arguments": {"Bucket": "b", "Prefix": "{% 'out/' & $day %}"},
                }
            },
            "*",
            "\n".join(f"s3:{name} on arn:aws:s3:::b/out/*" for name in WRITES),
        ),
        (
            {"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Arguments": {"Bucket": "b"}}},
            "*",
            "\n".join(f"s3:{name} on arn:aws:s3:::b/*" for name in WRITES),
        ),
        ({"ResultWriter": {"WriterConfig": {"OutputType": "JSON", "Transformation": "COMPACT"}}}, "*", ""),
    ],
)
def test_a_distributed_map(more: dict[str, Any], label: str, wanted: str) -> None:
    found = grants(distributed(**more))
    assert told(found) == lines(OWN + CHILDREN.replace("LABEL", label) + wanted)
    assert {state for one in found for state in one.states} == {"S1", "In"}
    assert findings_of(statements_of(found)) == []


LOGGING = {"level": "ERROR", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:{R}:log-group:x:*"}}]}
KEY = f"arn:aws:kms:{R}:key/1234"
LOG_ACTIONS = """CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy
    DescribeResourcePolicies DescribeLogGroups"""
TRACE_ACTIONS = "PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets"


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, ""),
        (
            {
                "loggingConfiguration": {"level": "OFF", "destinations": LOGGING["destinations"]},
                "tracingConfiguration": {"enabled": False},
            },
            "",
        ),
        ({"loggingConfiguration": LOGGING}, "\n".join(f"logs:{name} on *" for name in LOG_ACTIONS.split())),
        ({"tracingConfiguration": {"enabled": True}}, "\n".join(f"xray:{name} on *" for name in TRACE_ACTIONS.split())),
        (
            {"encryptionConfiguration": {"kmsKeyId": KEY, "type": "CUSTOMER_MANAGED_KMS_KEY"}},
            f"kms:Decrypt on {KEY}\nkms:GenerateDataKey on {KEY}",
        ),
        ({"encryptionConfiguration": {"kmsKeyId": "1234"}}, f"kms:Decrypt on {KEY}\nkms:GenerateDataKey on {KEY}"),
        (
            {"encryptionConfiguration": {"kmsKeyId": "alias/etl"}},
            "\n".join(
                f"kms:{name} on arn:aws:kms:{{r}}:key/* if kms:ResourceAliases ForAnyValue:StringEquals alias/etl"
                for name in ("Decrypt", "GenerateDataKey")
            ),
        ),
    ],
)
def test_settings(settings: dict[str, Any], wanted: str) -> None:
    found = grants({"Type": "Succeed"}, settings=settings)
    assert told(found) == lines(wanted)
    assert all(one.states == ("",) for one in found)
    assert findings_of(statements_of(found)) == []


def test_states_that_need_the_same_share_a_grant() -> None:
    found = grants(task("lambda:invoke", {"FunctionName": "f"}), task("lambda:invoke.waitForTaskToken", {"FunctionName": "f"}))
    assert [(one.states, one.reason) for one in found] == [(("S1", "S2"), "lambda:invoke; lambda:invoke.waitForTaskToken")]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, "mapRun:orders/*"),
        ({"Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"load": {}}, "Next": "S2"}]}, "mapRun:orders/*"),
        ({"Assign": {"other": 1}}, "mapRun:*"),
    ],
)
def test_a_machine_looks_at_its_own_map_runs(more: dict[str, Any], wanted: str) -> None:
    load = distributed(Assign={"load": {"MapRunArn": "{% $states.result.MapRunArn %}"}}, Label="l") | more
    asks = task("aws-sdk:sfn:describeMapRun", {"MapRunArn": "{% $load.MapRunArn %}"})
    found = [one for one in grants(load, asks) if one.action == "states:DescribeMapRun"]
    assert told(found) == [f"states:DescribeMapRun on arn:aws:states:{R}:{wanted}"]
    # What another state may have set is not known.
    set_elsewhere = {"Type": "Pass", "Assign": {"load": {}}, "End": True}
    found = [one for one in grants(load, asks, set_elsewhere) if one.action == "states:DescribeMapRun"]
    assert told(found) == [f"states:DescribeMapRun on arn:aws:states:{R}:mapRun:*"]


def test_another_region_and_partition() -> None:
    china = Target(region="cn-north-1", account="111122223333")
    found = grants(path_task("sns:publish", {"TopicArn.$": "$.topic"}), target=china)
    assert told(found) == ["sns:Publish on arn:aws-cn:sns:cn-north-1:111122223333:*"]


def test_inner_states_and_inline_maps() -> None:
    inner = {"StartAt": "In", "States": {"In": task("glue:startJobRun", {"JobName": "j"})}}
    found = grants({"Type": "Map", "ItemProcessor": inner, "End": True}, {"Type": "Parallel", "Branches": [inner], "End": True})
    assert told(found) == [f"glue:StartJobRun on arn:aws:glue:{R}:job/j"]


@pytest.mark.parametrize("file", sorted((ROOT / "build").rglob("*.asl.json")), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_policies_of_this_repository(file: Path) -> None:
    settings = json.loads(file.with_name(file.name.replace(".asl.", ".settings.")).read_text())
    machine = read_json(json.loads(file.read_text())).machine
    target = Target(region=file.parent.name, account="111122223333")
    found = grants_of(machine, target, settings, name=settings["name"])
    statements = statements_of(found)
    assert statements
    assert findings_of(statements) == []
    assert emit(statements) == emit(statements_of(found[::-1]))
    # Metrics are held by their namespace; what Batch tells of jobs cannot be narrowed.
    everywhere = {one.action for one in found if one.resources == ("*",) and one.action.partition(":")[0] not in ("logs", "xray")}
    assert everywhere <= {"cloudwatch:PutMetricData", "batch:DescribeJobs"}


def test_every_shared_definition(shared_cases: Path) -> None:
    read = 0
    for file in sorted(shared_cases.rglob("*.json")):
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            continue
        inner = value.get("definition") if isinstance(value, dict) else None
        for definition in (value, inner):
            if isinstance(definition, dict) and "States" in definition:
                found = grants_of(read_json(definition).machine, T, {}, name="m")
                emit(statements_of(found))
                read += 1
    assert read > 100
