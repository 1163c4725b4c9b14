"""From what a Task calls to what IAM calls it: service prefixes, and actions that have another name than the API's.

Most prefixes are the name that requests are signed with, which `reference.json` has from botocore; the table has the others.
`tests/test_iam_reference.py` holds both tables against AWS's service authorization reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_dsl.resources.iam.reference import signing_name

__all__ = ["iam_action", "optimised_prefix", "sdk_prefix"]

_OPTIMISED: Final[Mapping[str, str]] = {"apigateway": "execute-api", "http": "states"}

# Of the service part of an `aws-sdk` resource, where the name that requests are signed with is not IAM's prefix or where
# botocore's folder has another name.
_PREFIXES: Final[Mapping[str, str]] = {
    "applicationdiscovery": "discovery",
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "connectparticipant": "connect",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elasticloadbalancing",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot",
    "iotjobsdataplane": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "lexmodelbuilding": "lex",
    "lexmodelsv2": "lex",
    "lexruntimev2": "lex",
    "marketplacemetering": "aws-marketplace",
    "migrationhub": "mgh",
    "partnercentralaccount": "partnercentral",
    "partnercentralbenefits": "partnercentral",
    "partnercentralchannel": "partnercentral",
    "partnercentralselling": "partnercentral",
    "pinpointsmsvoice": "sms-voice",
    "resourcegroupstaggingapi": "tag",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "states",
    "simpledb": "sdb",
    "sso": "sso",
}

_S3: Final = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
}

_MODIFIES_BUDGETS: Final = """
    CreateBudget CreateNotification CreateSubscriber DeleteBudget DeleteNotification DeleteSubscriber UpdateBudget
    UpdateNotification UpdateSubscriber
"""
_VIEWS_BUDGETS: Final = """
    DescribeBudget DescribeBudgetNotificationsForAccount DescribeBudgetPerformanceHistory DescribeBudgets
    DescribeNotificationsForBudget DescribeSubscribersForNotification
"""

# By prefix: actions whose IAM names differ from the API's. Calls that several actions guard are the business of a family.
_ACTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "batch": {"CancelJobs": "CancelJob", "TerminateJobs": "TerminateJob", "TerminateServiceJobs": "TerminateServiceJob"},
    "bedrock": {
        "Converse": "InvokeModel",
        "ConverseStream": "InvokeModelWithResponseStream",
        "InvokeModelWithBidirectionalStream": "InvokeModelWithResponseStream",
        "StartAsyncInvoke": "InvokeModel",
    },
    "budgets": {
        **dict.fromkeys(_MODIFIES_BUDGETS.split(), "ModifyBudget"),
        **dict.fromkeys(_VIEWS_BUDGETS.split(), "ViewBudget"),
    },
    "dms": {
        "DescribeDataProviders": "ListDataProviders",
        "DescribeExtensionPackAssociations": "ListExtensionPacks",
        "DescribeInstanceProfiles": "ListInstanceProfiles",
        "DescribeMetadataModelAssessments": "ListMetadataModelAssessments",
        "DescribeMetadataModelConversions": "ListMetadataModelConversions",
        "DescribeMetadataModelExportsAsScript": "ListMetadataModelExports",
        "DescribeMetadataModelExportsToTarget": "ListMetadataModelExports",
        "DescribeMigrationProjects": "ListMigrationProjects",
        "ModifyConversionConfiguration": "UpdateConversionConfiguration",
        "ModifyDataProvider": "UpdateDataProvider",
        "ModifyInstanceProfile": "UpdateInstanceProfile",
        "ModifyMigrationProject": "UpdateMigrationProject",
        "StartExtensionPackAssociation": "AssociateExtensionPack",
        "StartMetadataModelExportAsScript": "StartMetadataModelExportAsScripts",
    },
    "lambda": {
        "GetLayerVersionByArn": "GetLayerVersion",
        "Invoke": "InvokeFunction",
        "InvokeAsync": "InvokeFunction",
        "InvokeWithResponseStream": "InvokeFunction",
    },
    "s3": _S3,
    "sns": {"PublishBatch": "Publish"},
    "sqs": {
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    },
    "timestream": {"Query": "Select"},
}


def optimised_prefix(service: str) -> str:
    """IAM's prefix of an optimised integration: `glue`, `execute-api` for `apigateway`, `states` for `http`."""
    return _OPTIMISED.get(service, service)


def sdk_prefix(service: str) -> str:
    """IAM's prefix of the service part of an `aws-sdk` resource: `redshift-data` for `redshiftdata`, `states` for `sfn`.

    The part itself where nothing is known of the service.
    """
    return _PREFIXES.get(service) or signing_name(service)


def iam_action(prefix: str, action: str) -> str:
    """IAM's name of an API action, without its prefix: `InvokeFunction` for `("lambda", "invoke")`."""
    api = action[:1].upper() + action[1:]
    return _ACTIONS.get(prefix, {}).get(api, api)
