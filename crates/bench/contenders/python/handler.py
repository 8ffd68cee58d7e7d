"""CopyProduct with boto3."""

import boto3

catalog = boto3.client("servicecatalog")


def handle(event, _context):
    answer = catalog.copy_product(
        SourceProductArn=event["SourceProductArn"],
        IdempotencyToken=event["IdempotencyToken"],
    )
    return {"CopyProductToken": answer["CopyProductToken"]}
