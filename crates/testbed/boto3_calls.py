"""Copies a product with boto3 over CBOR, and prints what it saw.

AWS lists CBOR first for Service Catalog since botocore 1.44.4, but botocore still prefers JSON where it may.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

endpoint, source = sys.argv[1:]

session = boto3.Session("any", "any")
loader = session._session.get_component("data_loader")
load_service_model = loader.load_service_model


def in_cbor(*args, **kwargs):
    model = load_service_model(*args, **kwargs)
    if "operations" not in model:
        return model
    return {**model, "metadata": {**model["metadata"], "protocols": ["smithy-rpc-v2-cbor"]}}


loader.load_service_model = in_cbor
hub = session.client("servicecatalog", "us-east-1", endpoint_url=endpoint)
target = session.client("servicecatalog", "eu-west-1", endpoint_url=endpoint)
answer = hub.describe_product_as_admin(Id=source.split("/")[1])
token = target.copy_product(SourceProductArn=source, CopyOptions=["CopyTags"])["CopyProductToken"]
status = {"CopyProductStatus": "IN_PROGRESS"}
while status["CopyProductStatus"] == "IN_PROGRESS":
    status = target.describe_copy_product_status(CopyProductToken=token)
versions = target.list_provisioning_artifacts(ProductId=status["TargetProductId"])["ProvisioningArtifactDetails"]
try:
    target.describe_product_as_admin(Id="prod-not-there")
    error = None
except ClientError as refused:
    error = refused.response["Error"]
print(
    json.dumps(
        {
            "Protocol": answer["ResponseMetadata"]["HTTPHeaders"].get("smithy-protocol"),
            "Name": answer["ProductViewDetail"]["ProductViewSummary"]["Name"],
            "Status": status["CopyProductStatus"],
            "Versions": [[it["Name"], type(it["CreatedTime"]).__name__, it["CreatedTime"].year] for it in versions],
            "Error": error,
        }
    )
)
