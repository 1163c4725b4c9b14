"""Terraform resources of roles, functions and state machines."""

from __future__ import annotations

from typing import assert_never

from sfn_dsl.asl.model import Json
from sfn_dsl.resources.functions import EventInvokeConfig, EventSourceMapping, Function, Permission
from sfn_dsl.resources.identity import ManagedPolicy, Role
from sfn_dsl.resources.machines import StateMachine, StateMachineAlias, StateMachineVersion
from sfn_dsl.resources.references import Arn, Name
from sfn_dsl.resources.terraform_writing import Block, Module, label
from sfn_dsl.resources.writing import present

__all__ = ["compute", "machines"]


def compute(
    resource: Role | ManagedPolicy | Function | Permission | EventInvokeConfig | EventSourceMapping, m: Module
) -> list[Block]:
    """The Terraform resources of a role or policy, or of a resource of Lambda. A function's code comes from `data.archive_file`."""
    w = m.writer
    arguments: dict[str, Json]
    match resource:
        case Role():
            arguments = {
                "name": m.text(resource.role_name),
                "path": resource.path,
                "description": m.text(resource.description),
                "assume_role_policy": m.document(resource, "trust", resource.trust),
            }
            policies = [
                Block(
                    "aws_iam_role_policy",
                    {
                        "name": m.text(policy.name),
                        "role": m.text(Name(resource.id)),
                        "policy": m.document(resource, f"policy_{label(policy.name)}", policy.document),
                    },
                    f"_{label(policy.name)}",
                )
                for policy in resource.policies
            ]
            return [Block("aws_iam_role", arguments), *policies]
        case ManagedPolicy():
            arguments = {
                "name": m.text(resource.policy_name),
                "path": resource.path,
                "description": m.text(resource.description),
                "policy": m.document(resource, "document", resource.document),
            }
            attachments = [
                Block(
                    "aws_iam_role_policy_attachment",
                    {"role": m.text(role), "policy_arn": m.text(Arn(resource.id))},
                    f"_{number}",
                )
                for number, role in enumerate(resource.roles, 1)
            ]
            return [Block("aws_iam_policy", arguments), *attachments]
        case Function():
            zip_file = f"data.archive_file.{m.label(resource)}"
            arguments = {
                "function_name": m.text(resource.function_name),
                "description": m.text(resource.description),
                "runtime": resource.runtime,
                "architectures": list(resource.architectures),
                "handler": resource.handler,
                "memory_size": resource.memory_size,
                "timeout": resource.timeout,
                "reserved_concurrent_executions": resource.reserved_concurrent_executions,
                "role": m.text(resource.role_arn),
                "environment": {"variables": w.value(resource.environment)} if resource.environment else None,
                "filename": f"${{{zip_file}.output_path}}",
                "source_code_hash": f"${{{zip_file}.output_base64sha256}}",
            }
            return [Block("aws_lambda_function", arguments)]
        case Permission():
            arguments = {
                "function_name": m.text(resource.function_name),
                "action": "lambda:InvokeFunction",
                "principal": resource.principal,
                "source_arn": w.text(resource.source_arn),
                "source_account": resource.source_account,
            }
            return [Block("aws_lambda_permission", arguments)]
        case EventInvokeConfig():
            failure = w.text(resource.on_failure_arn)
            arguments = {
                "function_name": m.text(resource.function_name),
                "maximum_retry_attempts": resource.maximum_retry_attempts,
                "maximum_event_age_in_seconds": resource.maximum_event_age_in_seconds,
                "destination_config": failure and {"on_failure": {"destination": failure}},
            }
            return [Block("aws_lambda_function_event_invoke_config", arguments)]
        case EventSourceMapping(maximum_concurrency=most):
            arguments = {
                "function_name": m.text(resource.function_name),
                "event_source_arn": m.text(resource.event_source_arn),
                "batch_size": resource.batch_size,
                "scaling_config": most and {"maximum_concurrency": most},
                "function_response_types": ["ReportBatchItemFailures"] if resource.report_batch_item_failures else None,
            }
            return [Block("aws_lambda_event_source_mapping", arguments)]
        case _:
            assert_never(resource)


def machines(resource: StateMachine | StateMachineVersion | StateMachineAlias, m: Module) -> list[Block]:
    """The Terraform resources of a resource of Step Functions.

    A machine publishes its version itself, and an alias goes over to it at once: the provider knows nothing gradual.
    """
    w = m.writer
    arguments: dict[str, Json]
    match resource:
        case StateMachine():
            logging, encryption = resource.logging, resource.encryption
            versions = (other for other in m.template.resources if isinstance(other, StateMachineVersion))
            arguments = {
                "name": m.text(resource.name),
                "type": resource.type,
                "role_arn": m.text(resource.role_arn),
                "publish": any(version.state_machine_name == resource.name for version in versions),
                "logging_configuration": logging
                and present(
                    {
                        "level": logging.level,
                        "include_execution_data": logging.include_execution_data,
                        "log_destination": w.text(logging.destination_arn),
                    }
                ),
                "tracing_configuration": {"enabled": resource.tracing_enabled},
                "encryption_configuration": encryption
                and {
                    "type": "CUSTOMER_MANAGED_KMS_KEY",
                    "kms_key_id": w.text(encryption.kms_key_id),
                    "kms_data_key_reuse_period_seconds": encryption.kms_data_key_reuse_period_seconds,
                },
                "tags": w.value(resource.tags),
                "definition": m.definition(resource),
            }
            return [Block("aws_sfn_state_machine", arguments)]
        case StateMachineVersion():
            return []
        case StateMachineAlias():
            arguments = {
                "name": m.text(resource.name),
                "description": m.text(resource.description),
                "routing_configuration": {"state_machine_version_arn": m.text(resource.version_arn), "weight": 100},
            }
            return [Block("aws_sfn_alias", arguments)]
        case _:
            assert_never(resource)
