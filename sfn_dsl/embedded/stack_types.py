"""What moto's CloudFormation lacks of what our templates hold."""

from __future__ import annotations

from typing import Any

__all__ = ["complete"]


def complete() -> None:
    """Teach moto global tables, which become a table in the Region of each replica that knows nothing of the others, and that a
    reference to a bus is its name. To be called before moto's CloudFormation is asked for anything."""
    from moto.core.common_models import CloudFormationModel
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.models.table import Table
    from moto.events.models import EventBus

    EventBus.physical_resource_id = property(lambda bus: bus.name)  # type: ignore[attr-defined]

    # moto finds a type by looking through the subclasses.
    class GlobalTable(CloudFormationModel):
        def __init__(self, name: str, arn: str, regions: list[str]) -> None:
            self.physical_resource_id = name
            self.arn = arn
            self.regions = regions

        @staticmethod
        def cloudformation_name_type() -> str:
            return "TableName"

        @staticmethod
        def cloudformation_type() -> str:
            return "AWS::DynamoDB::GlobalTable"

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return attr == "Arn"

        def get_cfn_attribute(self, attribute_name: str) -> str:
            return self.arn

        @classmethod
        def create_from_cloudformation_json(
            cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **kwargs: Any
        ) -> GlobalTable:
            regions = [replica["Region"] for replica in cloudformation_json["Properties"]["Replicas"]]
            for region in regions:
                Table.create_from_cloudformation_json(resource_name, cloudformation_json, account_id, region, **kwargs)
            arn = dynamodb_backends[account_id][region_name].get_table(resource_name).table_arn
            return cls(resource_name, arn, regions)

        @classmethod
        def update_from_cloudformation_json(
            cls,
            original_resource: Any,
            new_resource_name: str,
            cloudformation_json: dict[str, Any],
            account_id: str,
            region_name: str,
        ) -> Any:
            return original_resource

        def delete(self, account_id: str, region_name: str) -> None:
            for region in self.regions:
                dynamodb_backends[account_id][region].delete_table(name=self.physical_resource_id)
