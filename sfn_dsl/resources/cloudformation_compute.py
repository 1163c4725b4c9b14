"""CloudFormation types and properties of roles, functions and state machines."""

from __future__ import annotations

from typing import assert_never

from sfn_dsl.asl.model import Json
from sfn_dsl.resources.functions import EventInvokeConfig, EventSourceMapping, Function, Permission
from sfn_dsl.resources.identity import ManagedPolicy, Role
from sfn_dsl.resources.machines import StateMachine, StateMachineAlias, StateMachineVersion
from sfn_dsl.resources.references import Arn
from sfn_dsl.resources.writing import Declaration, Writer, present

__all__ = ["compute", "machines"]


def compute(
    resource: Role | ManagedPolicy | Function | Permission | EventInvokeConfig | EventSourceMapping, w: Writer
) -> Declaration:
    """The type and the properties of a role or policy, or of a resource of Lambda."""
    match resource:
        case Role():
            return "AWS::IAM::Role", {
                "RoleName": resource.role_name,
                "Path": resource.path,
                "Description": resource.description,
                "AssumeRolePolicyDocument": w.value(resource.trust),
                "Policies": [
                    {"PolicyName": policy.name, "PolicyDocument": w.value(policy.document)} for policy in resource.policies
                ],
            }
        case ManagedPolicy():
            return "AWS::IAM::ManagedPolicy", {
                "ManagedPolicyName": resource.policy_name,
                "Path": resource.path,
                "Description": resource.description,
                "PolicyDocument": w.value(resource.document),
                "Roles": w.value(resource.roles),
            }
        case Function():
            return "AWS::Lambda::Function", {
                "FunctionName": resource.function_name,
                "Description": resource.description,
                "Runtime": resource.runtime,
                "Architectures": list(resource.architectures),
                "Handler": resource.handler,
                "MemorySize": resource.memory_size,
                "Timeout": resource.timeout,
                "ReservedConcurrentExecutions": resource.reserved_concurrent_executions,
                "Role": w.text(resource.role_arn),
                "Environment": {"Variables": w.value(resource.environment)} if resource.environment else None,
                "Code": {"ZipFile": resource.source},
            }
        case Permission():
            return "AWS::Lambda::Permission", {
                "FunctionName": w.text(resource.function_name),
                "Action": "lambda:InvokeFunction",
                "Principal": resource.principal,
                "SourceArn": w.text(resource.source_arn),
                "SourceAccount": resource.source_account,
            }
        case EventInvokeConfig():
            failure = w.text(resource.on_failure_arn)
            return "AWS::Lambda::EventInvokeConfig", {
                "FunctionName": w.text(resource.function_name),
                "Qualifier": "$LATEST",
                "MaximumRetryAttempts": resource.maximum_retry_attempts,
                "MaximumEventAgeInSeconds": resource.maximum_event_age_in_seconds,
                "DestinationConfig": failure and {"OnFailure": {"Destination": failure}},
            }
        case EventSourceMapping(maximum_concurrency=most):
            return "AWS::Lambda::EventSourceMapping", {
                "FunctionName": w.text(resource.function_name),
                "EventSourceArn": w.text(resource.event_source_arn),
                "BatchSize": resource.batch_size,
                "ScalingConfig": most and {"MaximumConcurrency": most},
                "FunctionResponseTypes": ["ReportBatchItemFailures"] if resource.report_batch_item_failures else None,
            }
        case _:
            assert_never(resource)


def machines(resource: StateMachine | StateMachineVersion | StateMachineAlias, w: Writer) -> Declaration:
    """The type and the properties of a resource of Step Functions."""
    match resource:
        case StateMachine():
            return "AWS::StepFunctions::StateMachine", _machine(resource, w)
        case StateMachineVersion():
            machine = w.template.machine(resource.state_machine_name)
            return "AWS::StepFunctions::StateMachineVersion", {
                "StateMachineArn": w.text(Arn(machine.id)),
                "StateMachineRevisionId": {"Fn::GetAtt": [machine.id, "StateMachineRevisionId"]},
                "Description": resource.description,
            }
        case StateMachineAlias():
            return "AWS::StepFunctions::StateMachineAlias", {
                "Name": resource.name,
                "Description": resource.description,
                "DeploymentPreference": present(
                    {
                        "StateMachineVersionArn": w.text(resource.version_arn),
                        "Type": resource.deployment.type,
                        "Interval": resource.deployment.interval,
                        "Percentage": resource.deployment.percentage,
                        "Alarms": w.value(resource.deployment.alarms),
                    }
                ),
            }
        case _:
            assert_never(resource)


def _machine(machine: StateMachine, w: Writer) -> dict[str, Json]:
    logging, encryption = machine.logging, machine.encryption
    destination = None if logging is None else w.text(logging.destination_arn)
    return {
        "StateMachineName": machine.name,
        "StateMachineType": machine.type,
        "RoleArn": w.text(machine.role_arn),
        "LoggingConfiguration": logging
        and present(
            {
                "Level": logging.level,
                "IncludeExecutionData": logging.include_execution_data,
                "Destinations": destination and [{"CloudWatchLogsLogGroup": {"LogGroupArn": destination}}],
            }
        ),
        "TracingConfiguration": {"Enabled": machine.tracing_enabled},
        "EncryptionConfiguration": encryption
        and {
            "Type": "CUSTOMER_MANAGED_KMS_KEY",
            "KmsKeyId": w.text(encryption.kms_key_id),
            "KmsDataKeyReusePeriodSeconds": encryption.kms_data_key_reuse_period_seconds,
        },
        "Tags": [{"Key": key, "Value": value} for key, value in machine.tags.items()],
        "DefinitionSubstitutions": w.value(machine.substitutions),
        "Definition": dict(machine.definition),
    }
